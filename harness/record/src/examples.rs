//! Small facts for this room's tests.
//! Owns nothing that a run would write.

use std::collections::BTreeMap;

use lukewarm_model::{
    Attempt, Bytes, Case, Check, CommandFact, Failure, FailureKind, JobFacts, LedgerSummary,
    Moment, Operation, Plan, RunEnd, RunFacts, Seconds, ServiceFacts, Step, StepFacts, Story,
    TimeSpent, ToolStatement, UnitFact, UnitKind,
};

pub(crate) fn run(id: &str) -> RunFacts {
    let plan = Plan {
        name: "example".to_owned(),
        seed: 7,
        story: Story { name: "default".to_owned(), ..lukewarm_testing::story(&[]) },
        workspaces: Vec::new(),
        budget: Some(Seconds(600.0)),
        ..lukewarm_testing::plan(&[], &[], 2)
    };
    RunFacts {
        id: id.to_owned(),
        started: "2026-11-23T03:54:07Z".parse().unwrap(),
        lukewarm: "0.1.0".to_owned(),
        command: vec!["lukewarm".to_owned(), "run".to_owned()],
        ..lukewarm_testing::run_facts(&plan)
    }
}

/// A job in which every field has a value.
pub(crate) fn job(name: &str) -> JobFacts {
    let attempt = Attempt { iteration: 1, position: 4, repeat: 0 };
    let mut job = JobFacts::new(
        Case::new("cli", "none"),
        name.into(),
        attempt,
        "2026-11-23T03:55:00Z".parse().unwrap(),
    );
    let ledger = LedgerSummary {
        requests: 3,
        by_status: BTreeMap::from([(200, 2), (429, 1)]),
        by_operation: BTreeMap::from([(Operation::Read, 3)]),
        bytes_down: Bytes(1 << 40),
        waiting: Seconds(0.1 + 0.2),
        ..LedgerSummary::default()
    };
    let mut step = StepFacts::new(Step::Build, Seconds(7.856_123_456_789));
    step.cpu = Some(Seconds(12.5));
    step.peak_rss = Some(Bytes(300_000_000));
    step.service_cpu = Some(Seconds(0.0));
    step.ledger = Some(ledger);
    step.note = Some("a note\nof two lines".to_owned());
    job.steps.push(step);
    job.units.push(UnitFact {
        package: "core".to_owned(),
        target: "core".to_owned(),
        kind: UnitKind::ProcMacro,
        external: true,
        fresh: false,
    });
    let text = "{\"stats\": {}}\n".to_owned();
    job.statements.push(ToolStatement { moment: Moment::After, text });
    job.commands.push(CommandFact { wall: Seconds(7.5), cpu: Some(Seconds(12.25)) });
    job.service = Some(ServiceFacts { objects: 1, bytes: Bytes(u64::MAX), evicted: 0 });
    let seen = "lukewarm-token-1".to_owned();
    job.checks.push(Check { name: "token of the edit".to_owned(), held: None, seen });
    job.failure = Some(Failure {
        step: Some(Step::Build),
        kind: FailureKind::Build,
        message: "cargo build ended with exit code 101".to_owned(),
        last_lines: vec!["error[E0308]: mismatched types".to_owned()],
    });
    job
}

pub(crate) fn end() -> RunEnd {
    RunEnd {
        ended: "2026-11-23T04:04:07Z".parse().unwrap(),
        stopped: None,
        enough: None,
        time: TimeSpent { measured: Seconds(90.0), laying: Seconds(6.0), own: Seconds(4.0) },
        warnings: Vec::new(),
        machine: None,
        published: None,
    }
}
