//! The charts, one file for each and workspace, as SVG that is right on light and dark pages.
//! Each file says what a bar is made of; `draw` knows how a chart looks.

mod bytes;
mod draw;
mod reuse;
mod wall;

use lukewarm_analysis::{Findings, Row};

use crate::{ReportError, words};

/// A drawn chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Its name, such as `wall-cli`.
    pub name: String,
    /// The workspace it is of.
    pub workspace: String,
    /// What it shows, for those who do not see it.
    pub title: String,
    /// The picture.
    pub svg: String,
}

/// A chart before it is drawn: a panel a job, in each a row a scenario.
struct Sketch {
    title: String,
    /// The parts of a bar, in order.
    legend: Vec<Part>,
    rows: Vec<String>,
    panels: Vec<Panel>,
    /// The value at which a bar fills its panel.
    full: f64,
}

/// One kind of part of a bar.
struct Part {
    name: &'static str,
    colour: draw::Colour,
}

struct Panel {
    title: String,
    bars: Vec<Bar>,
}

/// One bar: its parts in the order of the legend, what stands at its end, and its range.
#[derive(Default)]
struct Bar {
    parts: Vec<f64>,
    label: String,
    range: Option<(f64, f64)>,
}

/// Every chart of a run.
///
/// # Errors
/// Only by a bug.
pub fn all(findings: &Findings) -> Result<Vec<Chart>, ReportError> {
    let mut charts = Vec::new();
    for workspace in words::workspaces(findings) {
        for (kind, sketch) in [
            ("wall", wall::sketch(findings, workspace)),
            ("reuse", reuse::sketch(findings, workspace)),
            ("bytes", bytes::sketch(findings, workspace)),
        ] {
            let name = format!("{kind}-{workspace}");
            let svg = draw::svg(&sketch)
                .map_err(|why| ReportError::Chart { chart: name.clone(), why })?;
            let (workspace, title) = (workspace.to_owned(), sketch.title);
            charts.push(Chart { name, workspace, title, svg });
        }
    }
    Ok(charts)
}

/// A sketch with a panel a job, each bar made by `bar`.
fn sketch(
    findings: &Findings,
    workspace: &str,
    title: String,
    legend: Vec<Part>,
    bar: impl Fn(&Row) -> Bar,
) -> Sketch {
    let scenarios = &findings.run.plan.scenarios;
    let panel = |job: &&str| Panel {
        title: (*job).to_owned(),
        bars: scenarios
            .iter()
            .map(|scenario| {
                let row = words::row(findings, workspace, &scenario.name, job);
                match row.filter(|row| row.failure.is_none() && !row.measured.is_empty()) {
                    Some(row) => bar(row),
                    None => Bar {
                        label: row.map_or("not run".to_owned(), words::verdict),
                        ..Bar::default()
                    },
                }
            })
            .collect(),
    };
    let panels: Vec<Panel> = words::jobs(findings).iter().map(panel).collect();
    let ends = panels.iter().flat_map(|panel| &panel.bars).map(|bar| {
        let end: f64 = bar.parts.iter().sum();
        end.max(bar.range.map_or(0.0, |(_, high)| high))
    });
    let full = ends.fold(0.0, f64::max);
    let rows = scenarios.iter().map(|scenario| scenario.name.clone()).collect();
    Sketch { title, legend, rows, panels, full }
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::*;
    use crate::examples;

    fn assert_well_formed(svg: &str) {
        let mut reader = Reader::from_str(svg);
        loop {
            match reader.read_event().unwrap_or_else(|error| panic!("{error} in {svg}")) {
                Event::Eof => break,
                _ => continue,
            }
        }
        assert!(!svg.contains(" id="), "an id would collide with those of other charts");
        assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{svg}");
    }

    #[test]
    fn charts_are_drawn_for_each_workspace_and_always_the_same() {
        let findings = examples::findings();
        let charts = all(&findings).unwrap();
        assert_eq!(charts.len(), 3 * findings.run.plan.workspaces.len());
        charts.iter().for_each(|chart| assert_well_formed(&chart.svg));
        assert_eq!(charts, all(&findings).unwrap());
        let wall = &charts[0].svg;
        assert!(wall.contains("failed"), "a failed case must not look like a fast one");
        assert!(wall.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn markup_in_a_name_stays_text() {
        let mut findings = examples::findings();
        findings.run.plan.scenarios[0].name = "<script>&".to_owned();
        for chart in all(&findings).unwrap() {
            assert!(chart.svg.contains("&lt;script&gt;&amp;"));
            assert_well_formed(&chart.svg);
        }
    }

    #[test]
    fn an_empty_run_is_drawn_too() {
        let mut findings = examples::findings();
        findings.rows.clear();
        all(&findings).unwrap().iter().for_each(|chart| assert_well_formed(&chart.svg));
    }
}
