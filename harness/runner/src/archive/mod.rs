//! The cache action's client: looks an archive up, moves and unpacks it, packs and saves it,
//! with the chunks, the parallelism and the retries of `@actions/cache`. As there, a cache that
//! fails never fails the job: it is told as the outcome.

mod client;
mod pack;
mod transfer;

use std::fs;
use std::path::Path;

use lukewarm_cache_tools::Archive;
use lukewarm_model::Bytes;

use crate::RunnerError;
use crate::environment::Environment;
use crate::process::Processes;

pub use client::{Client, Retries};

/// What became of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was found under this key and unpacked.
    Restored {
        /// The key that matched.
        key: String,
        /// Bytes of the archive.
        size: Bytes,
    },
    /// No key matched.
    Missed,
    /// It was packed and stored.
    Saved {
        /// Bytes of the archive.
        size: Bytes,
    },
    /// The key was there before: entries are immutable, so nothing was done.
    Exists,
    /// The service refused or broke off; the job goes on without it.
    Failed(String),
}

/// What packing and moving need of the job.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// A folder for the archive while it is on its way.
    pub temporary: &'a Path,
    /// Environment of `tar` and its compressor.
    pub environment: &'a Environment,
    /// Where they are started.
    pub processes: &'a Processes,
    /// What they print goes here.
    pub log: &'a Path,
}

/// Restores an archive.
///
/// # Errors
/// Only when the run is cancelled or the machine does not let us work.
pub fn restore(archive: &Archive, client: &Client, site: Site<'_>) -> Result<Outcome, RunnerError> {
    let (key, url) = match client.find(archive) {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(Outcome::Missed),
        Err(error) => return failed(&error.to_string(), site),
    };
    let file = site.temporary.join(pack::file_name(archive.compression));
    let size = match transfer::download(client, &url, &file) {
        Ok(size) => size,
        Err(error) => return failed(&error.to_string(), site),
    };
    pack::unpack(archive, &file, site)?;
    fs::remove_file(&file).map_err(RunnerError::file("remove", &file))?;
    Ok(Outcome::Restored { key, size })
}

/// Packs and saves an archive, unless the restored one already has its key.
///
/// # Errors
/// Only when the run is cancelled or the machine does not let us work.
pub fn save(
    archive: &Archive,
    restored_key: Option<&str>,
    client: &Client,
    site: Site<'_>,
) -> Result<Outcome, RunnerError> {
    if restored_key == Some(archive.key.as_str()) {
        return Ok(Outcome::Exists);
    }
    let file = pack::pack(archive, site)?;
    let size = file.metadata().map_err(RunnerError::file("read", &file))?.len();
    let url = match client.reserve(archive) {
        Ok(Some(url)) => url,
        Ok(None) => return Ok(Outcome::Exists),
        Err(error) => return failed(&error.to_string(), site),
    };
    let uploaded =
        transfer::upload(client, &url, &file, size).and_then(|()| client.finalize(archive, size));
    fs::remove_file(&file).map_err(RunnerError::file("remove", &file))?;
    match uploaded {
        Ok(()) => Ok(Outcome::Saved { size: Bytes(size) }),
        Err(error) => failed(&error.to_string(), site),
    }
}

fn failed(why: &str, site: Site<'_>) -> Result<Outcome, RunnerError> {
    if site.processes.is_cancelled() {
        return Err(RunnerError::Cancelled);
    }
    Ok(Outcome::Failed(why.to_owned()))
}
