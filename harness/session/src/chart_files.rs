//! Charts of a record, drawn in a chosen theme and size.
//! Owns which charts are drawn and how their files are named; the drawing is `report`'s.

use std::path::{Path, PathBuf};

use lukewarm_record::write_file;
use lukewarm_report::{Chart, ChartStyle, ReportError, Size, Theme};

use crate::error::SessionError;
use crate::report_files::evaluate;

/// The charts that are to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartSelection {
    /// Names of charts; empty takes all of them.
    pub names: Vec<String>,
    /// Theme and size.
    pub style: ChartStyle,
    /// Which files each chart becomes.
    pub formats: ChartFormats,
}

/// The files that a chart becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChartFormats {
    /// An SVG.
    #[default]
    Svg,
    /// An SVG and a PNG.
    SvgAndPng,
}

/// Draws charts of the run in a results folder, and gives the path of each file. Without `out`
/// they are written into the run's own `charts`.
///
/// # Errors
/// When the record cannot be read, has no chart of a name, or a file cannot be drawn or written.
pub fn draw_charts(
    folder: &Path,
    out: Option<&Path>,
    selection: &ChartSelection,
) -> Result<Vec<PathBuf>, SessionError> {
    let findings = evaluate(&lukewarm_record::read(folder)?).findings;
    let charts = lukewarm_report::charts(&findings).map_err(ReportError::Charts)?;
    let style = &selection.style;
    let mut written = Vec::new();
    for chart in named(charts, &selection.names)? {
        // A folder that is named may lie anywhere; the run's own charts lie in the run.
        let (target, stem) = match out {
            Some(out) => (out, format!("{}{}", chart.name, suffix(style))),
            None => (folder, format!("charts/{}{}", chart.name, suffix(style))),
        };
        let failed = ReportError::Charts;
        let mut files = vec![("svg", chart.picture.svg(style).map_err(failed)?.into_bytes())];
        if selection.formats == ChartFormats::SvgAndPng {
            files.push(("png", chart.picture.png(style).map_err(failed)?));
        }
        for (extension, content) in files {
            let name = format!("{stem}.{extension}");
            write_file(target, &name, &content)?;
            written.push(target.join(name));
        }
    }
    Ok(written)
}

/// The charts of some names, in the order of the report; all of them without a name. The error
/// has every unknown name.
fn named(charts: Vec<Chart>, names: &[String]) -> Result<Vec<Chart>, SessionError> {
    let known = || charts.iter().map(|chart| chart.name.as_str());
    let unknown: Vec<String> = names
        .iter()
        .filter(|name| !known().any(|it| it == name.as_str()))
        .map(|name| lukewarm_plan::unknown("chart", name, known()))
        .collect();
    if !unknown.is_empty() {
        return Err(SessionError::UnknownCharts(unknown));
    }
    let wanted = |chart: &Chart| names.is_empty() || names.contains(&chart.name);
    Ok(charts.into_iter().filter(wanted).collect())
}

/// What a chosen style adds to a file's name, so that it never replaces the report's own chart.
fn suffix(style: &ChartStyle) -> String {
    let theme = match style.theme {
        Theme::Auto => "",
        Theme::Light => "-light",
        Theme::Dark => "-dark",
    };
    match style.size {
        Size::Natural => theme.to_owned(),
        Size::Scale(scale) => format!("{theme}-{scale}x"),
        Size::Box { width, height } => format!("{theme}-{width}x{height}"),
    }
}
