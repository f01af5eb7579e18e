//! The interface of a recorder. It must not know a particular one.

use lukewarm_model::{Step, StepFacts};

use crate::error::RunnerError;
use crate::process::LineListener;

/// An instrument that measures the steps of one job.
pub trait StepRecorder {
    /// Starts to measure a step. Recorders begin in their order and end in the opposite one, so
    /// that the last one is closest to the step.
    fn begin(&mut self, step: Step);

    /// Ends the measurement and adds its result to the step's facts, also for a step that failed.
    /// Not called where the run was cancelled.
    ///
    /// # Errors
    /// When the result cannot be written.
    fn end(&mut self, step: Step, facts: &mut StepFacts) -> Result<(), RunnerError>;

    /// A listener to the messages that a step's build prints, line by line with times; none for a
    /// recorder without. Without any listener the build writes into its file itself.
    fn listener(&mut self, _step: Step) -> Option<LineListener> {
        None
    }
}
