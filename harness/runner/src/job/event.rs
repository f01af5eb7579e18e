//! The one stream of events that a run speaks; progress and record are two listeners.
//! Owns the events. It must not print or write.

use std::error::Error;

use lukewarm_model::{Attempt, Case, JobFacts, JobName, RunEnd, Seconds, Step};

use crate::error::RunnerError;
use crate::job::scheduled_job::ScheduledJob;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Preparation has come to this, in words.
    Preparing(String),
    /// These jobs come next, in this order, behind those that were planned before.
    Planned(Vec<ScheduledJob>),
    /// A job begins.
    JobStarted {
        /// The case.
        case: Case,
        /// The job's name in the story.
        job: JobName,
        /// Which pass, and its place in the order of the run.
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

/// Somebody who listens. An error ends the run: what cannot be kept is not measured.
pub trait Observer {
    /// Takes one event.
    ///
    /// # Errors
    /// When the event cannot be kept.
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

/// Tells a listener something.
pub(crate) fn tell(observer: &mut dyn Observer, event: &Event) -> Result<(), RunnerError> {
    observer.observe(event).map_err(RunnerError::Observer)
}
