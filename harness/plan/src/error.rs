//! Errors of the crate: texts that do not parse or select nothing, stories that do not fit a
//! workspace. Owns their words; callers add the file and line.

use lukewarm_model::{
    Change, Classify, ErrorKind, JobName, Metric, NAME_RULE, ParseFaultError, ParseLatencyError,
    ParseUnitError, Setting, WorkspaceName,
};

use crate::problem::unknown;

/// Why a command cannot be measured, and what would be right.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A quote or a backslash without its end.
    #[error("`{0}`: a quote is not closed")]
    Unfinished(String),
    /// No subcommand.
    #[error("no Cargo command: write one such as `cargo test --no-run --workspace`")]
    Nothing,
    /// An option before the subcommand.
    #[error("`{0}` stands before the subcommand: write options behind the subcommand")]
    OptionFirst(String),
    /// A variable in the command.
    #[error("`{0}` is a variable: give it with `--env {0}=VALUE`")]
    Variable(String),
    /// A toolchain that is none.
    #[error("`+{0}` is not a toolchain's name such as `+nightly` or `+1.95.0`")]
    Toolchain(String),
    /// A subcommand that Cargo has and that cannot be measured.
    #[error("{}: {reason}", not_measured(name, alias.as_deref()))]
    NotMeasured {
        /// The subcommand.
        name: String,
        /// The alias that stands for it; absent where it was named itself.
        alias: Option<String>,
        /// Why.
        reason: &'static str,
    },
    /// A subcommand that is not known.
    #[error("{}", unknown("Cargo command", name, known.iter().map(String::as_str)))]
    Unknown {
        /// The subcommand.
        name: String,
        /// What can be measured, with the workspace's aliases.
        known: Vec<String>,
    },
    /// An option that would break the measurement.
    #[error("`{option}`: {reason}")]
    Option {
        /// The option.
        option: String,
        /// Why.
        reason: &'static str,
    },
    /// A path that leads out of the checkout.
    #[error("`{option} {path}` leads out of the workspace: write a path below its folder")]
    Outside {
        /// The option.
        option: String,
        /// Its path.
        path: String,
    },
    /// A configuration file.
    #[error(
        "`--config {0}` is a file, whose settings cannot be judged: write `--config KEY=VALUE`"
    )]
    ConfigFile(String),
    /// A setting that is no TOML.
    #[error("`--config {0}` is no setting such as `profile.dev.debug=0`")]
    ConfigForm(String),
    /// A setting that is the harness's.
    #[error("`--config`: `{0}` is set by lukewarm itself, for every job")]
    Config(String),
    /// A call of nextest that builds nothing.
    #[error("`cargo nextest {0}` cannot be measured: run, list or archive can")]
    Nextest(String),
    /// A profile that is named twice.
    #[error(
        "`{command}` names the profile `{named}`, and `--cargo-profile` another: leave one out"
    )]
    Profile {
        /// The command.
        command: String,
        /// Its profile.
        named: String,
    },
    /// Aliases that stand for different commands.
    #[error("`{0}` is an alias that stands for another command in each of these workspaces")]
    Aliases(String),
}

fn not_measured(name: &str, alias: Option<&str>) -> String {
    match alias {
        None => format!("`cargo {name}` cannot be measured"),
        Some(alias) => {
            format!("`cargo {alias}` stands for `cargo {name}` here, which cannot be measured")
        }
    }
}

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
    /// A metric whose values of several jobs have no sum.
    #[error("`{0}` of all jobs: it is what there is when a job ends, and adds up to nothing")]
    NoSum(Metric),
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

impl Classify for CommandError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
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
        "`{key}` is not a SHA-256 of 64 hexadecimal digits: `lukewarm claims --register ID` writes \
         that of a claim, and crates.io's index has that of a package (`cksum`)"
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
    #[error(
        "it is not a sample, but has patches, a program to run, or expectations that its \
         `lukewarm.toml` does not have"
    )]
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
