//! The page's tables of results and of steps, line by line.
//! Owns their lines and the reasons of each verdict; columns are the registry's.

use std::cmp::Ordering;

use lukewarm_analysis::{Comparison, Findings, Row};
use lukewarm_model::{JobVerdict, Metric, Step};

use super::anchors::Anchors;
use super::limits::{Budget, REASONS, ROWS, cut};
use crate::columns::{ColumnInput, ColumnKind, ShownColumn, Table, columns};
use crate::copies;
use crate::format::percent;
use crate::sections::{RowStatus, Section};

/// A text with its CSS class: a cell, or the head of a column.
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
    /// The checks that held, or the reasons for doubt or for no result.
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

/// The copies of one job.
pub(super) struct CopiesLine {
    pub(super) id: String,
    pub(super) cells: Vec<String>,
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
            ColumnKind::Verdict => tone(&input.status),
            ColumnKind::Number | ColumnKind::Range => "n",
        };
        ClassedText { class, text: it.cell(input) }
    };
    shown.iter().map(cell).collect()
}

/// The results of a workspace, as many as fit the page.
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
    let shown_rows = rows.take(room.take(count(section)));
    shown_rows
        .map(|(first, row)| ResultLine {
            id: anchors.id("row", &[section.workspace, &row.scenario, &row.job]),
            first,
            scenario: &row.scenario,
            job: &row.job,
            cells: cells(&shown, &ColumnInput::job(findings, section, row)),
            why: why(row),
        })
        .collect()
}

/// The steps of a workspace's rows, each row's whole job last; and the number of lines that do not
/// fit the page.
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
    let fitting = lines.take(room.take(all)).map(|(first, row, step)| {
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
    let fitting: Vec<StepLine<'a>> = fitting.collect();
    let more = all - fitting.len();
    (fitting, more)
}

/// The jobs that ran several times at once, as many as fit the page.
pub(super) fn copies(findings: &Findings, anchors: &mut Anchors) -> Vec<CopiesLine> {
    let rows = copies::rows(findings).into_iter().zip(&findings.copies).take(ROWS);
    rows.map(|(cells, row)| CopiesLine {
        id: anchors.id("at-once", &[&row.case.to_string(), &row.job]),
        cells: cells.into(),
    })
    .collect()
}

/// How many rows a workspace has.
pub(super) fn count(section: &Section<'_>) -> usize {
    section.groups.iter().map(|group| group.rows.len()).sum()
}

/// The checks that held, or the reasons for doubt or for no result.
fn why(row: &Row) -> Vec<String> {
    let reasons = row.verdict.as_ref().map_or(&[][..], JobVerdict::reasons);
    let noisier = row.comparison.as_ref().and_then(noisier);
    let why = noisier.iter().chain(&row.failure).chain(reasons).take(REASONS);
    why.map(|reason| cut(reason)).collect()
}

/// Why a comparison is undecided, where the noise of the reference is the reason.
fn noisier(comparison: &Comparison) -> Option<String> {
    let floor = comparison.floor.filter(|_| comparison.is_noisier_than_margin())?;
    Some(format!(
        "inconclusive: noisier than the margin of {}, since the reference differs from itself by \
         up to {} (A/A)",
        percent(comparison.margin),
        percent(floor)
    ))
}

/// The colour class of a status.
fn tone(status: &RowStatus<'_>) -> &'static str {
    match status {
        RowStatus::NoResult | RowStatus::Doubtful(_) => "bad",
        RowStatus::Compared(comparison) => match comparison.verdict.direction() {
            Some(Ordering::Less) => "good",
            Some(_) => "bad",
            None => "quiet",
        },
        RowStatus::Reference | RowStatus::Alone => "quiet",
    }
}
