//! One job: a [`plan`], which is a value, is executed ([`execute`]) by [`effects`], which are
//! [`real_effects`] or a test's, while [`recorders`] measure its steps.
//! Owns that a failure is a row and does not end the run. It must not judge a job: it only provides
//! facts and checks.

mod actions;
mod archive;
mod build;
mod checkout;
mod cleaning;
mod commands;
mod copies;
mod copy;
mod effects;
pub mod event;
mod execute;
mod logs;
mod machine;
mod mtimes;
mod outputs;
mod plan;
mod real_effects;
mod recipe;
mod recorders;
mod restored;
pub mod scheduled_job;
pub mod server;
mod settled;
mod time_limit;
mod turns;
mod written;

use lukewarm_model::{Failure, FailureKind, JobFacts, Timestamp};

use crate::error::RunnerError;

pub use effects::State;
pub use execute::JobOutcome;
pub use real_effects::RunContext;
pub use time_limit::JobTimes;

/// Runs one job from the state that its predecessor left.
///
/// # Errors
/// Only when the run cannot continue: cancelled, a full disk, an observer that fails.
pub fn run(
    context: &RunContext<'_>,
    slot: &scheduled_job::ScheduledJob,
    before: &State,
    observer: &mut dyn event::Observer,
) -> Result<JobOutcome, RunnerError> {
    let spec = &context.prepared.plan.story.jobs[slot.job];
    if let Some(at_once) = spec.at_once.filter(|_| !slot.is_for_comparison()) {
        let job = copies::CopiedJob { context, slot, before, at_once };
        return job.run(facts(context, slot), observer);
    }
    let mut effects = real_effects::RealEffects::new(context, slot, before, None)?;
    let (plan, facts) = (effects.plan(), facts(context, slot));
    let ledger = effects.logs.join("ledger.jsonl");
    let (watch, served) = (&context.watch, effects.served());
    let recorders = recorders::all(watch, effects.processes(), served, ledger);
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

/// The facts of a job that has not begun.
fn facts(context: &RunContext<'_>, slot: &scheduled_job::ScheduledJob) -> JobFacts {
    let spec = &context.prepared.plan.story.jobs[slot.job];
    JobFacts::new(slot.case.clone(), spec.name.clone(), slot.attempt, now())
}

/// The current time.
pub fn now() -> Timestamp {
    std::time::SystemTime::now().into()
}
