//! A recommendation as text, Markdown and JSON.
//! Owns its layout and the choice among the formats; its words are `sentences`', those of advice
//! `advice`'s.

mod advice;
mod human;
mod markdown;
mod parts;
mod sentences;

use lukewarm_analysis::Recommendation;
use lukewarm_model::Keyword;
use lukewarm_model::described::JsonSchema;
use lukewarm_model::text::{Json, Output, Safe};
use serde::Serialize;

pub use parts::{BilledBy, RecommendationReport};

use crate::{ReportError, TerminalStyle};

/// A format of a recommendation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecommendationFormat {
    /// Text for a terminal, in the given style.
    Human,
    /// For an issue or a pull request.
    Markdown,
    /// Everything, for machines.
    Json,
}

impl Keyword for RecommendationFormat {
    const CHOICES: &'static [RecommendationFormat] =
        &[RecommendationFormat::Human, RecommendationFormat::Markdown, RecommendationFormat::Json];

    fn word(self) -> &'static str {
        match self {
            RecommendationFormat::Human => "human",
            RecommendationFormat::Markdown => "markdown",
            RecommendationFormat::Json => "json",
        }
    }

    fn help(self) -> &'static str {
        match self {
            RecommendationFormat::Human => "Text for a terminal",
            RecommendationFormat::Markdown => "For an issue or a pull request",
            RecommendationFormat::Json => "Everything, for machines",
        }
    }
}

/// The JSON form.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Recommendation")]
struct RecommendationAnswer<'a> {
    #[serde(flatten)]
    recommendation: &'a Recommendation,
    /// What bills rest on; absent without prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    prices: Option<PricesAnswer<'a>>,
    /// The answer of each workspace in a sentence.
    sentences: Vec<String>,
}

/// What bills rest on.
#[derive(JsonSchema, Serialize)]
struct PricesAnswer<'a> {
    /// The day on which the prices were read.
    date: &'a str,
    /// Where they were read.
    source: &'a str,
    /// Their currency.
    currency: &'a str,
    /// The runner.
    runner: &'a str,
}

/// A recommendation as a text that ends with a newline.
///
/// # Errors
/// When it cannot be put into its format, which is a bug.
pub fn recommendation(
    report: &RecommendationReport<'_>,
    format: RecommendationFormat,
    style: TerminalStyle,
) -> Result<Output, ReportError> {
    Ok(match format {
        RecommendationFormat::Human => human::human(report, style).into(),
        RecommendationFormat::Markdown => markdown::markdown(report).into(),
        RecommendationFormat::Json => {
            let answer = RecommendationAnswer {
                recommendation: report.recommendation,
                prices: report.billed_by.map(|it| PricesAnswer {
                    date: &it.prices.date,
                    source: &it.prices.source,
                    currency: &it.prices.currency,
                    runner: it.runner,
                }),
                sentences: report.recommendation.workspaces.iter().map(sentences::answer).collect(),
            };
            let text = serde_json::to_string_pretty(&answer).map_err(ReportError::Summary)?;
            Safe::<Json>::file(&(text + "\n")).into()
        }
    })
}

/// The JSON Schema of a recommendation.
#[cfg(feature = "schema")]
pub fn recommendation_schema() -> schemars::Schema {
    lukewarm_model::schema_of::<RecommendationAnswer<'_>>()
}
