//! Archives of Swatinem's rust-cache: what is kept, under which key, and that it is what the
//! action itself keeps.

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_cache_tools::{
    Action, ArchiveLayout, CacheTool, Invocation, JobContext, Recipe, Settings, Tools,
};
use lukewarm_model::{
    Mtime, MutationKind, RestoreScope, Scenario, ServiceKind, SettingValue, ToolDescription,
    ToolRole,
};
use lukewarm_runner::Processes;

use crate::support::{facts, fresh, job, plan, record, record_with, scenario, settings_in};

/// A scenario of the action with these of its inputs.
fn rust_cache(name: &str, inputs: &[(&str, bool)]) -> Scenario {
    let mut scenario = scenario(name, "rust-cache", Some(ServiceKind::GITHUB_ACTIONS));
    let inputs = inputs.iter().map(|(name, is_on)| (*name, SettingValue::Flag(*is_on)));
    scenario.settings.extend(inputs.map(|(name, value)| (name.to_owned(), value)));
    scenario
}

#[test]
fn an_entry_is_saved_once_per_key_and_found_by_its_beginning() {
    let mut plan = plan(vec![
        rust_cache("default", &[]),
        rust_cache("reads", &[("save-if", false)]),
        rust_cache("home", &[("cache-cargo-home", true)]),
    ]);
    // A feature is declared in a manifest, a flag is part of the environment.
    plan.story.jobs.truncate(3);
    plan.story.jobs.push(job("features", MutationKind::Features, None));
    plan.story.jobs.push(job("flags", MutationKind::Flags, None));
    plan.story.jobs.push(job("again", MutationKind::None, None));
    let (_place, record) = record(plan);
    let notes = |case: &str, job: &str| -> Vec<String> {
        let facts = facts(&record, case, job);
        facts.steps.iter().filter_map(|step| step.note.clone()).collect()
    };
    let key = |note: &str| note.split('`').nth(1).unwrap().to_owned();
    for case in ["default", "home"] {
        let cold = notes(case, "cold");
        assert_eq!(cold[0], "no entry under any key");
        assert!(cold[1].starts_with("saved") && cold[1].contains("removed"), "{cold:?}");
        for job in ["unchanged", "leaf-body", "again"] {
            let found = notes(case, job);
            assert!(found[0].starts_with("restored"), "{found:?}");
            assert_eq!(found[1], "the key exists, not saved again", "{job}");
        }
        let features = notes(case, "features");
        assert_eq!(key(&features[0]), key(&notes(case, "unchanged")[0]), "by its beginning");
        assert!(features[1].starts_with("saved"), "{features:?}");
        let flags = notes(case, "flags");
        assert!(flags[0].starts_with("no entry") && flags[1].starts_with("saved"), "{flags:?}");
        assert_ne!(key(&notes(case, "again")[0]), key(&features[0]));
        assert_eq!(facts(&record, case, "again").service.as_ref().unwrap().objects, 3);
    }
    assert_eq!(notes("reads", "again"), ["no entry under any key"]);
    assert_eq!(facts(&record, "reads", "again").service.as_ref().unwrap().objects, 0);
}

#[test]
fn members_are_rebuilt_unless_their_files_and_times_are_kept() {
    let of_members = rust_cache("members", &[("cache-workspace-crates", true)]);
    for (mtime, wanted) in [(Mtime::Fresh, [0, 0]), (Mtime::Restored, [0, 6])] {
        let mut plan = plan(vec![rust_cache("default", &[]), of_members.clone()]);
        plan.story.mtime = mtime;
        plan.story.jobs.truncate(2);
        let (_place, record) = record(plan);
        let found = ["default", "members"].map(|case| fresh(facts(&record, case, "unchanged")));
        assert_eq!(found, wanted, "{mtime:?}");
    }
}

/// rust-cache, and after its restore step a listing of the target folder.
struct Listing;

static LISTING: Listing = Listing;

static DESCRIPTION: ToolDescription = ToolDescription {
    role: ToolRole::Archive,
    restores: RestoreScope::NewestDependencies,
    services: &[ServiceKind::GITHUB_ACTIONS],
    works_alone: false,
    ..ToolDescription::new("listing", "rust-cache, with a listing of what it restored")
};

const LISTED: &str = "restored.txt";

impl CacheTool for Listing {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        // Beside the run's folder, which is removed when the run has ended.
        let Some(SettingValue::Text(place)) = job.scenario.settings.get("place") else {
            panic!("{:?}", job.scenario.settings)
        };
        let list = format!("[ ! -d target ] || find target -printf '%y %s %p\\n' >'{place}'");
        let list = Invocation::of(Path::new("/bin/sh"), &["-c", &list], &Default::default());
        Recipe { restore: vec![Action::Run(list)], ..Recipe::default() }
    }

    fn archive(&self, job: &JobContext<'_>, settings: &Settings) -> Option<ArchiveLayout> {
        Tools::shipped().find("rust-cache")?.archive(job, settings)
    }
}

/// The kinds and names of a listing, sorted, with `HASH` for the hashes that Cargo makes of paths
/// and versions: `%y %s %p` of `find`, whose sizes differ by machine.
fn names(listing: &str) -> Vec<String> {
    let mut names: Vec<String> = listing
        .lines()
        .map(|line| {
            let mut parts = line.splitn(3, ' ');
            let (kind, _size, name) = (parts.next(), parts.next(), parts.next());
            format!("{} {}", kind.unwrap(), without_hashes(name.unwrap().trim_end_matches('/')))
        })
        .collect();
    names.sort();
    names
}

fn without_hashes(name: &str) -> String {
    let is_hash = |it: &str| it.len() == 16 && it.bytes().all(|it| it.is_ascii_hexdigit());
    let mut parts = name.split('-').map(|part| match part.get(..16).filter(|it| is_hash(it)) {
        Some(_) => format!("HASH{}", &part[16..]),
        None => part.to_owned(),
    });
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |name, part| format!("{name}-{part}"))
}

/// What the action's own dist said or saved of `tiny`: `testdata/rust-cache-2.9.2/README.md` says
/// how.
fn of_the_action(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/rust-cache-2.9.2");
    fs::read_to_string(folder.join(file)).unwrap()
}

#[test]
fn what_is_saved_of_a_build_is_what_the_action_saves() {
    for (of_members, inputs) in [(false, ""), (true, "-workspace-crates")] {
        let place = tempfile::tempdir_in("/var/tmp").unwrap();
        let listed: PathBuf = place.path().join(LISTED);
        let mut scenario = rust_cache("listing", &[("cache-workspace-crates", of_members)]);
        scenario.tool.name = "listing".to_owned();
        let text = SettingValue::Text(listed.display().to_string());
        scenario.settings.insert("place".to_owned(), text);
        let mut plan = plan(vec![scenario]);
        plan.story.jobs.truncate(2);
        let mut settings = settings_in(place.path(), &Processes::default());
        settings.tools = settings.tools.with(&LISTING);
        let logs = place.path().join("logs");
        let record = record_with(plan, settings, &logs, &mut |_: &_| Ok(())).unwrap();
        let unchanged = facts(&record, "listing", "unchanged");
        assert!(unchanged.restored.is_some());
        // The first of the key's hashes has the path of `CARGO_HOME`.
        let of_files = of_the_action("tiny/key-of-files.txt");
        let restored = unchanged.steps[0].note.as_deref().unwrap();
        assert!(restored.ends_with(&format!("-{}`", of_files.trim())), "{restored}");
        let found = names(&fs::read_to_string(&listed).unwrap());
        assert_eq!(
            found,
            names(&of_the_action(&format!("tiny{inputs}/saved.txt"))),
            "tiny{inputs}"
        );
    }
}
