//! Records for this crate's tests, made of plans.
//! Owns nothing that a run would write.

use std::collections::BTreeMap;
use std::path::Path;

use lukewarm_model::{
    Attempt, Expected, JobFacts, LedgerSummary, Plan, RawRecord, RunEnd, RunFacts, Seconds, Step,
    StepFacts, TimeSpent, UnitFact, UnitKind,
};
use lukewarm_plan::Files;

/// The project's own files; its samples declare nothing that a hand-made job would have to fit.
pub(crate) fn files() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tools = lukewarm_cache_tools::descriptions();
    let mut files = lukewarm_plan::read(&root, &tools).unwrap_or_else(|error| panic!("{error}"));
    for workspace in &mut files.workspaces {
        workspace.expected = Expected::default();
        workspace.reuse.clear();
        workspace.verify = None;
    }
    files
}

/// A compiled library.
fn unit() -> UnitFact {
    UnitFact {
        package: "core".to_owned(),
        target: "core".to_owned(),
        kind: UnitKind::Lib,
        external: false,
        fresh: false,
    }
}

/// A service that was asked once, and answered.
fn asked_once() -> LedgerSummary {
    LedgerSummary { requests: 1, by_status: BTreeMap::from([(200, 1)]), ..LedgerSummary::default() }
}

/// A run of a plan with so many iterations that came to its end; each job is one build, which
/// takes what its scenario takes.
pub(crate) fn measured(
    plan: &Plan,
    id: &str,
    iterations: u32,
    wall: impl Fn(&str) -> f64,
) -> RawRecord {
    let mut jobs = Vec::new();
    for iteration in 1..=iterations {
        for (case, spec) in
            plan.cases.iter().flat_map(|case| plan.story.jobs.iter().map(move |it| (case, it)))
        {
            let attempt = Attempt { iteration, position: jobs.len() as u64, repeat: 0 };
            let mut job = JobFacts::new(
                case.clone(),
                spec.name.clone(),
                attempt,
                "2026-11-27T00:00:01Z".parse().unwrap(),
            );
            // A little noise, another for each iteration and scenario.
            let noise = 1.0 + 0.001 * f64::from((iteration * 7 + case.scenario.len() as u32) % 5);
            job.steps.push(StepFacts {
                ledger: Some(asked_once()),
                ..StepFacts::new(Step::Build, Seconds(wall(&case.scenario) * noise))
            });
            job.units.push(unit());
            jobs.push(job);
        }
    }
    RawRecord { run: run_facts(plan, id), jobs, end: Some(ended(None)) }
}

/// The facts of a run with a plan.
pub(crate) fn run_facts(plan: &Plan, id: &str) -> RunFacts {
    RunFacts {
        id: id.to_owned(),
        started: "2026-11-27T00:00:00Z".parse().unwrap(),
        lukewarm: env!("CARGO_PKG_VERSION").to_owned(),
        executable: Some("6b0c".repeat(16)),
        ..lukewarm_testing::run_facts(plan)
    }
}

/// The end of a run, by its plan or before.
pub(crate) fn ended(stopped: Option<&str>) -> RunEnd {
    RunEnd {
        ended: "2026-11-27T00:10:00Z".parse().unwrap(),
        stopped: stopped.map(|it| it.to_owned().into()),
        enough: None,
        time: TimeSpent::default(),
        warnings: Vec::new(),
        machine: None,
        published: None,
    }
}
