//! Workspaces of the user's: edited in a copy, built where they can be, never written to.

use std::path::{Path, PathBuf};

use lukewarm_model::{FailureKind, Origin, Plan, Scenario, Step};
use lukewarm_runner::{Event, Processes};

use crate::support::{facts, plan, record_in, root, scenario, try_record};

/// A copy of `tiny` that a test may break, as a folder of the user's.
pub fn foreign(place: &Path) -> PathBuf {
    let folder = place.join("my own workspace");
    let from = root().join("sample-workspaces/tiny");
    for entry in walkdir::WalkDir::new(&from).into_iter().flatten() {
        let target = folder.join(entry.path().strip_prefix(&from).unwrap());
        match entry.file_type().is_dir() {
            true => std::fs::create_dir_all(&target).unwrap(),
            false => drop(std::fs::copy(entry.path(), &target).unwrap()),
        }
    }
    folder
}

pub fn foreign_plan(folder: &Path, scenarios: Vec<Scenario>) -> Plan {
    let mut plan = plan(scenarios);
    let workspace = &mut plan.workspaces[0];
    workspace.folder = folder.to_owned();
    workspace.origin = Origin::Foreign;
    workspace.mutations.clear();
    plan
}

#[test]
fn a_foreign_workspace_is_edited_by_its_graph_and_never_touched() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let folder = foreign(place.path());
    let listed = || -> Vec<_> {
        let entries = walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().flatten();
        entries
            .map(|it| (it.path().to_owned(), it.metadata().unwrap().modified().unwrap()))
            .collect()
    };
    let before = listed();
    let none = scenario("none", "none", None);
    let record = record_in(foreign_plan(&folder, vec![none]), place.path(), &Processes::default());
    assert_eq!(before, listed());
    let core = facts(&record, "none", "core-signature");
    let edits = core.checks.iter().filter(|check| check.name == "edit built").count();
    assert_eq!(edits, 2, "{:?}", core.checks);
}

#[test]
fn members_behind_symbolic_links_are_built_and_their_originals_never_touched() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let (folder, outside) = (foreign(place.path()), place.path().join("outside"));
    std::fs::create_dir(&outside).unwrap();
    // A member's whole folder, and one file of another.
    std::fs::rename(folder.join("crates/core"), outside.join("core")).unwrap();
    std::os::unix::fs::symlink("../../outside/core", folder.join("crates/core")).unwrap();
    let program = folder.join("crates/tally/src/main.rs");
    std::fs::rename(&program, outside.join("main.rs")).unwrap();
    std::os::unix::fs::symlink(outside.join("main.rs"), &program).unwrap();
    let contents = || -> Vec<_> {
        let entries = walkdir::WalkDir::new(&outside).sort_by_file_name().into_iter().flatten();
        let read = |it: walkdir::DirEntry| (it.path().to_owned(), std::fs::read(it.path()).ok());
        entries.map(read).collect()
    };
    let before = contents();
    let none = scenario("none", "none", None);
    let record = record_in(foreign_plan(&folder, vec![none]), place.path(), &Processes::default());
    assert!(record.jobs.iter().all(|job| job.failure.is_none()), "{:?}", record.jobs);
    let core = facts(&record, "none", "core-signature");
    let held =
        |check: &&lukewarm_model::Check| check.name == "edit built" && check.held == Some(true);
    assert_eq!(core.checks.iter().filter(held).count(), 2, "{:?}", core.checks);
    assert_eq!(contents(), before);
}

#[test]
fn a_workspace_that_does_not_compile_is_refused_before_anything_is_measured() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let folder = foreign(place.path());
    std::fs::write(folder.join("crates/tally/src/main.rs"), "fn main() { missing() }\n").unwrap();
    let plan = foreign_plan(&folder, vec![scenario("none", "none", None)]);
    let refused = try_record(plan, place.path(), &Processes::default(), &mut |_: &Event| {
        panic!("nothing is measured");
    });
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("does not compile, so nothing is measured"), "{error}");
    assert!(error.contains("cannot find function `missing`"), "{error}");
}

#[test]
fn a_workspace_that_does_not_build_is_a_row_and_not_the_end() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let folder = foreign(place.path());
    let broken = walkdir::WalkDir::new(&folder)
        .into_iter()
        .flatten()
        .find(|entry| entry.file_name() == "main.rs")
        .unwrap();
    std::fs::write(broken.path(), "fn main() { this does not compile }\n").unwrap();
    let scenarios = vec![scenario("none", "none", None), scenario("local", "sccache", None)];
    let mut plan = foreign_plan(&folder, scenarios);
    // A story without edits tries none.
    plan.story.jobs.truncate(2);
    let record = record_in(plan, place.path(), &Processes::default());
    assert_eq!(record.jobs.len(), 4);
    for facts in &record.jobs {
        let failure = facts.failure.as_ref().unwrap();
        if facts.job == "cold" {
            assert_eq!((failure.kind, failure.step), (FailureKind::Build, Some(Step::Build)));
            let said = failure.last_lines.join("\n");
            assert!(said.contains("main.rs"), "{said}");
        } else {
            assert_eq!(failure.kind, FailureKind::Predecessor);
        }
    }
    assert!(record.end.unwrap().stopped.is_none());
}
