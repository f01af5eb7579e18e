//! The instruments of a job's steps, one file each.
//! Owns which there are and in which order they begin: the clock last, since it is read closest to
//! the step; so the ledger, which waits for requests on their way, is no part of any time.

mod clock;
mod cpu;
mod ledger;
mod memory;
mod recorder;
mod service_cpu;

use std::path::PathBuf;

use lukewarm_cache_services::Service;

use crate::process::{MemoryWatch, Processes};

pub use recorder::StepRecorder;

/// The recorders of one job. The requests that its service sees are written to `ledger`.
pub fn all<'a>(
    watch: &'a MemoryWatch,
    processes: &'a Processes,
    service: Option<&'a Service>,
    ledger: PathBuf,
) -> Vec<Box<dyn StepRecorder + 'a>> {
    vec![
        Box::new(memory::MemoryRecorder::new(watch)),
        Box::new(service_cpu::ServiceCpuRecorder::new(service)),
        Box::new(cpu::CpuRecorder::new(processes)),
        Box::new(ledger::LedgerRecorder::new(service, ledger)),
        Box::new(clock::ClockRecorder::new(processes)),
    ]
}
