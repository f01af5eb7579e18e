//! What a workspace of the user's is, read without fetching, building or writing anything.
//! Owns what can be said of it before a run: members, units, the edits that would be tried first,
//! what is refused. Dependencies are known as manifests declare them, not as Cargo resolves them.

use std::path::Path;

use cargo_metadata::{Metadata, Package};
use lukewarm_model::{Change, ConfigurationSetting, EditChoice, MutationKind, Plan, Toolchain};

use crate::error::RunnerError;
use crate::prepare::configuration::Configuration;
use crate::prepare::environment::UserEnvironment;
use crate::prepare::foreign::graph::{self, EditCandidates};
use crate::prepare::foreign::options;
use crate::prepare::foreign::remembered::ChosenEdit;
use crate::prepare::foreign::trial_commands::selected;
use crate::prepare::{metadata, toolchain};
use crate::process::Processes;

/// What a workspace is, before anything is built.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The toolchain of its builds.
    pub toolchain: Toolchain,
    /// The names of its members, in order.
    pub members: Vec<String>,
    /// The members that jobs build, without those that these depend on.
    pub selected: Vec<String>,
    /// Units of members: their libraries, programs, procedural macros and build scripts.
    pub member_units: usize,
    /// Packages that the lock file has beside the members, of which a build needs some or all;
    /// absent where there is no lock file.
    pub locked_packages: Option<usize>,
    /// The edit that would be tried first for each change of the story.
    pub edits: Vec<EditChoice>,
    /// Members without a crate that can be edited, each with the reason.
    pub not_editable: Vec<(String, String)>,
    /// Changes of the story that cannot be made, each with the reason.
    pub refused: Vec<(Change, String)>,
    /// The settings of its Cargo configuration, and what jobs make of them.
    pub configuration: Vec<ConfigurationSetting>,
}

/// Reads a workspace's folder.
///
/// # Errors
/// When there is no toolchain for it, or its manifests cannot be read.
pub fn inspect(
    folder: &Path,
    plan: &Plan,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<Inspection, RunnerError> {
    let folder = folder.canonicalize().map_err(RunnerError::file("find", folder))?;
    let toolchain = toolchain::find(&folder, user, processes)?;
    let metadata = metadata::declared(&folder, &toolchain, user, processes)?;
    let mut configuration = Configuration::read(&folder, &folder)?;
    configuration.leave_out(&folder, user);
    let selected = selected(&metadata, plan);
    let candidates = graph::candidates(&metadata, &folder, &selected);
    let (edits, refused) = first_edits(&candidates, plan);
    let members = metadata.workspace_packages();
    let names = |all: &[&Package]| all.iter().map(|it| it.name.to_string()).collect();
    Ok(Inspection {
        toolchain: toolchain.identity,
        members: names(&members),
        member_units: selected.iter().map(|it| units(it)).sum(),
        selected: names(&selected),
        locked_packages: locked(&metadata, members.len()),
        edits,
        not_editable: candidates.excluded,
        refused,
        configuration: configuration.settings().to_vec(),
    })
}

/// The first edit of each change, and the changes that have none.
fn first_edits(
    candidates: &EditCandidates,
    plan: &Plan,
) -> (Vec<EditChoice>, Vec<(Change, String)>) {
    let (mut edits, mut refused, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    for change in plan.story.jobs.iter().map(|job| job.change) {
        // Which version a registry offers is found when it is asked.
        if !change.kind.is_edit()
            || change.kind == MutationKind::Dependency
            || seen.contains(&change)
        {
            continue;
        }
        seen.push(change);
        match options::options(candidates, change).into_iter().next() {
            Some(edit) => edits.push(ChosenEdit { edit, refused: Vec::new() }.choice()),
            None => refused.push((change, "no member that is built can be edited".to_owned())),
        }
    }
    (edits, refused)
}

/// What an ordinary build compiles of a package.
fn units(package: &Package) -> usize {
    let is_built = |it: &&cargo_metadata::Target| {
        !it.is_test() && !it.is_bench() && !it.is_example() && it.required_features.is_empty()
    };
    package.targets.iter().filter(is_built).count()
}

/// The packages of the lock file beside the members.
fn locked(metadata: &Metadata, members: usize) -> Option<usize> {
    let lock = metadata.workspace_root.as_std_path().join("Cargo.lock");
    let text = std::fs::read_to_string(lock).ok()?;
    let packages = text.lines().filter(|line| line.trim_end() == "[[package]]").count();
    Some(packages.saturating_sub(members))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use lukewarm_model::{CargoCommand, CargoTask, JobSpec, Place};
    use lukewarm_testing::plan;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test is its own front door")]
    fn user() -> UserEnvironment {
        UserEnvironment::new(std::env::vars_os())
    }

    /// A workspace of that many members, each of which depends on the one before it.
    fn chain(count: usize) -> tempfile::TempDir {
        let place = tempfile::tempdir_in("/var/tmp").unwrap();
        let text = "[workspace]\nmembers = [\"m*\"]\nresolver = \"2\"\n";
        fs::write(place.path().join("Cargo.toml"), text).unwrap();
        for number in 0..count {
            let folder = place.path().join(format!("m{number}"));
            fs::create_dir_all(folder.join("src")).unwrap();
            fs::write(folder.join("src/lib.rs"), "pub fn f() {}\n").unwrap();
            let on = match number {
                0 => "serde = \"1\"\n".to_owned(),
                _ => format!("m{0} = {{ path = \"../m{0}\" }}\n", number - 1),
            };
            let text = format!(
                "[package]\nname = \"m{number}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\
                 [dependencies]\n{on}"
            );
            fs::write(folder.join("Cargo.toml"), text).unwrap();
        }
        place
    }

    fn story(kinds: &[(MutationKind, Option<Place>)]) -> Plan {
        let mut plan = plan(&["none"], &["cold"], 1);
        let job = |(kind, place): &(MutationKind, Option<Place>)| {
            JobSpec::alone(kind.name(), Change { kind: *kind, place: *place })
        };
        plan.story.jobs = kinds.iter().map(job).collect();
        plan
    }

    #[test]
    fn a_workspace_is_read_without_a_lock_file_a_registry_or_a_trace() {
        let place = chain(4);
        let listed = || {
            let entries = walkdir::WalkDir::new(place.path()).sort_by_file_name().into_iter();
            let entry =
                |it: walkdir::DirEntry| (it.path().to_owned(), it.metadata().unwrap().len());
            entries.flatten().map(entry).collect::<Vec<_>>()
        };
        let before = listed();
        let mut plan = story(&[
            (MutationKind::None, None),
            (MutationKind::Body, Some(Place::Leaf)),
            (MutationKind::Signature, Some(Place::Core)),
            (MutationKind::Dependency, None),
        ]);
        let read =
            |plan: &Plan| inspect(place.path(), plan, &user(), &Processes::default()).unwrap();
        let found = read(&plan);
        assert_eq!(listed(), before);
        assert_eq!(found.members, ["m0", "m1", "m2", "m3"]);
        assert_eq!((found.member_units, found.locked_packages), (4, None));
        let packages: Vec<&str> = found.edits.iter().map(|it| it.package.as_str()).collect();
        assert_eq!(packages, ["m3", "m0"], "{:#?}", found.edits);
        assert_eq!(found.edits[1].reason, "3 members depend on it");
        // Only what the command builds is edited.
        plan.commands = vec![CargoCommand {
            toolchain: None,
            task: CargoTask::Build,
            args: ["-p", "m1"].map(str::to_owned).to_vec(),
        }];
        let found = read(&plan);
        assert_eq!(found.selected, ["m1"]);
        let packages: Vec<&str> = found.edits.iter().map(|it| it.package.as_str()).collect();
        assert_eq!(packages, ["m1", "m0"], "{:#?}", found.edits);
    }

    #[test]
    fn what_cannot_be_edited_is_said_for_each_change() {
        let place = chain(1);
        fs::write(place.path().join("m0/src/lib.rs"), "#![cfg(windows)]\n").unwrap();
        let plan = story(&[(MutationKind::Body, Some(Place::Core))]);
        let found = inspect(place.path(), &plan, &user(), &Processes::default()).unwrap();
        assert_eq!(found.edits, []);
        assert_eq!(found.refused.len(), 1);
        assert_eq!(found.not_editable[0].0, "m0");
    }

    #[test]
    fn a_workspace_of_500_members_is_read() {
        let place = chain(500);
        let plan = story(&[(MutationKind::Body, Some(Place::Leaf))]);
        let found = inspect(place.path(), &plan, &user(), &Processes::default()).unwrap();
        assert_eq!((found.members.len(), found.edits.len()), (500, 1));
    }
}
