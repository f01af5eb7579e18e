//! The events of a run, as one stream; progress and record are two of its observers.
//! Owns the events. It must not print or write.

use std::error::Error;

use lukewarm_model::{Attempt, Case, JobFacts, JobName, RunEnd, Seconds, Step};

use crate::error::RunnerError;
use crate::job::scheduled_job::ScheduledJob;

/// An event of a run.
#[derive(Clone, Debug)]
pub enum Event {
    /// Something is being prepared; a sentence for the user.
    Preparing(String),
    /// These are not measured, since the budget has no room for them.
    LeftOut {
        /// Cases.
        cases: Vec<Case>,
        /// Jobs of the story, in all cases.
        jobs: Vec<JobName>,
        /// What two blocks of everything would take, as far as is known.
        whole: Seconds,
    },
    /// These jobs come next, in this order, after those that were planned before.
    Planned(Vec<ScheduledJob>),
    /// A job begins.
    JobStarted {
        /// The case.
        case: Case,
        /// The job's name in the story.
        job: JobName,
        /// The pass, and the position in the run.
        attempt: Attempt,
    },
    /// A step of the job begins.
    StepStarted(Step),
    /// A step of the job has ended.
    StepFinished(Step, Seconds),
    /// A job has ended; these are its facts.
    JobFinished(Box<JobFacts>),
    /// The run has ended.
    Finished(Box<RunEnd>),
}

/// An observer of a run's events. Its error ends the run, since later results would be lost.
pub trait Observer {
    /// Handles one event.
    ///
    /// # Errors
    /// When the event cannot be recorded.
    fn observe(&mut self, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>>;
}

impl<F> Observer for F
where
    F: FnMut(&Event) -> Result<(), Box<dyn Error + Send + Sync>>,
{
    fn observe(&mut self, event: &Event) -> Result<(), Box<dyn Error + Send + Sync>> {
        self(event)
    }
}

/// Passes an event to an observer.
pub(crate) fn emit(observer: &mut dyn Observer, event: &Event) -> Result<(), RunnerError> {
    observer.observe(event).map_err(RunnerError::Observer)
}
