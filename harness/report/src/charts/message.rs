//! What a chart says in one sentence, for those who do not see it.
//! Owns the words; no sentence says more than the picture shows, and none that two differ.

use lukewarm_analysis::{Findings, Row};

use super::frame::Panel;
use crate::sections::{RowStatus, Section};

/// The job that a sentence is about: `unchanged`, or the last where the story has none.
pub(super) fn telling<'a>(section: &Section<'a>) -> Option<&'a str> {
    let rows = section.groups.first()?.rows;
    let named = rows.iter().find(|row| row.job == "unchanged");
    named.or(rows.last()).map(|row| row.job.as_str())
}

/// `from 0.21 s (persistent-target) to 12.8 s (none)`, over the sound rows that have a value.
pub(super) fn range<'a>(
    findings: &Findings,
    section: &Section<'a>,
    panels: &[Panel<'a>],
    value: impl Fn(&Row) -> Option<f64>,
    written: impl Fn(f64) -> String,
) -> Option<String> {
    let job = telling(section)?;
    let panel = panels.iter().find(|panel| panel.job == job)?;
    let sound = |row: &&&'a Row| {
        let standing = section.standing(findings, row);
        !matches!(standing, RowStatus::NoResult | RowStatus::Doubtful(_))
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

/// A title and what may be said beyond it: `Title: In the job unchanged, medians go from …`.
pub(super) fn sentence(title: &str, section: &Section<'_>, rest: Option<String>) -> String {
    match (telling(section), rest) {
        (Some(job), Some(rest)) => format!("{title}: in the job {job} {rest}."),
        _ => format!("{title}: no sound result."),
    }
}
