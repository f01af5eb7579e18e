//! Real jobs: the sample workspace `tiny`, real cargo, real sccache and real archives against
//! the emulated services. One slow test a tool.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use lukewarm_cache_tools::{JobObservation, Tools};
use lukewarm_model::{
    ArchiveChoice, Attempt, Bytes, Case, Change, Counter, FailureKind, JobFacts, JobSpec,
    LedgerSummary, Mtime, MutationKind, Network, Operation, Origin, Place, Plan, Priming,
    RawRecord, RunFacts, Scenario, ServiceKind, SettingValue, Step, StopReason, StoreState, Story,
    UnitKind,
};
use lukewarm_runner::{
    Event, Observer, Processes, RunnerError, Settings, UserEnvironment, prepare, run,
};

fn job(name: &str, kind: MutationKind, place: Option<Place>) -> JobSpec {
    JobSpec { name: name.into(), change: Change { kind, place } }
}

/// Cold, unchanged, leaf body, core signature.
fn story() -> Story {
    Story {
        jobs: vec![
            job("cold", MutationKind::None, None),
            job("unchanged", MutationKind::None, None),
            job("leaf-body", MutationKind::Body, Some(Place::Leaf)),
            job("core-signature", MutationKind::Signature, Some(Place::Core)),
        ],
        ..lukewarm_testing::story(&[])
    }
}

fn scenario(name: &str, tool: &str, service: Option<ServiceKind>) -> Scenario {
    Scenario {
        service,
        network: service.map(|_| Network::unlimited()),
        ..lukewarm_testing::scenario(name, tool)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A plan over the sample workspace `tiny`, read with its patches from the project itself.
fn plan(scenarios: Vec<Scenario>) -> Plan {
    let files = lukewarm_plan::read(&root(), &lukewarm_cache_tools::descriptions()).unwrap();
    let workspaces = files.workspaces.into_iter().filter(|it| it.name == "tiny").collect();
    let case = |scenario: &Scenario| Case::new("tiny", scenario.name.clone());
    Plan {
        seed: 7,
        cases: scenarios.iter().map(case).collect(),
        scenarios,
        workspaces,
        story: story(),
        priming: Priming::Measured,
        ..lukewarm_testing::plan(&[], &[], 1)
    }
}

/// Runs a plan in a scratch folder whose name holds a space.
fn record(plan: Plan) -> (tempfile::TempDir, RawRecord) {
    let place = tempfile::Builder::new().prefix("luke warm").tempdir_in("/var/tmp").unwrap();
    let record = record_in(plan, place.path(), &Processes::default());
    (place, record)
}

fn record_in(plan: Plan, place: &Path, processes: &Processes) -> RawRecord {
    record_told(plan, place, processes, &mut |_: &Event| Ok(()))
}

fn record_told(
    plan: Plan,
    place: &Path,
    processes: &Processes,
    observer: &mut dyn Observer,
) -> RawRecord {
    try_record(plan, place, processes, observer).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test is its own front door")]
fn try_record(
    plan: Plan,
    place: &Path,
    processes: &Processes,
    observer: &mut dyn Observer,
) -> Result<RawRecord, RunnerError> {
    let user = UserEnvironment::new(std::env::vars_os());
    let home = PathBuf::from(user.get("HOME").unwrap());
    let settings = Settings {
        cache: home.join(".cache/lukewarm"),
        scratch: place.join("runs"),
        tools: Tools::shipped(),
        named_tools: Vec::new(),
        user,
        processes: processes.clone(),
    };
    let prepared = prepare(plan, "2026-11-27T010203-test-00000001", settings, &mut |_| {}).unwrap();
    let facts = RunFacts {
        host: prepared.host().clone(),
        toolchains: prepared.toolchains(),
        tools: prepared.tools(),
        sources: prepared.sources(),
        configuration: prepared.configuration(),
        ..lukewarm_testing::run_facts(prepared.plan())
    };
    let record = RawRecord { run: facts, jobs: Vec::new(), end: None };
    let mut decide = |_: &RawRecord| panic!("this plan has no looks");
    run(prepared, record, &place.join("logs"), &mut decide, observer)
}

fn facts<'r>(record: &'r RawRecord, case: &str, job: &str) -> &'r JobFacts {
    let case = format!("tiny/{case}");
    let found = record.jobs.iter().find(|facts| facts.case == case && facts.job == job);
    let facts = found.unwrap_or_else(|| panic!("no job {case} {job}"));
    assert!(facts.failure.is_none(), "{case} {job}: {:?}", facts.failure);
    for check in &facts.checks {
        assert_eq!(check.held, Some(true), "{case} {job}: {check:?}");
    }
    facts
}

/// What sccache counted in a job.
#[derive(Debug)]
struct Counts {
    hits: u64,
    misses: u64,
    read_errors: u64,
    write_errors: u64,
}

fn counts(facts: &JobFacts) -> Counts {
    let scenario = scenario("of its own", "sccache", None);
    let observed = JobObservation { job: facts, scenario: &scenario };
    let report = Tools::shipped().find("sccache").unwrap().evaluate(&observed).unwrap();
    let count = |counter| report.counters.get(counter).unwrap();
    Counts {
        hits: count(Counter::HITS),
        misses: count(Counter::MISSES),
        read_errors: count(Counter::READ_ERRORS),
        write_errors: count(Counter::WRITE_ERRORS),
    }
}

fn ledger(facts: &JobFacts) -> LedgerSummary {
    let mut sum = LedgerSummary::default();
    for ledger in facts.steps.iter().filter_map(|step| step.ledger.as_ref()) {
        sum.requests += ledger.requests;
        sum.bytes_down += ledger.bytes_down;
        sum.bytes_up += ledger.bytes_up;
        for (operation, count) in &ledger.by_operation {
            *sum.by_operation.entry(*operation).or_default() += count;
        }
        for (status, count) in &ledger.by_status {
            *sum.by_status.entry(*status).or_default() += count;
        }
    }
    sum
}

fn fresh(facts: &JobFacts) -> usize {
    facts.units.iter().filter(|unit| unit.fresh).count()
}

fn steps(facts: &JobFacts) -> Vec<Step> {
    facts.steps.iter().map(|step| step.step).collect()
}

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
    assert_eq!(later[1], "the key is there, not saved again");
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
    assert_eq!(unchanged.steps[2].note.as_deref(), Some("the key is there, not saved again"));
    let check = unchanged.checks.iter().find(|it| it.name == "archive moved").unwrap();
    assert_eq!((check.held, check.seen.as_str()), (Some(false), note));
    assert!(unchanged.units.len() > 1 && unchanged.service.is_some());
}

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

#[test]
fn an_archive_keeps_members_where_checkouts_have_the_times_of_commits() {
    let mut rolling = scenario("rolling", "actions-cache", Some(ServiceKind::GITHUB_ACTIONS));
    rolling.settings.insert("key".to_owned(), SettingValue::Text("rolling".to_owned()));
    for mtime in [Mtime::CommitTime, Mtime::Restored] {
        let mut plan = plan(vec![rolling.clone()]);
        plan.story.mtime = mtime;
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
    assert_eq!(notes[1], "the key is there, not saved again");
    assert_eq!(counts(unchanged).hits, 3, "`tiny` has only members, which are stale");
}

/// A copy of `tiny` that a test may break, as a folder of the user's.
fn foreign(place: &Path) -> PathBuf {
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

fn foreign_plan(folder: &Path, scenarios: Vec<Scenario>) -> Plan {
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
    let record = record_in(foreign_plan(&folder, scenarios), place.path(), &Processes::default());
    assert_eq!(record.jobs.len(), 8);
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

#[test]
fn a_cancelled_run_keeps_its_jobs_and_leaves_no_process() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let processes = Processes::default();
    let scenarios = vec![scenario("local", "sccache", None), scenario("none", "none", None)];
    let plan = plan(scenarios);
    let canceller = processes.clone();
    let logs = place.path().join("logs");
    let watcher = std::thread::spawn(move || {
        // As soon as the second job has begun to build.
        for _ in 0..2000 {
            let begun = walkdir::WalkDir::new(&logs).into_iter().flatten();
            if begun.filter(|it| it.file_name() == "build.log").count() >= 2 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        canceller.cancel();
    });
    let record = record_in(plan, place.path(), &processes);
    watcher.join().unwrap();
    assert_eq!(record.end.unwrap().stopped, Some(StopReason::Cancelled));
    assert!(record.jobs.len() < 8);
    let inside = place.path().join("runs").display().to_string();
    let left: Vec<String> = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("environ")).ok())
        .filter(|environment| environment.contains(&inside))
        .collect();
    assert!(left.is_empty(), "{} processes were left behind", left.len());
    let left = std::fs::read_dir(place.path().join("runs")).unwrap();
    let left: Vec<_> = left.map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, [".lukewarm-scratch"]);
}

#[test]
fn a_full_pass_is_scheduled_in_the_order_of_the_record() {
    let (_place, record) = record(plan(vec![scenario("none", "none", None)]));
    let attempts: Vec<Attempt> = record.jobs.iter().map(|job| job.attempt).collect();
    let attempt = |position| Attempt { iteration: 1, position, repeat: 0 };
    let wanted: Vec<Attempt> = (0..4).map(attempt).collect();
    assert_eq!(attempts, wanted);
    let time = record.end.unwrap().time;
    assert!(time.measured.0 > 0.1 && time.own.0 >= 0.0, "{time:?}");
}

#[test]
fn a_run_goes_in_this_order() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let mut plan = plan(vec![scenario("local", "sccache", None)]);
    plan.story.jobs.truncate(2);
    let mut told = Vec::new();
    record_told(plan, place.path(), &Processes::default(), &mut |event: &Event| {
        told.push(match event {
            Event::Preparing(_) => "prepare".to_owned(),
            Event::Planned(slots) => format!("plan {} jobs", slots.len()),
            Event::JobStarted { job, .. } => format!("job {job}"),
            Event::StepStarted(step) => format!("  {step}"),
            Event::StepFinished(step, _) => format!("  {step} done"),
            Event::JobFinished(facts) => format!("keep {}", facts.job),
            Event::Finished(_) => "end".to_owned(),
        });
        Ok(())
    });
    let job = |name: &str| {
        [
            format!("job {name}"),
            "  restore".to_owned(),
            "  restore done".to_owned(),
            "  build".to_owned(),
            "  build done".to_owned(),
            "  save".to_owned(),
            "  save done".to_owned(),
            format!("keep {name}"),
        ]
    };
    let mut wanted = vec!["plan 2 jobs".to_owned()];
    wanted.extend(job("cold"));
    wanted.extend(job("unchanged"));
    wanted.push("end".to_owned());
    assert_eq!(told, wanted);
}

#[test]
fn a_listener_that_cannot_keep_what_it_hears_ends_the_run() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let plan = plan(vec![scenario("none", "none", None)]);
    let mut kept = 0;
    let ended =
        try_record(plan, place.path(), &Processes::default(), &mut |event: &Event| match event {
            Event::JobFinished(_) if kept == 1 => Err("no space left on device".into()),
            Event::JobFinished(_) => {
                kept += 1;
                Ok(())
            }
            _ => Ok(()),
        });
    let error = ended.unwrap_err();
    assert_eq!(error.to_string(), "what was measured cannot be kept");
    assert_eq!(kept, 1);
}
