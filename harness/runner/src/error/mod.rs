//! Errors that end a run. A failing job is none of these: it is a row of the result.
//! Owns the kind of each error, which exit codes follow from. It must not know what a run does.

pub mod tools;

use std::io;
use std::path::{Path, PathBuf};

use lukewarm_model::{Classify, ErrorKind};

use crate::error::tools::ToolError;
use crate::process::{self, ProcessError};

/// Why a run cannot be prepared, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The request cannot be met: a workspace without a manifest, a patch that does not apply.
    #[error("{0}")]
    Input(String),
    /// The machine prevents it: a full disk, a missing tool, no network.
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
    /// A tool's program cannot be used or installed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// A recorded setting is not one of this version.
    #[error(transparent)]
    Setting(#[from] lukewarm_cache_tools::InvalidSetting),
    /// A process could not be run.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// An emulated service could not be started.
    #[error("cannot start the emulated service")]
    Service(#[from] lukewarm_cache_services::ServiceError),
    /// An observer, such as the record, could not handle an event.
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
            // An observer writes files, as a rule. Its own error has the exact kind.
            RunnerError::Environment(_) | RunnerError::File { .. } | RunnerError::Observer(_) => {
                ErrorKind::Environment
            }
            RunnerError::Tool(error) => error.kind(),
            RunnerError::Setting(error) => error.kind(),
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

    /// An error once a signal has asked this process to end; for loops over many files.
    pub(crate) fn if_interrupted() -> Result<(), RunnerError> {
        match process::is_interrupted() {
            true => Err(RunnerError::Cancelled),
            false => Ok(()),
        }
    }

    /// Whether the run was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.kind() == ErrorKind::Interrupted
    }
}
