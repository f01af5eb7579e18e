//! Why a session cannot begin or stopped, or a run is not published.
//! Owns the error types of this crate.

use std::io;
use std::path::{Path, PathBuf};

use lukewarm_model::{Classify, Difference, ErrorKind, SLOW, StopReason};
use lukewarm_plan::Problems;
use lukewarm_record::RecordError;
use lukewarm_report::ReportError;
use lukewarm_runner::RunnerError;

use crate::shard_variables::ShardVariableError;

/// Why something cannot be measured, judged or published.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A named folder has no definition files.
    #[error("--root {}: neither `scenarios` nor `sample-workspaces` is there", .0.display())]
    NoDefinitions(PathBuf),
    /// Definition files have errors.
    #[error("errors in {place}")]
    Definitions {
        /// Which files.
        place: String,
        /// The errors.
        source: Problems,
    },
    /// A claim without a file was to be registered.
    #[error(
        "claim `{id}` is built into lukewarm and cannot be registered: put a copy of it into `{}`",
        file.display()
    )]
    BuiltInClaim {
        /// The claim's id.
        id: String,
        /// The file that it would have.
        file: PathBuf,
    },
    /// No folder can be found for installed tools and fetched registries.
    #[error("neither HOME nor XDG_CACHE_HOME is set: lukewarm keeps cache tools and crates there")]
    NoCacheFolder,
    /// Charts were named that the run does not have; a message for each.
    #[error("{}", .0.join("\n"))]
    UnknownCharts(Vec<String>),
    /// A recommendation cannot be made, or written as a workflow.
    #[error("{0}")]
    Recommendation(String),
    /// The selected cases cannot be planned.
    #[error("the selected cases cannot be run")]
    Selection(#[source] Problems),
    /// The plan that a run recorded does not follow from the definition files in use.
    #[error("the run in {} cannot be resumed", folder.display())]
    RecordedPlan {
        /// The run's folder.
        folder: PathBuf,
        /// What differs in its plan.
        source: Problems,
    },
    /// The machine, the tools or the sources have changed since a run began.
    #[error(
        "the run in {} cannot be resumed, because new jobs would not compare with its old ones: {}",
        folder.display(),
        listed(differences)
    )]
    Differs {
        /// The run's folder.
        folder: PathBuf,
        /// What differs.
        differences: Vec<Difference>,
    },
    /// A run stopped before its plan was done. Every finished job is in its journal.
    #[error("the run stopped; its finished jobs are kept in {}", folder.display())]
    Stopped {
        /// The run's folder.
        folder: PathBuf,
        /// Why.
        source: Box<RunnerError>,
    },
    /// No folder can hold results.
    #[error("no folder for results: choose one with `--out DIR` ({})", reasons.join("; "))]
    NoResultsFolder {
        /// What is wrong with each that was tried.
        reasons: Vec<String>,
    },
    /// The revision to compare with cannot be checked out.
    #[error("cannot check out --against git:{revision}")]
    Revision {
        /// The revision, as it was named.
        revision: String,
        /// Why.
        source: Box<RunnerError>,
    },
    /// What was named cannot be compared.
    #[error("{0}")]
    Comparison(String),
    /// Nothing of a plan is left for this machine, or its place for it cannot be used.
    #[error("{0}")]
    Assignment(String),
    /// Variables of the job do not say which shard it is.
    #[error(transparent)]
    ShardVariables(#[from] ShardVariableError),
    /// Records cannot be made one.
    #[error("{0}")]
    Merge(String),
    /// What was measured is in its folder, and could not be packed.
    #[error(
        "what was measured is in {}, and its file was not written: `lukewarm pack` writes one from \
         there, with `--out FILE` elsewhere",
        folder.display()
    )]
    NotPacked {
        /// The results folder.
        folder: PathBuf,
        /// Why.
        source: Box<SessionError>,
    },
    /// Only the campaign of its claims knows what a run is still to decide.
    #[error(
        "the run in {} belongs to claims, which decide when it has enough: `{command}` resumes it",
        folder.display()
    )]
    ResumedClaims {
        /// The run's folder.
        folder: PathBuf,
        /// The command line that resumes it.
        command: String,
    },
    /// A merged record is no run of a machine.
    #[error(
        "{} was merged from several records, and cannot be resumed: resume one of these",
        .0.display()
    )]
    ResumedMerged(PathBuf),
    /// The registration in a claim's file is not the last table.
    #[error("{}: move the table `[registered]` to the end of the file", .0.display())]
    Registration(PathBuf),
    /// A page has no place for the table of claims.
    #[error(
        "{}: there must be a line `<!-- claims -->` and, after it, `<!-- end of claims -->`",
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
    /// Published verdicts cannot be read.
    #[error("{} is not a list of verdicts as `lukewarm claims` writes it", path.display())]
    Published {
        /// The file.
        path: PathBuf,
        /// The line and the error.
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
            SessionError::Definitions { source, .. } => source.kind(),
            SessionError::NotPacked { source, .. } => source.kind(),
            SessionError::ShardVariables(error) => error.kind(),
            SessionError::Comparison(_)
            | SessionError::Assignment(_)
            | SessionError::Merge(_)
            | SessionError::ResumedMerged(_)
            | SessionError::ResumedClaims { .. }
            | SessionError::Recommendation(_)
            | SessionError::NoDefinitions(_)
            | SessionError::BuiltInClaim { .. }
            | SessionError::UnknownCharts(_)
            | SessionError::Differs { .. }
            | SessionError::Registration(_)
            | SessionError::NoMarkers(_)
            | SessionError::Published { .. } => ErrorKind::Input,
            SessionError::NoResultsFolder { .. }
            | SessionError::NoCacheFolder
            | SessionError::File { .. } => ErrorKind::Environment,
            SessionError::Stopped { source, .. } | SessionError::Revision { source, .. } => {
                kind_of_run(source)
            }
            SessionError::Runner(source) => kind_of_run(source),
            SessionError::Publication(error) => error.kind(),
            SessionError::Record(error) => error.kind(),
            SessionError::Report(error) => error.kind(),
        }
    }
}

/// The kind of an error of a run. The observer of a run is the record here, so that the kind of an
/// observer's error is that of a record's error.
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
        "--publish {0:?}: a name consists of ASCII letters, digits, `-`, `_` and `.`, and does not \
         begin with `.`"
    )]
    Name(String),
    /// Another run has that name.
    #[error("--publish {name}: {} exists already: choose another name", target.display())]
    Exists {
        /// The name.
        name: String,
        /// The folder of the other run.
        target: PathBuf,
    },
    /// The reason has no words.
    #[error("--publish-anyway: give a reason; it is printed beside every figure")]
    EmptyReason,
    /// A run that is measured now could not be published.
    #[error("--publish {name}: {objection}")]
    Beforehand {
        /// The name.
        name: String,
        /// Why.
        objection: Objection,
    },
    /// This run cannot be published.
    #[error("--publish {name}: the run in {} cannot be published", folder.display())]
    Refused {
        /// The name.
        name: String,
        /// The run's folder.
        folder: PathBuf,
        /// Why.
        source: Objection,
    },
}

/// Why a run may not be published.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Objection {
    /// Its journal has no end.
    #[error("the run was interrupted: its plan was not completed")]
    CutOff,
    /// It ended before its plan was done.
    #[error("the run stopped before its plan was completed: {0}")]
    Stopped(StopReason),
    /// Time of the calibration load, as a multiple of its time on the quiet machine.
    #[error(
        "the machine was slow: the calibration load took {0:.2} times as long as on the quiet \
         machine, and {SLOW} is the limit; measure again while nothing else runs, or give a reason \
         with `--publish-anyway REASON`"
    )]
    Slow(f64),
    /// The calibration load was never measured on the quiet machine, for this reason.
    #[error(
        "whether the machine is quiet is not known ({0}): run `lukewarm doctor` in the workspace's \
         folder while nothing else runs, then measure again; or give a reason with \
         `--publish-anyway REASON`"
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
