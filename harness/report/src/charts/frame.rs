//! The frame that all charts share: title, legend, a panel a job, a line a scenario, the scale.
//! Owns the layout in pixels; what a line shows belongs to each chart.

use lukewarm_analysis::{Findings, Row};
use plotters::prelude::RGBColor;

use super::canvas::{
    ALARM, Align, BLUE, Canvas, ChartError, GREEN, GREY, GRID, INK, MINT, ORANGE, SKY, SOFT, Type,
    Weight, draw,
};
use crate::sections::{Section, Standing};

const WIDTH: f64 = 820.0;
const MARGIN: f64 = 4.0;
/// Where bars begin and may end; names stand before, values after.
const LEFT: f64 = 190.0;
const RIGHT: f64 = 560.0;
/// Space above the first panel, below the last, and between two.
const HEAD: f64 = 92.0;
const FOOT: f64 = 34.0;
const PANEL_HEAD: f64 = 34.0;
/// The longest name that fits before the bars.
const NAME: usize = 25;

/// What a chart shows, before its lines.
pub(super) struct Frame<'a> {
    /// What is seen.
    pub(super) title: String,
    /// How to read it.
    pub(super) subtitle: String,
    /// The colours' meanings.
    pub(super) legend: &'a [(&'static str, RGBColor)],
    /// The largest value on the scale.
    pub(super) largest: f64,
    /// How a value on the scale is written.
    pub(super) tick: fn(f64) -> String,
    /// Height of one line, in pixels.
    pub(super) line_height: f64,
}

/// One line of a chart: a row, and where it stands.
pub(super) struct Line<'a> {
    pub(super) row: &'a Row,
    pub(super) standing: Standing<'a>,
    /// The height of its middle.
    pub(super) y: f64,
}

/// Positions on a chart's scale.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    end: f64,
    step: f64,
}

/// One panel: a job's rows, one a scenario.
pub(super) struct Panel<'a> {
    pub(super) job: &'a str,
    pub(super) rows: Vec<&'a Row>,
}

impl Scale {
    /// A scale from 0 to a round number at or above the largest value.
    fn to(largest: f64) -> Scale {
        let rough = if largest > 0.0 && largest.is_finite() { largest / 4.0 } else { 0.25 };
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * power)
            .find(|step| *step >= rough * 0.999)
            .unwrap_or(10.0 * power);
        Scale { end: (largest / step - 1e-9).ceil().max(1.0) * step, step }
    }

    /// The position of a value.
    pub(super) fn x(self, value: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * (value / self.end).clamp(0.0, 1.0)
    }

    fn ticks(self) -> impl Iterator<Item = f64> {
        let last = (self.end / self.step).round() as u32;
        (0..=last).map(move |number| f64::from(number) * self.step)
    }
}

/// The panels of a section: the scenarios that `keep` wants, for each job.
pub(super) fn panels<'a>(section: &Section<'a>, keep: impl Fn(&str) -> bool) -> Vec<Panel<'a>> {
    let kept: Vec<_> = section.groups.iter().filter(|group| keep(group.scenario)).collect();
    let jobs = kept.first().map_or(0, |group| group.rows.len());
    let panel = |number: usize| Panel {
        job: &kept[0].rows[number].job,
        rows: kept.iter().filter_map(|group| group.rows.get(number)).collect(),
    };
    (0..jobs).map(panel).collect()
}

/// Draws a chart: the frame, and each line by `paint`. Rows without a result say so instead.
pub(super) fn chart<'a>(
    findings: &Findings,
    section: &Section<'a>,
    panels: &[Panel<'a>],
    frame: &Frame<'_>,
    paint: impl Fn(&Canvas<'_>, Scale, &Line<'a>) -> Result<(), ChartError>,
) -> Result<String, ChartError> {
    let lines: usize = panels.iter().map(|panel| panel.rows.len()).sum();
    let body = panels.len() as f64 * PANEL_HEAD + lines as f64 * frame.line_height;
    let height = HEAD + body + FOOT;
    let scale = Scale::to(frame.largest);
    draw((WIDTH as u32, height.ceil() as u32), &frame.title, |canvas| {
        head(canvas, frame)?;
        let mut top = HEAD;
        for panel in panels {
            let bottom = top + PANEL_HEAD + panel.rows.len() as f64 * frame.line_height;
            grid(canvas, scale, (top + PANEL_HEAD - 6.0, bottom))?;
            let job = fit(panel.job, 60);
            canvas.text(MARGIN, top + PANEL_HEAD / 2.0 + 2.0, &job, bold(13.0))?;
            for (number, &row) in panel.rows.iter().enumerate() {
                let y = top + PANEL_HEAD + (number as f64 + 0.5) * frame.line_height;
                let line = Line { row, standing: section.standing(findings, row), y };
                name(canvas, &line)?;
                if !matches!(line.standing, Standing::NoResult) {
                    paint(canvas, scale, &line)?;
                }
            }
            top = bottom;
        }
        for value in scale.ticks() {
            let place = Type { align: Align::Middle, ..small() };
            canvas.text(scale.x(value), top + 14.0, &(frame.tick)(value), place)?;
        }
        Ok(())
    })
}

fn head(canvas: &Canvas<'_>, frame: &Frame<'_>) -> Result<(), ChartError> {
    canvas.text(MARGIN, 20.0, &fit(&frame.title, 80), bold(16.0))?;
    canvas.text(MARGIN, 43.0, &frame.subtitle, small())?;
    let mut x = MARGIN;
    for (word, colour) in frame.legend {
        canvas.fill((x, 61.0), (x + 11.0, 72.0), *colour)?;
        canvas.text(x + 17.0, 67.0, word, small())?;
        x += 17.0 + 6.4 * word.chars().count() as f64 + 18.0;
    }
    Ok(())
}

fn grid(canvas: &Canvas<'_>, scale: Scale, (top, bottom): (f64, f64)) -> Result<(), ChartError> {
    for value in scale.ticks() {
        canvas.line((scale.x(value), top), (scale.x(value), bottom), GRID)?;
    }
    Ok(())
}

/// The scenario's name, and at the right whatever is wrong with the row.
fn name(canvas: &Canvas<'_>, line: &Line<'_>) -> Result<(), ChartError> {
    let place = Type { align: Align::End, ..label() };
    canvas.text(LEFT - 10.0, line.y, &fit(&line.row.scenario, NAME), place)?;
    match line.standing {
        Standing::NoResult => {
            let place = Type { colour: ALARM, ..label() };
            canvas.text(LEFT + 6.0, line.y, line.standing.word(), place)
        }
        Standing::Doubtful(word) => {
            let place = Type { colour: ALARM, align: Align::End, ..label() };
            canvas.text(WIDTH - MARGIN, line.y, word, place)
        }
        _ => Ok(()),
    }
}

/// Boxes side by side, from 0 on; values that are there but small stay visible.
pub(super) fn stack(
    canvas: &Canvas<'_>,
    scale: Scale,
    (top, bottom): (f64, f64),
    parts: &[(f64, RGBColor)],
) -> Result<f64, ChartError> {
    let mut sum = 0.0;
    let mut left = scale.x(0.0);
    for (value, colour) in parts.iter().filter(|(value, _)| *value > 0.0) {
        sum += value;
        let right = scale.x(sum).max(left + 1.0);
        canvas.fill((left, top), (right, bottom), *colour)?;
        left = right;
    }
    Ok(left)
}

/// A text cut to so many characters.
pub(super) fn fit(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// How many samples the rows' estimates have: `n = 2`, `n = 1 to 3`.
pub(super) fn counts(panels: &[Panel<'_>]) -> String {
    let rows = || panels.iter().flat_map(|panel| &panel.rows);
    let counts = || rows().flat_map(|row| row.measured.first()).map(|m| m.estimate.count);
    match (counts().min(), counts().max()) {
        (Some(low), Some(high)) if low == high => format!("n = {low}"),
        (Some(low), Some(high)) => format!("n = {low} to {high}"),
        _ => "n = 0".to_owned(),
    }
}

pub(super) fn label() -> Type {
    Type { pixels: 12.0, weight: Weight::Normal, colour: INK, align: Align::Start }
}

fn small() -> Type {
    Type { pixels: 12.0, weight: Weight::Normal, colour: SOFT, align: Align::Start }
}

fn bold(pixels: f64) -> Type {
    Type { pixels, weight: Weight::Bold, colour: INK, align: Align::Start }
}

/// The legends of the three charts, in one place so that one colour has one meaning.
pub(super) const STEPS: [(&str, RGBColor); 3] =
    [("restore", SKY), ("build", BLUE), ("save", ORANGE)];
pub(super) const OUTCOMES: [(&str, RGBColor); 4] = [
    ("fresh: Cargo skipped it", GREEN),
    ("hit: the cache answered", MINT),
    ("compiled", BLUE),
    ("compiled, not cacheable", GREY),
];
pub(super) const DIRECTIONS: [(&str, RGBColor); 2] = [("down", SKY), ("up", ORANGE)];
