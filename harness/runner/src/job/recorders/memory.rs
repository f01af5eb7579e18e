//! Largest resident memory of all processes of a step together.

use lukewarm_model::{Step, StepFacts};

use super::recorder::StepRecorder;
use crate::error::RunnerError;
use crate::process::MemoryWatch;

/// Takes the peak from the watch that looks at all processes of a run.
pub struct MemoryRecorder<'a> {
    watch: &'a MemoryWatch,
}

impl MemoryRecorder<'_> {
    pub fn new(watch: &MemoryWatch) -> MemoryRecorder<'_> {
        MemoryRecorder { watch }
    }
}

impl StepRecorder for MemoryRecorder<'_> {
    fn begin(&mut self, _step: Step) {
        // Discards the peak from before the step.
        self.watch.take_peak();
    }

    fn end(&mut self, _step: Step, facts: &mut StepFacts) -> Result<(), RunnerError> {
        facts.peak_rss = self.watch.take_peak();
        Ok(())
    }
}
