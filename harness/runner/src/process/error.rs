//! Why a process gave no result.
//! Owns the words. It must not start anything.

use std::io;
use std::path::PathBuf;

use lukewarm_model::{Classify, ErrorKind, Seconds};

/// Why a process gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It could not be started.
    #[error("cannot start `{command}` in {}", folder.display())]
    Start {
        /// The command line.
        command: String,
        /// The folder it was to start in.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It could not be waited for.
    #[error("cannot wait for `{command}`")]
    Wait {
        /// The command line.
        command: String,
        /// What the system said.
        source: io::Error,
    },
    /// It did not end in time and was stopped.
    #[error("`{command}` had not ended after {timeout} and was stopped")]
    Timeout {
        /// The command line.
        command: String,
        /// The time it was given.
        timeout: Seconds,
    },
    /// It had not ended when its job's time was over, and was stopped.
    #[error(
        "`{command}` was stopped, since its job had not ended after {given}, which is the most \
         that one may take; `--job-timeout TIME` gives another time"
    )]
    JobTimeout {
        /// The command line.
        command: String,
        /// The time that the job was given.
        given: Seconds,
    },
    /// The run was cancelled, and the process with it.
    #[error("`{command}` was stopped because the run was cancelled")]
    Cancelled {
        /// The command line.
        command: String,
    },
}

impl Classify for ProcessError {
    fn kind(&self) -> ErrorKind {
        match self {
            ProcessError::Start { .. }
            | ProcessError::Wait { .. }
            | ProcessError::Timeout { .. }
            | ProcessError::JobTimeout { .. } => ErrorKind::Environment,
            ProcessError::Cancelled { .. } => ErrorKind::Interrupted,
        }
    }
}
