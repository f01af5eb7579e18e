//! The plans of these tests, how they are run, and what is read from their records.

use std::path::{Path, PathBuf};

use lukewarm_cache_tools::{JobObservation, Tools};
use lukewarm_model::{
    Case, Change, Counter, JobFacts, JobSpec, LedgerSummary, MutationKind, Network, Origin, Place,
    Plan, Priming, RawRecord, RunFacts, Scenario, ServiceKind, Step, Story,
};
use lukewarm_runner::{
    Event, Observer, Processes, RunnerError, Settings, UserEnvironment, prepare, run,
};

pub fn job(name: &str, kind: MutationKind, place: Option<Place>) -> JobSpec {
    JobSpec::alone(name, Change { kind, place })
}

/// Cold, unchanged, leaf body, core signature.
pub fn story() -> Story {
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

pub fn scenario(name: &str, tool: &str, service: Option<ServiceKind>) -> Scenario {
    Scenario {
        service,
        network: service.map(|_| Network::unlimited()),
        ..lukewarm_testing::scenario(name, tool)
    }
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A plan over the sample workspace `tiny`, read with its patches from the project itself.
pub fn plan(scenarios: Vec<Scenario>) -> Plan {
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
pub fn record(plan: Plan) -> (tempfile::TempDir, RawRecord) {
    let place = tempfile::Builder::new().prefix("luke warm").tempdir_in("/var/tmp").unwrap();
    let record = record_in(plan, place.path(), &Processes::default());
    (place, record)
}

pub fn record_in(plan: Plan, place: &Path, processes: &Processes) -> RawRecord {
    record_told(plan, place, processes, &mut |_: &Event| Ok(()))
}

pub fn record_told(
    plan: Plan,
    place: &Path,
    processes: &Processes,
    observer: &mut dyn Observer,
) -> RawRecord {
    try_record(plan, place, processes, observer).unwrap()
}

pub fn try_record(
    plan: Plan,
    place: &Path,
    processes: &Processes,
    observer: &mut dyn Observer,
) -> Result<RawRecord, RunnerError> {
    record_with(plan, settings_in(place, processes), &place.join("logs"), observer)
}

/// The settings of a run whose scratch folder is below `place`.
pub fn settings_in(place: &Path, processes: &Processes) -> Settings {
    let user = user();
    let home = PathBuf::from(user.get("HOME").unwrap());
    Settings {
        cache: home.join(".cache/lukewarm"),
        scratch: place.join("runs"),
        tools: Tools::shipped(),
        named_tools: Vec::new(),
        job_timeout: None,
        variables: Default::default(),
        user,
        processes: processes.clone(),
    }
}

/// The environment that the tests run in.
#[expect(clippy::disallowed_methods, reason = "a test is its own front door")]
pub fn user() -> UserEnvironment {
    UserEnvironment::new(std::env::vars_os())
}

/// Runs a plan with these settings.
pub fn record_with(
    plan: Plan,
    settings: Settings,
    logs: &Path,
    observer: &mut dyn Observer,
) -> Result<RawRecord, RunnerError> {
    let prepared = prepare(plan, "2026-11-27T010203-test-00000001", settings, &mut |_| {})?;
    let facts = RunFacts {
        host: prepared.host().clone(),
        toolchains: prepared.toolchains(),
        tools: prepared.tools(),
        sources: prepared.sources(),
        variables: prepared.variables(),
        configuration: prepared.configuration(),
        edits: prepared.edits(),
        ..lukewarm_testing::run_facts(prepared.plan())
    };
    let record = RawRecord { run: facts, jobs: Vec::new(), end: None };
    let mut decide = |_: &RawRecord| panic!("this plan has no looks");
    run(prepared, record, logs, &mut decide, observer)
}

pub fn facts<'r>(record: &'r RawRecord, case: &str, job: &str) -> &'r JobFacts {
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
pub struct Counts {
    pub hits: u64,
    pub misses: u64,
    pub read_errors: u64,
    pub write_errors: u64,
}

pub fn counts(facts: &JobFacts) -> Counts {
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

pub fn ledger(facts: &JobFacts) -> LedgerSummary {
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

pub fn fresh(facts: &JobFacts) -> usize {
    facts.units.iter().filter(|unit| unit.fresh).count()
}

pub fn steps(facts: &JobFacts) -> Vec<Step> {
    facts.steps.iter().map(|step| step.step).collect()
}

/// A folder with these files.
fn folder(place: &Path, files: &[(&str, &str)]) -> std::path::PathBuf {
    let folder = place.join("mine");
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// A manifest of a package, with what comes after its own table.
pub fn manifest(name: &str, rest: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{rest}")
}

/// A plan over a workspace of the user's of these files, without any cache.
pub fn foreign_plan(
    place: &Path,
    files: &[(&str, &str)],
    profile: &str,
    jobs: Vec<JobSpec>,
) -> Plan {
    let mut plan: Plan = plan(vec![scenario("none", "none", None)]);
    let workspace = &mut plan.workspaces[0];
    workspace.folder = folder(place, files);
    workspace.origin = Origin::Foreign;
    workspace.mutations.clear();
    workspace.verify = None;
    plan.cargo_profile = profile.to_owned();
    plan.story.jobs = jobs;
    plan
}
