//! What an instrument is: it begins with a step, ends with it, and writes what it saw.

use lukewarm_model::{Step, StepFacts};

use crate::error::RunnerError;
use crate::process::LineListener;

/// An instrument that watches the steps of one job.
pub trait StepRecorder {
    /// Begins to watch. Recorders begin in their order and end in the opposite one: what the last
    /// one does is closest to the step.
    fn begin(&mut self, step: Step);

    /// Ends watching and writes what was seen, of a step that failed too. It is not called where
    /// the run was cancelled meanwhile.
    ///
    /// # Errors
    /// When what was seen cannot be kept.
    fn end(&mut self, step: Step, facts: &mut StepFacts) -> Result<(), RunnerError>;

    /// Who hears what the build prints, line by line and with times. A build whose lines nobody
    /// hears writes them into its file itself.
    fn listener(&mut self, _step: Step) -> Option<LineListener> {
        None
    }
}
