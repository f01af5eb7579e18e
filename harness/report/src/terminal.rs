//! The table for the terminal, doubts before it and the headline after it.

use std::fmt::Write;

use comfy_table::presets::NOTHING as PLAIN;
use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table};
use lukewarm_analysis::{Findings, Row};
use lukewarm_model::Metric;

use crate::headline::headline;
use crate::words;

/// How wide and how colourful the terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Columns.
    pub width: u16,
    /// Colour or none.
    pub colour: Colour,
}

/// Colour or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// With colour.
    On,
    /// Plain text.
    Off,
}

/// Doubts that are told in full; the rest is counted.
const TOLD: usize = 8;

const HEADER: [&str; 8] = ["", "wall (spread)", "ratio", "hits", "reuse", "down", "up", "verdict"];

/// What a run shows, for a person at a terminal.
pub fn terminal(findings: &Findings, style: TerminalStyle) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail, here and below.
    for doubt in findings.doubts.iter().take(TOLD) {
        let reasons = doubt.reasons.join("; ");
        let (case, job, word) = (&doubt.case, &doubt.job, &doubt.word);
        let _ = writeln!(text, "{word}: {case} {job}, iteration {}: {reasons}", doubt.iteration);
        for line in &doubt.last_lines {
            let _ = writeln!(text, "    {line}");
        }
    }
    if findings.doubts.len() > TOLD {
        let more = findings.doubts.len() - TOLD;
        let _ = writeln!(text, "and {more} more jobs in doubt: see report.html");
    }
    for workspace in words::workspaces(findings) {
        let _ = writeln!(text, "\n{workspace}: {}", words::iterations(findings));
        let _ = writeln!(text, "{}", table(findings, workspace, style));
    }
    let _ = writeln!(text, "\n{}", headline(findings));
    text
}

/// One workspace: for each job a line of its own, then a line a scenario.
fn table(findings: &Findings, workspace: &str, style: TerminalStyle) -> String {
    let mut table = Table::new();
    table.load_style(PLAIN).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(style.width);
    table.set_header(HEADER);
    for column in 1..HEADER.len() - 1 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for job in words::jobs(findings) {
        let title = Cell::new(job);
        table.add_row([match style.colour {
            Colour::On => title.add_attribute(Attribute::Bold),
            Colour::Off => title,
        }]);
        for scenario in &findings.run.plan.scenarios {
            if let Some(row) = words::row(findings, workspace, &scenario.name, job) {
                table.add_row(cells(row, style));
            }
        }
    }
    if style.colour == Colour::Off {
        table.force_no_tty();
    } else {
        table.enforce_styling();
    }
    table.trim_fmt()
}

fn cells(row: &Row, style: TerminalStyle) -> Vec<Cell> {
    let wall = row.estimate(Metric::Wall, None);
    let ratio = row.comparison.as_ref();
    let verdict = Cell::new(words::verdict(row));
    let verdict = match (style.colour, row.verdict.as_ref().map(|verdict| verdict.word())) {
        (Colour::Off, _) => verdict,
        (Colour::On, Some("valid")) => verdict.fg(Color::Green),
        (Colour::On, Some("unchecked")) => verdict.fg(Color::Yellow),
        (Colour::On, _) => verdict.fg(Color::Red),
    };
    let nothing = || words::NOTHING.to_owned();
    vec![
        Cell::new(format!("  {}", row.scenario)),
        Cell::new(wall.map_or_else(nothing, words::wall)),
        Cell::new(ratio.map_or_else(nothing, words::ratio)),
        Cell::new(words::metric(row, Metric::HitRatio, words::percent)),
        Cell::new(words::metric(row, Metric::ReuseRatio, words::percent)),
        Cell::new(words::metric(row, Metric::BytesDown, words::bytes)),
        Cell::new(words::metric(row, Metric::BytesUp, words::bytes)),
        verdict,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn doubts_come_before_the_table_and_the_headline_last() {
        let style = TerminalStyle { width: 100, colour: Colour::Off };
        let text = terminal(&examples::findings(), style);
        let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what}: {text}"));
        assert!(place("failed: ") < place("wall (spread)"));
        assert!(place("unchanged") < place("too few to say"));
        assert!(text.lines().filter(|line| line.contains(" s (")).count() > 3, "{text}");
        let header = text.lines().position(|line| line.contains("wall (spread)")).unwrap();
        let wide = |line: &&str| line.chars().count() > 100;
        let table = text.lines().skip(header).take(20).filter(wide).count();
        assert_eq!(table, 0, "{text}");
        assert!(!text.contains('\u{1b}'), "colour although there is none");
    }
}
