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

pub use ledger::CopyRequests;
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

/// The recorders of one of several copies of a job: of what each has for itself.
pub fn of_copy<'a>(
    processes: &'a Processes,
    served: Option<&'a Served>,
    ledger: PathBuf,
    requests: CopyRequests<'a>,
) -> Vec<Box<dyn StepRecorder + 'a>> {
    let service = served.map(|it| &it.service);
    vec![
        Box::new(cpu::CpuRecorder::new(processes)),
        Box::new(ledger::LedgerRecorder::of_copy(service, ledger, requests)),
        Box::new(clock::ClockRecorder::new(processes)),
    ]
}

/// The recorders of what copies have only together: the memory of all, and the service's work.
pub fn of_all_copies<'a>(
    watch: &'a MemoryWatch,
    served: Option<&'a Served>,
) -> Vec<Box<dyn StepRecorder + 'a>> {
    vec![
        Box::new(memory::MemoryRecorder::new(watch)),
        Box::new(service_cpu::ServiceCpuRecorder::new(served)),
    ]
}
