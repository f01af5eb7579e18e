//! What packing and moving an archive need of the job.

use std::path::Path;

use crate::prepare::environment::Environment;
use crate::process::Processes;

/// What packing and moving need of the job.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveContext<'a> {
    /// A folder for the archive while it is on its way.
    pub temporary: &'a Path,
    /// Environment of `tar` and its compressor.
    pub environment: &'a Environment,
    /// Where they are started.
    pub processes: &'a Processes,
    /// What they print goes here.
    pub log: &'a Path,
}
