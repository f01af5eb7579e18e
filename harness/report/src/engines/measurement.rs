//! A measurement in shards, and the parts that the files of every engine have.
//! Owns how its words stand in a shell, and what is wrong with one.

use askama::Template;
use lukewarm_model::{Classify, ErrorKind, Seconds, quoted};

use crate::{ReportError, ReportFile};

/// A measurement in shards.
#[derive(Clone, Copy, Debug)]
pub struct ShardedMeasurement<'a> {
    /// The number of shards.
    pub shards: u32,
    /// Its name: of the jobs, and of the folder that they share.
    pub name: &'a str,
    /// The time after which a shard is stopped.
    pub time_limit: Seconds,
    /// The arguments of `lukewarm run`.
    pub words: &'a [String],
    /// The command line that asked for the files, as they say it of themselves.
    pub command: &'a [String],
}

/// Why an engine cannot run shards as asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// More shards than the engine runs, or none.
    #[error("{shards} shards: {engine} runs from 1 to {most}")]
    Shards {
        /// The number that was asked for.
        shards: u32,
        /// The engine's name.
        engine: &'static str,
        /// The most that it runs.
        most: u32,
    },
    /// A name that some engine does not take.
    #[error(
        "`{0}` cannot be the name of jobs: at most 40 of the letters a to z, digits and `-`, which \
         stands neither first nor last"
    )]
    Name(String),
    /// A text that a file of the engine cannot hold.
    #[error("`{text}` cannot stand in the files: {why}")]
    Text {
        /// The text, on one line.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A time limit that leaves no time to measure.
    #[error("a time limit of {0} is too short: at least 5 minutes")]
    Time(Seconds),
    /// A file cannot be rendered.
    #[error(transparent)]
    Page(#[from] ReportError),
}

impl Classify for EngineError {
    fn kind(&self) -> ErrorKind {
        match self {
            EngineError::Page(error) => error.kind(),
            EngineError::Shards { .. }
            | EngineError::Name(_)
            | EngineError::Text { .. }
            | EngineError::Time(_) => ErrorKind::Input,
        }
    }
}

/// The version that the files are for.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A time in whole minutes, upwards.
pub(super) fn minutes(time: Seconds) -> u64 {
    (time.0 / 60.0).ceil() as u64
}

impl ShardedMeasurement<'_> {
    /// Whether its name is a label of DNS, which Kubernetes wants, and short enough to be added to.
    pub(super) fn has_name(&self) -> bool {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let name = self.name;
        (1..=40).contains(&name.len())
            && name.chars().all(inner)
            && !name.starts_with('-')
            && !name.ends_with('-')
    }

    /// The arguments of `run` in a shell, on a line of their own; nothing where there are none.
    pub(super) fn shell_words(&self, indent: usize) -> String {
        match self.words {
            [] => String::new(),
            words => format!(" \\\n{}{}", " ".repeat(indent), joined(words)),
        }
    }

    /// The command line that asked for the files.
    pub(super) fn made_by(&self) -> String {
        joined(self.command)
    }
}

fn joined(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// The part of a script that merges what came back.
#[derive(Template)]
#[template(path = "engines/merge.sh", syntax = "engine", escape = "none")]
struct MergeScript {
    shards: u32,
}

pub(super) fn merge_script(shards: u32) -> Result<String, EngineError> {
    rendered(&MergeScript { shards })
}

pub(super) fn rendered(template: &impl Template) -> Result<String, EngineError> {
    Ok(template.render().map_err(ReportError::Page)?)
}

/// The lines of a text, each moved to the right.
pub(super) fn indented(text: &str, columns: usize) -> String {
    let space = " ".repeat(columns);
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("{space}{line}") };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A text file that ends with its last line.
pub(super) fn file(name: String, text: &str) -> ReportFile {
    ReportFile { name, content: format!("{}\n", text.trim_end()).into_bytes() }
}
