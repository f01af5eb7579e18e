//! Wall-clock of each job by scenario, stacked by step.
//! Owns this chart only. Bars are medians; whiskers go from the smallest to the largest job.

use lukewarm_analysis::Findings;
use lukewarm_model::{Metric, Step};

use super::canvas::{Canvas, ChartError, INK, SOFT};
use super::frame::{Frame, Line, STEPS, Scale, chart as framed, counts, fit, label, panels, stack};
use crate::sections::Section;
use crate::words::{ratio, seconds};

pub(super) fn chart(findings: &Findings, section: &Section<'_>) -> Result<String, ChartError> {
    let panels = panels(section, |_| true);
    let rows = || panels.iter().flat_map(|panel| &panel.rows);
    let walls = || rows().filter_map(|row| row.estimate(Metric::Wall, None));
    let against = match &findings.run.plan.reference {
        Some(reference) => format!("; × is the ratio to {} (vertical line)", fit(reference, 24)),
        None => String::new(),
    };
    let frame = Frame {
        title: format!("Wall-clock of each job on {}", section.workspace),
        subtitle: format!(
            "Median of {}, whisker from smallest to largest{against}; shorter is better",
            counts(&panels)
        ),
        legend: &STEPS,
        largest: walls().map(|wall| wall.high).fold(0.0, f64::max),
        tick: |value| format!("{} s", (value * 1000.0).round() / 1000.0),
        line_height: 24.0,
    };
    framed(findings, section, &panels, &frame, |canvas, scale, line| {
        reference_line(canvas, scale, line, findings, section)?;
        bar(canvas, scale, line)
    })
}

/// Where the reference's job ends, so that each line is compared by the eye.
fn reference_line(
    canvas: &Canvas<'_>,
    scale: Scale,
    line: &Line<'_>,
    findings: &Findings,
    section: &Section<'_>,
) -> Result<(), ChartError> {
    let reference = section.reference(findings, &line.row.job);
    let Some(wall) = reference.and_then(|row| row.estimate(Metric::Wall, None)) else {
        return Ok(());
    };
    let x = scale.x(wall.point);
    canvas.line((x, line.y - 12.0), (x, line.y + 12.0), SOFT)
}

fn bar(canvas: &Canvas<'_>, scale: Scale, line: &Line<'_>) -> Result<(), ChartError> {
    let Some(wall) = line.row.estimate(Metric::Wall, None) else { return Ok(()) };
    let parts: Vec<_> = Step::ALL
        .iter()
        .zip(STEPS)
        .filter_map(|(step, (_, colour))| {
            let estimate = line.row.estimate(Metric::Wall, Some(*step))?;
            Some((estimate.point, colour))
        })
        .collect();
    let end = stack(canvas, scale, (line.y - 7.0, line.y + 7.0), &parts)?;
    let (low, high) = (scale.x(wall.low), scale.x(wall.high));
    if high - low >= 2.0 {
        canvas.line((low, line.y), (high, line.y), INK)?;
        for x in [low, high] {
            canvas.line((x, line.y - 4.0), (x, line.y + 4.0), INK)?;
        }
    }
    let mut text = seconds(wall.point);
    if let Some(comparison) = &line.row.comparison {
        text.push_str(&format!(" · {}", ratio(comparison.ratio.point)));
    }
    canvas.text(end.max(high) + 8.0, line.y, &text, label())
}
