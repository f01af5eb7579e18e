//! The result on a terminal: doubts, a table a workspace, the headline.
//! Owns the columns and what gives way on a narrow terminal; printing belongs to the front door.

use comfy_table::{Cell, CellAlignment, Table, TableStyle};
use comfy_table::{ContentLineStyle, LineStyle};

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::{ComparisonVerdict, Metric};

use crate::doubts;
use crate::headline::headline;
use crate::sections::{Section, Standing, sections};
use crate::words::{
    bytes, counted, percent, plain, ratio, ratio_with_spread, samples, seconds_with_spread,
};

/// How wide the terminal is, and whether it shows colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Columns.
    pub width: u16,
    /// Whether colours are wanted.
    pub colour: Colour,
}

/// Whether colours are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// ANSI colours.
    On,
    /// Plain text.
    Off,
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Name,
    Wall,
    Count,
    Ratio,
    Hit,
    Reuse,
    Down,
    Up,
    Verdict,
}

pub(crate) const BOLD: &str = "1";
pub(crate) const DIM: &str = "2";
pub(crate) const RED: &str = "31";
pub(crate) const GREEN: &str = "32";
pub(crate) const YELLOW: &str = "33";

/// Troubles that are told in full; the page tells all of them.
const TROUBLES: usize = 8;
/// Lines of a failing process that are shown.
const LAST_LINES: usize = 16;

/// What a run shows, for people at a terminal: doubts first, then a table for each workspace,
/// then the headline. Ends with a newline.
pub fn terminal(findings: &Findings, style: TerminalStyle) -> String {
    let mut text = doubts_in_words(findings, style);
    for section in sections(findings) {
        text.push_str(&paint(&format!("\n{}\n", section.workspace), BOLD, style));
        text.push_str(&table(findings, &section, style));
    }
    text.push_str(&across(findings, style));
    if !findings.rows.is_empty() {
        text.push_str(&legend(findings, style));
        text.push('\n');
    }
    for line in wrapped(&headline(findings), style.width) {
        text.push_str(&paint(&line, BOLD, style));
        text.push('\n');
    }
    text
}

fn doubts_in_words(findings: &Findings, style: TerminalStyle) -> String {
    let mut text = String::new();
    let troubles = doubts::troubles(findings);
    for trouble in troubles.iter().take(TROUBLES) {
        let colour = if trouble.word == "failed" { RED } else { YELLOW };
        let whole = format!("{} {}: {}", trouble.word, trouble.case, trouble.jobs);
        let width = style.width.saturating_sub(2);
        for (number, line) in wrapped(&whole, width).into_iter().enumerate() {
            text.push_str(&match line.strip_prefix(trouble.word) {
                Some(rest) if number == 0 => paint(trouble.word, colour, style) + rest + "\n",
                _ => format!("  {line}\n"),
            });
        }
        for line in trouble.reasons.iter().flat_map(|why| wrapped(why, width)) {
            text.push_str(&format!("  {line}\n"));
        }
        let skipped = trouble.last_lines.len().saturating_sub(LAST_LINES);
        for line in &trouble.last_lines[skipped..] {
            text.push_str(&paint(&format!("  | {}", plain(line)), DIM, style));
            text.push('\n');
        }
    }
    if let Some(more) = troubles.len().checked_sub(TROUBLES + 1) {
        let more = counted(more + 1, "more trouble");
        text.push_str(&format!("and {more}: report.html tells them all\n"));
    }
    text
}

/// The widest table that fits: the least important columns give way first.
fn table(findings: &Findings, section: &Section<'_>, style: TerminalStyle) -> String {
    let mut columns = vec![
        Column::Name,
        Column::Wall,
        Column::Count,
        Column::Ratio,
        Column::Hit,
        Column::Reuse,
        Column::Down,
        Column::Up,
        Column::Verdict,
    ];
    let mut give_way =
        [Column::Up, Column::Down, Column::Count, Column::Hit, Column::Reuse].into_iter();
    loop {
        let lines = lines(findings, section, &columns, style);
        let width = lines.iter().map(|(plain, _)| plain.chars().count()).max().unwrap_or(0);
        match (width > usize::from(style.width)).then(|| give_way.next()).flatten() {
            Some(column) => columns.retain(|kept| *kept != column),
            None => return lines.into_iter().map(|(_, painted)| painted + "\n").collect(),
        }
    }
}

/// The lines of a table, each plain and painted.
fn lines(
    findings: &Findings,
    section: &Section<'_>,
    columns: &[Column],
    style: TerminalStyle,
) -> Vec<(String, String)> {
    let mut table = Table::new();
    table.load_style(lean());
    table.set_header(columns.iter().map(|column| cell(*column, header(*column))));
    let mut standings = Vec::new();
    for group in &section.groups {
        table.add_row([Cell::new(group.scenario)]);
        standings.push(None);
        for row in group.rows {
            let standing = section.standing(findings, row);
            table.add_row(
                columns.iter().map(|column| cell(*column, value(*column, row, &standing))),
            );
            standings.push(Some(standing));
        }
    }
    for (column, shown) in columns.iter().zip(table.column_iter_mut()) {
        shown.set_padding((0, gap(*column)));
    }
    let mut painted = Vec::new();
    for (number, line) in table.lines().enumerate() {
        let plain = line.trim_end().to_owned();
        let standing = number.checked_sub(2).and_then(|row| standings.get(row));
        let text = match standing {
            None => paint(&plain, DIM, style),
            Some(None) => paint(&plain, BOLD, style),
            Some(Some(standing)) => painted_verdict(&plain, standing, style),
        };
        painted.push((plain, text));
    }
    painted
}

/// Blanks after a column, beside the one that separates columns anyway; together they leave
/// eight scenarios of usual names within 100 columns.
fn gap(column: Column) -> u16 {
    match column {
        Column::Wall | Column::Count | Column::Hit | Column::Verdict => 0,
        _ => 1,
    }
}

/// A line between header and rows, and nothing else.
pub(crate) fn lean() -> TableStyle {
    TableStyle::new()
        .header_lines(ContentLineStyle::none())
        .header_separator(LineStyle::none().fill('─').junction('─'))
        .content_lines(ContentLineStyle::none())
}

fn header(column: Column) -> String {
    let text = match column {
        Column::Name => "scenario / job",
        Column::Wall => "wall",
        Column::Count => "n",
        Column::Ratio => "ratio",
        Column::Hit => "hits",
        Column::Reuse => "reuse",
        Column::Down => "down",
        Column::Up => "up",
        Column::Verdict => "verdict",
    };
    text.to_owned()
}

fn cell(column: Column, text: String) -> Cell {
    let alignment = match column {
        Column::Name | Column::Wall | Column::Verdict => CellAlignment::Left,
        _ => CellAlignment::Right,
    };
    Cell::new(text).set_alignment(alignment)
}

fn value(column: Column, row: &Row, standing: &Standing<'_>) -> String {
    let point = |metric, format: fn(f64) -> String| {
        row.estimate(metric, None).map_or_else(|| "–".to_owned(), |found| format(found.point))
    };
    let wall = row.estimate(Metric::Wall, None);
    match column {
        Column::Name => format!("  {}", row.job),
        Column::Wall => wall.map_or_else(|| "–".to_owned(), seconds_with_spread),
        Column::Count => wall.map_or_else(|| "–".to_owned(), |it| samples(it.count, row.states)),
        Column::Ratio => match &row.comparison {
            Some(comparison) => ratio(comparison.ratio.point),
            None => "–".to_owned(),
        },
        Column::Hit => point(Metric::HitRatio, percent),
        Column::Reuse => point(Metric::ReuseRatio, percent),
        Column::Down => point(Metric::BytesDown, bytes),
        Column::Up => point(Metric::BytesUp, bytes),
        Column::Verdict => standing.word().to_owned(),
    }
}

fn painted_verdict(line: &str, standing: &Standing<'_>, style: TerminalStyle) -> String {
    let colour = match standing {
        Standing::NoResult => RED,
        Standing::Doubtful(_) => YELLOW,
        Standing::Compared(comparison) => match comparison.verdict {
            ComparisonVerdict::Faster => GREEN,
            ComparisonVerdict::Slower => RED,
            _ => DIM,
        },
        Standing::Reference | Standing::Alone => DIM,
    };
    match line.strip_suffix(standing.word()) {
        Some(start) => format!("{start}{}", paint(standing.word(), colour, style)),
        None => line.to_owned(),
    }
}

/// The ratios over all workspaces, where there are several.
fn across(findings: &Findings, style: TerminalStyle) -> String {
    if findings.across.is_empty() {
        return String::new();
    }
    let mut text = paint("\nall workspaces\n", BOLD, style);
    for row in &findings.across {
        let ratio = ratio_with_spread(&row.ratio);
        text.push_str(&format!("  {} {}: {ratio}\n", row.scenario, row.job));
    }
    text
}

/// What the columns mean, in a line or two.
fn legend(findings: &Findings, style: TerminalStyle) -> String {
    let reference = findings.run.plan.reference.as_deref().unwrap_or("the reference");
    let text = format!(
        "wall: median (smallest–largest) of n jobs; ratio: wall over that of {reference}, below 1 \
         is faster; hits: of the tool's lookups; reuse: fresh and hit over all units; too few: \
         no verdict from so few jobs"
    );
    let lines = wrapped(&text, style.width).into_iter();
    let lines = lines.map(|line| format!("{}\n", paint(&line, DIM, style)));
    format!("\n{}", lines.collect::<String>())
}

pub(crate) fn paint(text: &str, code: &str, style: TerminalStyle) -> String {
    match style.colour {
        Colour::On if !text.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        _ => text.to_owned(),
    }
}

/// The text in lines of at most so many columns, broken at spaces.
pub(crate) fn wrapped(text: &str, width: u16) -> Vec<String> {
    let width = usize::from(width.max(20));
    let mut lines = vec![String::new()];
    for word in plain(text).split_whitespace() {
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
