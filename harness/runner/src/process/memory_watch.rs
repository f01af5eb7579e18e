//! What a step's children took of the memory, and how long all stood still.
//! Owns the two ways of seeing it: samples, and the kernel's accounts of what has ended.

use lukewarm_model::{Bytes, Seconds};

use super::groups::Processes;
use super::sampler::Sampler;

/// Watches the memory of all children together while a step runs, and notices suspensions.
pub struct MemoryWatch {
    sampler: Sampler,
    processes: Processes,
}

impl MemoryWatch {
    /// Starts to watch.
    pub fn start(processes: &Processes) -> MemoryWatch {
        let sampler = Sampler::start(processes.clone());
        MemoryWatch { sampler, processes: processes.clone() }
    }

    /// Peak resident memory of all children together since the last call, by sampling; pages that
    /// processes share count for each. At least that of the largest single process that has ended,
    /// by the kernel's accounts. Absent when nothing ran.
    pub fn take_peak(&self) -> Option<Bytes> {
        let peak = self.sampler.take_peak().max(self.processes.take_largest());
        Some(peak).filter(|peak| peak.0 > 0)
    }

    /// Time for which lukewarm was stopped or the machine slept, since the watch began.
    pub fn suspended(&self) -> Seconds {
        self.sampler.suspended()
    }
}
