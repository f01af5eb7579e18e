//! sccache with a real Redis server, which the run starts and ends.

use std::fs;
use std::path::Path;

use lukewarm_model::{Bytes, FailureKind, Operation, Seconds, ServiceKind, SettingValue, Step};
use lukewarm_runner::{Event, Processes};
use lukewarm_testing::Tried;
use rustix::process::{Pid, Signal, kill_process};

use crate::program;
use crate::support::{counts, facts, ledger, plan, record, record_with, scenario, settings_in};

fn redis() -> ServiceKind {
    ServiceKind::named("redis")
}

/// The ids of the Redis servers that work below a folder.
fn servers(place: &Path) -> Vec<i32> {
    let ids = fs::read_dir("/proc").unwrap().flatten();
    let ids = ids.filter_map(|it| it.file_name().to_str()?.parse::<i32>().ok());
    let is_server = |id: &i32| {
        let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        let folder = fs::read_link(format!("/proc/{id}/cwd"));
        name.trim() == "redis-server" && folder.is_ok_and(|it| it.starts_with(place))
    };
    ids.filter(is_server).collect()
}

pub fn sccache_with_redis() -> Tried {
    program("redis-server")?;
    let (place, record) = record(plan(vec![scenario("redis", "sccache", Some(redis()))]));
    let cold = facts(&record, "redis", "cold");
    let first = counts(cold);
    assert!(first.misses >= 3 && first.hits == 0 && first.write_errors == 0, "{first:?}");
    let stored = cold.service.clone().unwrap();
    assert!(stored.objects >= first.misses && stored.bytes > Bytes(1000), "{stored:?}");
    let up = ledger(cold);
    assert!(up.by_operation[&Operation::Write] >= first.misses, "{up:?}");
    assert!(up.bytes_up.0.abs_diff(stored.bytes.0) < 100 * (up.requests + 1), "{up:?} {stored:?}");
    let warm = facts(&record, "redis", "unchanged");
    assert_eq!((counts(warm).hits, counts(warm).misses), (first.misses, 0));
    let down = ledger(warm);
    assert!(down.by_operation[&Operation::Read] >= first.misses);
    assert!(down.bytes_down.0.abs_diff(stored.bytes.0) < 100 * (down.requests + 1), "{down:?}");
    let build = warm.steps.iter().find(|step| step.step == Step::Build).unwrap();
    assert!(build.service_cpu.is_some());
    assert_eq!(record.run.tools["redis-server"].name, "redis-server");
    assert!(servers(place.path()).is_empty(), "no server is left");
    Ok(())
}

/// What does not fit goes, the least recently used first; nothing fails.
pub fn sccache_with_a_redis_that_is_full() -> Tried {
    program("redis-server")?;
    let mut full = scenario("full", "sccache", Some(redis()));
    // An empty server takes about a megabyte itself.
    full.limits.quota = Some(Bytes(1_000_000));
    let (_place, record) = record(plan(vec![full]));
    let case = record.jobs.iter().find(|it| it.job == "cold").unwrap();
    assert!(case.failure.is_none(), "{:?}", case.failure);
    let stored = case.service.clone().unwrap();
    let lost = counts(case).write_errors + stored.evicted;
    assert!(lost > 0, "{stored:?} {:?}", counts(case));
    Ok(())
}

pub fn a_redis_that_dies_fails_its_job_and_is_there_again_for_the_next() -> Tried {
    program("redis-server")?;
    let place = tempfile::Builder::new().prefix("lukewarm").tempdir_in("/var/tmp").unwrap();
    let mut settings = settings_in(place.path(), &Processes::default());
    // sccache waits a minute for each look-up of a server that is gone.
    settings.job_timeout = Some(Seconds(25.0));
    let mut plan = plan(vec![scenario("redis", "sccache", Some(redis()))]);
    plan.iterations = 2;
    let mut builds = 0;
    let record = record_with(plan, settings, &place.path().join("logs"), &mut |event: &Event| {
        builds += u32::from(matches!(event, Event::StepStarted(Step::Build)));
        if builds == 2 && matches!(event, Event::StepStarted(Step::Build)) {
            let found = servers(place.path());
            assert_eq!(found.len(), 1, "{found:?}");
            kill_process(Pid::from_raw(found[0]).unwrap(), Signal::KILL).unwrap();
        }
        Ok(())
    })
    .unwrap();
    let failed: Vec<_> = record.jobs.iter().filter(|it| it.failure.is_some()).collect();
    let first = failed[0];
    assert_eq!(first.job, "unchanged");
    let failure = first.failure.clone().unwrap();
    assert!(failure.message.contains("`redis-server` has ended"), "{failure:?}");
    assert_eq!((failure.kind, failure.step), (FailureKind::Environment, Some(Step::Build)));
    assert!(first.steps.iter().any(|it| it.step == Step::Build), "its measurements are kept");
    let later = record.jobs.iter().rfind(|it| it.job == "unchanged").unwrap();
    assert!(later.failure.is_none(), "{:?}", later.failure);
    assert!(counts(later).hits >= 3, "the second iteration has its server again");
    Ok(())
}

/// The disk answers what it has; the server has everything too.
pub fn sccache_with_a_disk_before_its_redis() -> Tried {
    program("redis-server")?;
    let mut levels = scenario("levels", "sccache", Some(redis()));
    levels.settings.insert("disk-first".to_owned(), SettingValue::Flag(true));
    let (_place, record) = record(plan(vec![levels]));
    let cold = facts(&record, "levels", "cold");
    let warm = facts(&record, "levels", "unchanged");
    assert_eq!(counts(warm).hits, counts(cold).misses);
    assert!(ledger(cold).by_operation[&Operation::Write] >= counts(cold).misses);
    assert_eq!(ledger(warm).bytes_down.0 / 1000, 0, "the disk had it all: {:?}", ledger(warm));
    Ok(())
}
