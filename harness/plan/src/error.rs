//! What is wrong with a text in one of the small languages, or with what it asks for.
//! Owns the words; the place where the text stands is added by whoever read it there.

use lukewarm_model::{Classify, ErrorKind, ParseUnitError, Setting};

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
    #[error("`{text}` is no {wanted}")]
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
    #[error("`{version}` is no version such as `0.10.0` ({source})")]
    Version {
        /// The text.
        version: String,
        /// Why.
        source: semver::Error,
    },
    /// A setting of something that the scenarios do not have.
    #[error("`{setting}` says nothing to {scenarios}")]
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
    #[error("it is no sample, and yet has patches, a program to run, or expectations")]
    NotPlain,
    /// Its folder could be anywhere.
    #[error("its folder {} is no absolute path", .0.display())]
    Relative(std::path::PathBuf),
    /// No sample has its name.
    #[error("there is no such sample")]
    NoSample,
    /// The sample was another then.
    #[error("its `workspace.toml` or a patch of it is another")]
    OtherFiles,
}
