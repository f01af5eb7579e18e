//! Charts: one picture for each question and workspace.
//! Owns the identity of a chart and the name of its file. They share one visual language: blue is
//! compiled, green is reused, light blue comes down, orange goes up.

mod axis;
mod bytes;
mod canvas;
mod caption;
mod colour;
mod forest;
mod frame;
mod growth;
mod kind;
mod latency;
mod ledger;
mod marks;
mod plot;
mod png;
mod ratio;
mod reuse;
mod steps;
mod style;
mod svg;
mod sweep;
mod typeface;
mod wall;

use std::collections::BTreeSet;

use lukewarm_analysis::{Curve, Findings};
use lukewarm_model::{JobName, WorkspaceName};

use crate::machine_notice::notice;
use crate::sections::sections;
use kind::Drawn;

pub(crate) use kind::{Best, End};
pub(crate) use ledger::{LedgerLine, LineState};
pub(crate) use marks::{MarkTable, mark_table};

pub use canvas::{ChartError, Picture};
pub use kind::{ChartKind, chart_table};
pub use style::{ChartStyle, ParseSizeError, Size, Theme};

/// The identity of a chart, unique within a report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChartId {
    /// The question that it answers.
    pub kind: ChartKind,
    /// The workspace that it shows.
    pub workspace: WorkspaceName,
    /// The job that it shows; absent where it shows all.
    pub job: Option<JobName>,
}

/// One chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Its identity.
    pub id: ChartId,
    /// The file's name without folder and ending, derived from its identity: `wall-cli`.
    pub name: String,
    /// Its message in one sentence, as alternative text.
    pub caption: String,
    /// The picture, for other looks and bitmaps.
    pub picture: Picture,
    /// The picture as the report embeds it: an SVG that follows the reader's colour scheme.
    pub svg: String,
}

/// Every chart, in the order of the page, for each workspace: `wall`, `ratio` where something is
/// compared, `forest-<job>` where several machines compared it, `reuse`, `steps` where something is
/// restored or wrapped, `bytes` and `latency` where there is a service and the record has them,
/// `growth` where three jobs or more store something, and `sweep-<job>` where a setting is swept.
///
/// # Errors
/// When a picture cannot be written, which is a bug.
pub fn charts(findings: &Findings) -> Result<Vec<Chart>, ChartError> {
    let mut charts = Vec::new();
    let (mut workspaces, mut files) = (FileNames::default(), FileNames::default());
    let notice = notice(findings);
    for section in sections(findings) {
        let workspace = workspaces.name(section.workspace);
        for kind in ChartKind::ALL {
            for Drawn { job, mut picture } in kind.draw(findings, &section) {
                if let Some(notice) = &notice {
                    picture.note(notice);
                }
                let parts = [Some(kind.name()), job.as_deref(), Some(&workspace)];
                let parts: Vec<&str> = parts.into_iter().flatten().collect();
                charts.push(Chart {
                    name: files.name(&parts.join("-")),
                    id: ChartId { kind, workspace: section.workspace.clone(), job },
                    caption: picture.message().to_owned(),
                    svg: picture.svg(&ChartStyle::default())?,
                    picture,
                });
            }
        }
    }
    Ok(charts)
}

/// One curve or several along the same setting, as SVG.
///
/// # Errors
/// When the picture cannot be written, which is a bug.
pub fn sweep_chart(curves: &[Curve], style: &ChartStyle) -> Result<String, ChartError> {
    sweep_picture(curves).svg(style)
}

/// One curve or several along the same setting: points with their intervals and a band between
/// them, the level, and where each crosses it.
pub fn sweep_picture(curves: &[Curve]) -> Picture {
    sweep::chart(curves)
}

/// Claimed figures beside measured ones; none without a figure.
pub(crate) fn ledger_picture(lines: &[LedgerLine]) -> Option<Picture> {
    ledger::chart(lines)
}

/// Names of files that differ, also where upper and lower case are one.
#[derive(Default)]
struct FileNames {
    taken: BTreeSet<String>,
}

impl FileNames {
    /// A name in the letters of a file's name, with a number where it is taken.
    fn name(&mut self, name: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let stem: String = name.chars().map(plain).collect();
        let mut name = stem.clone();
        let mut number = 2;
        while !self.taken.insert(name.to_lowercase()) {
            name = format!("{stem}-{number}");
            number += 1;
        }
        name
    }
}

#[cfg(test)]
mod gallery;
#[cfg(test)]
mod tests;
