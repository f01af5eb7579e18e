//! The caption of a chart in one sentence, as its alternative text.
//! Owns the words. A caption claims no more than the picture shows, and never that two values
//! differ.

use lukewarm_analysis::{Findings, Row};

use super::frame::Panel;
use crate::sections::{RowStatus, Section};

/// The job that a caption describes: `unchanged`, or the last where the story has none.
pub(super) fn main_job<'a>(section: &Section<'a>) -> Option<&'a str> {
    let rows = section.groups.first()?.rows;
    let named = rows.iter().find(|row| row.job == "unchanged");
    named.or(rows.last()).map(|row| row.job.as_str())
}

/// `from 0.21 s (persistent-target) to 12.8 s (none)`, over the valid rows that have a value.
pub(super) fn range<'a>(
    findings: &Findings,
    section: &Section<'a>,
    panels: &[Panel<'a>],
    value: impl Fn(&Row) -> Option<f64>,
    written: impl Fn(f64) -> String,
) -> Option<String> {
    let job = main_job(section)?;
    let panel = panels.iter().find(|panel| panel.job == job)?;
    let sound = |row: &&&'a Row| {
        let status = section.status(findings, row);
        !matches!(status, RowStatus::NoResult | RowStatus::Doubtful(_))
    };
    let rows = panel.rows.iter().filter(sound);
    extent(rows.filter_map(|row| Some((row.scenario.as_str(), value(row)?))), written)
}

/// `from 0.21 s (persistent-target) to 12.8 s (none)`.
pub(super) fn extent<'a>(
    values: impl Iterator<Item = (&'a str, f64)>,
    written: impl Fn(f64) -> String,
) -> Option<String> {
    let values: Vec<(&str, f64)> = values.collect();
    let least = values.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let most = values.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let said = |(name, value): &(&str, f64)| format!("{} ({name})", written(*value));
    Some(match values.len() {
        1 => format!("at {}", said(least)),
        _ => format!("from {} to {}", said(least), said(most)),
    })
}

/// A title and its main finding: `Title: In the job unchanged, medians go from …`.
pub(super) fn sentence(title: &str, section: &Section<'_>, rest: Option<String>) -> String {
    match (main_job(section), rest) {
        (Some(job), Some(rest)) => format!("{title}: in the job {job} {rest}."),
        _ => format!("{title}: no valid result."),
    }
}
