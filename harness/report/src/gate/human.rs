//! The gate's answer at a terminal: a table of what changed, remarks, the sentence.

use comfy_table::{Cell, CellAlignment, Table};

use lukewarm_analysis::{Answer, ChangeVerdict, Gate};
use lukewarm_model::text::{Paint, Safe, Terminal, one_line};

use super::{factor, how, of, remarks, sentence, told, value, word};
use crate::TerminalStyle;
use crate::terminal::{lean, wrapped};
use crate::words::counted;

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
    for remark in remarks(gate) {
        paragraph(&remark, Paint::Yellow);
    }
    let same = counted(of(gate, ChangeVerdict::Same), "metric");
    paragraph(&format!("{same} the same; compared {}", how(gate)), Paint::Dim);
    paragraph("", Paint::Plain);
    paragraph(
        &sentence(gate),
        match gate.answer {
            Answer::Fine => Paint::Green,
            Answer::Regression | Answer::Invalid => Paint::Red,
            Answer::Inconclusive => Paint::Yellow,
        },
    );
    text
}

fn table(gate: &Gate, style: TerminalStyle, text: &mut Safe<Terminal>) {
    let mut table = Table::new();
    table.load_style(lean());
    table.set_header(["case", "job", "metric", "before", "now", "now / before", "verdict"]);
    let mut verdicts = Vec::new();
    for change in told(gate) {
        let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row([
            Cell::new(one_line(&change.case)),
            Cell::new(one_line(&change.job)),
            Cell::new(change.metric.name()),
            number(value(change, change.baseline.median)),
            number(value(change, change.candidate.median)),
            Cell::new(factor(change)),
            Cell::new(word(change.verdict)),
        ]);
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
