//! Claimed figures beside measured ones: a line for each, on one logarithmic axis.
//! Owns this picture only; which figures stand in it, and what they come to, is the caller's.

use lukewarm_analysis::Estimate;

use super::axis::Axis;
use super::canvas::{Canvas, Form, Picture};
use super::colour::{GRID, INK, SOFT};
use super::frame::{Heading, MARGIN, WIDTH, heading, ticks};
use super::typeface::{label, small};
use crate::format::{ratio_with_spread, trimmed};

/// Where the axis begins and ends; names stand before, numbers after.
const LEFT: f64 = 316.0;
const END: f64 = 610.0;
const LINE: f64 = 22.0;

/// One claimed figure, and what was measured in its place.
#[derive(Clone, Debug)]
pub(crate) struct LedgerLine {
    /// The claim and the quantity: `C1 build step`.
    pub(crate) name: String,
    /// The claimed figure.
    pub(crate) claimed: f64,
    /// What was measured.
    pub(crate) measured: Estimate,
    /// Whether the measurement reached a decision.
    pub(crate) state: LineState,
}

/// Whether a measured figure may be quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineState {
    /// A planned analysis decided.
    Decided,
    /// None did, or what was measured decides nothing.
    Open,
}

/// The picture; none without a line.
pub(super) fn chart(lines: &[LedgerLine]) -> Option<Picture> {
    let values = || lines.iter().flat_map(|it| [it.claimed, it.measured.low, it.measured.high]);
    let above = || values().filter(|it| *it > 0.0 && it.is_finite());
    let (low, high) = (above().reduce(f64::min)?, above().reduce(f64::max)?);
    let axis = Axis::logarithmic(low.min(0.9), high.max(1.1), (LEFT, END));
    let mut canvas = Canvas::default();
    let title = "Claimed figures and measured ones".to_owned();
    let subtitle = "Ratios and shares of hits, as each claim has them; diamond: claimed; dot: \
                    measured here, with its interval; ring: not decided";
    let message = message(&title, lines);
    let top = heading(&mut canvas, &Heading { title, subtitle: subtitle.to_owned(), legend: &[] });
    let bottom = top + LINE * lines.len() as f64;
    for value in axis.ticks() {
        canvas.line((axis.at(*value), top), (axis.at(*value), bottom), GRID);
    }
    canvas.line((axis.at(1.0), top), (axis.at(1.0), bottom), SOFT);
    for (number, line) in lines.iter().enumerate() {
        draw(&mut canvas, &axis, line, top + (number as f64 + 0.5) * LINE);
    }
    ticks(&mut canvas, &axis, bottom + 14.0, trimmed);
    Some(canvas.picture((WIDTH, bottom + 34.0), message))
}

fn draw(canvas: &mut Canvas, axis: &Axis, line: &LedgerLine, y: f64) {
    let name = label().fit(&line.name, LEFT - 14.0 - MARGIN);
    canvas.text(LEFT - 12.0, y, &name, label().ending());
    let (claimed, measured) = (axis.at(line.claimed), axis.at(line.measured.point));
    canvas.path(vec![(claimed, y), (measured, y)], GRID, 2);
    canvas.whisker((axis.at(line.measured.low), axis.at(line.measured.high)), y);
    canvas.point((claimed, y), Form::Diamond, 4, SOFT);
    match line.state {
        LineState::Decided => canvas.point((measured, y), Form::Circle, 4, INK),
        LineState::Open => canvas.ring((measured, y), 4, INK),
    }
    let said = format!("{} · {}", trimmed(line.claimed), ratio_with_spread(&line.measured));
    let x = END + 14.0;
    canvas.text(x, y, &small().fit(&said, WIDTH - MARGIN - x), small());
}

/// What it says, for those who do not see it.
fn message(title: &str, lines: &[LedgerLine]) -> String {
    let inside = |it: &&LedgerLine| (it.measured.low..=it.measured.high).contains(&it.claimed);
    let decided = || lines.iter().filter(|it| it.state == LineState::Decided);
    let (count, within) = (decided().count(), decided().filter(inside).count());
    format!(
        "{title}: of {count} decided figures {within} were claimed within the measured interval; \
         {} are not decided.",
        lines.len() - count
    )
}

#[cfg(test)]
mod tests {
    use lukewarm_analysis::Estimator;

    use super::*;

    fn line(name: &str, claimed: f64, (low, point, high): (f64, f64, f64)) -> LedgerLine {
        let estimator = Estimator::HodgesLehmann;
        let measured = Estimate { point, low, high, count: 16, estimator };
        LedgerLine { name: name.to_owned(), claimed, measured, state: LineState::Decided }
    }

    #[test]
    fn every_claimed_figure_has_a_line_with_what_was_measured() {
        assert!(chart(&[]).is_none());
        let open = LedgerLine { state: LineState::Open, ..line("C2 cold", 1.42, (1.1, 1.6, 2.2)) };
        let lines = [line("C1 build step", 1.08, (1.9, 2.2, 2.6)), open];
        let picture = chart(&lines).unwrap();
        let wanted = "of 1 decided figures 0 were claimed within the measured interval; 1 are not";
        assert!(picture.message().contains(wanted), "{}", picture.message());
        let svg = picture.svg(&super::super::ChartStyle::default()).unwrap();
        for text in ["C1 build step", "C2 cold", "1.08 · ", "1.42 · "] {
            assert!(svg.contains(text), "{text}");
        }
    }
}
