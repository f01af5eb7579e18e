//! `actions/cache` on the target folder: one archive, by key and restore keys.
//! Owns keys, paths and the entry's version, as the action and its cargo example have them.
//! Packing and moving the archive belongs to the runner.

use std::collections::BTreeMap;

use lukewarm_model::{
    Bytes, Scenario, ServiceKind, SettingDescription, SettingKind, SettingValue, ToolDescription,
    ToolRole,
};
use sha2::{Digest, Sha256};

use crate::{Action, Archive, Brings, CacheTool, Checkout, Compression, JobContext, Recipe};

/// The GitHub action that saves folders as one archive.
pub struct ActionsCache;

static DESCRIPTION: ToolDescription = ToolDescription {
    name: "actions-cache",
    summary: "actions/cache: the target folder as one archive",
    role: ToolRole::Archive,
    services: &[ServiceKind::GITHUB_ACTIONS],
    works_alone: false,
    versioned: false,
    refuses_incremental: false,
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
        SettingDescription {
            name: "ballast",
            kind: SettingKind::Size,
            summary: "so many bytes in the archive that no build needs, as a grown folder has them. \
                      Left out: none",
        },
    ],
};

/// Settings of this tool, by name.
type Settings = BTreeMap<String, SettingValue>;

/// The paths of GitHub's cargo example below `CARGO_HOME`
/// (<https://github.com/actions/cache/blob/main/examples.md#rust---cargo>).
const CARGO_HOME_PATHS: [&str; 4] = ["bin/", "registry/index/", "registry/cache/", "git/db/"];

impl CacheTool for ActionsCache {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn brings(&self, scenario: &Scenario) -> Brings {
        brings(&scenario.settings)
    }

    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        let archive = archive(job, &job.scenario.settings);
        Recipe {
            checkout: Checkout::Fresh,
            survives: None,
            ballast: ballast(&job.scenario.settings),
            environment: BTreeMap::new(),
            restore: archive.iter().cloned().map(Action::RestoreArchive).collect(),
            statistics: None,
            save: archive.into_iter().map(Action::SaveArchive).collect(),
        }
    }
}

/// What an archive with these settings brings back.
pub(crate) fn brings(settings: &Settings) -> Brings {
    match (settings.get("only-cargo-home"), is_rolling(settings)) {
        (Some(SettingValue::Flag(true)), _) => Brings::Nothing,
        (_, true) => Brings::NewestTarget,
        (_, false) => Brings::TargetOfLock,
    }
}

/// The archive of one job; none only where the scenario lacks its service, which `plan` refuses.
pub(crate) fn archive(job: &JobContext<'_>, settings: &Settings) -> Option<Archive> {
    let has = |name: &str| settings.get(name) == Some(&SettingValue::Flag(true));
    let rolling = is_rolling(settings);
    let stem = format!("Linux-cargo-{}", job.lock_hash);
    let mut named = Vec::new();
    let mut paths = Vec::new();
    if has("archive-cargo-home") || has("only-cargo-home") {
        for path in CARGO_HOME_PATHS {
            named.push(format!("~/.cargo/{path}"));
            paths.push(job.folders.cargo_home.join(path).display().to_string());
        }
    }
    if !has("only-cargo-home") {
        named.push("target/".to_owned());
        paths.push("target".to_owned());
    }
    Some(Archive {
        endpoint: job.service?.clone(),
        key: if rolling { format!("{stem}-{}", job.serial) } else { stem.clone() },
        restore_keys: if rolling {
            vec![format!("{stem}-"), "Linux-cargo-".to_owned()]
        } else {
            Vec::new()
        },
        version: version(&named, job.compression),
        root: job.folders.checkout.clone(),
        compression: job.compression,
        paths,
    })
}

/// Bytes in the target folder that no build needs.
pub(crate) fn ballast(settings: &Settings) -> Option<Bytes> {
    match settings.get("ballast")? {
        SettingValue::Size(size) => Some(*size),
        // No definition file leads here, and `settings_problem` refuses a record that does.
        SettingValue::Flag(_) | SettingValue::Text(_) => None,
    }
}

fn is_rolling(settings: &Settings) -> bool {
    settings.get("key") == Some(&SettingValue::Text("rolling".to_owned()))
}

/// The entry's version as `@actions/cache` computes it: SHA-256 of the paths as the workflow
/// names them, the compression method and the salt `1.0`, joined by `|`
/// (actions/toolkit, `cacheUtils.ts`, `getCacheVersion`).
fn version(paths: &[String], compression: Compression) -> String {
    let mut parts: Vec<&str> = paths.iter().map(String::as_str).collect();
    parts.extend([compression.name(), "1.0"]);
    hex::encode(Sha256::digest(parts.join("|")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::tests::{context, endpoint, folders, scenario};

    fn saved(settings: &[(&str, SettingValue)]) -> Archive {
        let scenario = scenario("actions-cache", settings);
        let (endpoint, folders) = (endpoint(ServiceKind::GITHUB_ACTIONS), folders());
        let recipe = ActionsCache.recipe(&context(&scenario, Some(&endpoint), &folders));
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
    fn an_archive_beside_a_wrapper_is_restored_first_and_saved_last() {
        let mut scenario = scenario("sccache", &[]);
        let flag = ("only-cargo-home".to_owned(), SettingValue::Flag(true));
        scenario.archive = Some([flag].into());
        let (endpoint, folders) = (endpoint(ServiceKind::GITHUB_ACTIONS), folders());
        let job = context(&scenario, Some(&endpoint), &folders);
        let recipe = crate::recipe(crate::find("sccache").unwrap(), &job);
        let [Action::RestoreArchive(archive), Action::StartServer(_)] = &recipe.restore[..] else {
            panic!("{:?}", recipe.restore)
        };
        let [Action::StopServer(_), Action::SaveArchive(saved)] = &recipe.save[..] else {
            panic!("{:?}", recipe.save)
        };
        assert_eq!(archive, saved);
        assert_eq!(archive.paths.len(), CARGO_HOME_PATHS.len(), "{:?}", archive.paths);
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
