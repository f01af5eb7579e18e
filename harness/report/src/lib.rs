//! Findings become tables, charts and pages.
//! Owns words and pictures. It must not compute a statistic, nor touch disk, network, process or
//! clock: the same findings give the same bytes.

mod chart;
mod headline;
mod json;
mod markdown;
mod page;
mod terminal;
mod words;

use lukewarm_analysis::Findings;

pub use headline::headline;
pub use terminal::{Colour, TerminalStyle, terminal};

/// One file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Its name, relative to the results folder.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// Why a report cannot be made; always a bug.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A picture could not be drawn.
    #[error("cannot draw {chart}: {why}")]
    Chart {
        /// The chart's file name.
        chart: String,
        /// What the drawing library said.
        why: String,
    },
    /// The page's template failed.
    #[error("cannot write the page")]
    Page(#[from] askama::Error),
    /// The summary could not be written.
    #[error("cannot write summary.json")]
    Json(#[from] serde_json::Error),
}

/// Every file of a report: `summary.json`, `summary.md`, `report.html` and `charts/*.svg`.
///
/// # Errors
/// Only by a bug in this room.
pub fn files(findings: &Findings) -> Result<Vec<ReportFile>, ReportError> {
    let charts = chart::all(findings)?;
    let page = page::page(findings, &charts)?;
    let mut files = vec![
        ReportFile { name: "summary.json".to_owned(), content: json::summary(findings)? },
        ReportFile { name: "summary.md".to_owned(), content: markdown::summary(findings).into() },
        ReportFile { name: "report.html".to_owned(), content: page.into() },
    ];
    files.extend(charts.into_iter().map(|chart| ReportFile {
        name: format!("charts/{}.svg", chart.name),
        content: chart.svg.into(),
    }));
    Ok(files)
}

#[cfg(test)]
mod examples;
