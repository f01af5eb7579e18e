//! `actions/cache` on the target folder: one archive, by key and restore keys.
//! Owns its keys and paths, which are those of the action and its cargo example. It must not know
//! how an archive is packed or transferred.

use lukewarm_model::{
    Bytes, RestoreScope, Scenario, ServiceKind, SettingDescription, SettingKind, SettingValue,
    ToolDescription, ToolRole, WorkflowStep, WorkflowSteps,
};

use crate::workflow::{locked_key, rolling_key};
use crate::{
    ArchiveLayout, ArchivedPath, CACHE_ACTION, CacheTool, JobContext, PULL_REQUESTS, Settings,
    only_default_saves,
};

/// The GitHub action that saves folders as one archive.
pub struct ActionsCache;

/// The tool of this file.
pub static TOOL: ActionsCache = ActionsCache;

static DESCRIPTION: ToolDescription = ToolDescription {
    role: ToolRole::Archive,
    restores: RestoreScope::TargetOfLock,
    services: &[ServiceKind::GITHUB_ACTIONS],
    works_alone: false,
    settings: &[
        SettingDescription {
            name: "key",
            kind: SettingKind::Choice(&["lockfile", "rolling"]),
            summary: "`lockfile`: OS and Cargo.lock, saved once; `rolling`: new in every job. Left \
                      out: `lockfile`",
        },
        SettingDescription {
            name: "archive-cargo-home",
            kind: SettingKind::Flag,
            summary: "archive cargo's registry folders too, as GitHub's cargo example lists them. \
                      Left out: `false`",
        },
        SettingDescription {
            name: "only-cargo-home",
            kind: SettingKind::Flag,
            summary: "archive cargo's registry folders and no target folder. Left out: `false`",
        },
        PULL_REQUESTS,
        SettingDescription {
            name: "ballast",
            kind: SettingKind::Size,
            summary: "size of an unused file in the archive, as in a target folder that has grown. \
                      Left out: none",
        },
    ],
    caveats: &[
        "Of a cache action only the archive work is timed: its own start in Node.js and what it \
         prints are not.",
    ],
    ..ToolDescription::new("actions-cache", "actions/cache: the target folder as one archive")
};

/// The paths of GitHub's cargo example below `CARGO_HOME`
/// (<https://github.com/actions/cache/blob/main/examples.md#rust---cargo>).
const CARGO_HOME_PATHS: [&str; 4] = ["bin/", "registry/index/", "registry/cache/", "git/db/"];

impl CacheTool for ActionsCache {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn restore_scope(&self, settings: &Settings) -> RestoreScope {
        match (has(settings, "only-cargo-home"), is_rolling(settings)) {
            (true, _) => RestoreScope::Nothing,
            (false, true) => RestoreScope::NewestTarget,
            (false, false) => RestoreScope::TargetOfLock,
        }
    }

    fn archive(&self, job: &JobContext<'_>, settings: &Settings) -> Option<ArchiveLayout> {
        let mut paths = Vec::new();
        if has(settings, "archive-cargo-home") || has(settings, "only-cargo-home") {
            let folders = CARGO_HOME_PATHS.map(|path| ArchivedPath::in_cargo_home(job, path));
            paths.extend(folders);
        }
        if !has(settings, "only-cargo-home") {
            paths.push(ArchivedPath::in_checkout("target"));
        }
        let layout = match is_rolling(settings) {
            true => ArchiveLayout::rolling(job, paths),
            false => ArchiveLayout::locked(job, paths),
        };
        Some(ArchiveLayout { ballast: ballast(settings), ..layout })
    }

    fn workflow(&self, _scenario: &Scenario, settings: &Settings) -> WorkflowSteps {
        let mut paths = Vec::new();
        if has(settings, "archive-cargo-home") || has(settings, "only-cargo-home") {
            paths.extend(CARGO_HOME_PATHS.map(|path| format!("~/.cargo/{path}")));
        }
        if !has(settings, "only-cargo-home") {
            paths.push("target/".to_owned());
        }
        let mut with = vec![("path".to_owned(), paths.join("\n"))];
        match is_rolling(settings) {
            false => with.push(("key".to_owned(), locked_key())),
            true => with.extend(rolling_key()),
        }
        let mut notes = vec![
            "Jobs that build otherwise need keys of their own, such as with `${{ github.job }}` in \
             them: the first that saves a key keeps it."
                .to_owned(),
        ];
        notes.extend(only_default_saves(settings).then(|| {
            "In pull requests use `actions/cache/restore`, which saves nothing, in place of \
             `actions/cache`."
                .to_owned()
        }));
        WorkflowSteps {
            before: vec![WorkflowStep {
                name: "Cache of Cargo's folders".to_owned(),
                action: CACHE_ACTION,
                with,
            }],
            notes,
            ..WorkflowSteps::default()
        }
    }
}

/// Size of an unused file in the target folder; none for no such file.
fn ballast(settings: &Settings) -> Option<Bytes> {
    match settings.get("ballast")? {
        SettingValue::Size(size) => Some(*size),
        // Definition files have sizes here, and `check_settings` refuses records without.
        SettingValue::Flag(_) | SettingValue::Text(_) => None,
    }
}

fn is_rolling(settings: &Settings) -> bool {
    settings.get("key") == Some(&SettingValue::Text("rolling".to_owned()))
}

fn has(settings: &Settings, name: &str) -> bool {
    settings.get(name) == Some(&SettingValue::Flag(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, endpoint, folders, scenario};
    use crate::{Action, Archive, Tools};

    fn saved(settings: &[(&str, SettingValue)]) -> Archive {
        let scenario = scenario("actions-cache", settings);
        let (endpoint, folders) = (endpoint(ServiceKind::GITHUB_ACTIONS), folders());
        let job = context(&scenario, Some(&endpoint), &folders);
        let recipe = Tools::shipped().recipe(&job).unwrap();
        match (&recipe.restore[..], &recipe.save[..]) {
            ([Action::RestoreArchive(restored)], [Action::SaveArchive(saved)]) => {
                assert_eq!(restored, saved);
                saved.clone()
            }
            other => panic!("not one archive restored and saved: {other:?}"),
        }
    }

    #[test]
    fn the_key_is_the_lock_file_and_nothing_else_is_tried() {
        let archive = saved(&[]);
        assert_eq!(archive.key, "Linux-cargo-abc123");
        assert!(archive.restore_keys.is_empty());
        assert_eq!(archive.paths, ["target"]);
    }

    #[test]
    fn a_rolling_key_is_new_in_every_job_and_falls_back() {
        let archive = saved(&[("key", SettingValue::Text("rolling".to_owned()))]);
        assert_eq!(archive.key, "Linux-cargo-abc123-7");
        assert_eq!(archive.restore_keys, ["Linux-cargo-abc123-", "Linux-cargo-"]);
    }

    #[test]
    fn the_version_depends_on_the_paths() {
        let with_home = saved(&[("archive-cargo-home", SettingValue::Flag(true))]);
        assert_eq!(with_home.paths.len(), 5);
        assert_ne!(with_home.version, saved(&[]).version);
        // printf 'target/|zstd-without-long|1.0' | sha256sum
        let wanted = "8f63c647fd997216277d13266eba0a2345603859fc6f26dcb84a69b7c251bdbb";
        assert_eq!(saved(&[]).version, wanted);
    }
}
