//! Errors of the crate: texts that do not parse or select nothing, stories that do not fit a
//! workspace. Owns their words; callers add the file and line.

use lukewarm_model::{
    Change, Classify, ErrorKind, JobName, NAME_RULE, ParseFaultError, ParseLatencyError,
    ParseUnitError, Setting, WorkspaceName,
};

use crate::problem::unknown;

/// A text that selects nothing, and what would be right.
#[derive(Debug, thiserror::Error)]
pub enum GrammarError {
    /// A name that nothing of its kind has.
    #[error("{}", unknown(kind, name, known.iter().map(String::as_str)))]
    Unknown {
        /// What it should name: `scenario`, `setting`, `metric`.
        kind: &'static str,
        /// The name.
        name: String,
        /// Every name of that kind.
        known: Vec<String>,
    },
    /// A text of another form than its place asks for.
    #[error("`{text}` is not a {wanted}")]
    Form {
        /// The text.
        text: String,
        /// What is wanted, with an example.
        wanted: &'static str,
    },
    /// A text that is no quantity with its unit.
    #[error(transparent)]
    Quantity(#[from] ParseUnitError),
    /// A flag that is neither on nor off.
    #[error("`{0}` is not `true` or `false`")]
    Flag(String),
    /// A version of a tool that has none.
    #[error("tool `{0}` has no versions to choose from")]
    Unversioned(String),
    /// A version that is none.
    #[error("`{version}` is not a version such as `0.10.0` ({source})")]
    Version {
        /// The text.
        version: String,
        /// Why.
        source: semver::Error,
    },
    /// A setting that applies to none of the scenarios.
    #[error("setting `{setting}` has no effect on {scenarios}")]
    NoEffect {
        /// The setting.
        setting: Setting,
        /// The scenarios.
        scenarios: String,
    },
    /// A setting whose values have no order.
    #[error("`{0}` cannot be swept: its values have no order")]
    NoOrder(Setting),
    /// A sweep of one value, or none.
    #[error("a sweep of `{0}` needs two values or more")]
    FewValues(Setting),
    /// An experiment that was to be refined, and sweeps nothing.
    #[error("experiment `{0}` sweeps nothing")]
    NoSweep(String),
    /// A quantity of a predicate that is written otherwise.
    #[error("it must be `METRIC SCENARIO JOB` or `METRIC:STEP SCENARIO JOB`")]
    Observed,
    /// A selected scenario with one of these mistakes in it.
    #[error("`{selected}`: {source}")]
    Scenario {
        /// The scenario, as it was selected.
        selected: String,
        /// What is wrong with it.
        source: Box<GrammarError>,
    },
}

impl GrammarError {
    /// A name that nothing of its kind has.
    pub(crate) fn unknown<'a>(
        kind: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> GrammarError {
        let known = known.into_iter().map(str::to_owned).collect();
        GrammarError::Unknown { kind, name: name.to_owned(), known }
    }

    /// A text of another form than its place asks for.
    pub(crate) fn form(text: &str, wanted: &'static str) -> GrammarError {
        GrammarError::Form { text: text.to_owned(), wanted }
    }
}

impl Classify for GrammarError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

/// A text behind a key that has not the form that its key asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FormError {
    /// A text that is no value with its unit.
    #[error("`{key}`: {source}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong with the text.
        source: ValueError,
    },
    /// A text that is no name.
    #[error("`{key} = \"{text}\"`: {NAME_RULE}")]
    Name {
        /// The key.
        key: String,
        /// The text.
        text: String,
    },
    /// A text that is no timestamp.
    #[error("`{key} = \"{text}\"` is not a UTC timestamp such as `2026-11-27T05:00:00Z`")]
    Moment {
        /// The key.
        key: String,
        /// The text.
        text: String,
    },
    /// A text that is no SHA-256.
    #[error(
        "`{key}` is not a SHA-256 of 64 hexadecimal digits: `lukewarm claims --register ID` \
         writes it"
    )]
    Sha256 {
        /// The key.
        key: String,
    },
    /// A text that is no percentage.
    #[error("`{key} = \"{text}\"` is not a percentage such as `2 %`, and not `off`")]
    Tolerance {
        /// The key.
        key: String,
        /// The text.
        text: String,
    },
}

/// A text that is no value of its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    /// No quantity with its unit.
    #[error(transparent)]
    Quantity(#[from] ParseUnitError),
    /// No fault.
    #[error(transparent)]
    Fault(#[from] ParseFaultError),
    /// No point of a latency distribution.
    #[error(transparent)]
    Latency(#[from] ParseLatencyError),
}

/// A job of a story that a workspace cannot do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("job `{job}` of story `{story}` makes a `{change}` change, {reason}")]
pub(crate) struct StoryMismatch {
    /// The story's name.
    pub story: String,
    /// The job's name in the story.
    pub job: JobName,
    /// The change before the job.
    pub change: Change,
    /// Why the workspace cannot do it.
    pub reason: MismatchReason,
}

/// Why a workspace cannot do a change; each names the workspace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MismatchReason {
    /// A sample without a patch for it.
    #[error("which workspace `{0}` does not offer")]
    NotOffered(WorkspaceName),
}

/// A text that names no cargo profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProfileError {
    /// A character that no profile's name has.
    #[error("`{0}`: a cargo profile's name has only the letters a to z, digits, `-` and `_`")]
    Characters(String),
    /// The folder of the profile `dev`, which Cargo refuses as a profile's name.
    #[error("unknown cargo profile `debug`; did you mean `dev`?")]
    Folder,
}

/// A page that has no place for the tables of keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkerError {
    /// A table's place has a beginning and no end.
    #[error("`{begin}` without `{end}` behind it")]
    Unclosed {
        /// The marker before the table.
        begin: String,
        /// The marker that is missing.
        end: &'static str,
    },
    /// No table has a place.
    #[error("no `<!-- keys of NAME -->` and `{end}` in it")]
    None {
        /// The marker behind a table.
        end: &'static str,
    },
}

impl Classify for MarkerError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

/// Why a recorded workspace is not built as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WorkspaceMismatch {
    /// It is the user's own, and has what only samples have.
    #[error("it is not a sample, but has patches, a program to run, or expectations")]
    NotPlain,
    /// Its folder could be anywhere.
    #[error("its folder {} is not an absolute path", .0.display())]
    Relative(std::path::PathBuf),
    /// No sample has its name.
    #[error("there is no such sample")]
    NoSample,
    /// The sample has changed since.
    #[error("its `workspace.toml` or one of its patches has changed")]
    OtherFiles,
}
