//! When the calibration load is due: at the beginning of a block, and not more often than its share
//! of the jobs' time allows. It must not know what the load is.

use lukewarm_model::{Probe, Seconds};

use crate::job::scheduled_job::ScheduledJob;
use crate::prepare::probe;

/// The last calibration, and the jobs since.
#[derive(Default)]
pub struct Calibration {
    last: Option<Probe>,
    /// Time of jobs since then.
    since: Seconds,
    /// The pass and the job that ran last: a block.
    block: Option<(u32, bool, u32, usize)>,
}

impl Calibration {
    /// Whether the load is due before a job, which is the next one to run.
    pub fn is_due_before(&mut self, slot: &ScheduledJob) -> bool {
        let block = (slot.within, slot.first_pass, slot.attempt.repeat, slot.job);
        let begins = self.block.replace(block) != Some(block);
        begins && probe::is_due(self.since, self.last.as_ref())
    }

    /// Notes a run of the load.
    pub fn took(&mut self, probe: Probe) {
        self.since = Seconds(0.0);
        self.last = Some(probe);
    }

    /// Counts a job's time.
    pub fn ran(&mut self, wall: Seconds) {
        self.since += wall;
    }
}
