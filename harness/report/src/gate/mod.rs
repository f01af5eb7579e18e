//! The gate's answer in the format that its reader takes: people, pull requests, CI systems.
//! Owns the choice among the formats; each is a file, and their words are one.

mod annotations;
mod columns;
mod human;
mod junit;
mod markdown;
mod sentences;

use lukewarm_analysis::Gate;
use lukewarm_model::Keyword;
use lukewarm_model::text::{Json, Output, Safe};

use crate::{ReportError, TerminalStyle};

/// A format of the gate's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateFormat {
    /// A table for a terminal, in the given style.
    Human,
    /// Everything, as JSON.
    Json,
    /// For a pull request or a job's summary page.
    Markdown,
    /// GitHub's workflow commands, which mark a run with errors and warnings.
    GithubAnnotations,
    /// JUnit's XML: a test case for each metric of each job.
    Junit,
}

impl Keyword for GateFormat {
    const CHOICES: &'static [GateFormat] = &[
        GateFormat::Human,
        GateFormat::Json,
        GateFormat::Markdown,
        GateFormat::GithubAnnotations,
        GateFormat::Junit,
    ];

    fn word(self) -> &'static str {
        match self {
            GateFormat::Human => "human",
            GateFormat::Json => "json",
            GateFormat::Markdown => "markdown",
            GateFormat::GithubAnnotations => "github",
            GateFormat::Junit => "junit",
        }
    }

    fn help(self) -> &'static str {
        match self {
            GateFormat::Human => "A table",
            GateFormat::Json => "Everything, for machines",
            GateFormat::Markdown => "For a pull request, or a job's summary page",
            GateFormat::GithubAnnotations => "GitHub's annotations of a run",
            GateFormat::Junit => "JUnit's XML",
        }
    }
}

/// The gate's answer as a text that ends with a newline.
///
/// # Errors
/// When it cannot be put into its format, which is a bug.
pub fn gate(gate: &Gate, format: GateFormat, style: TerminalStyle) -> Result<Output, ReportError> {
    Ok(match format {
        GateFormat::Human => human::human(gate, style).into(),
        GateFormat::Json => {
            let text = serde_json::to_string_pretty(gate).map_err(ReportError::Summary)?;
            Safe::<Json>::file(&(text + "\n")).into()
        }
        GateFormat::Markdown => markdown::markdown(gate).into(),
        GateFormat::GithubAnnotations => annotations::annotations(gate).into(),
        GateFormat::Junit => junit::junit(gate).map_err(ReportError::Xml)?.into(),
    })
}

/// The JSON Schema of the gate's answer as JSON.
#[cfg(feature = "schema")]
pub fn gate_schema() -> schemars::Schema {
    lukewarm_model::schema_of::<Gate>()
}
