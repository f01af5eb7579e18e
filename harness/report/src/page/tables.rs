//! The page's tables of results and of steps, cell by cell as text.
//! Owns which figures a reader sees; the numbers are those of the findings.

use lukewarm_analysis::{Comparison, Findings, Row};
use lukewarm_model::{ComparisonVerdict, JobVerdict, Metric, Step};

use super::anchors::Anchors;
use super::limits::{Budget, REASONS, cut};
use crate::sections::{Section, Standing};
use crate::words::{bytes, percent, ratio_with_spread, samples, seconds, seconds_with_spread};

/// What stands where there is no value.
pub(super) const NOTHING: &str = "–";

/// The result of one job.
pub(super) struct ResultLine<'a> {
    pub(super) id: String,
    pub(super) scenario: &'a str,
    /// Whether it is the first line of its scenario.
    pub(super) first: bool,
    pub(super) job: &'a str,
    pub(super) wall: String,
    pub(super) count: String,
    pub(super) ratio: String,
    pub(super) hits: String,
    pub(super) reuse: String,
    pub(super) down: String,
    pub(super) up: String,
    pub(super) stored: String,
    pub(super) refused: String,
    pub(super) verdict: &'static str,
    /// How the verdict is coloured.
    pub(super) tone: &'static str,
    /// What was checked, or why there is doubt or no result.
    pub(super) why: Vec<String>,
}

/// One step of one row.
pub(super) struct StepLine<'a> {
    pub(super) id: String,
    /// Whether it is the first line of its row.
    pub(super) first: bool,
    pub(super) scenario: &'a str,
    pub(super) job: &'a str,
    pub(super) step: &'static str,
    pub(super) wall: String,
    pub(super) cpu: String,
    pub(super) memory: String,
    pub(super) service_cpu: String,
    pub(super) down: String,
    pub(super) up: String,
    pub(super) requests: String,
}

/// The results of a workspace, as many as the page still has room for.
pub(super) fn results<'a>(
    findings: &Findings,
    section: &Section<'a>,
    (anchors, room): (&mut Anchors, &mut Budget),
) -> Vec<ResultLine<'a>> {
    let rows = section
        .groups
        .iter()
        .flat_map(|group| group.rows.iter().enumerate().map(|(number, row)| (number == 0, row)));
    let told = rows.take(room.take(count(section)));
    told.map(|(first, row)| ResultLine {
        id: anchors.id("row", &[section.workspace, &row.scenario, &row.job]),
        first,
        ..result(findings, section, row)
    })
    .collect()
}

/// The steps of a workspace's rows, and after them the whole job; beside them how many lines the
/// page has no room for.
pub(super) fn steps<'a>(
    section: &Section<'a>,
    (anchors, room): (&mut Anchors, &mut Budget),
) -> (Vec<StepLine<'a>>, usize) {
    let rows = section.groups.iter().flat_map(|group| group.rows);
    let parts = [Some(Step::Restore), Some(Step::Build), Some(Step::Save), None];
    let mut lines = Vec::new();
    for row in rows {
        let of_row = parts.into_iter().filter_map(|part| step(row, part));
        lines.extend(
            of_row.enumerate().map(|(number, line)| StepLine { first: number == 0, ..line }),
        );
    }
    let all = lines.len();
    lines.truncate(room.take(all));
    for line in &mut lines {
        line.id = anchors.id("step", &[section.workspace, line.scenario, line.job, line.step]);
    }
    let more = all - lines.len();
    (lines, more)
}

/// How many rows a workspace has.
pub(super) fn count(section: &Section<'_>) -> usize {
    section.groups.iter().map(|group| group.rows.len()).sum()
}

fn result<'a>(findings: &Findings, section: &Section<'a>, row: &'a Row) -> ResultLine<'a> {
    let standing = section.standing(findings, row);
    let wall = row.estimate(Metric::Wall, None);
    let nothing = || NOTHING.to_owned();
    let reasons = row.verdict.as_ref().map_or(&[][..], JobVerdict::reasons);
    let noisier = row.comparison.as_ref().and_then(noisier);
    let why = noisier.iter().chain(&row.failure).chain(reasons).take(REASONS);
    ResultLine {
        id: String::new(),
        scenario: &row.scenario,
        first: false,
        job: &row.job,
        wall: wall.map_or_else(nothing, seconds_with_spread),
        count: wall.map_or_else(nothing, |wall| samples(wall.count, row.states)),
        ratio: row.comparison.as_ref().map_or_else(nothing, |c| ratio_with_spread(&c.ratio)),
        hits: point(row, Metric::HitRatio, None, percent),
        reuse: point(row, Metric::ReuseRatio, None, percent),
        down: point(row, Metric::BytesDown, None, bytes),
        up: point(row, Metric::BytesUp, None, bytes),
        stored: point(row, Metric::StoredBytes, None, bytes),
        refused: point(row, Metric::RequestsLimited, None, whole),
        verdict: standing.word(),
        tone: tone(&standing),
        why: why.map(|reason| cut(reason)).collect(),
    }
}

/// Why a comparison is undecided, where the reference itself is the reason.
fn noisier(comparison: &Comparison) -> Option<String> {
    let floor = comparison.floor.filter(|_| comparison.is_noisier_than_margin())?;
    Some(format!(
        "inconclusive: noisier than the margin of {}, since the reference differs from itself by \
         up to {}",
        percent(comparison.margin),
        percent(floor)
    ))
}

/// How a standing is coloured.
pub(super) fn tone(standing: &Standing<'_>) -> &'static str {
    match standing {
        Standing::NoResult | Standing::Doubtful(_) => "bad",
        Standing::Compared(comparison) => match comparison.verdict {
            ComparisonVerdict::Faster => "good",
            ComparisonVerdict::Slower => "bad",
            _ => "quiet",
        },
        Standing::Reference | Standing::Alone => "quiet",
    }
}

fn step(row: &Row, part: Option<Step>) -> Option<StepLine<'_>> {
    let wall = row.estimate(Metric::Wall, part)?;
    Some(StepLine {
        id: String::new(),
        first: false,
        scenario: &row.scenario,
        job: &row.job,
        step: part.map_or("whole job", Step::name),
        wall: seconds_with_spread(wall),
        cpu: point(row, Metric::Cpu, part, seconds),
        memory: point(row, Metric::PeakRss, part, bytes),
        service_cpu: point(row, Metric::ServiceCpu, part, seconds),
        down: point(row, Metric::BytesDown, part, bytes),
        up: point(row, Metric::BytesUp, part, bytes),
        requests: point(row, Metric::Requests, part, whole),
    })
}

fn point(row: &Row, metric: Metric, step: Option<Step>, format: fn(f64) -> String) -> String {
    row.estimate(metric, step).map_or_else(|| NOTHING.to_owned(), |found| format(found.point))
}

/// A count; a median between two keeps its half.
pub(super) fn whole(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}
