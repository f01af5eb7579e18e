//! Why a session cannot go on.
//! Owns the error type that all of this crate's functions share, and its kind.

use std::io;
use std::path::{Path, PathBuf};

use lukewarm_model::Difference;
use lukewarm_plan::Problems;
use lukewarm_record::RecordError;
use lukewarm_report::ReportError;
use lukewarm_runner::RunnerError;

use crate::publication::PublicationError;

/// Why something cannot be measured, judged or published.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// What was selected cannot be planned.
    #[error("the selection")]
    Selection(#[source] Problems),
    /// The plan that a run recorded is not one that this project's files give.
    #[error("{} cannot go on", folder.display())]
    RecordedPlan {
        /// The run's folder.
        folder: PathBuf,
        /// What of its plan differs.
        source: Problems,
    },
    /// The machine, the tools or the sources are not those that a run began with.
    #[error(
        "{} cannot go on, because its jobs would not compare: {}",
        folder.display(),
        listed(differences)
    )]
    Differs {
        /// The run's folder.
        folder: PathBuf,
        /// What differs.
        differences: Vec<Difference>,
    },
    /// A run stopped before its plan was done. Every job that ended is in its journal.
    #[error("the run stopped, and what was measured is kept in {}", folder.display())]
    Stopped {
        /// The run's folder.
        folder: PathBuf,
        /// Why.
        source: RunnerError,
    },
    /// No folder can hold results.
    #[error("no folder for results; choose one with `--out DIR` ({})", reasons.join("; "))]
    NoResultsFolder {
        /// What is wrong with each that was tried.
        reasons: Vec<String>,
    },
    /// The revision to compare with cannot be had.
    #[error("--against git:{revision}")]
    Revision {
        /// The revision, as it was named.
        revision: String,
        /// Why.
        source: RunnerError,
    },
    /// A live comparison names what cannot be compared.
    #[error("{0}")]
    Comparison(String),
    /// A claim's file has keys behind its registration.
    #[error("{}: keys follow `[registered]`; it must be the file's last table", .0.display())]
    Registration(PathBuf),
    /// A page has no place for the table of claims.
    #[error(
        "{}: no lines `<!-- claims -->` and `<!-- end of claims -->`, in this order",
        .0.display()
    )]
    NoMarkers(PathBuf),
    /// A run may not be published.
    #[error(transparent)]
    Publication(#[from] PublicationError),
    /// A file or folder cannot be used.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A published answer cannot be read.
    #[error("cannot read {}", path.display())]
    Published {
        /// The answer's file.
        path: PathBuf,
        /// Where it stops making sense.
        source: serde_json::Error,
    },
    /// Preparing or running failed.
    #[error(transparent)]
    Runner(#[from] RunnerError),
    /// A results folder cannot be read or written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A report cannot be made.
    #[error(transparent)]
    Report(#[from] ReportError),
}

impl SessionError {
    /// A file error, for `map_err`.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| SessionError::File { action, path, source }
    }
}

fn listed(differences: &[Difference]) -> String {
    let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
    differences.join("; ")
}
