//! The gate's answer at a terminal: a table of what changed, remarks, the sentence.

use comfy_table::{Cell, CellAlignment, Table};

use lukewarm_analysis::{Answer, ChangeVerdict, Gate};

use super::{factor, how, of, remarks, sentence, told, value, word};
use crate::TerminalStyle;
use crate::terminal::{BOLD, DIM, GREEN, RED, YELLOW, lean, paint, wrapped};
use crate::words::counted;

pub(super) fn human(gate: &Gate, style: TerminalStyle) -> String {
    let mut text = format!("baseline   {}\ncandidate  {}\n\n", gate.baseline, gate.candidate);
    text.push_str(&table(gate, style));
    for remark in remarks(gate) {
        text.push_str(&paragraph(&remark, YELLOW, style));
    }
    let same = counted(of(gate, ChangeVerdict::Same), "metric");
    text.push_str(&paragraph(&format!("{same} the same; compared {}", how(gate)), DIM, style));
    text.push('\n');
    let colour = match gate.answer {
        Answer::Fine => GREEN,
        Answer::Regression | Answer::Invalid => RED,
        Answer::Inconclusive => YELLOW,
    };
    text + &paragraph(&sentence(gate), colour, style)
}

fn table(gate: &Gate, style: TerminalStyle) -> String {
    let mut table = Table::new();
    table.load_style(lean());
    table.set_header(["case", "job", "metric", "before", "now", "now / before", "verdict"]);
    let mut verdicts = Vec::new();
    for change in told(gate) {
        let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row([
            Cell::new(&change.case),
            Cell::new(&change.job),
            Cell::new(change.metric.name()),
            number(value(change, change.baseline.median)),
            number(value(change, change.candidate.median)),
            Cell::new(factor(change)),
            Cell::new(word(change.verdict)),
        ]);
        verdicts.push(change.verdict);
    }
    if verdicts.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    for (number, line) in table.lines().enumerate() {
        let colour = match number.checked_sub(2).and_then(|row| verdicts.get(row)) {
            None => BOLD,
            Some(ChangeVerdict::Worse) => RED,
            Some(ChangeVerdict::Better) => GREEN,
            Some(_) => DIM,
        };
        text.push_str(&paint(line.trim_end(), colour, style));
        text.push('\n');
    }
    text + "\n"
}

fn paragraph(text: &str, colour: &str, style: TerminalStyle) -> String {
    let lines = wrapped(text, style.width).into_iter();
    lines.map(|line| paint(&line, colour, style) + "\n").collect()
}
