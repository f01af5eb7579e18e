//! Several copies of a job at once, with real sccache. Each needs mounts of its own: where this
//! process may not make any, these tests are ignored.

use std::fs;
use std::path::Path;

use lukewarm_analysis::{Evaluation, analyse};
use lukewarm_model::{
    AtOnce, CopiesFacts, Plan, RawRecord, Scenario, Seconds, ServiceKind, VerdictKind,
};
use lukewarm_runner::{Event, Processes, RunnerError};
use lukewarm_testing::{Missing, Tried};

use crate::support::{Counts, counts, plan, scenario, try_record};

/// Copies that are set up together start within this time of each other.
const SOON: f64 = 1.0;

/// A first build and the same again, in three copies.
fn three(scenario: Scenario, stagger: f64) -> Plan {
    let mut plan = plan(vec![scenario]);
    plan.story.jobs.truncate(2);
    let at_once = Some(AtOnce { copies: 3, stagger: Seconds(stagger) });
    plan.story.jobs.iter_mut().for_each(|job| job.at_once = at_once);
    plan
}

fn run(plan: Plan, place: &Path) -> Result<RawRecord, Missing> {
    let quiet = &mut |_: &Event| Ok(());
    match try_record(plan, place, &Processes::default(), quiet) {
        Err(RunnerError::Environment(why)) if why.contains("needs mounts of its own") => {
            Err(Missing::optional("mounts", "run as root, or in a user namespace"))
        }
        record => Ok(record.unwrap()),
    }
}

fn place() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("luke warm").tempdir_in("/var/tmp").unwrap()
}

/// The copies of a job, and what sccache counted in each.
fn copies<'r>(record: &'r RawRecord, job: &str) -> (&'r CopiesFacts, Vec<Counts>) {
    let facts = record.jobs.iter().find(|it| it.job == job).unwrap();
    assert!(facts.failure.is_none(), "{:?}", facts.failure);
    let counts = facts.as_copies().iter().map(counts).collect();
    (facts.copies.as_ref().unwrap(), counts)
}

fn misses(record: &RawRecord) -> u64 {
    copies(record, "cold").1.iter().map(|it| it.misses).sum()
}

fn duplicates(record: &RawRecord, job: &str) -> f64 {
    let findings = analyse(Evaluation::of(record));
    let row = findings.copies.iter().find(|it| it.job == job).unwrap();
    row.duplicate_compiles.as_ref().unwrap().point
}

/// The processes that work below a folder, or for it.
fn processes(place: &Path) -> usize {
    let inside = place.join("runs").display().to_string();
    let ids = fs::read_dir("/proc").unwrap().flatten();
    let environments = ids.filter_map(|it| fs::read_to_string(it.path().join("environ")).ok());
    environments.filter(|it| it.contains(&inside)).count()
}

pub fn copies_share_a_service_and_have_equal_keys() -> Tried {
    let mounts = || fs::read_to_string("/proc/self/mountinfo").unwrap();
    let (place, before) = (place(), mounts());
    let webdav = || scenario("webdav", "sccache", Some(ServiceKind::WEBDAV));
    let together = run(three(webdav(), 0.0), place.path())?;
    // Three libraries can be cached. All copies start before any of them has stored one.
    let (cold, first) = copies(&together, "cold");
    assert!(cold.copies.iter().all(|it| it.started.0 < SOON), "{cold:?}");
    assert!(misses(&together) > 3, "{first:?}");
    assert_eq!(duplicates(&together, "cold"), misses(&together) as f64 - 3.0);
    assert!(cold.offered.values().sum::<u64>() == 3, "three entries: {:?}", cold.offered);
    let (unchanged, second) = copies(&together, "unchanged");
    for counted in &second {
        assert_eq!((counted.hits, counted.misses), (3, 0), "their paths are alike: {second:?}");
    }
    assert!(unchanged.offered.is_empty(), "{:?}", unchanged.offered);
    assert_eq!(duplicates(&together, "unchanged"), 0.0);
    // Each copy has requests of its own.
    for copy in &unchanged.copies {
        let ledgers = copy.steps.iter().filter_map(|step| step.ledger.as_ref());
        assert!(ledgers.map(|it| it.requests).sum::<u64>() >= 3);
    }
    let evaluation = Evaluation::of(&together);
    for job in evaluation.jobs() {
        assert_eq!(job.verdict.kind(), VerdictKind::Valid, "{:?}", job.verdict);
    }
    assert_eq!(processes(place.path()), 0, "processes were left");
    assert_eq!(mounts(), before, "mounts were left");
    Ok(())
}

pub fn a_copy_that_starts_when_another_has_ended_compiles_nothing_again() -> Tried {
    let place = place();
    let webdav = scenario("webdav", "sccache", Some(ServiceKind::WEBDAV));
    let mut plan = three(webdav, 0.0);
    plan.story.jobs.truncate(1);
    let together = run(plan.clone(), place.path())?;
    let longest = together.jobs[0].wall();
    // Longer than a build, also where this machine is slower now.
    let stagger = Seconds(longest.0 * 2.0 + 2.0);
    plan.story.jobs[0].at_once = Some(AtOnce { copies: 3, stagger });
    let apart = run(plan, place.path())?;
    let (facts, counted) = copies(&apart, "cold");
    let walls: Vec<Seconds> = facts.copies.iter().map(|it| it.wall()).collect();
    assert!(walls.iter().all(|it| *it < stagger), "{walls:?}");
    let misses: Vec<u64> = counted.iter().map(|it| it.misses).collect();
    assert_eq!(misses, [3, 0, 0]);
    assert_eq!(duplicates(&apart, "cold"), 0.0);
    assert!(duplicates(&together, "cold") > 0.0);
    assert!(facts.copies[2].started >= Seconds(2.0 * stagger.0));
    assert!(facts.wall() >= facts.copies[2].ended);
    Ok(())
}

/// Its checkout is of the moment that it starts: what an earlier copy built is older than its
/// sources, so that a restored target folder keeps no member.
pub fn a_copy_that_starts_later_checks_out_later() -> Tried {
    let place = place();
    let archive = scenario("archive", "actions-cache", Some(ServiceKind::GITHUB_ACTIONS));
    let mut plan = three(archive, 0.0);
    plan.story.jobs.truncate(1);
    let together = run(plan.clone(), place.path())?;
    let stagger = Seconds(together.jobs[0].wall().0 * 2.0 + 2.0);
    plan.story.jobs[0].at_once = Some(AtOnce { copies: 2, stagger });
    let apart = run(plan, place.path())?;
    let copies = &apart.jobs[0].copies.as_ref().unwrap().copies;
    assert!(copies[0].restored.is_none() && copies[0].wall() < stagger, "{copies:?}");
    assert!(copies[1].restored.is_some_and(|it| it.files > 0), "{copies:?}");
    assert!(copies[1].units.iter().all(|unit| !unit.fresh), "{:?}", copies[1].units);
    Ok(())
}

pub fn copies_spend_one_minutes_limit_together() -> Tried {
    let place = place();
    let mut limited = scenario("limited", "sccache", Some(ServiceKind::GITHUB_ACTIONS));
    limited.limits.uploads_per_minute = Some(2);
    let mut plan = three(limited, 0.0);
    plan.story.jobs.truncate(1);
    let record = run(plan, place.path())?;
    let (facts, counted) = copies(&record, "cold");
    let refused =
        |status: u16| -> u64 { facts.copies.iter().filter_map(|it| it.refused.get(&status)).sum() };
    let steps = facts.copies.iter().flat_map(|it| &it.steps);
    let by_ledger: u64 = steps.filter_map(|it| it.ledger.as_ref()).map(|it| it.limited()).sum();
    assert_eq!(refused(429), by_ledger);
    assert!(by_ledger > 0, "{counted:?}");
    // Whatever each of them wanted, two were let through in all.
    let stored = record.jobs[0].service.as_ref().unwrap();
    assert!(stored.objects <= 2, "{stored:?}");
    let writers = facts.copies.iter().filter(|it| !it.refused.is_empty()).count();
    assert!(writers >= 2, "more than one was refused: {facts:?}");
    Ok(())
}

/// Without a service each copy is a machine of its own, and the next job starts from the first's.
pub fn copies_without_a_service_share_nothing() -> Tried {
    let place = place();
    let record = run(three(scenario("local", "sccache", None), 0.0), place.path())?;
    let of = |job| copies(&record, job).1;
    let misses: Vec<u64> = of("cold").iter().map(|it| it.misses).collect();
    assert_eq!(misses, [3, 3, 3]);
    let hits: Vec<u64> = of("unchanged").iter().map(|it| it.hits).collect();
    assert_eq!(hits, [3, 3, 3]);
    assert_eq!(processes(place.path()), 0, "processes were left");
    Ok(())
}
