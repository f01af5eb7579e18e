//! One job: what it does is a value ([`plan`]), carried out ([`execute`]) by effects ([`effects`])
//! that are real ([`real`]) or a test's, while instruments watch ([`recorders`]).
//! Its failures are rows and never end the run. It must not judge: facts and checks are all it
//! leaves.

mod actions;
mod archive;
mod build;
mod checkout;
mod effects;
pub mod event;
mod execute;
mod machine;
mod mtimes;
mod plan;
mod real;
mod recipe;
mod recorders;
mod restored;
pub mod scheduled_job;
mod server;

use lukewarm_model::{Failure, FailureKind, JobFacts, Timestamp};

use crate::error::RunnerError;

pub use effects::State;
pub use execute::JobOutcome;
pub use real::RunContext;

/// Runs one job from the state that its predecessor left.
///
/// # Errors
/// Only when the run cannot go on: cancelled, a full disk, a listener that fails.
pub fn run(
    context: &RunContext<'_>,
    slot: &scheduled_job::ScheduledJob,
    before: &State,
    observer: &mut dyn event::Observer,
) -> Result<JobOutcome, RunnerError> {
    let mut effects = real::RealEffects::new(context, slot, before)?;
    let (plan, facts) = (effects.plan(), facts(context, slot));
    let ledger = effects.logs.join("ledger.jsonl");
    let (watch, service) = (&context.watch, effects.service());
    let recorders = recorders::all(watch, effects.processes(), service, ledger);
    execute::carry_out(&plan, &mut effects, recorders, facts, observer)
}

/// The facts of a job that cannot run because its predecessor failed.
pub fn skipped(context: &RunContext<'_>, slot: &scheduled_job::ScheduledJob) -> JobFacts {
    let failure = Some(Failure {
        step: None,
        kind: FailureKind::Predecessor,
        message: "the job before it failed, so there is no state to start from".to_owned(),
        last_lines: Vec::new(),
    });
    JobFacts { failure, ..facts(context, slot) }
}

/// The facts of a job of which nothing is known yet.
fn facts(context: &RunContext<'_>, slot: &scheduled_job::ScheduledJob) -> JobFacts {
    let spec = &context.prepared.plan.story.jobs[slot.job];
    JobFacts::new(slot.case.clone(), spec.name.clone(), slot.attempt, now())
}

/// This point in time.
pub fn now() -> Timestamp {
    jiff::Timestamp::now().into()
}
