//! Why a run cannot go on. A failing case is not among these: it is a row of the result.
//! Owns the three kinds that exit codes are made from.

use std::io;
use std::path::{Path, PathBuf};

use lukewarm_model::{Classify, ErrorKind};

use crate::process::{self, ProcessError};

/// Why a run cannot be prepared, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// What was asked for does not fit: a workspace without a manifest, a patch that does not
    /// apply.
    #[error("{0}")]
    Input(String),
    /// The machine does not let us: a full disk, a missing tool, no network.
    #[error("{0}")]
    Environment(String),
    /// A file or folder could not be used.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A process could not be run.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// An emulated service could not be started.
    #[error("cannot start the emulated service")]
    Service(#[from] lukewarm_cache_services::ServiceError),
    /// A listener, such as the record, could not take an event.
    #[error("what was measured cannot be kept")]
    Observer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The run was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl Classify for RunnerError {
    fn kind(&self) -> ErrorKind {
        match self {
            RunnerError::Input(_) => ErrorKind::Input,
            // A listener that keeps facts writes files; it knows better what kind its error is.
            RunnerError::Environment(_) | RunnerError::File { .. } | RunnerError::Observer(_) => {
                ErrorKind::Environment
            }
            RunnerError::Process(error) => error.kind(),
            RunnerError::Service(error) => error.kind(),
            RunnerError::Cancelled => ErrorKind::Interrupted,
        }
    }
}

impl RunnerError {
    /// A file error, for `map_err`.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| RunnerError::File { action, path, source }
    }

    /// An error where a signal asked this process to end: for loops over many files.
    pub(crate) fn if_interrupted() -> Result<(), RunnerError> {
        match process::is_interrupted() {
            true => Err(RunnerError::Cancelled),
            false => Ok(()),
        }
    }

    /// Whether the run was cancelled, by whatever way that was noticed.
    pub fn is_cancelled(&self) -> bool {
        self.kind() == ErrorKind::Interrupted
    }
}
