//! What was typed behind `lukewarm compare`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use lukewarm_model::Keyword;
use lukewarm_report::GateFormat;

use super::MeasureArgs;

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// What is compared with: a results folder, or its name below `results`; with `:SCENARIO`
    /// only that one
    #[arg(value_name = "BASELINE[:SCENARIO]", required_unless_present = "against")]
    pub baseline: Option<String>,
    /// What may have got worse; both may be scenarios of one run
    #[arg(value_name = "CANDIDATE[:SCENARIO]", required_unless_present = "against")]
    pub candidate: Option<String>,
    /// Measure both now, in turns: a revision of the workspace against its folder as it is, or a
    /// version of a tool against the one that is found
    #[arg(long, value_name = "git:REV|TOOL@VERSION", conflicts_with = "baseline")]
    pub against: Option<String>,
    /// With `--against`: the scenarios that are measured; may be repeated [default: `none` for a
    /// revision, every scenario of the preset with that tool for a version]
    #[arg(long, value_name = "NAME", requires = "against")]
    pub scenario: Vec<String>,
    #[command(flatten)]
    pub measure: MeasureArgs,
    #[command(flatten)]
    pub gate: GateArgs,
}

/// What the gate lets pass, and how it answers.
#[derive(Debug, Args)]
pub struct GateArgs {
    /// A file that says which metric may change by how much [default: wall-clock by 2 %, what
    /// repeats exactly not at all]
    #[arg(long, value_name = "FILE")]
    pub thresholds: Option<PathBuf>,
    /// Compare times of different machines, toolchains or tools too
    #[arg(long)]
    pub across_hosts: bool,
    /// How the answer is written: human, json, markdown, github or junit; with `=FILE` it is
    /// appended there, and not printed; may be repeated
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
