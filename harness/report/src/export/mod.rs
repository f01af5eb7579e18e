//! A run in the formats that other tools read.
//! Owns the choice among them; each format is a file, with the source of what it must look like.

mod action_benchmark;
mod bencher;
mod hyperfine;
mod names;
mod wide;

use lukewarm_analysis::Findings;
use lukewarm_model::Keyword;
use lukewarm_model::text::{Json, Output, Safe};

use crate::{ReportError, markdown, summary};

/// A format of a run's results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunFormat {
    /// `summary.json`: estimates and comparisons.
    Json,
    /// `summary.md`: for a pull request or a job's summary page.
    Markdown,
    /// What `hyperfine --export-json` writes: wall-clock of each case and job.
    Hyperfine,
    /// Bencher's own JSON, the Bencher Metric Format.
    Bencher,
    /// `customSmallerIsBetter` of github-action-benchmark.
    ActionBenchmark,
    /// One line a job, one column a metric.
    CsvWide,
}

impl Keyword for RunFormat {
    const CHOICES: &'static [RunFormat] = &[
        RunFormat::Json,
        RunFormat::Markdown,
        RunFormat::Hyperfine,
        RunFormat::Bencher,
        RunFormat::ActionBenchmark,
        RunFormat::CsvWide,
    ];

    fn word(self) -> &'static str {
        match self {
            RunFormat::Json => "json",
            RunFormat::Markdown => "markdown",
            RunFormat::Hyperfine => "hyperfine",
            RunFormat::Bencher => "bencher",
            RunFormat::ActionBenchmark => "github-action-benchmark",
            RunFormat::CsvWide => "csv-wide",
        }
    }

    fn help(self) -> &'static str {
        match self {
            RunFormat::Json => "As `summary.json`",
            RunFormat::Markdown => "As `summary.md`, for a pull request or a job's summary page",
            RunFormat::Hyperfine => "What `hyperfine --export-json` writes",
            RunFormat::Bencher => "The Bencher Metric Format",
            RunFormat::ActionBenchmark => "`customSmallerIsBetter` of github-action-benchmark",
            RunFormat::CsvWide => "One line a job, one column a metric",
        }
    }
}

/// A run's results as a text that ends with a newline.
///
/// # Errors
/// When they cannot be put into the format, which is a bug.
pub fn format(findings: &Findings, format: RunFormat) -> Result<Output, ReportError> {
    let json = |value: &serde_json::Value| -> Result<Output, ReportError> {
        let text = serde_json::to_string_pretty(value).map_err(ReportError::Summary)?;
        Ok(Safe::<Json>::file(&(text + "\n")).into())
    };
    match format {
        RunFormat::Json => Ok(summary::summary(findings).map_err(ReportError::Summary)?.into()),
        RunFormat::Markdown => Ok(markdown::markdown(findings).into()),
        RunFormat::Hyperfine => json(&hyperfine::hyperfine(findings)),
        RunFormat::Bencher => json(&bencher::bencher(findings)),
        RunFormat::ActionBenchmark => json(&action_benchmark::action_benchmark(findings)),
        RunFormat::CsvWide => Ok(wide::wide(findings).map_err(ReportError::Csv)?.into()),
    }
}
