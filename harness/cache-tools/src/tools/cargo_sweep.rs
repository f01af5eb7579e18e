//! cargo-sweep before `actions/cache`: what the job did not use goes before the target folder is
//! saved. Owns the calls of the program and the key of the archive. It must not know how an archive
//! is packed or transferred.

use std::collections::BTreeMap;
use std::path::Path;

use lukewarm_model::{
    RestoreScope, Scenario, ServiceKind, ToolDescription, ToolRole, WorkflowStep, WorkflowSteps,
};

use crate::workflow::rolling_key;
use crate::{
    Action, ArchiveLayout, ArchivedPath, CACHE_ACTION, CacheTool, Invocation, JobContext, Program,
    Recipe, Settings, Source,
};

/// The program that cleans target folders.
pub struct CargoSweep;

/// The tool of this file.
pub static TOOL: CargoSweep = CargoSweep;

static DESCRIPTION: ToolDescription = ToolDescription {
    role: ToolRole::Archive,
    restores: RestoreScope::NewestTarget,
    services: &[ServiceKind::GITHUB_ACTIONS],
    works_alone: false,
    versioned: true,
    caveats: &[
        "cargo-sweep judges by the time of the last access of files: on a file system that keeps \
         no such times, all is taken for unused.",
        "Of a cache action only the archive work is timed: its own start in Node.js and what it \
         prints are not.",
    ],
    ..ToolDescription::new("cargo-sweep", "actions/cache, of what the job's build used alone")
};

static PROGRAM: Program = Program {
    name: "cargo-sweep",
    companions: &[],
    version_line: "cargo-sweep {version}",
    minimum: "0.7.0",
    oldest: "0.7.0",
    pinned: "0.8.0",
    sources: &[Source::CargoInstall { typically: "about a minute on 2 cores" }],
};

impl CacheTool for CargoSweep {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&PROGRAM)
    }

    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        let program = job.program.unwrap_or(Path::new(PROGRAM.name));
        let sweep = |option: &str| {
            Action::Run(Invocation::of(program, &["sweep", option], &BTreeMap::new()))
        };
        // From the first to the second call, what is not read is not used.
        Recipe { restore: vec![sweep("--stamp")], save: vec![sweep("--file")], ..Recipe::default() }
    }

    fn archive(&self, job: &JobContext<'_>, _settings: &Settings) -> Option<ArchiveLayout> {
        Some(ArchiveLayout::rolling(job, vec![ArchivedPath::in_checkout("target")]))
    }

    fn workflow(&self, _scenario: &Scenario, _settings: &Settings) -> WorkflowSteps {
        let path = ("path".to_owned(), "target/".to_owned());
        WorkflowSteps {
            before: vec![WorkflowStep {
                name: "Cache of the target folder".to_owned(),
                action: CACHE_ACTION,
                with: [path].into_iter().chain(rolling_key()).collect(),
            }],
            notes: vec![
                "Install cargo-sweep, and run `cargo sweep --stamp` before the first step that \
                 builds and `cargo sweep --file` after the last."
                    .to_owned(),
            ],
            ..WorkflowSteps::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tools;
    use crate::testing::{context, endpoint, folders, scenario};

    #[test]
    fn what_is_unused_goes_between_the_restore_and_the_save_of_the_archive() {
        let scenario = scenario("cargo-sweep", &[]);
        let (endpoint, folders) = (endpoint(ServiceKind::GITHUB_ACTIONS), folders());
        let job = context(&scenario, Some(&endpoint), &folders);
        let recipe = Tools::shipped().recipe(&job).unwrap();
        let args = |call: &Invocation| call.args.join(" ");
        match (&recipe.restore[..], &recipe.save[..]) {
            (
                [Action::RestoreArchive(restored), Action::Run(stamp)],
                [Action::Run(file), Action::SaveArchive(saved)],
            ) => {
                assert_eq!(restored, saved);
                assert_eq!([args(stamp), args(file)], ["sweep --stamp", "sweep --file"]);
                assert_eq!(saved.key, "Linux-cargo-abc123-7");
            }
            other => panic!("{other:?}"),
        }
    }
}
