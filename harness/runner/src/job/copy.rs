//! The place of one of several copies of a job that run at once: its number, its processes, its
//! folders in the place of a job's, its socket and its address of the service.
//! Owns what copies must not share. It must not run a job.

use std::fs;
use std::path::PathBuf;

use crate::error::RunnerError;
use crate::files::scratch::Scratch;
use crate::process::{Processes, lay_over};

/// The place of one copy.
#[derive(Debug)]
pub struct CopyPlace {
    /// Its number, from 1.
    pub number: u32,
    /// Its own part of the run's processes.
    pub processes: Processes,
}

impl CopyPlace {
    /// Takes the place of a copy, for the calling thread and all that it starts. The first copy has
    /// the folders that a job has which runs alone; each other one has folders of its own, which
    /// lie in the place of these for it alone: paths become part of cache keys, and those of CI
    /// machines are the same.
    ///
    /// # Errors
    /// When its folder cannot be made or laid over.
    pub fn take(
        number: u32,
        processes: &Processes,
        scratch: &Scratch,
    ) -> Result<CopyPlace, RunnerError> {
        let place = CopyPlace { number, processes: processes.part() };
        if !place.is_first() {
            let (own, of_jobs) = (scratch.copy(number), scratch.job());
            fs::create_dir_all(&own).map_err(RunnerError::file("make folder", &own))?;
            lay_over(&own, &of_jobs).map_err(RunnerError::file("lay a folder over", &of_jobs))?;
        }
        Ok(place)
    }

    /// Whether it is the first, whose state the next job starts from.
    pub fn is_first(&self) -> bool {
        self.number == 1
    }

    /// The number of its address of the service.
    pub fn listener(&self) -> u32 {
        self.number - 1
    }
}

/// The path of the socket of a job's tool server, which no other copy uses.
pub fn socket(scratch: &Scratch, copy: Option<&CopyPlace>) -> PathBuf {
    match copy.filter(|it| !it.is_first()) {
        Some(copy) => scratch.server_of_copy(copy.number),
        None => scratch.server(),
    }
}
