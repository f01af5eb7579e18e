//! The result on a terminal: doubts, a table a workspace, the headline.
//! Owns its lines; the columns are the registry's, and printing belongs to the front door.

use std::collections::BTreeSet;

use comfy_table::{Cell, CellAlignment, TableStyle};
use comfy_table::{ContentLineStyle, LineStyle};

use lukewarm_analysis::{Across, Findings, IssueKind};
use lukewarm_model::ComparisonVerdict;
use lukewarm_model::text::{Paint, Safe, Terminal, one_line};

use crate::columns::{ColumnInput, ColumnKind, ShownColumn, Table, columns};
use crate::doubts;
use crate::headline::headline;
use crate::levels;
use crate::sections::{RowStatus, Section, sections};
use crate::words::{counted, percent, ratio, ratio_with_spread};

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

/// Troubles that are told in full; the page tells all of them.
const TROUBLES: usize = 8;
/// From so many workspaces on the ratio over all of them says enough.
const MANY_WORKSPACES: usize = 5;
/// Lines of a failing process that are shown.
const LAST_LINES: usize = 16;

impl TerminalStyle {
    /// The look where colours are wanted.
    pub(crate) fn paint(self, paint: Paint) -> Paint {
        match self.colour {
            ColourChoice::On => paint,
            ColourChoice::Off => Paint::Plain,
        }
    }
}

/// What a run shows, for people at a terminal: doubts first, then a table for each workspace,
/// then the headline.
pub fn terminal(findings: &Findings, style: TerminalStyle) -> Safe<Terminal> {
    let mut text = doubts_in_words(findings, style);
    for section in sections(findings) {
        text.line("");
        text.painted(style.paint(Paint::Bold), section.workspace);
        table(findings, &section, style, &mut text);
    }
    across(findings, style, &mut text);
    if !findings.rows.is_empty() {
        legend(findings, style, &mut text);
        text.line("");
    }
    for line in wrapped(&headline(findings), style.width) {
        text.painted(style.paint(Paint::Bold), line);
    }
    text
}

fn doubts_in_words(findings: &Findings, style: TerminalStyle) -> Safe<Terminal> {
    let mut text = Safe::empty();
    let troubles = doubts::troubles(findings);
    for trouble in troubles.iter().take(TROUBLES) {
        let word = trouble.kind.name();
        let colour = if trouble.kind == IssueKind::Failed { Paint::Red } else { Paint::Yellow };
        let whole = format!("{word} {}: {}", trouble.case, trouble.jobs);
        let width = style.width.saturating_sub(2);
        for (number, line) in wrapped(&whole, width).into_iter().enumerate() {
            match line.strip_prefix(word) {
                Some(rest) if number == 0 => {
                    text.spans(&[(style.paint(colour), word), (Paint::Plain, rest)]);
                }
                _ => text.line(format!("  {line}")),
            }
        }
        for line in trouble.reasons.iter().flat_map(|why| wrapped(why, width)) {
            text.line(format!("  {line}"));
        }
        let skipped = trouble.last_lines.len().saturating_sub(LAST_LINES);
        for line in &trouble.last_lines[skipped..] {
            text.painted(style.paint(Paint::Dim), format!("  | {line}"));
        }
    }
    if let Some(more) = troubles.len().checked_sub(TROUBLES + 1) {
        let more = counted(more + 1, "more trouble");
        text.line(format!("and {more}: report.html tells them all"));
    }
    text
}

/// The widest table that fits: the least important columns give way first.
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
        let next = shown.iter().filter_map(|it| it.column.gives_way).min();
        match next.filter(|_| width > usize::from(style.width)) {
            Some(next) => shown.retain(|kept| kept.column.gives_way != Some(next)),
            None => {
                for (line, look) in lines {
                    look.add(&line, style, text);
                }
                return;
            }
        }
    }
}

/// How a line of a table looks.
enum LineLook<'a> {
    /// All of it alike.
    Whole(Paint),
    /// The verdict at its end, by what it says.
    Verdict(RowStatus<'a>),
}

impl LineLook<'_> {
    fn add(&self, line: &str, style: TerminalStyle, text: &mut Safe<Terminal>) {
        let standing = match self {
            LineLook::Whole(paint) => return text.painted(style.paint(*paint), line),
            LineLook::Verdict(standing) => standing,
        };
        match line.strip_suffix(standing.word()) {
            None => text.line(line),
            Some(start) => {
                let paint = style.paint(verdict_paint(standing));
                text.spans(&[(Paint::Plain, start), (paint, standing.word())]);
            }
        }
    }
}

/// The lines of a table, each with its look.
fn lines<'a>(
    findings: &Findings,
    section: &Section<'a>,
    shown: &[ShownColumn],
) -> Vec<(String, LineLook<'a>)> {
    let mut table = comfy_table::Table::new();
    table.load_style(lean());
    let titles = shown.iter().map(|it| aligned(it, it.column.title.to_owned()));
    table.set_header([Cell::new("scenario / job")].into_iter().chain(titles));
    let mut standings = Vec::new();
    for group in &section.groups {
        // A name with a line's end in it would be two lines, and looks would go astray.
        table.add_row([Cell::new(one_line(group.scenario))]);
        standings.push(None);
        for row in group.rows {
            let input = ColumnInput::job(findings, section, row);
            let name = Cell::new(format!("  {}", one_line(&row.job)));
            let cells = shown.iter().map(|it| aligned(it, it.cell(&input)));
            table.add_row([name].into_iter().chain(cells));
            standings.push(Some(input.standing));
        }
    }
    // The names stand apart as most columns do.
    let gaps = [1].into_iter().chain(shown.iter().map(|it| it.column.gap));
    for (gap, column) in gaps.zip(table.column_iter_mut()) {
        column.set_padding((0, gap));
    }
    let mut standings = standings.into_iter();
    let look = |(number, line): (usize, String)| {
        let standing = if number < 2 { None } else { standings.next() };
        let look = match standing {
            None => LineLook::Whole(Paint::Dim),
            Some(None) => LineLook::Whole(Paint::Bold),
            Some(Some(standing)) => LineLook::Verdict(standing),
        };
        (line.trim_end().to_owned(), look)
    };
    table.lines().enumerate().map(look).collect()
}

fn aligned(shown: &ShownColumn, text: String) -> Cell {
    let alignment = match shown.column.kind {
        ColumnKind::Number => CellAlignment::Right,
        ColumnKind::Range | ColumnKind::Verdict => CellAlignment::Left,
    };
    Cell::new(text).set_alignment(alignment)
}

/// A line between header and rows, and nothing else.
pub(crate) fn lean() -> TableStyle {
    TableStyle::new()
        .header_lines(ContentLineStyle::none())
        .header_separator(LineStyle::none().fill('─').junction('─'))
        .content_lines(ContentLineStyle::none())
}

fn verdict_paint(standing: &RowStatus<'_>) -> Paint {
    match standing {
        RowStatus::NoResult => Paint::Red,
        RowStatus::Doubtful(_) => Paint::Yellow,
        RowStatus::Compared(comparison) => match comparison.verdict {
            ComparisonVerdict::Faster => Paint::Green,
            ComparisonVerdict::Slower => Paint::Red,
            _ => Paint::Dim,
        },
        RowStatus::Reference | RowStatus::Alone => Paint::Dim,
    }
}

/// The ratios over all workspaces, where there are several.
fn across(findings: &Findings, style: TerminalStyle, text: &mut Safe<Terminal>) {
    if findings.across.is_empty() {
        return;
    }
    text.line("");
    text.painted(style.paint(Paint::Bold), "all workspaces");
    for row in &findings.across {
        let told = format!("{} {}: {}", row.scenario, row.job, over_workspaces(row));
        for (number, line) in wrapped(&told, style.width.saturating_sub(4)).iter().enumerate() {
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

/// The ratio over all workspaces, and that of each where they are few.
fn over_workspaces(row: &Across) -> String {
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

/// How the ratios over all workspaces were made, in words.
fn estimators(findings: &Findings) -> BTreeSet<&'static str> {
    findings.across.iter().map(|row| row.ratio.estimator.words()).collect()
}

/// What the columns mean, in a line or two.
fn legend(findings: &Findings, style: TerminalStyle, text: &mut Safe<Terminal>) {
    let reference = findings.run.plan.reference.as_deref().unwrap_or("the reference");
    let mut words = format!(
        "wall: median (smallest–largest) of n jobs; ratio: wall over that of {reference}, below 1 \
         is faster; hits: of the tool's lookups; reuse: fresh and hit over all units; too few: \
         no verdict from so few jobs"
    );
    if let Some(levels) = levels::sentence(findings) {
        words.push_str(&format!("; verdicts: {levels}"));
    }
    if let Some(floor) = floor(findings) {
        words.push_str(&format!("; {floor}"));
    }
    text.line("");
    for line in wrapped(&words, style.width) {
        text.painted(style.paint(Paint::Dim), line);
    }
}

/// What a noisy reference hides, where it was measured twice.
fn floor(findings: &Findings) -> Option<String> {
    let floors = findings.rows.iter().filter_map(|row| row.comparison.as_ref()?.floor);
    let largest = floors.max_by(f64::total_cmp)?;
    Some(format!(
        "the reference differs from itself by up to {}: no smaller difference is called one",
        percent(largest)
    ))
}

/// The text in lines of at most so many columns, broken at spaces.
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
