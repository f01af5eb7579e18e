//! The page's tables of results and of steps, line by line.
//! Owns which lines they have and what stands behind a verdict; columns are the registry's.

use lukewarm_analysis::{Comparison, Findings, Row};
use lukewarm_model::{ComparisonVerdict, JobVerdict, Metric, Step};

use super::anchors::Anchors;
use super::limits::{Budget, REASONS, cut};
use crate::columns::{ColumnInput, ColumnKind, ShownColumn, Table, columns};
use crate::sections::{RowStatus, Section};
use crate::words::percent;

/// A text with the class that says how it looks: a cell, or the head of a column.
pub(super) struct ClassedText {
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// The result of one job.
pub(super) struct ResultLine<'a> {
    pub(super) id: String,
    pub(super) scenario: &'a str,
    /// Whether it is the first line of its scenario.
    pub(super) first: bool,
    pub(super) job: &'a str,
    pub(super) cells: Vec<ClassedText>,
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
    pub(super) cells: Vec<ClassedText>,
}

/// The heads of a table's columns.
pub(super) fn heads(table: Table, reference: &str) -> Vec<ClassedText> {
    let head = |shown: ShownColumn| ClassedText {
        class: if shown.column.kind == ColumnKind::Verdict { "" } else { "n" },
        text: shown.title(reference),
    };
    columns(table).into_iter().map(head).collect()
}

/// The cells of a line.
pub(super) fn cells(shown: &[ShownColumn], input: &ColumnInput<'_>) -> Vec<ClassedText> {
    let cell = |it: &ShownColumn| {
        let class = match it.column.kind {
            ColumnKind::Verdict => tone(&input.standing),
            ColumnKind::Number | ColumnKind::Range => "n",
        };
        ClassedText { class, text: it.cell(input) }
    };
    shown.iter().map(cell).collect()
}

/// The results of a workspace, as many as the page still has room for.
pub(super) fn results<'a>(
    findings: &Findings,
    section: &Section<'a>,
    (anchors, room): (&mut Anchors, &mut Budget),
) -> Vec<ResultLine<'a>> {
    let shown = columns(Table::Results);
    let rows = section
        .groups
        .iter()
        .flat_map(|group| group.rows.iter().enumerate().map(|(number, row)| (number == 0, row)));
    let told = rows.take(room.take(count(section)));
    told.map(|(first, row)| ResultLine {
        id: anchors.id("row", &[section.workspace, &row.scenario, &row.job]),
        first,
        scenario: &row.scenario,
        job: &row.job,
        cells: cells(&shown, &ColumnInput::job(findings, section, row)),
        why: why(row),
    })
    .collect()
}

/// The steps of a workspace's rows, and after them the whole job; beside them how many lines the
/// page has no room for.
pub(super) fn steps<'a>(
    findings: &Findings,
    section: &Section<'a>,
    (anchors, room): (&mut Anchors, &mut Budget),
) -> (Vec<StepLine<'a>>, usize) {
    let shown = columns(Table::Steps);
    let rows = section.groups.iter().flat_map(|group| group.rows);
    let parts = [Some(Step::Restore), Some(Step::Build), Some(Step::Save), None];
    let lines = rows.flat_map(|row| {
        let measured = parts.into_iter().filter(|it| row.estimate(Metric::Wall, *it).is_some());
        measured.enumerate().map(move |(number, step)| (number == 0, row, step))
    });
    let all = lines.clone().count();
    let told = lines.take(room.take(all)).map(|(first, row, step)| {
        let (scenario, job) = (row.scenario.as_str(), row.job.as_str());
        let word = step.map_or("whole job", Step::name);
        StepLine {
            id: anchors.id("step", &[section.workspace, scenario, job, word]),
            first,
            scenario,
            job,
            step: word,
            cells: cells(&shown, &ColumnInput { step, ..ColumnInput::job(findings, section, row) }),
        }
    });
    let told: Vec<StepLine<'a>> = told.collect();
    let more = all - told.len();
    (told, more)
}

/// How many rows a workspace has.
pub(super) fn count(section: &Section<'_>) -> usize {
    section.groups.iter().map(|group| group.rows.len()).sum()
}

/// What was checked, or why there is doubt or no result.
fn why(row: &Row) -> Vec<String> {
    let reasons = row.verdict.as_ref().map_or(&[][..], JobVerdict::reasons);
    let noisier = row.comparison.as_ref().and_then(noisier);
    let why = noisier.iter().chain(&row.failure).chain(reasons).take(REASONS);
    why.map(|reason| cut(reason)).collect()
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
fn tone(standing: &RowStatus<'_>) -> &'static str {
    match standing {
        RowStatus::NoResult | RowStatus::Doubtful(_) => "bad",
        RowStatus::Compared(comparison) => match comparison.verdict {
            ComparisonVerdict::Faster => "good",
            ComparisonVerdict::Slower => "bad",
            _ => "quiet",
        },
        RowStatus::Reference | RowStatus::Alone => "quiet",
    }
}
