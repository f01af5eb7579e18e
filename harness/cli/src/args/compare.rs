//! The arguments of `lukewarm compare`.
//! Owns the syntax only.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use lukewarm_model::Keyword;
use lukewarm_report::GateFormat;

use super::{BuildArgs, MeasureArgs, ShardArgs};

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Baseline: a results folder, or its name below `results`; `:SCENARIO` selects one scenario
    #[arg(value_name = "BASELINE[:SCENARIO]", required_unless_present = "against")]
    pub baseline: Option<String>,
    /// Candidate, written likewise; both may be scenarios of the same run
    #[arg(value_name = "CANDIDATE[:SCENARIO]", required_unless_present = "against")]
    pub candidate: Option<String>,
    /// Measure baseline and candidate now, interleaved: a git revision of the workspace against its
    /// working tree, or a version of a cache tool against the installed one
    #[arg(long, value_name = "git:REV|TOOL@VERSION", conflicts_with = "baseline")]
    pub against: Option<String>,
    /// Scenario to measure with `--against`; may be repeated [default: `none` for a revision, every
    /// scenario of the preset with that tool for a version]
    #[arg(long, value_name = "NAME", requires = "against")]
    pub scenario: Vec<String>,
    /// Judge what `--against` was measured before, such as in shards that were merged, and measure
    /// nothing: a results folder, or its name below `results`
    #[arg(
        long,
        value_name = "RUN",
        requires = "against",
        conflicts_with_all = ["shard", "shard_file"]
    )]
    pub from: Option<PathBuf>,
    #[command(flatten)]
    pub shard: ShardArgs,
    #[command(flatten)]
    pub build: BuildArgs,
    #[command(flatten)]
    pub measure: MeasureArgs,
    #[command(flatten)]
    pub gate: GateArgs,
}

/// Options of the regression gate.
#[derive(Debug, Args)]
pub struct GateArgs {
    /// File with the tolerance of each metric [default: 2 % for wall-clock, 0 for metrics that
    /// repeat exactly]
    #[arg(long, value_name = "FILE")]
    pub thresholds: Option<PathBuf>,
    /// Also compare times of different machines, toolchains or versions of lukewarm
    #[arg(long)]
    pub across_hosts: bool,
    /// Output format: human, json, markdown, github or junit; `=FILE` appends it to a file instead
    /// of printing it; may be repeated
    #[arg(long, value_name = "FORMAT[=FILE]", default_value = "human")]
    pub format: Vec<Output>,
}

/// A format of the gate's answer, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The format.
    pub format: GateFormat,
    /// The file that it is appended to; none prints it.
    pub file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Output, String> {
        let (word, file) = match text.split_once('=') {
            Some((word, file)) => (word, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let known = GateFormat::CHOICES.iter().map(|it| it.word());
        let format = GateFormat::of_word(word)
            .ok_or_else(|| lukewarm_plan::unknown("format", word, known))?;
        Ok(Output { format, file })
    }
}
