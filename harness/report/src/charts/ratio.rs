//! Wall-clock over that of the reference: a dot and its interval for each scenario, by job.
//! Owns this chart only; without a comparison there is none.

use lukewarm_analysis::{Comparison, Findings};
use lukewarm_model::ComparisonVerdict;

use super::axis::{Axis, FARTHEST, way_out};
use super::canvas::{Canvas, Form, Picture};
use super::caption::{main_job, sentence};
use super::colour::{GRID, INK, SOFT};
use super::frame::{Frame, Heading, LEFT, Line, MARGIN, Panel, WIDTH, chart as framed, panels};
use super::typeface::{Weight, bold, label, small};
use crate::format::{ratio_with_spread, trimmed};
use crate::sections::{RowStatus, Section};

/// Where the axis ends; numbers and verdicts stand after it.
const END: f64 = 530.0;
const LINE: f64 = 24.0;

/// The chart; none where nothing is compared.
pub(super) fn chart(findings: &Findings, section: &Section<'_>) -> Option<Picture> {
    let reference = findings.run.plan.reference.as_deref()?;
    let panels = panels(section, |name| name != reference);
    let compared = || panels.iter().flat_map(|it| &it.rows).filter_map(|it| it.comparison.as_ref());
    let margin = compared().next()?.margin;
    let edges = || compared().flat_map(|it| [it.ratio.low, it.ratio.high, it.ratio.point]);
    let low = edges().filter(|it| *it > 0.0).fold(1.0 - margin, f64::min).max(1.0 / FARTHEST);
    let high = edges().filter(|it| it.is_finite()).fold(1.0 + margin, f64::max).min(FARTHEST);
    let name = bold(16.0).fit(reference, 300.0);
    let title = format!("Wall-clock time relative to {name} on {}", section.workspace);
    let frame = Frame {
        message: sentence(&title, section, verdicts(findings, section, &panels, margin)),
        heading: Heading {
            title,
            subtitle: format!(
                "Ratio and interval ({}), paired within iterations; left of the line is faster; \
                 band: ±{} %; ring: undecided",
                interval(compared()),
                trimmed(margin * 100.0)
            ),
            legend: &[],
        },
        axis: Axis::logarithmic(low, high, (LEFT + 8.0, END)),
        tick: |value| format!("{}×", trimmed(value)),
        line_height: LINE,
    };
    Some(framed(findings, section, &panels, frame, |canvas, axis, line| {
        let (top, bottom) = (line.y - LINE / 2.0, line.y + LINE / 2.0);
        let (from, to) = (axis.at(1.0 - margin), axis.at(1.0 + margin));
        canvas.fill((from, top), (to.max(from + 2.0), bottom), GRID);
        canvas.line((axis.at(1.0), top), (axis.at(1.0), bottom), SOFT);
        dot(canvas, axis, line);
    }))
}

fn dot(canvas: &mut Canvas, axis: &Axis, line: &Line<'_>) {
    let end = verdict(canvas, line);
    let Some(Comparison { ratio, verdict, .. }) = &line.row.comparison else { return };
    let at = (axis.at(ratio.point), line.y);
    let decided = verdict.is_decided() && matches!(line.status, RowStatus::Compared(_));
    let way = way_out(ratio.point);
    if way.is_none() {
        canvas.whisker((axis.at(ratio.low), axis.at(ratio.high)), line.y);
    }
    match (way, decided) {
        (Some(way), _) => canvas.arrow(at, way, INK),
        (None, true) => canvas.point(at, Form::Circle, 4, INK),
        (None, false) => canvas.ring(at, 4, INK),
    }
    let x = END + 16.0;
    canvas.text(x, line.y, &small().fit(&ratio_with_spread(ratio), end - x), small());
}

/// The verdict's word at the right; gives where it begins. A doubtful row has its word already.
fn verdict(canvas: &mut Canvas, line: &Line<'_>) -> f64 {
    let mut set = label().ending();
    let word = match line.status {
        RowStatus::Doubtful(_) => return line.end,
        RowStatus::Compared(comparison) if comparison.verdict.is_decided() => {
            set.weight = Weight::Bold;
            line.status.word()
        }
        _ => line.status.word(),
    };
    canvas.text(WIDTH - MARGIN, line.y, word, set);
    WIDTH - MARGIN - set.width(word) - 10.0
}

/// What the intervals are: the estimators' own words.
fn interval<'a>(mut compared: impl Iterator<Item = &'a Comparison>) -> &'static str {
    use lukewarm_analysis::Estimator::{
        GeometricMeanWithRange, MedianWithRange, ModeratedT, ModeratedTOfMachines, TOfMachines,
    };
    let first = compared.next().map(|it| it.ratio.estimator);
    let mut pooled = matches!(first, Some(TOfMachines | ModeratedTOfMachines));
    let mixed = compared.fold(false, |mixed, it| {
        pooled |= matches!(it.ratio.estimator, TOfMachines | ModeratedTOfMachines);
        mixed || Some(it.ratio.estimator) != first
    });
    match first {
        _ if mixed && pooled => "95 % over machines; stricter where clear",
        _ if mixed => "95 %; of fewer than 6 pairs stricter where clear, else their range",
        Some(TOfMachines) => "95 % over machines",
        Some(ModeratedT | ModeratedTOfMachines) => "of clear differences",
        Some(GeometricMeanWithRange | MedianWithRange) => "smallest to largest pair",
        _ => "95 %",
    }
}

/// `the verdicts are 5 faster, 1 slower, 0 the same within ±2 %, 1 not decided`.
fn verdicts<'a>(
    findings: &Findings,
    section: &Section<'a>,
    panels: &[Panel<'a>],
    margin: f64,
) -> Option<String> {
    let job = main_job(section)?;
    let rows = &panels.iter().find(|panel| panel.job == job)?.rows;
    let count = |wanted: &[ComparisonVerdict]| {
        let statuses = rows.iter().map(|row| section.status(findings, row));
        let verdicts = statuses.filter_map(|it| match it {
            RowStatus::Compared(comparison) => Some(comparison.verdict),
            _ => None,
        });
        verdicts.filter(|it| wanted.contains(it)).count()
    };
    use ComparisonVerdict::{ClearlyFaster, ClearlySlower, Faster, Same, Slower};
    let [faster, slower, same] =
        [&[Faster, ClearlyFaster][..], &[Slower, ClearlySlower], &[Same]].map(count);
    let open = rows.len() - faster - slower - same;
    let margin = trimmed(margin * 100.0);
    Some(format!(
        "the verdicts are {faster} faster, {slower} slower, {same} the same within ±{margin} %, \
         {open} undecided"
    ))
}
