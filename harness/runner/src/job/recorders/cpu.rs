//! CPU time of a step's processes, a tool's server included, which outlives the step.

use lukewarm_model::{Seconds, Step, StepFacts};

use super::recorder::StepRecorder;
use crate::error::RunnerError;
use crate::process::Processes;

/// Adds the CPU time of processes that ended during a step to that of running ones meanwhile. What
/// a server uses between two steps counts for the later one.
pub struct CpuRecorder<'a> {
    processes: &'a Processes,
    /// CPU time of all processes that had ended before the step.
    ended: Seconds,
    /// CPU time of the running processes when the last step ended.
    counted: Seconds,
}

impl CpuRecorder<'_> {
    pub fn new(processes: &Processes) -> CpuRecorder<'_> {
        CpuRecorder { processes, ended: Seconds(0.0), counted: Seconds(0.0) }
    }
}

impl StepRecorder for CpuRecorder<'_> {
    fn begin(&mut self, _step: Step) {
        self.ended = self.processes.ended_cpu();
    }

    fn end(&mut self, _step: Step, facts: &mut StepFacts) -> Result<(), RunnerError> {
        let ended = self.processes.ended_cpu() - self.ended;
        // Read after the ended ones, so that nothing is counted twice.
        let running = self.processes.running_cpu();
        facts.cpu = running.map(|running| {
            let used = ended + running - self.counted;
            self.counted = running;
            Seconds(used.0.max(0.0))
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::CommandSpec;

    const BUSY: &str = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done";

    fn shell(script: &str) -> CommandSpec {
        CommandSpec::new("/bin/sh", "/").args(["-c", script])
    }

    fn step(recorder: &mut CpuRecorder<'_>, work: impl FnOnce()) -> f64 {
        let mut facts = StepFacts::new(Step::Build, Seconds(0.0));
        recorder.begin(Step::Build);
        work();
        recorder.end(Step::Build, &mut facts).unwrap();
        facts.cpu.unwrap().0
    }

    #[test]
    fn a_server_counts_in_the_step_that_it_worked_in_and_never_twice() {
        let processes = Processes::default();
        let mut recorder = CpuRecorder::new(&processes);
        assert_eq!(step(&mut recorder, || {}), 0.0);
        let short = step(&mut recorder, || {
            shell(BUSY).run(&processes).unwrap();
        });
        assert!(short > 0.0);
        let folder = tempfile::tempdir().unwrap();
        let done = folder.path().join("done");
        let script = format!("{BUSY}; : > '{}'; exec sleep 97.25", done.display());
        let mut server = None;
        let busy = step(&mut recorder, || {
            server = Some(shell(&script).start(&processes).unwrap());
            while !done.exists() {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        });
        assert!(busy >= short / 4.0, "{busy} {short}");
        let idle = step(&mut recorder, || {});
        assert!(idle <= busy / 4.0, "{idle} {busy}");
        let stopped = step(&mut recorder, || drop(server.take()));
        assert!(stopped <= busy / 2.0, "{stopped} of {busy} again");
    }
}
