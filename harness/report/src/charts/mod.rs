//! Charts: one picture a question and workspace.
//! Owns which charts there are and what their files are called. They share one visual language:
//! blue is compiled, green is reused, light blue comes down, orange goes up.

mod axis;
mod bytes;
mod canvas;
mod colour;
mod frame;
mod growth;
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

use crate::machine::mark;
use crate::sections::sections;

pub use canvas::{ChartError, Picture};
pub use look::{Look, ParseSizeError, Size, Theme};

/// The question that a chart answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChartKind {
    /// How long each job takes.
    Wall,
    /// Wall-clock over that of the reference.
    Ratio,
    /// The steps of each job, one after the other.
    Steps,
    /// What became of the units.
    Reuse,
    /// What goes over the link.
    Bytes,
    /// How long requests take.
    Latency,
    /// What the cache keeps.
    Growth,
    /// The ratio along a swept setting.
    Sweep,
}

impl ChartKind {
    /// Every kind, in the order of the page.
    pub const ALL: [ChartKind; 8] = [
        ChartKind::Wall,
        ChartKind::Ratio,
        ChartKind::Steps,
        ChartKind::Reuse,
        ChartKind::Bytes,
        ChartKind::Latency,
        ChartKind::Growth,
        ChartKind::Sweep,
    ];

    /// What the names of its files begin with.
    pub fn name(self) -> &'static str {
        match self {
            ChartKind::Wall => "wall",
            ChartKind::Ratio => "ratio",
            ChartKind::Steps => "steps",
            ChartKind::Reuse => "reuse",
            ChartKind::Bytes => "bytes",
            ChartKind::Latency => "latency",
            ChartKind::Growth => "growth",
            ChartKind::Sweep => "sweep",
        }
    }
}

/// One chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The question that it answers.
    pub kind: ChartKind,
    /// The file's name without folder and ending: `wall-cli`.
    pub name: String,
    /// The workspace it is about.
    pub workspace: String,
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
    let mut taken = BTreeSet::new();
    for section in sections(findings) {
        let file = file_name(section.workspace, &mut taken);
        let pictures = [
            (ChartKind::Wall, Some(wall::chart(findings, &section))),
            (ChartKind::Ratio, ratio::chart(findings, &section)),
            (ChartKind::Steps, steps::chart(findings, &section)),
            (ChartKind::Reuse, Some(reuse::chart(findings, &section))),
            (ChartKind::Bytes, bytes::chart(findings, &section)),
            (ChartKind::Latency, latency::chart(&section)),
            (ChartKind::Growth, growth::chart(&section)),
        ];
        let here = findings.swept.iter().filter(|it| it.workspace == section.workspace);
        let sweeps = here.map(|it| {
            let name = format!("{}-{}", ChartKind::Sweep.name(), stem(&it.job));
            (ChartKind::Sweep, name, Some(sweep::chart(&it.curves)))
        });
        let named = pictures.into_iter().map(|(kind, it)| (kind, kind.name().to_owned(), it));
        for (kind, name, picture) in named.chain(sweeps) {
            let Some(mut picture) = picture else { continue };
            if let Some(mark) = mark(findings) {
                picture.note(&mark);
            }
            charts.push(Chart {
                kind,
                name: format!("{name}-{file}"),
                workspace: section.workspace.to_owned(),
                caption: picture.message().to_owned(),
                svg: picture.svg(&Look::default())?,
                picture,
            });
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

/// A workspace's name as part of a file name, different from those already taken.
fn file_name(workspace: &str, taken: &mut BTreeSet<String>) -> String {
    let stem = stem(workspace);
    let mut name = stem.clone();
    let mut number = 2;
    while !taken.insert(name.to_lowercase()) {
        name = format!("{stem}-{number}");
        number += 1;
    }
    name
}

/// A name as part of a file name.
fn stem(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    name.chars().map(plain).collect()
}

#[cfg(test)]
mod gallery;
#[cfg(test)]
mod tests;
