//! The result on a terminal: doubts, a table for each workspace, the headline.
//! Owns its lines; the columns are the registry's, and printing belongs to the command line.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use comfy_table::{Cell, CellAlignment, TableStyle};
use comfy_table::{ContentLineStyle, LineStyle};

use lukewarm_analysis::{CrossWorkspace, Findings, IssueKind};
use lukewarm_model::text::{Paint, Safe, Terminal, one_line};

use crate::columns::{self, ColumnInput, ColumnKind, ShownColumn, Table, columns};
use crate::copies;
use crate::format::{counted, percent, ratio, ratio_with_spread};
use crate::headline::headline;
use crate::issues;
use crate::levels;
use crate::machines::{self, MachineTable};
use crate::sections::{RowStatus, Section, sections};

/// How wide the terminal is, and whether it shows colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Columns.
    pub width: u16,
    /// Whether colours are wanted.
    pub colour: ColourChoice,
}

/// Whether colours are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourChoice {
    /// ANSI colours.
    On,
    /// Plain text.
    Off,
}

/// Issues that are shown in full; the page has all of them.
const ISSUES: usize = 8;
/// From this number of workspaces on, only the ratio over all of them is shown.
const MANY_WORKSPACES: usize = 5;
/// Lines of a failing process that are shown.
const LAST_LINES: usize = 16;

impl TerminalStyle {
    /// The paint, or plain where colours are off.
    pub(crate) fn paint(self, paint: Paint) -> Paint {
        match self.colour {
            ColourChoice::On => paint,
            ColourChoice::Off => Paint::Plain,
        }
    }
}

/// The results of a run for a terminal: doubts first, then a table for each workspace,
/// then the headline.
pub fn terminal(findings: &Findings, style: TerminalStyle) -> Safe<Terminal> {
    let mut text = issues(findings, style);
    for section in sections(findings) {
        text.line("");
        text.painted(style.paint(Paint::Bold), section.workspace);
        table(findings, &section, style, &mut text);
    }
    cross_workspace(findings, style, &mut text);
    by_machine(findings, style, &mut text);
    several_at_once(findings, style, &mut text);
    if !findings.rows.is_empty() {
        legend(findings, style, &mut text);
        text.line("");
    }
    for line in wrapped(&headline(findings), style.width) {
        text.painted(style.paint(Paint::Bold), line);
    }
    text
}

fn issues(findings: &Findings, style: TerminalStyle) -> Safe<Terminal> {
    let mut text = Safe::empty();
    let groups = issues::issue_groups(findings);
    for issue in groups.iter().take(ISSUES) {
        let word = issue.kind.name();
        let colour = match issue.kind {
            IssueKind::Failed | IssueKind::Wrong => Paint::Red,
            IssueKind::Degraded | IssueKind::Unchecked => Paint::Yellow,
        };
        let whole = format!("{word} {}: {}", issue.case, issue.jobs);
        let width = style.width.saturating_sub(2);
        for (number, line) in wrapped(&whole, width).into_iter().enumerate() {
            match line.strip_prefix(word) {
                Some(rest) if number == 0 => {
                    text.spans(&[(style.paint(colour), word), (Paint::Plain, rest)]);
                }
                _ => text.line(format!("  {line}")),
            }
        }
        for line in issue.reasons.iter().flat_map(|why| wrapped(why, width)) {
            text.line(format!("  {line}"));
        }
        let skipped = issue.last_lines.len().saturating_sub(LAST_LINES);
        for line in &issue.last_lines[skipped..] {
            text.painted(style.paint(Paint::Dim), format!("  | {line}"));
        }
    }
    if let Some(more) = groups.len().checked_sub(ISSUES + 1) {
        let more = counted(more + 1, "more issue");
        text.line(format!("and {more}: see report.html"));
    }
    text
}

/// The widest table that fits: the least important columns are dropped first.
fn table(
    findings: &Findings,
    section: &Section<'_>,
    style: TerminalStyle,
    text: &mut Safe<Terminal>,
) {
    let mut shown = columns(Table::Terminal);
    loop {
        let lines = lines(findings, section, &shown);
        let width = lines.iter().map(|(plain, _)| plain.chars().count()).max().unwrap_or(0);
        let next = shown.iter().filter_map(|it| it.column.drop_order).min();
        match next.filter(|_| width > usize::from(style.width)) {
            Some(next) => shown.retain(|kept| kept.column.drop_order != Some(next)),
            None => {
                for (line, style_of) in lines {
                    style_of.add(&line, style, text);
                }
                return;
            }
        }
    }
}

/// The style of a line of a table.
enum RowStyle<'a> {
    /// One paint for all of it.
    Whole(Paint),
    /// The verdict at its end in a colour of its own.
    Verdict(RowStatus<'a>),
}

impl RowStyle<'_> {
    fn add(&self, line: &str, style: TerminalStyle, text: &mut Safe<Terminal>) {
        let status = match self {
            RowStyle::Whole(paint) => return text.painted(style.paint(*paint), line),
            RowStyle::Verdict(status) => status,
        };
        match line.strip_suffix(status.word()) {
            None => text.line(line),
            Some(start) => {
                let paint = style.paint(verdict_paint(status));
                text.spans(&[(Paint::Plain, start), (paint, status.word())]);
            }
        }
    }
}

/// The lines of a table, each with its style.
fn lines<'a>(
    findings: &Findings,
    section: &Section<'a>,
    shown: &[ShownColumn],
) -> Vec<(String, RowStyle<'a>)> {
    let mut table = comfy_table::Table::new();
    table.load_style(minimal_style());
    let titles = shown.iter().map(|it| aligned(it, it.column.title.to_owned()));
    table.set_header([Cell::new("scenario / job")].into_iter().chain(titles));
    let mut statuses = Vec::new();
    for group in &section.groups {
        // A name with a line break in it would be two lines, and shift the styles of the others.
        table.add_row([Cell::new(one_line(group.scenario))]);
        statuses.push(None);
        for row in group.rows {
            let input = ColumnInput::job(findings, section, row);
            let name = Cell::new(format!("  {}", one_line(&row.job)));
            let cells = shown.iter().map(|it| aligned(it, it.cell(&input)));
            table.add_row([name].into_iter().chain(cells));
            statuses.push(Some(input.status));
        }
    }
    // The names have the gap that most columns have.
    let gaps = [1].into_iter().chain(shown.iter().map(|it| it.column.gap));
    for (gap, column) in gaps.zip(table.column_iter_mut()) {
        column.set_padding((0, gap));
    }
    let mut statuses = statuses.into_iter();
    let style_of = |(number, line): (usize, String)| {
        let status = if number < 2 { None } else { statuses.next() };
        let style_of = match status {
            None => RowStyle::Whole(Paint::Dim),
            Some(None) => RowStyle::Whole(Paint::Bold),
            Some(Some(status)) => RowStyle::Verdict(status),
        };
        (line.trim_end().to_owned(), style_of)
    };
    table.lines().enumerate().map(style_of).collect()
}

fn aligned(shown: &ShownColumn, text: String) -> Cell {
    let alignment = match shown.column.kind {
        ColumnKind::Number => CellAlignment::Right,
        ColumnKind::Range | ColumnKind::Verdict => CellAlignment::Left,
    };
    Cell::new(text).set_alignment(alignment)
}

/// A table style with a line between header and rows, and nothing else.
pub(crate) fn minimal_style() -> TableStyle {
    TableStyle::new()
        .header_lines(ContentLineStyle::none())
        .header_separator(LineStyle::none().fill('─').junction('─'))
        .content_lines(ContentLineStyle::none())
}

fn verdict_paint(status: &RowStatus<'_>) -> Paint {
    match status {
        RowStatus::NoResult | RowStatus::Doubtful("wrong") => Paint::Red,
        RowStatus::Doubtful(_) => Paint::Yellow,
        RowStatus::Compared(comparison) => match comparison.verdict.direction() {
            Some(Ordering::Less) => Paint::Green,
            Some(_) => Paint::Red,
            None => Paint::Dim,
        },
        RowStatus::Reference | RowStatus::Alone => Paint::Dim,
    }
}

/// The ratios over all workspaces, where there are several.
fn cross_workspace(findings: &Findings, style: TerminalStyle, text: &mut Safe<Terminal>) {
    if findings.cross_workspace.is_empty() {
        return;
    }
    text.line("");
    text.painted(style.paint(Paint::Bold), "all workspaces");
    for row in &findings.cross_workspace {
        let line_text = format!("{} {}: {}", row.scenario, row.job, over_workspaces(row));
        for (number, line) in wrapped(&line_text, style.width.saturating_sub(4)).iter().enumerate()
        {
            let indent = if number == 0 { "  " } else { "    " };
            text.line(format!("{indent}{line}"));
        }
    }
    for words in estimators(findings) {
        for line in wrapped(&format!("ratio: {words}"), style.width) {
            text.painted(style.paint(Paint::Dim), line);
        }
    }
}

/// The comparisons of a merged record by machine.
fn by_machine(findings: &Findings, style: TerminalStyle, text: &mut Safe<Terminal>) {
    let drawn = |columns: usize| -> Vec<(String, Vec<String>)> {
        let tables = machines::tables(findings, columns).into_iter();
        tables.map(|it| (it.title.clone(), machine_lines(&it))).collect()
    };
    let mut tables = drawn(machines::COLUMNS);
    let lines = tables.iter().flat_map(|(_, lines)| lines);
    if lines.map(|line| line.chars().count()).max() > Some(usize::from(style.width)) {
        tables = drawn(0);
    }
    for (title, lines) in tables {
        text.line("");
        text.painted(style.paint(Paint::Bold), title);
        for (number, line) in lines.iter().enumerate() {
            let paint = if number < 2 { Paint::Dim } else { Paint::Plain };
            text.painted(style.paint(paint), line);
        }
    }
    for line in machines::reading(findings).iter().flat_map(|it| wrapped(it, style.width)) {
        text.line(line);
    }
}

/// The jobs that ran several times at once, where there are any.
fn several_at_once(findings: &Findings, style: TerminalStyle, text: &mut Safe<Terminal>) {
    let rows = copies::rows(findings);
    if rows.is_empty() {
        return;
    }
    // Who finished when is too wide for a column here, and follows.
    let [heads @ .., finished] = &copies::HEADS;
    let mut table = comfy_table::Table::new();
    table.load_style(minimal_style());
    let right = |text: &str| Cell::new(one_line(text)).set_alignment(CellAlignment::Right);
    table
        .set_header([Cell::new(heads[0])].into_iter().chain(heads[1..].iter().map(|it| right(it))));
    for [name, numbers @ .., _] in &rows {
        let numbers = numbers.iter().map(|it| right(it));
        table.add_row([Cell::new(one_line(name))].into_iter().chain(numbers));
    }
    table.column_iter_mut().for_each(|it| {
        it.set_padding((0, 2));
    });
    text.line("");
    text.painted(style.paint(Paint::Bold), copies::TITLE);
    table.lines().for_each(|it| text.line(it.trim_end()));
    for [name, .., last] in &rows {
        for line in wrapped(&format!("{name}: {finished} {last}"), style.width) {
            text.line(line);
        }
    }
    for line in wrapped(copies::NOTE, style.width) {
        text.painted(style.paint(Paint::Dim), line);
    }
}

/// The lines of a table of machines, its head and a rule first.
fn machine_lines(table: &MachineTable) -> Vec<String> {
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(minimal_style());
    let right = |text: &str| Cell::new(one_line(text)).set_alignment(CellAlignment::Right);
    let heads = table.heads.iter().map(|head| right(head));
    drawn.set_header([Cell::new("case / job")].into_iter().chain(heads));
    for line in &table.lines {
        let name = Cell::new(one_line(&format!("{} {}", line.case, line.job)));
        let cells = line.cells.iter().map(|cell| right(cell));
        drawn.add_row([name].into_iter().chain(cells));
    }
    drawn.column_iter_mut().for_each(|column| {
        column.set_padding((0, 1));
    });
    drawn.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// The ratio over all workspaces, and that of each where they are few.
fn over_workspaces(row: &CrossWorkspace) -> String {
    let mut text = ratio_with_spread(&row.ratio);
    if row.workspaces.len() < MANY_WORKSPACES {
        let each: Vec<String> = row
            .workspaces
            .iter()
            .map(|it| format!("{} {}", it.workspace, ratio(it.ratio)))
            .collect();
        text.push_str(&format!("; {}", each.join(", ")));
    }
    text
}

/// The estimators of the ratios over all workspaces, in words.
fn estimators(findings: &Findings) -> BTreeSet<&'static str> {
    findings.cross_workspace.iter().map(|row| row.ratio.estimator.words()).collect()
}

/// What the columns mean, in a line or two.
fn legend(findings: &Findings, style: TerminalStyle, text: &mut Safe<Terminal>) {
    let reference = findings.run.plan.reference.as_deref().unwrap_or("the reference");
    let mut words = columns::legend(Table::Terminal, reference).join("; ");
    if let Some(levels) = levels::sentence(findings) {
        words.push_str(&format!("; error rate: {levels}"));
    }
    if let Some(floor) = floor(findings) {
        words.push_str(&format!("; {floor}"));
    }
    text.line("");
    for line in wrapped(&words, style.width) {
        text.painted(style.paint(Paint::Dim), line);
    }
}

/// The noise of the reference, where it was measured twice (A/A).
fn floor(findings: &Findings) -> Option<String> {
    let floors = findings.rows.iter().filter_map(|row| row.comparison.as_ref()?.floor);
    let largest = floors.max_by(f64::total_cmp)?;
    Some(format!(
        "A/A: the reference differs from itself by up to {}, and smaller differences are not \
         called faster or slower",
        percent(largest)
    ))
}

/// The text in lines of at most `width` columns, broken at spaces.
pub(crate) fn wrapped(text: &str, width: u16) -> Vec<String> {
    let width = usize::from(width.max(20));
    let mut lines = vec![String::new()];
    for word in one_line(text).split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        match line.chars().count() {
            0 => line.push_str(word),
            length if length + 1 + word.chars().count() > width => lines.push(word.to_owned()),
            _ => {
                line.push(' ');
                line.push_str(word);
            }
        }
    }
    lines
}
