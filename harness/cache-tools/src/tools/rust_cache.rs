//! Swatinem's rust-cache: what Cargo compiled of dependencies as one archive, by a key of what
//! these depend on. Owns the action's inputs, paths and key, as of version 2.9.2. It must not read
//! what the key is made of, nor remove a file: the runner does both.

use lukewarm_model::{
    RestoreScope, Scenario, ServiceKind, SettingDescription, SettingKind, SettingValue,
    ToolDescription, ToolRole, WorkflowStep, WorkflowSteps,
};

use crate::{
    ArchiveLayout, ArchivedPath, CacheTool, Cleaning, HomeCleaning, JobContext, KeptCrates,
    KeptPackages, KeyInputs, RUST_CACHE_ACTION, Saving, Settings,
};

/// The GitHub action that keeps dependencies.
pub struct RustCache;

/// The tool of this file.
pub static TOOL: RustCache = RustCache;

static DESCRIPTION: ToolDescription = ToolDescription {
    role: ToolRole::Archive,
    restores: RestoreScope::NewestDependencies,
    services: &[ServiceKind::GITHUB_ACTIONS],
    works_alone: false,
    // It sets `CARGO_INCREMENTAL=0` for all steps after it.
    refuses_incremental: true,
    settings: &[
        SettingDescription {
            name: WORKSPACE_CRATES,
            kind: SettingKind::Flag,
            summary: "keep what was compiled of the workspace's own libraries too. Left out: \
                      `false`",
        },
        SettingDescription {
            name: ALL_CRATES,
            kind: SettingKind::Flag,
            summary: "with `cache-cargo-home`: keep packages of the registry that the workspace \
                      does not need too, and the sources of all. Left out: `false`",
        },
        SettingDescription {
            name: SAVE_IF,
            kind: SettingKind::Flag,
            summary: "whether jobs save what they built. Left out: `true`",
        },
        SettingDescription {
            name: CARGO_HOME,
            kind: SettingKind::Flag,
            summary: "archive Cargo's registry and installed programs too, as the action always \
                      does; here builds are offline either way. Left out: `false`",
        },
    ],
    caveats: &[
        "Of rust-cache its look at the workspace, its cleaning and its archive are timed: its own \
         start in Node.js and what it prints are not.",
        "rust-cache's key has every variable that begins with `CARGO`, and lukewarm's jobs set \
         `CARGO_HOME`: another folder is another key here, as in workflows that set it.",
        "In CI rust-cache's key has every toolchain that rustup has installed; a job of \
         lukewarm's has one.",
    ],
    ..ToolDescription::new("rust-cache", "Swatinem/rust-cache: dependencies as one archive")
};

const WORKSPACE_CRATES: &str = "cache-workspace-crates";
const ALL_CRATES: &str = "cache-all-crates";
const SAVE_IF: &str = "save-if";
const CARGO_HOME: &str = "cache-cargo-home";

/// The name of the job in the workflow, which is part of the key (`add-job-id-key`).
const JOB: &str = "build";

/// What its key is made of (`config.ts`): the prefixes of variables, and the files that count
/// whole.
const KEY_INPUTS: KeyInputs = KeyInputs {
    variables: &["CARGO", "CC", "CFLAGS", "CXX", "CMAKE", "RUST"],
    files: &[".cargo/config.toml", "rust-toolchain", "rust-toolchain.toml"],
};

/// Its paths below `CARGO_HOME`, in its order.
const HOME_PATHS: [&str; 5] = ["bin", ".crates.toml", ".crates2.json", "registry", "git"];

impl CacheTool for RustCache {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn restore_scope(&self, settings: &Settings) -> RestoreScope {
        match (saving(settings), is_on(settings, WORKSPACE_CRATES)) {
            (Saving::Never, _) => RestoreScope::Nothing,
            (Saving::NewKey, true) => RestoreScope::NewestLibraries,
            (Saving::NewKey, false) => RestoreScope::NewestDependencies,
        }
    }

    fn archive(&self, job: &JobContext<'_>, settings: &Settings) -> Option<ArchiveLayout> {
        let (home, target) = (&job.folders.cargo_home, job.folders.checkout.join("target"));
        let keeps_home = is_on(settings, CARGO_HOME);
        let of_home = HOME_PATHS.iter().filter(|_| keeps_home).map(|path| home.join(path));
        let paths = of_home.chain([target.clone()]);
        let paths = paths.map(|path| ArchivedPath::absolute(job, &path)).collect();
        let kept = match is_on(settings, WORKSPACE_CRATES) {
            true => KeptPackages::WithMembers,
            false => KeptPackages::FromOutside,
        };
        let crates = match is_on(settings, ALL_CRATES) {
            true => KeptCrates::All,
            false => KeptCrates::Needed,
        };
        let cargo_home = keeps_home.then(|| HomeCleaning { folder: home.clone(), crates });
        Some(ArchiveLayout {
            key: format!("v0-rust-{JOB}-Linux-{}", architecture()),
            key_inputs: Some(KEY_INPUTS),
            paths,
            cleaning: Some(Cleaning { target, kept, cargo_home }),
            saving: saving(settings),
            ..ArchiveLayout::default()
        })
    }

    fn workflow(&self, _scenario: &Scenario, settings: &Settings) -> WorkflowSteps {
        let on = [WORKSPACE_CRATES, ALL_CRATES].into_iter().filter(|it| is_on(settings, it));
        let mut with: Vec<_> = on.map(|name| (name.to_owned(), "true".to_owned())).collect();
        if saving(settings) == Saving::Never {
            with.push((SAVE_IF.to_owned(), "false".to_owned()));
        }
        let mut notes = vec![
            "The key has the job's name and not what the job builds: jobs of one name that build \
             in several ways, as in a matrix, need the input `key`, such as `${{ matrix.profile \
             }}`."
                .to_owned(),
        ];
        if !is_on(settings, CARGO_HOME) {
            notes.push(
                "The action also keeps Cargo's registry and installed programs, which was not \
                 measured: add `cache-cargo-home = true` to the scenario's settings to measure it."
                    .to_owned(),
            );
        }
        WorkflowSteps {
            before: vec![WorkflowStep {
                name: "Cache of dependencies".to_owned(),
                action: RUST_CACHE_ACTION,
                with,
            }],
            notes,
            ..WorkflowSteps::default()
        }
    }
}

/// The machine's architecture as Node.js names it (`os.arch()`).
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn saving(settings: &Settings) -> Saving {
    match settings.get(SAVE_IF) {
        Some(SettingValue::Flag(false)) => Saving::Never,
        _ => Saving::NewKey,
    }
}

fn is_on(settings: &Settings, name: &str) -> bool {
    settings.get(name) == Some(&SettingValue::Flag(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, endpoint, folders, scenario};
    use crate::{Action, Recipe, Tools};

    fn recipe(settings: &[(&str, SettingValue)]) -> Recipe {
        let scenario = scenario("rust-cache", settings);
        let (endpoint, folders) = (endpoint(ServiceKind::GITHUB_ACTIONS), folders());
        Tools::shipped().recipe(&context(&scenario, Some(&endpoint), &folders)).unwrap()
    }

    fn flag(name: &str, value: bool) -> (&str, SettingValue) {
        (name, SettingValue::Flag(value))
    }

    #[test]
    fn by_default_dependencies_are_kept_in_the_target_folder() {
        let recipe = recipe(&[]);
        let [Action::RestoreArchive(archive), Action::RemoveOld(old)] = &recipe.restore[..] else {
            panic!("{:?}", recipe.restore)
        };
        let [Action::Clean(cleaning), Action::SaveArchive(saved)] = &recipe.save[..] else {
            panic!("{:?}", recipe.save)
        };
        assert_eq!((archive, old), (saved, cleaning));
        assert!(archive.key.starts_with("v0-rust-build-Linux-"), "{}", archive.key);
        assert_eq!((archive.key_inputs, archive.restore_keys.len()), (Some(KEY_INPUTS), 0));
        assert_eq!(archive.paths, ["target"]);
        assert_eq!(cleaning.kept, KeptPackages::FromOutside);
        assert!(!recipe.changes_cargo_home());
    }

    /// The same sum as `@actions/cache` makes of the paths that the action gives it.
    #[test]
    fn the_version_is_of_absolute_paths() {
        let recipe = recipe(&[flag(CARGO_HOME, true)]);
        let Action::RestoreArchive(archive) = &recipe.restore[0] else { panic!("{recipe:?}") };
        let home = "../cargo-home/";
        let of_home = HOME_PATHS.map(|path| format!("{home}{path}"));
        assert_eq!(archive.paths[..5], of_home);
        assert_eq!(archive.paths[5..], ["target"]);
        assert!(recipe.changes_cargo_home());
        // printf '/scratch/cargo-home/bin|…/.crates.toml|…/.crates2.json|…/registry|…/git|
        // /scratch/checkout/target|zstd-without-long|1.0' | sha256sum
        let wanted = "1e653146642d44050ea3834c82e87847d493b69f593d2e30293a5c0b682084ad";
        assert_eq!(archive.version, wanted);
    }

    #[test]
    fn inputs_do_what_they_say() {
        let cleaning = |settings: &[_]| match &recipe(settings).save[..] {
            [Action::Clean(cleaning), Action::SaveArchive(_)] => cleaning.clone(),
            other => panic!("{other:?}"),
        };
        let members = cleaning(&[flag(WORKSPACE_CRATES, true)]);
        assert_eq!(members.kept, KeptPackages::WithMembers);
        let crates = |settings: &[_]| cleaning(settings).cargo_home.unwrap().crates;
        assert_eq!(crates(&[flag(CARGO_HOME, true)]), KeptCrates::Needed);
        let all = [flag(CARGO_HOME, true), flag(ALL_CRATES, true)];
        assert_eq!(crates(&all), KeptCrates::All);
        let reads = recipe(&[flag(SAVE_IF, false)]);
        assert_eq!((reads.restore.len(), &reads.save[..]), (2, &[][..]));
    }

    #[test]
    fn what_is_restored_follows_from_the_inputs() {
        let scope = |settings: &[_]| {
            Tools::shipped().restore_scope(&scenario("rust-cache", settings)).unwrap()
        };
        assert_eq!(scope(&[]), RestoreScope::NewestDependencies);
        assert_eq!(scope(&[flag(WORKSPACE_CRATES, true)]), RestoreScope::NewestLibraries);
        assert_eq!(scope(&[flag(SAVE_IF, false)]), RestoreScope::Nothing);
    }

    #[test]
    fn a_workflow_has_the_inputs_that_differ() {
        let steps = |settings: &[_]| {
            let scenario = scenario("rust-cache", settings);
            Tools::shipped().workflow(&scenario).unwrap()
        };
        assert!(steps(&[]).before[0].with.is_empty());
        let with = &steps(&[flag(WORKSPACE_CRATES, true), flag(SAVE_IF, false)]).before[0].with;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(*with, [pair(WORKSPACE_CRATES, "true"), pair(SAVE_IF, "false")]);
    }
}
