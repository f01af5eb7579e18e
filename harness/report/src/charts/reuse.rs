//! Units of each job by outcome, and the hit rate of the tool's lookups.
//! Owns this chart only. Shares are of the medians.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::Metric;

use super::axis::Axis;
use super::canvas::{Canvas, Picture};
use super::caption::{range, sentence};
use super::colour::{BLUE, MINT};
use super::frame::{
    Frame, Heading, LEFT, Line, OUTCOMES, RIGHT, chart as framed, counts, panels, stack,
};
use super::typeface::{label, small};
use crate::format::percent;
use crate::sections::Section;

const METRICS: [Metric; 4] =
    [Metric::UnitsFresh, Metric::UnitsHit, Metric::UnitsMiss, Metric::UnitsNoncacheable];

pub(super) fn chart(findings: &Findings, section: &Section<'_>) -> Picture {
    let panels = panels(section, |_| true);
    let title = format!("Units reused in each job on {}", section.workspace);
    let reuse = |row: &Row| row.estimate(Metric::ReuseRatio, None).map(|it| it.point);
    let said = range(findings, section, &panels, reuse, percent);
    let frame = Frame {
        message: sentence(&title, section, said.map(|it| format!("reuse ranges {it}"))),
        heading: Heading {
            title,
            subtitle: format!(
                "Share of the units that Cargo planned, median of {}; thin bar: share of the \
                 tool’s lookups that hit",
                counts(&panels)
            ),
            legend: &OUTCOMES,
        },
        axis: Axis::from_zero(1.0, (LEFT, RIGHT)),
        tick: |share| format!("{:.0} %", share * 100.0),
        line_height: 30.0,
    };
    framed(findings, section, &panels, frame, line)
}

fn line(canvas: &mut Canvas, axis: &Axis, line: &Line<'_>) {
    let hits = line.row.estimate(Metric::HitRatio, None).map(|it| it.point);
    let reuse = line.row.estimate(Metric::ReuseRatio, None).map(|it| it.point);
    let top = if hits.is_some() { line.y - 11.0 } else { line.y - 7.0 };
    let parts: Vec<_> = shares(line.row).into_iter().zip(OUTCOMES.map(|(_, c)| c)).collect();
    stack(canvas, axis, (top, top + 14.0), &parts);
    if let Some(hits) = hits {
        let parts = [(hits, MINT), (1.0 - hits, BLUE)];
        stack(canvas, axis, (line.y + 5.0, line.y + 10.0), &parts);
    }
    // Side by side, because a line is too low for two texts.
    let mut x = axis.at(1.0) + 9.0;
    if let Some(reuse) = reuse {
        let text = format!("reuse {}", percent(reuse));
        canvas.text(x, line.y, &label().fit(&text, line.end - x), label());
    }
    if let Some(hits) = hits {
        x += 92.0;
        let text = format!("hits {}", percent(hits));
        canvas.text(x, line.y, &small().fit(&text, line.end - x), small());
    }
}

/// The outcomes' counts over all units; 0 where a count is missing.
fn shares(row: &Row) -> [f64; 4] {
    let point = |metric| row.estimate(metric, None).map_or(0.0, |estimate| estimate.point);
    let units = point(Metric::Units);
    METRICS.map(|metric| if units > 0.0 { point(metric) / units } else { 0.0 })
}
