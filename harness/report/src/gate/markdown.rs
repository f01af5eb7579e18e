//! The gate's answer for a pull request, or for a job's summary page on GitHub.

use lukewarm_analysis::{Answer, ChangeVerdict, Gate};
use lukewarm_model::text::{Markdown, Safe};

use super::columns::{COLUMNS, Side};
use super::sentences::{how, listed, of, sentence, warnings};
use crate::format::counted;

/// Changes that get a row; the others are counted.
const ROWS: usize = 40;

pub(super) fn markdown(gate: &Gate) -> Safe<Markdown> {
    let sign = Safe::own(match gate.answer {
        Answer::Fine => "✅",
        Answer::Regression | Answer::WrongOutput => "❌",
        Answer::Inconclusive => "❔",
        Answer::Invalid => "⚠️",
    });
    let mut text = Safe::own("## lukewarm: compared with the baseline\n\n");
    text.write("{} **{}**\n\n", &[&sign, &sentence(gate)]);
    let mut rows: Vec<_> = listed(gate).collect();
    // What matters most comes first, where not all is told.
    rows.sort_by_key(|change| change.verdict != ChangeVerdict::Worse);
    if !rows.is_empty() {
        let titles = COLUMNS.iter().map(|it| Safe::own(it.title));
        text.write("| {} |\n", &[&Safe::joined(titles, " | ")]);
        let rules = COLUMNS.iter().map(|it| match it.side {
            Side::Left => Safe::own("---|"),
            Side::Right => Safe::own("--:|"),
        });
        text.write("|{}\n", &[&Safe::joined(rules, "")]);
    }
    for change in rows.iter().take(ROWS) {
        let cells = COLUMNS.iter().map(|it| Safe::of(&(it.cell)(change)));
        text.write("| {} |\n", &[&Safe::joined(cells, " | ")]);
    }
    if !rows.is_empty() {
        text.write("\n", &[]);
    }
    if let Some(more) = rows.len().checked_sub(ROWS + 1) {
        text.write("And {}.\n\n", &[&counted(more + 1, "more change")]);
    }
    for warning in warnings(gate) {
        text.write("- {}\n", &[&warning]);
    }
    let same = counted(of(gate, ChangeVerdict::Same), "metric");
    let [baseline, candidate] = [&gate.baseline, &gate.candidate].map(|it| Safe::code(it));
    text.write(
        "{} the same; compared {}. Baseline {}, candidate {}.\n",
        &[&same, &how(gate), &baseline, &candidate],
    );
    text
}
