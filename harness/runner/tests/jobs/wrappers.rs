//! Compiler wrappers: sccache on its local disk and against each service, and zccache.

use lukewarm_cache_tools::{JobObservation, Tools};
use lukewarm_model::{Bytes, Operation, RawRecord, ServiceKind, Step, StoreState, UnitKind};

use crate::support::{counts, facts, fresh, ledger, plan, record, scenario, steps};

/// What every remote sccache scenario must show, whatever its service.
fn sccache_works(record: &RawRecord, case: &str) {
    let cold = facts(record, case, "cold");
    assert_eq!(steps(cold), [Step::Restore, Step::Build, Step::Save]);
    let libs = cold.units.iter().filter(|unit| unit.kind == UnitKind::Lib).count() as u64;
    assert!(libs >= 3);
    let first = counts(cold);
    assert_eq!((first.hits, first.misses, first.write_errors), (0, libs, 0));
    let unchanged = facts(record, case, "unchanged");
    let second = counts(unchanged);
    assert_eq!((second.hits, second.misses, second.read_errors), (libs, 0, 0));
    assert_eq!(fresh(unchanged), 0, "a clean machine has no target folder");
    let core = counts(facts(record, case, "core-signature"));
    assert!(core.misses > 0 && core.hits < libs, "{core:?}");
    for step in &cold.steps {
        assert!(step.cpu.is_some(), "no CPU time of {:?}", step.step);
    }
    let build = &cold.steps[1];
    // The compiler runs under the server, and must be counted there.
    assert!(build.cpu.unwrap().0 > 0.2, "{:?}", build.cpu);
    assert!(build.peak_rss.is_some_and(|peak| peak > Bytes(20_000_000)), "{:?}", build.peak_rss);
}

/// Bytes that went up are the bytes that are stored, and those come down again.
fn bytes_agree(record: &RawRecord, case: &str) {
    let cold = facts(record, case, "cold");
    let stored = cold.service.clone().unwrap();
    assert!(stored.objects >= 3, "{stored:?}");
    let up = ledger(cold);
    // Beside the objects there are the service's check file and the calls that carry keys.
    let overhead = Bytes(200 * up.requests);
    assert!(up.bytes_up >= stored.bytes, "{up:?} {stored:?}");
    assert!(up.bytes_up.0 <= stored.bytes.0 + overhead.0, "{up:?} {stored:?}");
    let down = ledger(facts(record, case, "unchanged")).bytes_down;
    let near = down.0.abs_diff(stored.bytes.0);
    assert!(near <= 1000 + 400 * up.requests, "{down} came down of {}", stored.bytes);
}

#[test]
fn sccache_with_its_local_disk() {
    let (_place, record) = record(plan(vec![scenario("local", "sccache", None)]));
    sccache_works(&record, "local");
    let cold = facts(&record, "local", "cold");
    assert!(cold.kept_bytes.unwrap() > Bytes(1000) && cold.service.is_none());
}

#[test]
fn sccache_with_the_github_actions_cache() {
    let gha = scenario("gha", "sccache", Some(ServiceKind::GITHUB_ACTIONS));
    let (_place, record) = record(plan(vec![gha]));
    sccache_works(&record, "gha");
    bytes_agree(&record, "gha");
    let cold = ledger(facts(&record, "gha", "cold"));
    assert!(cold.by_operation[&Operation::Manage] >= 6, "{cold:?}");
}

#[test]
fn sccache_with_webdav() {
    let webdav = scenario("webdav", "sccache", Some(ServiceKind::WEBDAV));
    let (_place, record) = record(plan(vec![webdav]));
    sccache_works(&record, "webdav");
    bytes_agree(&record, "webdav");
}

/// What the folders of a store cost: three look-ups and three makings for an object in a new one,
/// one look-up in a used one.
#[test]
fn a_used_webdav_store_has_its_folders_and_a_virgin_one_makes_them() {
    let mut used = scenario("used", "sccache", Some(ServiceKind::WEBDAV));
    used.store = Some(StoreState::Used);
    let mut virgin = scenario("virgin", "sccache", Some(ServiceKind::WEBDAV));
    virgin.store = Some(StoreState::Virgin);
    let (_place, record) = record(plan(vec![used, virgin]));
    sccache_works(&record, "used");
    let of = |case: &str, operation| {
        let sum = ledger(facts(&record, case, "cold"));
        sum.by_operation.get(&operation).copied().unwrap_or(0)
    };
    let misses = counts(facts(&record, "used", "cold")).misses;
    assert_eq!(of("used", Operation::Manage), 0, "no folder is made");
    assert!(of("virgin", Operation::Manage) >= 2 * misses);
    assert!(of("used", Operation::Lookup) < of("virgin", Operation::Lookup));
    let writes = ["used", "virgin"].map(|case| of(case, Operation::Write));
    assert_eq!(writes[0], writes[1]);
    for case in ["used", "virgin"] {
        let stored = facts(&record, case, "cold").service.clone().unwrap();
        assert_eq!(stored.objects, writes[0], "folders are no objects");
    }
}

#[test]
fn sccache_behind_a_limit_loses_what_is_refused_and_stays_green() {
    let mut throttled = scenario("throttled", "sccache", Some(ServiceKind::GITHUB_ACTIONS));
    // One for sccache's check at its start, two for objects.
    throttled.limits.uploads_per_minute = Some(3);
    let (_place, record) = record(plan(vec![throttled]));
    let cold = facts(&record, "throttled", "cold");
    assert!(ledger(cold).limited() >= 1, "{:?}", ledger(cold));
    assert!(counts(cold).write_errors >= 1, "{:?}", counts(cold));
    let unchanged = counts(facts(&record, "throttled", "unchanged"));
    assert!(unchanged.misses >= 1 && unchanged.hits >= 1, "{unchanged:?}");
}

/// zccache keeps every unit.
#[test]
fn zccache_with_its_local_disk() {
    let (_place, mut record) = record(plan(vec![scenario("zccache", "zccache", None)]));
    // 1.15.8 often does not end when it is asked to, and is ended: what it had not written by then
    // is lost to the next job, and its own job is degraded.
    const STOPPED: &str = "the tool's server stopped";
    let mut checks = record.jobs.iter().filter(|it| it.job == "cold").flat_map(|it| &it.checks);
    let is_lost = checks.any(|it| it.name == STOPPED && it.held == Some(false));
    for job in &mut record.jobs {
        job.checks.retain(|it| it.name != STOPPED);
    }
    let report = |job: &str| {
        let scenario = scenario("zccache", "zccache", None);
        let observed = JobObservation { job: facts(&record, "zccache", job), scenario: &scenario };
        Tools::shipped().find("zccache").unwrap().evaluate(&observed).unwrap()
    };
    let cold = facts(&record, "zccache", "cold");
    assert_eq!(steps(cold), [Step::Restore, Step::Build, Step::Save]);
    assert!(cold.kept_bytes.unwrap() > Bytes(1000));
    let units = cold.units.len() as u64;
    let first = report("cold");
    assert_eq!((first.outcomes.hits, first.outcomes.misses), (0, units), "{first:?}");
    assert!(first.stored_in.unwrap().is_wanted);
    let second = report("unchanged");
    assert_eq!(second.outcomes.hits + second.outcomes.misses, units, "{second:?}");
    assert!(is_lost || second.outcomes.misses == 0, "{second:?}");
    assert_eq!(fresh(facts(&record, "zccache", "unchanged")), 0);
    let core = report("core-signature");
    assert!(core.outcomes.misses > 0 && core.outcomes.hits < units, "{core:?}");
}
