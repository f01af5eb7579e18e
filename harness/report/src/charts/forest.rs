//! The forest of a merged record: for each comparison the ratio of each machine with its interval,
//! below them the pooled one as a diamond, and whether the machines differ.
//! Owns this chart only; a record of one machine has none.

use lukewarm_analysis::{AcrossParts, Comparison, Estimate, Findings, MergedRun, PartRatio};
use lukewarm_model::JobName;

use super::axis::{Axis, FARTHEST, way_out};
use super::canvas::{Canvas, Form, Picture};
use super::colour::{ALARM, BLUE, GRID, INK, SOFT};
use super::frame::{Heading, LEFT, MARGIN, WIDTH, heading, ticks};
use super::typeface::{bold, label, small};
use crate::format::{counted, ratio_with_spread, trimmed};
use crate::machines::p;
use crate::sections::{RowStatus, Section};

/// Where the axis ends; numbers stand after it.
const END: f64 = 600.0;
const LINE: f64 = 20.0;
/// Height of a comparison's name, and space below the last.
const HEAD: f64 = 32.0;
const FOOT: f64 = 34.0;
/// Machines that are drawn; of more, the lowest and the highest.
const MOST: usize = 24;

/// One comparison of a forest.
struct Tree<'a> {
    scenario: &'a str,
    comparison: &'a Comparison,
    across: &'a AcrossParts,
}

/// The pictures of a workspace, one for each job in which several machines are compared.
pub(super) fn charts(findings: &Findings, section: &Section<'_>) -> Vec<(JobName, Picture)> {
    let Some(merged) = &findings.merged else { return Vec::new() };
    let jobs = section.groups.first().map_or(&[][..], |group| group.rows);
    let drawn = jobs.iter().map(|job| &job.job).filter_map(|job| {
        let rows = section.groups.iter().flat_map(|group| group.rows);
        let rows = rows.filter(|row| row.job == *job);
        let trees = rows.filter_map(|row| match section.status(findings, row) {
            RowStatus::Compared(comparison) => {
                let across = comparison.across.as_ref().filter(|it| it.parts.len() > 1)?;
                Some(Tree { scenario: &row.scenario, comparison, across })
            }
            _ => None,
        });
        let trees: Vec<Tree<'_>> = trees.collect();
        let picture = (!trees.is_empty()).then(|| {
            let reference = findings.run.plan.reference.as_deref().unwrap_or("the reference");
            let of = format!(
                "{job} on {}, relative to {}",
                section.workspace,
                bold(16.0).fit(reference, 240.0)
            );
            chart(merged, &trees, &of)
        });
        Some((job.clone(), picture?))
    });
    drawn.collect()
}

fn chart(merged: &MergedRun, trees: &[Tree<'_>], of: &str) -> Picture {
    let one = merged.noun.word();
    let title = format!("By {one}: {of}");
    let mut canvas = Canvas::default();
    let subtitle = format!(
        "Ratio of each {one} with its interval; diamond: pooled over {one}s with its t interval; \
         left of the line is faster"
    );
    let mut top = heading(&mut canvas, &Heading { title: title.clone(), subtitle, legend: &[] });
    let axis = axis(trees);
    for tree in trees {
        top = paint(&mut canvas, &axis, merged, tree, top);
    }
    ticks(&mut canvas, &axis, top + 14.0, |value| format!("{}×", trimmed(value)));
    canvas.picture((WIDTH, top + FOOT), format!("{title}: {}.", message(merged, trees)))
}

fn axis(trees: &[Tree<'_>]) -> Axis {
    let all = || {
        trees.iter().flat_map(|it| {
            let parts = it.across.parts.iter().map(|it| &it.ratio);
            parts.chain(std::iter::once(&it.comparison.ratio))
        })
    };
    let edges = || all().flat_map(|it| [it.low, it.point, it.high]).filter(|it| it.is_finite());
    let low = edges().filter(|it| *it > 0.0).fold(1.0, f64::min).max(1.0 / FARTHEST);
    let high = edges().fold(1.0, f64::max).min(FARTHEST);
    Axis::logarithmic(low, high, (LEFT + 8.0, END))
}

/// Draws one comparison, and gives where it ends.
fn paint(canvas: &mut Canvas, axis: &Axis, merged: &MergedRun, tree: &Tree<'_>, top: f64) -> f64 {
    let (shown, left_out) = shown(&tree.across.parts);
    let lines = shown.len() + 1 + usize::from(left_out > 0);
    let bottom = top + HEAD + lines as f64 * LINE;
    for value in axis.ticks() {
        canvas.line((axis.at(*value), top + HEAD - 6.0), (axis.at(*value), bottom), GRID);
    }
    canvas.line((axis.at(1.0), top + HEAD - 6.0), (axis.at(1.0), bottom), SOFT);
    let words = agreement(merged, tree.across);
    let set = match tree.across.differ() {
        true => label().in_colour(ALARM).ending(),
        false => small().ending(),
    };
    let name_room = WIDTH - 2.0 * MARGIN - set.width(&words) - 16.0;
    canvas.text(MARGIN, top + HEAD / 2.0, &bold(13.0).fit(tree.scenario, name_room), bold(13.0));
    canvas.text(WIDTH - MARGIN, top + HEAD / 2.0, &words, set);
    let mut y = top + HEAD + LINE / 2.0;
    for part in shown {
        let PartRatio { part, ratio } = part;
        let name = format!("{} ({})", merged.name(*part), counted(ratio.count, "pair"));
        let name = small().fit(&name, LEFT - 10.0 - MARGIN);
        canvas.text(LEFT - 10.0, y, &name, small().ending());
        let at = (axis.at(ratio.point), y);
        match way_out(ratio.point) {
            Some(way) => canvas.arrow(at, way, BLUE),
            None => {
                canvas.whisker((axis.at(ratio.low), axis.at(ratio.high)), y);
                canvas.point(at, Form::Square, 4, BLUE);
            }
        }
        figures(canvas, ratio, y);
        y += LINE;
    }
    if left_out > 0 {
        let words = format!("{left_out} more between these");
        canvas.text(LEFT - 10.0, y, &words, small().ending());
        y += LINE;
    }
    let pooled = &tree.comparison.ratio;
    canvas.text(LEFT - 10.0, y, "pooled", label().ending());
    let ends = [pooled.low, pooled.point, pooled.high].map(|value| axis.at(value));
    match way_out(pooled.point) {
        Some(way) => canvas.arrow((ends[1], y), way, INK),
        None => canvas.diamond(ends, y, INK),
    }
    figures(canvas, pooled, y);
    bottom
}

fn figures(canvas: &mut Canvas, ratio: &Estimate, y: f64) {
    let x = END + 16.0;
    canvas.text(x, y, &small().fit(&ratio_with_spread(ratio), WIDTH - MARGIN - x), small());
}

/// The parts that are drawn, in their order, and how many are left out: where there are many, those
/// between the lowest and the highest.
fn shown(parts: &[PartRatio]) -> (Vec<&PartRatio>, usize) {
    let mut kept: Vec<&PartRatio> = parts.iter().collect();
    if kept.len() > MOST {
        kept.sort_by(|a, b| a.ratio.point.total_cmp(&b.ratio.point));
        kept.drain(MOST / 2..parts.len() - MOST / 2);
        kept.sort_by_key(|it| it.part);
    }
    let left_out = parts.len() - kept.len();
    (kept, left_out)
}

/// `the machines differ (p = 0.002): ±9 %`, `no difference between machines seen (p = 0.4)`.
fn agreement(merged: &MergedRun, across: &AcrossParts) -> String {
    let one = merged.noun.word();
    match &across.heterogeneity {
        None => format!("too few pairs to say whether {one}s differ"),
        Some(it) if it.differ => {
            format!("{one}s differ by ±{} % ({})", trimmed(it.spread * 100.0), p(it))
        }
        Some(it) => format!("no difference between {one}s seen ({})", p(it)),
    }
}

/// What each comparison comes to: for those who do not see the picture.
fn message(merged: &MergedRun, trees: &[Tree<'_>]) -> String {
    let said = trees.iter().map(|it| {
        format!(
            "{} pooled {}, {}",
            it.scenario,
            ratio_with_spread(&it.comparison.ratio),
            agreement(merged, it.across)
        )
    });
    said.collect::<Vec<_>>().join("; ")
}
