//! The gate's answer at a terminal: a table of what changed, warnings, the sentence.

use comfy_table::{Cell, CellAlignment, Table};

use lukewarm_analysis::{Answer, ChangeVerdict, Gate};
use lukewarm_model::text::{Paint, Safe, Terminal, one_line};

use super::columns::{COLUMNS, Side};
use super::sentences::{how, listed, of, sentence, warnings};
use crate::TerminalStyle;
use crate::format::counted;
use crate::terminal::{minimal_style, wrapped};

pub(super) fn human(gate: &Gate, style: TerminalStyle) -> Safe<Terminal> {
    let mut text = Safe::empty();
    text.line(format!("baseline   {}", gate.baseline));
    text.line(format!("candidate  {}", gate.candidate));
    text.line("");
    table(gate, style, &mut text);
    let mut paragraph = |words: &str, paint: Paint| {
        for line in wrapped(words, style.width) {
            text.painted(style.paint(paint), line);
        }
    };
    for warning in warnings(gate) {
        paragraph(&warning, Paint::Yellow);
    }
    let same = counted(of(gate, ChangeVerdict::Same), "metric");
    paragraph(&format!("{same} the same; compared {}", how(gate)), Paint::Dim);
    paragraph("", Paint::Plain);
    paragraph(
        &sentence(gate),
        match gate.answer {
            Answer::Fine => Paint::Green,
            Answer::Regression | Answer::Invalid | Answer::WrongOutput => Paint::Red,
            Answer::Inconclusive => Paint::Yellow,
        },
    );
    text
}

fn table(gate: &Gate, style: TerminalStyle, text: &mut Safe<Terminal>) {
    let mut table = Table::new();
    table.load_style(minimal_style());
    table.set_header(COLUMNS.iter().map(|it| it.title));
    let mut verdicts = Vec::new();
    for change in listed(gate) {
        table.add_row(COLUMNS.iter().map(|it| {
            let alignment = match it.side {
                Side::Left => CellAlignment::Left,
                Side::Right => CellAlignment::Right,
            };
            Cell::new(one_line(&(it.cell)(change))).set_alignment(alignment)
        }));
        verdicts.push(change.verdict);
    }
    if verdicts.is_empty() {
        return;
    }
    for (number, line) in table.lines().enumerate() {
        let paint = match number.checked_sub(2).and_then(|row| verdicts.get(row)) {
            None => Paint::Bold,
            Some(ChangeVerdict::Worse) => Paint::Red,
            Some(ChangeVerdict::Better) => Paint::Green,
            Some(_) => Paint::Dim,
        };
        text.painted(style.paint(paint), line.trim_end());
    }
    text.line("");
}
