//! How right each way of caching is, as text, JSON, a page of evidence and a picture.
//! Owns the layout of the table and the choice among the formats; `analysis` gives the marks.

mod human;
mod markdown;
mod parts;
mod picture;

use lukewarm_analysis::Soundness;
use lukewarm_model::Keyword;
use lukewarm_model::described::JsonSchema;
use lukewarm_model::text::{Json, Output, Safe};
use serde::Serialize;

use crate::{ChartStyle, ReportError, ReportFile, TerminalStyle};

/// A format of a soundness table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundnessFormat {
    /// A table for a terminal, in the given style.
    Human,
    /// The page with the evidence of each cell.
    Markdown,
    /// Everything, for machines.
    Json,
}

impl Keyword for SoundnessFormat {
    const CHOICES: &'static [SoundnessFormat] =
        &[SoundnessFormat::Human, SoundnessFormat::Markdown, SoundnessFormat::Json];

    fn word(self) -> &'static str {
        match self {
            SoundnessFormat::Human => "human",
            SoundnessFormat::Markdown => "markdown",
            SoundnessFormat::Json => "json",
        }
    }

    fn help(self) -> &'static str {
        match self {
            SoundnessFormat::Human => "A table for a terminal",
            SoundnessFormat::Markdown => "A page with the evidence of each cell",
            SoundnessFormat::Json => "Everything, for machines",
        }
    }
}

/// The JSON form.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Soundness")]
struct SoundnessAnswer<'a> {
    #[serde(flatten)]
    soundness: &'a Soundness,
    /// Whether any output is wrong.
    has_wrong_output: bool,
}

/// A soundness table as a text that ends with a newline.
///
/// # Errors
/// When it cannot be put into its format, which is a bug.
pub fn soundness(
    found: &Soundness,
    format: SoundnessFormat,
    style: TerminalStyle,
) -> Result<Output, ReportError> {
    Ok(match format {
        SoundnessFormat::Human => human::human(found, style).into(),
        SoundnessFormat::Markdown => markdown::markdown(found).into(),
        SoundnessFormat::Json => json(found)?.into(),
    })
}

/// The files of a soundness table: `soundness.json`, `soundness.md` and `soundness.svg`.
///
/// # Errors
/// When one cannot be written, which is a bug.
pub fn soundness_files(found: &Soundness) -> Result<Vec<ReportFile>, ReportError> {
    let file = |name: &str, content: String| ReportFile {
        name: name.to_owned(),
        content: content.into_bytes(),
    };
    let picture = picture::picture(found);
    let svg = picture.svg(&ChartStyle::default()).map_err(ReportError::Charts)?;
    Ok(vec![
        file("soundness.json", json(found)?.into_string()),
        file("soundness.md", markdown::markdown(found).into_string()),
        file("soundness.svg", svg),
    ])
}

fn json(found: &Soundness) -> Result<Safe<Json>, ReportError> {
    let answer = SoundnessAnswer { soundness: found, has_wrong_output: found.has_wrong_output() };
    let text = serde_json::to_string_pretty(&answer).map_err(ReportError::Summary)?;
    Ok(Safe::<Json>::file(&(text + "\n")))
}

/// The JSON Schema of a soundness table.
#[cfg(feature = "schema")]
pub fn soundness_schema() -> schemars::Schema {
    lukewarm_model::schema_of::<SoundnessAnswer<'_>>()
}

#[cfg(test)]
mod tests;
