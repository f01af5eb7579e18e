//! What a change between two jobs leaves to be reused: edits, branches, folders, flags.

use lukewarm_model::{MutationKind, Place, ServiceKind, Step};

use crate::support::{counts, facts, fresh, job, plan, record, scenario, steps};

#[test]
fn a_persistent_target_rebuilds_only_what_changed() {
    let mut laptop = scenario("laptop", "persistent-target", None);
    laptop.incremental = true;
    let none = scenario("none", "none", None);
    let (_place, record) = record(plan(vec![laptop, none]));
    let units = facts(&record, "laptop", "cold").units.len();
    assert_eq!(fresh(facts(&record, "laptop", "cold")), 0);
    assert_eq!(fresh(facts(&record, "laptop", "unchanged")), units);
    let leaf = fresh(facts(&record, "laptop", "leaf-body"));
    assert!(leaf > 0 && leaf < units, "{leaf} of {units} are fresh after a leaf edit");
    let core = fresh(facts(&record, "laptop", "core-signature"));
    assert!(core < leaf, "{core} are fresh after a core edit, {leaf} after a leaf edit");
    for job in ["cold", "unchanged", "leaf-body", "core-signature"] {
        let none = facts(&record, "none", job);
        assert_eq!((fresh(none), steps(none)), (0, vec![Step::Build]));
    }
}

#[test]
fn a_branch_reads_the_default_branch_and_is_blind_to_its_siblings() {
    let scoped = scenario("scoped", "sccache", Some(ServiceKind::GITHUB_ACTIONS));
    let open = scenario("open", "sccache", Some(ServiceKind::WEBDAV));
    let mut plan = plan(vec![scoped, open]);
    plan.story.jobs = vec![
        job("cold", MutationKind::None, None),
        job("pull-request", MutationKind::PullRequest, None),
        job("core-body", MutationKind::Body, Some(Place::Core)),
        job("again", MutationKind::None, None),
        job("sibling", MutationKind::Branch, None),
    ];
    let (_place, record) = record(plan);
    let hits = |case: &str| {
        let jobs = ["pull-request", "core-body", "again", "sibling"];
        jobs.map(|job| counts(facts(&record, case, job)).hits)
    };
    assert_eq!(hits("scoped"), [3, 0, 3, 0], "the sibling does not see the edit of the core");
    assert_eq!(hits("open"), [3, 0, 3, 3], "a service without scopes shows it");
}

#[test]
fn folder_and_flags_change_what_can_be_reused() {
    let mut plan = plan(vec![scenario("sccache", "sccache", None)]);
    plan.story.jobs = vec![
        job("cold", MutationKind::None, None),
        job("path", MutationKind::Path, None),
        job("flags", MutationKind::Flags, None),
        job("features", MutationKind::Features, None),
        job("build-script", MutationKind::BuildScript, None),
        job("again", MutationKind::None, None),
    ];
    let (_place, record) = record(plan);
    let jobs = ["path", "flags", "features", "build-script", "again"];
    let hits = jobs.map(|job| counts(facts(&record, "sccache", job)).hits);
    assert_eq!(hits, [0, 0, 0, 2, 3]);
}
