//! The soundness table on a terminal.

use lukewarm_analysis::{Soundness, SoundnessCell, SoundnessMark};
use lukewarm_model::Keyword;
use lukewarm_model::text::{Paint, Safe, Terminal};

use super::parts::{CellWord, columns};
use crate::TerminalStyle;
use crate::terminal::wrapped;

/// Space between two columns.
const GAP: usize = 2;
/// The widest word of a cell.
const WIDEST: usize = "over-keyed *".len();

pub(super) fn human(found: &Soundness, style: TerminalStyle) -> Safe<Terminal> {
    let mut text = Safe::empty();
    table(&mut text, found, style);
    text.line("");
    for (variation, cell) in found.marked(SoundnessMark::UnderKeyed) {
        let why = cell.reasons.join("; ");
        let whole = format!("WRONG {} after {}: {why}", cell.scenario, variation.name);
        for (number, line) in wrapped(&whole, style.width.saturating_sub(2)).iter().enumerate() {
            match number {
                0 => text.painted(style.paint(Paint::Red), line),
                _ => text.line(format!("  {line}")),
            }
        }
    }
    for mark in SoundnessMark::CHOICES {
        let word = if *mark == SoundnessMark::NotTestable { "-" } else { mark.word() };
        text.painted(style.paint(Paint::Dim), format!("{word}: {}", mark.help()));
    }
    let cells = found.variations.iter().flat_map(|row| &row.cells);
    if cells.clone().any(SoundnessCell::is_unsettled) {
        let what =
            "*: the same build once more compiles again, which it does not without the cache";
        text.painted(style.paint(Paint::Dim), what);
    }
    text
}

/// The columns have the scenarios' names where there is room for them, else numbers.
fn table(text: &mut Safe<Terminal>, found: &Soundness, style: TerminalStyle) {
    let rows = found.variations.iter().map(|row| row.name.as_str());
    let first = rows.map(|name| name.chars().count()).max().unwrap_or(0);
    let names: Vec<String> = found.arms.iter().map(|arm| arm.scenario.to_string()).collect();
    let wide: Vec<usize> = names.iter().map(|name| name.chars().count().max(WIDEST)).collect();
    let needed = first + wide.iter().map(|it| it + GAP).sum::<usize>();
    let is_wide = needed <= usize::from(style.width);
    for (number, column) in columns(found).enumerate() {
        match is_wide {
            true => text.line(column),
            false => text.line(format!("[{}] {column}", number + 1)),
        }
    }
    text.line("");
    let (heads, widths) = match is_wide {
        true => (names, wide),
        false => {
            let numbers = (1..=names.len()).map(|number| format!("[{number}]")).collect();
            (numbers, vec![WIDEST; names.len()])
        }
    };
    let mut line = " ".repeat(first);
    for (head, width) in heads.iter().zip(&widths) {
        line += &format!("{:GAP$}{head:<width$}", "");
    }
    text.painted(style.paint(Paint::Bold), line.trim_end());
    for row in &found.variations {
        let name = format!("{:<first$}", row.name.as_str());
        let mut spans = vec![(Paint::Plain, name)];
        for (cell, width) in row.cells.iter().zip(&widths) {
            let CellWord { word, .. } = CellWord::of(cell);
            spans.push((Paint::Plain, " ".repeat(GAP)));
            spans.push((style.paint(paint(cell)), word.to_owned()));
            spans.push((Paint::Plain, " ".repeat(width.saturating_sub(word.len()))));
        }
        // Nothing stands behind the last word.
        spans.pop();
        let spans: Vec<(Paint, &str)> = spans.iter().map(|(paint, it)| (*paint, &**it)).collect();
        text.spans(&spans);
    }
}

fn paint(cell: &SoundnessCell) -> Paint {
    match cell.mark {
        SoundnessMark::UnderKeyed => Paint::Red,
        SoundnessMark::OverKeyed => Paint::Yellow,
        SoundnessMark::Right if cell.is_unsettled() => Paint::Yellow,
        SoundnessMark::Right => Paint::Green,
        SoundnessMark::NotTestable => Paint::Dim,
    }
}
