//! Charts: one picture a question and workspace.
//! Owns what a chart is of and what its file is called. They share one visual language: blue is
//! compiled, green is reused, light blue comes down, orange goes up.

mod axis;
mod bytes;
mod canvas;
mod colour;
mod frame;
mod growth;
mod kind;
mod latency;
mod look;
mod message;
mod plot;
mod png;
mod ratio;
mod reuse;
mod steps;
mod svg;
mod sweep;
mod typeface;
mod wall;

use std::collections::BTreeSet;

use lukewarm_analysis::{Curve, Findings};
use lukewarm_model::{JobName, WorkspaceName};

use crate::machine::mark;
use crate::sections::sections;
use kind::Drawn;

pub(crate) use kind::{Best, End};

pub use canvas::{ChartError, Picture};
pub use kind::{ChartKind, chart_table};
pub use look::{Look, ParseSizeError, Size, Theme};

/// What a chart is of: no two charts of a report are of the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChartId {
    /// The question that it answers.
    pub kind: ChartKind,
    /// The workspace that it is about.
    pub workspace: WorkspaceName,
    /// The job that it is about; absent where it is about all.
    pub job: Option<JobName>,
}

/// One chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What it is of.
    pub id: ChartId,
    /// The file's name without folder and ending, made from what it is of: `wall-cli`.
    pub name: String,
    /// What it says, in one sentence.
    pub caption: String,
    /// The picture, for other looks and bitmaps.
    pub picture: Picture,
    /// The picture as the report has it: an SVG that turns with its reader's light and dark.
    pub svg: String,
}

/// Every chart, in the order of the page, for each workspace: `wall`, `ratio` where something is
/// compared, `reuse`, `steps` where something is restored or wrapped, `bytes` and `latency` where
/// there is a service and the record has them, `growth` where three jobs or more store something,
/// and `sweep-<job>` where a setting is swept.
///
/// # Errors
/// When a picture cannot be written, which is a bug.
pub fn charts(findings: &Findings) -> Result<Vec<Chart>, ChartError> {
    let mut charts = Vec::new();
    let (mut workspaces, mut files) = (FileNames::default(), FileNames::default());
    let mark = mark(findings);
    for section in sections(findings) {
        let workspace = workspaces.name(section.workspace);
        for kind in ChartKind::ALL {
            for Drawn { job, mut picture } in kind.draw(findings, &section) {
                if let Some(mark) = &mark {
                    picture.note(mark);
                }
                let parts = [Some(kind.name()), job.as_deref(), Some(&workspace)];
                let parts: Vec<&str> = parts.into_iter().flatten().collect();
                charts.push(Chart {
                    name: files.name(&parts.join("-")),
                    id: ChartId { kind, workspace: section.workspace.clone(), job },
                    caption: picture.message().to_owned(),
                    svg: picture.svg(&Look::default())?,
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
pub fn sweep_chart(curves: &[Curve], look: &Look) -> Result<String, ChartError> {
    sweep_picture(curves).svg(look)
}

/// One curve or several along the same setting: points with their intervals and a band between
/// them, the level, and where each crosses it.
pub fn sweep_picture(curves: &[Curve]) -> Picture {
    sweep::chart(curves)
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
