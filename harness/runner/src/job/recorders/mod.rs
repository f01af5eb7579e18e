//! The recorders of a job's steps, one file each: a new one is its file and its line in [`all`].
//! Owns the list and the order in which they begin: the clock last, so that it is closest to the
//! step and the ledger, which waits for pending requests, is not part of any time.

mod clock;
mod cpu;
mod ledger;
mod memory;
mod recorder;
mod service_cpu;

use std::path::PathBuf;

use crate::prepare::services::Served;
use crate::process::{MemoryWatch, Processes};

pub use recorder::StepRecorder;

/// The recorders of one job. The requests to its service are written to the file `ledger`.
pub fn all<'a>(
    watch: &'a MemoryWatch,
    processes: &'a Processes,
    served: Option<&'a Served>,
    ledger: PathBuf,
) -> Vec<Box<dyn StepRecorder + 'a>> {
    vec![
        Box::new(memory::MemoryRecorder::new(watch)),
        Box::new(service_cpu::ServiceCpuRecorder::new(served)),
        Box::new(cpu::CpuRecorder::new(processes)),
        Box::new(ledger::LedgerRecorder::new(served.map(|it| &it.service), ledger)),
        Box::new(clock::ClockRecorder::new(processes)),
    ]
}
