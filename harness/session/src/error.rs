//! Why a session cannot go on, or a run is not published.
//! Owns the error types of this crate.

use std::io;
use std::path::{Path, PathBuf};

use lukewarm_model::{Classify, Difference, ErrorKind, SLOW, StopReason};
use lukewarm_plan::Problems;
use lukewarm_record::RecordError;
use lukewarm_report::ReportError;
use lukewarm_runner::RunnerError;

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

impl Classify for SessionError {
    fn kind(&self) -> ErrorKind {
        match self {
            SessionError::Selection(error) | SessionError::RecordedPlan { source: error, .. } => {
                error.kind()
            }
            SessionError::Comparison(_)
            | SessionError::Differs { .. }
            | SessionError::Registration(_)
            | SessionError::NoMarkers(_)
            | SessionError::Published { .. } => ErrorKind::Input,
            SessionError::NoResultsFolder { .. } | SessionError::File { .. } => {
                ErrorKind::Environment
            }
            SessionError::Stopped { source, .. }
            | SessionError::Revision { source, .. }
            | SessionError::Runner(source) => kind_of_run(source),
            SessionError::Publication(error) => error.kind(),
            SessionError::Record(error) => error.kind(),
            SessionError::Report(error) => error.kind(),
        }
    }
}

/// The kind of an error of a run. What listens to a run here is the record, so it says of which
/// kind an error of the listener is.
fn kind_of_run(error: &RunnerError) -> ErrorKind {
    match error {
        RunnerError::Observer(inner) => {
            inner.downcast_ref().map_or(error.kind(), |record: &RecordError| record.kind())
        }
        error => error.kind(),
    }
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

/// Why a run is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublicationError {
    /// The name is no name of a folder.
    #[error(
        "--publish {0:?}: a name has letters, digits, `-`, `_` and `.`, and does not begin with `.`"
    )]
    Name(String),
    /// Another run has that name.
    #[error("--publish {name}: {} is there already; take another name", target.display())]
    Exists {
        /// The name.
        name: String,
        /// The folder of the other run.
        target: PathBuf,
    },
    /// The reason has no words.
    #[error("--publish-anyway: the reason is empty; it is printed beside every figure")]
    EmptyReason,
    /// Nothing that is measured now could be published.
    #[error("--publish {name}: {objection}")]
    Beforehand {
        /// The name.
        name: String,
        /// Why.
        objection: Objection,
    },
    /// This run cannot be published.
    #[error("--publish {name}: {} is not published", folder.display())]
    Refused {
        /// The name.
        name: String,
        /// The run's folder.
        folder: PathBuf,
        /// Why.
        source: Objection,
    },
}

/// What speaks against publishing a run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Objection {
    /// It has no end.
    #[error("the run was cut off before its plan was done")]
    CutOff,
    /// It ended before its plan was done.
    #[error("the run did not end by its plan: {0}")]
    Stopped(StopReason),
    /// The calibration load took so many times what it takes on the quiet machine.
    #[error(
        "the machine was slow: the calibration load took {0:.2} times what it takes when the \
         machine is quiet, and {SLOW} is the limit; measure again while nothing else runs, or give \
         a reason with `--publish-anyway REASON`"
    )]
    Slow(f64),
    /// Nobody knows what the calibration load takes on the quiet machine, for this reason.
    #[error(
        "whether the machine is quiet is not known ({0}): run `lukewarm doctor` in the workspace's \
         folder while nothing else runs, then measure; or give a reason with `--publish-anyway \
         REASON`"
    )]
    UnknownPace(String),
}

/// The machine is why a run is not published, or what was asked for.
impl Classify for PublicationError {
    fn kind(&self) -> ErrorKind {
        match self {
            PublicationError::Name(_)
            | PublicationError::Exists { .. }
            | PublicationError::EmptyReason => ErrorKind::Input,
            PublicationError::Beforehand { objection, .. }
            | PublicationError::Refused { source: objection, .. } => objection.kind(),
        }
    }
}

impl Classify for Objection {
    fn kind(&self) -> ErrorKind {
        match self {
            Objection::CutOff | Objection::Stopped(_) => ErrorKind::Input,
            Objection::Slow(_) | Objection::UnknownPace(_) => ErrorKind::Environment,
        }
    }
}
