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

/// One chart.
#[derive(Clone, Debug)]
pub struct Chart {
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
            ("wall", Some(wall::chart(findings, &section))),
            ("ratio", ratio::chart(findings, &section)),
            ("steps", steps::chart(findings, &section)),
            ("reuse", Some(reuse::chart(findings, &section))),
            ("bytes", bytes::chart(findings, &section)),
            ("latency", latency::chart(&section)),
            ("growth", growth::chart(&section)),
        ];
        let here = findings.swept.iter().filter(|it| it.workspace == section.workspace);
        let sweeps = here.map(|it| (format!("sweep-{}", it.job), Some(sweep::chart(&it.curves))));
        let named = pictures.into_iter().map(|(name, picture)| (name.to_owned(), picture));
        for (question, picture) in named.chain(sweeps) {
            let Some(mut picture) = picture else { continue };
            if let Some(mark) = mark(findings) {
                picture.note(&mark);
            }
            charts.push(Chart {
                name: format!("{question}-{file}"),
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
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let stem: String = workspace.chars().map(plain).collect();
    let mut name = stem.clone();
    let mut number = 2;
    while !taken.insert(name.to_lowercase()) {
        name = format!("{stem}-{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod gallery;
#[cfg(test)]
mod tests;
