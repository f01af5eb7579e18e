//! Archives of `actions/cache`: alone, beside a wrapper, and where one is damaged.

use lukewarm_model::{ArchiveChoice, Mtime, ServiceKind, SettingValue, Step};

use crate::support::{counts, facts, fresh, ledger, plan, record, scenario, steps};

#[test]
fn an_archive_is_saved_once_per_lock_file() {
    let archive = scenario("archive", "actions-cache", Some(ServiceKind::GITHUB_ACTIONS));
    let mut rolling = scenario("rolling", "actions-cache", Some(ServiceKind::GITHUB_ACTIONS));
    rolling.settings.insert("key".to_owned(), SettingValue::Text("rolling".to_owned()));
    rolling.settings.insert("archive-cargo-home".to_owned(), SettingValue::Flag(true));
    let (_place, record) = record(plan(vec![archive, rolling]));
    let notes = |case: &str, job: &str| -> Vec<String> {
        let facts = facts(&record, case, job);
        facts.steps.iter().filter_map(|step| step.note.clone()).collect()
    };
    let cold = notes("archive", "cold");
    assert!(cold[0].starts_with("no entry") && cold[1].starts_with("saved"), "{cold:?}");
    let later = notes("archive", "core-signature");
    assert!(later[0].starts_with("restored"), "{later:?}");
    assert_eq!(later[1], "the key exists, not saved again");
    let rolling = notes("rolling", "leaf-body");
    assert!(rolling[0].starts_with("restored") && rolling[1].starts_with("saved"), "{rolling:?}");
    let objects = |case: &str| facts(&record, case, "core-signature").service.clone().unwrap();
    assert_eq!((objects("archive").objects, objects("rolling").objects), (1, 4));
    // A checkout is new: every member of the workspace is built again, and `tiny` has no others.
    assert_eq!(fresh(facts(&record, "archive", "unchanged")), 0);
    let saved = ledger(facts(&record, "archive", "cold"));
    assert!(saved.bytes_up >= objects("archive").bytes);
}

/// As with `actions/cache`: a warning, and a build from nothing.
#[test]
fn a_job_goes_on_without_an_archive_that_cannot_be_unpacked() {
    let mut broken = scenario("broken", "actions-cache", Some(ServiceKind::GITHUB_ACTIONS));
    broken.faults = vec!["flip/read".parse().unwrap()];
    let mut plan = plan(vec![broken]);
    plan.story.jobs.truncate(2);
    let (_place, record) = record(plan);
    let job = |name: &str| record.jobs.iter().find(|facts| facts.job == name).unwrap();
    assert!(
        job("cold").failure.is_none() && job("cold").checks.iter().all(|it| it.held == Some(true))
    );
    let unchanged = job("unchanged");
    assert!(unchanged.failure.is_none(), "{:?}", unchanged.failure);
    assert_eq!(steps(unchanged), [Step::Restore, Step::Build, Step::Save]);
    assert_eq!(fresh(unchanged), 0);
    let note = unchanged.steps[0].note.as_deref().unwrap();
    assert!(note.starts_with("restore failed to unpack: `tar"), "{note}");
    assert_eq!(unchanged.steps[2].note.as_deref(), Some("the key exists, not saved again"));
    let check = unchanged.checks.iter().find(|it| it.name == "archive moved").unwrap();
    assert_eq!((check.held, check.seen.as_str()), (Some(false), note));
    assert!(unchanged.units.len() > 1 && unchanged.service.is_some());
}

#[test]
fn an_archive_keeps_members_where_checkouts_have_the_times_of_commits() {
    let mut rolling = scenario("rolling", "actions-cache", Some(ServiceKind::GITHUB_ACTIONS));
    rolling.settings.insert("key".to_owned(), SettingValue::Text("rolling".to_owned()));
    for mtime in [Mtime::CommitTime, Mtime::Restored] {
        let mut plan = plan(vec![rolling.clone()]);
        // The scenario's own times come before those of the story.
        match mtime {
            Mtime::Restored => plan.scenarios[0].mtime = Some(mtime),
            _ => plan.story.mtime = mtime,
        }
        let (_place, record) = record(plan);
        let jobs = ["cold", "unchanged", "leaf-body", "core-signature"];
        let fresh = jobs.map(|job| fresh(facts(&record, "rolling", job)));
        assert_eq!(fresh, [0, 6, 5, 2], "{mtime:?}");
    }
}

#[test]
fn an_archive_beside_a_wrapper_is_moved_in_the_same_job() {
    let mut stacked = scenario("stacked", "sccache", Some(ServiceKind::GITHUB_ACTIONS));
    let tool = "actions-cache".to_owned();
    stacked.archive = Some(ArchiveChoice { tool, settings: Default::default() });
    let (_place, record) = record(plan(vec![stacked]));
    let unchanged = facts(&record, "stacked", "unchanged");
    let notes: Vec<&str> = unchanged.steps.iter().filter_map(|it| it.note.as_deref()).collect();
    assert!(notes[0].starts_with("restored"), "{notes:?}");
    assert_eq!(notes[1], "the key exists, not saved again");
    assert_eq!(counts(unchanged).hits, 3, "`tiny` has only members, which are stale");
}
