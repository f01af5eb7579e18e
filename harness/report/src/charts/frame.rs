//! The frame of charts with bars: title, legend, a panel a job, a line a scenario, the scale.
//! Owns the layout in pixels; what a line shows belongs to each chart.

use lukewarm_analysis::{Findings, Row};

use super::axis::Axis;
use super::canvas::{Canvas, Picture};
use super::colour::{ALARM, BLUE, Colour, GREEN, GREY, GRID, MINT, ORANGE, SKY};
use super::typeface::{bold, label, small};
use crate::sections::{RowStatus, Section};

pub(super) const WIDTH: f64 = 820.0;
pub(super) const MARGIN: f64 = 4.0;
/// Where bars begin and may end; names stand before, values after.
pub(super) const LEFT: f64 = 190.0;
pub(super) const RIGHT: f64 = 560.0;
/// Space below the last panel, and above each.
const FOOT: f64 = 34.0;
const PANEL_HEAD: f64 = 34.0;

/// What a chart shows, before its lines.
pub(super) struct Frame<'a> {
    pub(super) heading: Heading<'a>,
    /// What it says, in one sentence, for those who do not see it.
    pub(super) message: String,
    pub(super) axis: Axis,
    /// How a value on the axis is written.
    pub(super) tick: fn(f64) -> String,
    /// Height of one line, in pixels.
    pub(super) line_height: f64,
}

/// What stands above a chart.
pub(super) struct Heading<'a> {
    /// What is seen.
    pub(super) title: String,
    /// How to read it.
    pub(super) subtitle: String,
    /// The colours' meanings.
    pub(super) legend: &'a [(&'static str, Colour)],
}

/// One line of a chart: a row, and where it stands.
pub(super) struct Line<'a> {
    pub(super) row: &'a Row,
    pub(super) status: RowStatus<'a>,
    /// The height of its middle.
    pub(super) y: f64,
    /// Where texts must end.
    pub(super) end: f64,
}

/// One panel: a job's rows, one a scenario.
pub(super) struct Panel<'a> {
    pub(super) job: &'a str,
    pub(super) rows: Vec<&'a Row>,
}

/// The panels of a section: the scenarios that `keep` wants, for each job.
pub(super) fn panels<'a>(section: &Section<'a>, keep: impl Fn(&str) -> bool) -> Vec<Panel<'a>> {
    let kept: Vec<_> = section.groups.iter().filter(|group| keep(group.scenario)).collect();
    let jobs = kept.iter().map(|group| group.rows).max_by_key(|rows| rows.len()).unwrap_or(&[]);
    let panel = |job: &'a Row| Panel {
        job: &job.job,
        rows: kept
            .iter()
            .filter_map(|group| group.rows.iter().find(|row| row.job == job.job))
            .collect(),
    };
    jobs.iter().map(panel).collect()
}

/// Draws a chart: the frame, and each line by `paint`. Rows without a result say so instead.
pub(super) fn chart<'a>(
    findings: &Findings,
    section: &Section<'a>,
    panels: &[Panel<'a>],
    frame: Frame<'_>,
    paint: impl Fn(&mut Canvas, &Axis, &Line<'a>),
) -> Picture {
    let mut canvas = Canvas::default();
    let mut top = heading(&mut canvas, &frame.heading);
    for panel in panels {
        let bottom = top + PANEL_HEAD + panel.rows.len() as f64 * frame.line_height;
        grid(&mut canvas, &frame.axis, (top + PANEL_HEAD - 6.0, bottom));
        let job = bold(13.0).fit(panel.job, WIDTH - 2.0 * MARGIN);
        canvas.text(MARGIN, top + PANEL_HEAD / 2.0 + 2.0, &job, bold(13.0));
        for (number, &row) in panel.rows.iter().enumerate() {
            let y = top + PANEL_HEAD + (number as f64 + 0.5) * frame.line_height;
            let status = section.status(findings, row);
            let end = named(&mut canvas, row, &status, y);
            if !matches!(status, RowStatus::NoResult) {
                paint(&mut canvas, &frame.axis, &Line { row, status, y, end });
            }
        }
        top = bottom;
    }
    ticks(&mut canvas, &frame.axis, top + 14.0, frame.tick);
    canvas.picture((WIDTH, top + FOOT), frame.message)
}

/// Draws title, subtitle and legend; gives where they end.
pub(super) fn heading(canvas: &mut Canvas, heading: &Heading<'_>) -> f64 {
    let room = WIDTH - 2.0 * MARGIN;
    canvas.text(MARGIN, 20.0, &bold(16.0).fit(&heading.title, room), bold(16.0));
    let mut y = 43.0;
    for line in small().wrap(&heading.subtitle, room) {
        canvas.text(MARGIN, y, &line, small());
        y += 17.0;
    }
    let mut x = MARGIN;
    for (word, colour) in heading.legend {
        canvas.fill((x, y + 1.0), (x + 11.0, y + 12.0), *colour);
        canvas.text(x + 17.0, y + 7.0, word, small());
        x += 17.0 + small().width(word) + 18.0;
    }
    y + if heading.legend.is_empty() { 8.0 } else { 32.0 }
}

fn grid(canvas: &mut Canvas, axis: &Axis, (top, bottom): (f64, f64)) {
    for value in axis.ticks() {
        canvas.line((axis.at(*value), top), (axis.at(*value), bottom), GRID);
    }
}

/// Writes the values of an axis from left to right, leaving out those that have no room.
pub(super) fn ticks(canvas: &mut Canvas, axis: &Axis, y: f64, tick: fn(f64) -> String) {
    let mut free = 0.0;
    for value in axis.ticks() {
        let (x, text) = (axis.at(*value), tick(*value));
        let half = small().width(&text) / 2.0;
        if x - half >= free {
            canvas.text(x, y, &text, small().centred());
            free = x + half + 8.0;
        }
    }
}

/// The scenario's name, and at the right whatever is wrong with the row; gives where the texts
/// between must end.
fn named(canvas: &mut Canvas, row: &Row, status: &RowStatus<'_>, y: f64) -> f64 {
    let name = label().fit(&row.scenario, LEFT - 10.0 - MARGIN);
    canvas.text(LEFT - 10.0, y, &name, label().ending());
    match status {
        RowStatus::NoResult => {
            canvas.text(LEFT + 6.0, y, status.word(), label().in_colour(ALARM));
            WIDTH - MARGIN
        }
        RowStatus::Doubtful(word) => {
            let place = label().in_colour(ALARM).ending();
            canvas.text(WIDTH - MARGIN, y, word, place);
            WIDTH - MARGIN - place.width(word) - 10.0
        }
        _ => WIDTH - MARGIN,
    }
}

/// Boxes side by side, from 0 on; values that are there but small stay visible.
pub(super) fn stack(
    canvas: &mut Canvas,
    axis: &Axis,
    (top, bottom): (f64, f64),
    parts: &[(f64, Colour)],
) -> f64 {
    let mut sum = 0.0;
    let mut left = axis.at(0.0);
    for (value, colour) in parts.iter().filter(|(value, _)| *value > 0.0) {
        sum += value;
        let right = axis.at(sum).max(left + 1.0);
        canvas.fill((left, top), (right, bottom), *colour);
        left = right;
    }
    left
}

/// How many samples the rows' estimates have: `n = 2`, `n = 1 to 3`.
pub(super) fn counts(panels: &[Panel<'_>]) -> String {
    let rows = || panels.iter().flat_map(|panel| &panel.rows);
    let counts = || rows().flat_map(|row| row.measured.iter().next()).map(|m| m.estimate.count);
    match (counts().min(), counts().max()) {
        (Some(low), Some(high)) if low == high => format!("n = {low}"),
        (Some(low), Some(high)) => format!("n = {low} to {high}"),
        _ => "n = 0".to_owned(),
    }
}

/// The legends, in one place so that one colour has one meaning.
pub(super) const STEPS: [(&str, Colour); 3] = [("restore", SKY), ("build", BLUE), ("save", ORANGE)];
pub(super) const OUTCOMES: [(&str, Colour); 4] = [
    ("fresh: Cargo skipped it", GREEN),
    ("hit: the cache answered", MINT),
    ("compiled", BLUE),
    ("compiled, not cacheable", GREY),
];
pub(super) const DIRECTIONS: [(&str, Colour); 2] = [("down", SKY), ("up", ORANGE)];
