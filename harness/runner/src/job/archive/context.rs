//! The context of packing and transferring a job's archive. It must not do either.

use std::path::Path;

use crate::prepare::environment::Environment;
use crate::process::Processes;

/// The folders, environment and processes of a job, for packing and transferring its archive.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveContext<'a> {
    /// The folder of the archive during its transfer.
    pub temporary: &'a Path,
    /// Environment of `tar` and its compressor.
    pub environment: &'a Environment,
    /// The running processes of the run.
    pub processes: &'a Processes,
    /// The log of their output.
    pub log: &'a Path,
}
