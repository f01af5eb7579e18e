//! Wall-clock of each job by scenario, stacked by step.
//! Owns this chart only. Bars are medians; whiskers go from the smallest to the largest job.

use lukewarm_analysis::Findings;
use lukewarm_model::{Metric, Step};

use super::axis::Axis;
use super::canvas::{Canvas, Picture};
use super::caption::{range, sentence};
use super::colour::SOFT;
use super::frame::{
    Frame, Heading, LEFT, Line, RIGHT, STEPS, chart as framed, counts, panels, stack,
};
use super::typeface::label;
use crate::format::{ratio, seconds};
use crate::sections::Section;

pub(super) fn chart(findings: &Findings, section: &Section<'_>) -> Picture {
    let panels = panels(section, |_| true);
    let rows = || panels.iter().flat_map(|panel| &panel.rows);
    let walls = || rows().filter_map(|row| row.estimate(Metric::Wall, None));
    let against = match &findings.run.plan.reference {
        Some(reference) => {
            format!("; × is the ratio to {} (vertical line)", label().fit(reference, 150.0))
        }
        None => String::new(),
    };
    let title = format!("Wall-clock time of each job on {}", section.workspace);
    let wall = |row: &lukewarm_analysis::Row| row.estimate(Metric::Wall, None).map(|it| it.point);
    let said = range(findings, section, &panels, wall, seconds);
    let largest = walls().map(|wall| wall.high).fold(0.0, f64::max);
    let frame = Frame {
        message: sentence(&title, section, said.map(|it| format!("medians range {it}"))),
        heading: Heading {
            title,
            subtitle: format!(
                "Median of {}, whiskers from smallest to largest{against}; shorter is better",
                counts(&panels)
            ),
            legend: &STEPS,
        },
        axis: Axis::from_zero(largest, (LEFT, RIGHT)),
        tick: whole_seconds,
        line_height: 24.0,
    };
    framed(findings, section, &panels, frame, |canvas, axis, line| {
        let reference = section.reference(findings, &line.row.job);
        let reference = reference.and_then(|row| row.estimate(Metric::Wall, None));
        bar(canvas, axis, line, reference.map(|wall| axis.at(wall.point)));
    })
}

/// A value of a time axis.
pub(super) fn whole_seconds(value: f64) -> String {
    format!("{} s", (value * 1000.0).round() / 1000.0)
}

/// The bar of one line; `reference` is where the reference's job ends, so that each line is
/// compared by the eye.
fn bar(canvas: &mut Canvas, axis: &Axis, line: &Line<'_>, reference: Option<f64>) {
    let Some(wall) = line.row.estimate(Metric::Wall, None) else { return };
    let parts: Vec<_> = Step::ALL
        .iter()
        .zip(STEPS)
        .filter_map(|(step, (_, colour))| {
            let estimate = line.row.estimate(Metric::Wall, Some(*step))?;
            Some((estimate.point, colour))
        })
        .collect();
    let (low, high) = (axis.at(wall.low), axis.at(wall.high));
    let sum: f64 = parts.iter().map(|(seconds, _)| seconds).sum();
    let x = axis.at(sum).max(high) + 10.0;
    let mut text = seconds(wall.point);
    if let Some(comparison) = &line.row.comparison {
        text.push_str(&format!(" · {}", ratio(comparison.ratio.point)));
    }
    let text = label().fit(&text, line.end - x);
    // A line through a digit makes another of it.
    let words = x - 4.0..x + label().width(&text) + 4.0;
    if let Some(at) = reference {
        let free = if words.contains(&at) { 9.0 } else { 0.0 };
        canvas.line((at, line.y - 12.0), (at, line.y - free), SOFT);
        canvas.line((at, line.y + free), (at, line.y + 12.0), SOFT);
    }
    stack(canvas, axis, (line.y - 7.0, line.y + 7.0), &parts);
    if wall.count > 1 {
        canvas.whisker((low, high), line.y);
    }
    canvas.text(x, line.y, &text, label());
}
