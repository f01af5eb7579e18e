//! What charts with lines share: series, their ends' names side by side, broken lines.
//! Owns how lines are distinguished; what they show belongs to each chart.

use super::axis::Axis;
use super::canvas::{Canvas, Form};
use super::colour::{Colour, GRID, SERIES};
use super::frame::{MARGIN, WIDTH};
use super::typeface::{label, small};

/// Between the middles of two names.
const APART: f64 = 16.0;

/// How a line and its points look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Series {
    pub(super) colour: Colour,
    pub(super) form: Form,
}

/// The name at a line's end.
pub(super) struct EndLabel {
    pub(super) name: String,
    /// The value at the end; it is never cut.
    pub(super) value: String,
    /// Where the line ends.
    pub(super) at: (f64, f64),
    pub(super) series: Series,
}

/// The look of the line with this number: 28 that differ in colour or form.
pub(super) fn series(number: usize) -> Series {
    let forms = [Form::Circle, Form::Square, Form::Diamond, Form::Triangle];
    let (round, place) = (number / SERIES.len(), number % SERIES.len());
    Series { colour: SERIES[place], form: forms[(place + round) % forms.len()] }
}

/// Draws a line through the points that are there, and breaks it where one is missing.
pub(super) fn broken(canvas: &mut Canvas, points: &[Option<(f64, f64)>], series: Series) {
    for stretch in points.split(Option::is_none) {
        let stretch: Vec<(f64, f64)> = stretch.iter().flatten().copied().collect();
        if stretch.len() > 1 {
            canvas.path(stretch, series.colour, 2);
        }
    }
    for at in points.iter().flatten() {
        canvas.point(*at, series.form, 3, series.colour);
    }
}

/// Writes names beside the lines' ends at `x`, apart from each other, each joined to its line.
pub(super) fn end_labels(
    canvas: &mut Canvas,
    x: f64,
    (top, bottom): (f64, f64),
    mut labels: Vec<EndLabel>,
) {
    labels.sort_by(|a, b| a.at.1.total_cmp(&b.at.1));
    let wanted: Vec<f64> = labels.iter().map(|it| it.at.1).collect();
    let heights = apart(&wanted, APART, (top, bottom));
    for (EndLabel { name, value, at, series }, y) in labels.iter().zip(heights) {
        canvas.path(vec![(at.0 + 6.0, at.1), (x - 12.0, y), (x - 2.0, y)], GRID, 1);
        canvas.point((x + 4.0, y), series.form, 3, series.colour);
        let value_room = small().width(value) + if value.is_empty() { 0.0 } else { 8.0 };
        let begin = x + 13.0;
        let name = label().fit(name, WIDTH - MARGIN - begin - value_room);
        canvas.text(begin, y, &name, label());
        if !value.is_empty() {
            canvas.text(begin + label().width(&name) + 8.0, y, value, small());
        }
    }
}

/// Heights at least `gap` apart and as near to those wanted as that leaves them, in order.
pub(super) fn apart(wanted: &[f64], gap: f64, (top, bottom): (f64, f64)) -> Vec<f64> {
    let mut heights: Vec<f64> = Vec::with_capacity(wanted.len());
    let mut free = top;
    for want in wanted {
        let y = want.max(free);
        heights.push(y);
        free = y + gap;
    }
    let mut last = bottom;
    for y in heights.iter_mut().rev() {
        *y = y.min(last);
        last = *y - gap;
    }
    heights
}

/// Lines across a plot at an axis's values, with the values at their left.
pub(super) fn rungs(
    canvas: &mut Canvas,
    axis: &Axis,
    (left, right): (f64, f64),
    tick: impl Fn(f64) -> String,
) {
    for value in axis.ticks() {
        let y = axis.at(*value);
        canvas.line((left, y), (right, y), GRID);
        canvas.text(left - 8.0, y, &tick(*value), small().ending());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dozen_series_differ() {
        let all: Vec<Series> = (0..28).map(series).collect();
        for (number, one) in all.iter().enumerate() {
            assert!(!all[..number].contains(one), "{number}");
        }
    }

    #[test]
    fn names_keep_apart_and_within_the_plot() {
        let heights = apart(&[10.0, 11.0, 12.0, 99.0], 16.0, (0.0, 100.0));
        assert_eq!(heights, [10.0, 26.0, 42.0, 99.0]);
        let crowded = apart(&[99.0, 99.5, 100.0], 16.0, (0.0, 100.0));
        assert_eq!(crowded, [68.0, 84.0, 100.0]);
    }
}
