//! Wall-clock time of a step, without the time of stopping its remaining processes.

use std::time::{Duration, Instant};

use lukewarm_model::{Step, StepFacts};

use super::recorder::StepRecorder;
use crate::error::RunnerError;
use crate::process::Processes;

/// Reads the clock.
pub struct ClockRecorder<'a> {
    processes: &'a Processes,
    /// Total time of cleaning before the step, and its begin.
    began: Option<(Duration, Instant)>,
}

impl ClockRecorder<'_> {
    pub fn new(processes: &Processes) -> ClockRecorder<'_> {
        ClockRecorder { processes, began: None }
    }
}

impl StepRecorder for ClockRecorder<'_> {
    fn begin(&mut self, _step: Step) {
        let cleaning = self.processes.cleaning();
        self.began = Some((cleaning, Instant::now()));
    }

    fn end(&mut self, _step: Step, facts: &mut StepFacts) -> Result<(), RunnerError> {
        let now = Instant::now();
        if let Some((cleaning, began)) = self.began.take() {
            let cleaned = self.processes.cleaning() - cleaning;
            facts.wall = (now - began).saturating_sub(cleaned).into();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Seconds;

    use super::*;
    use crate::process::CommandSpec;

    #[test]
    fn stopping_what_a_step_left_is_no_part_of_its_time() {
        let processes = Processes::default();
        let mut clock = ClockRecorder::new(&processes);
        let mut facts = StepFacts::new(Step::Build, Seconds(0.0));
        clock.begin(Step::Build);
        let script = "sh -c 'trap \"\" TERM; sleep 96.25' & sleep 0.1";
        CommandSpec::new("/bin/sh", "/").args(["-c", script]).run(&processes).unwrap();
        let whole = clock.began.unwrap().1.elapsed();
        clock.end(Step::Build, &mut facts).unwrap();
        assert!(facts.wall.0 >= 0.1, "{}", facts.wall);
        let cleaned = processes.cleaning().as_secs_f64();
        assert!(cleaned > 0.0 && facts.wall.0 < whole.as_secs_f64() - cleaned + 0.05);
    }
}
