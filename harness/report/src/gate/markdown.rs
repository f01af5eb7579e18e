//! The gate's answer for a pull request, or for a job's summary page on GitHub.

use lukewarm_analysis::{Answer, ChangeVerdict, Gate};

use super::{factor, how, of, remarks, sentence, told, value, word};
use crate::markdown::escaped;
use crate::words::counted;

/// Changes that get a row; the others are counted.
const ROWS: usize = 40;

pub(super) fn markdown(gate: &Gate) -> String {
    let sign = match gate.answer {
        Answer::Fine => "✅",
        Answer::Regression => "❌",
        Answer::Inconclusive => "❔",
        Answer::Invalid => "⚠️",
    };
    let mut lines = vec![
        "## lukewarm: compared with the baseline".to_owned(),
        String::new(),
        format!("{sign} **{}**", escaped(&sentence(gate))),
        String::new(),
    ];
    let mut rows: Vec<_> = told(gate).collect();
    // What matters most comes first, where not all is told.
    rows.sort_by_key(|change| change.verdict != ChangeVerdict::Worse);
    if !rows.is_empty() {
        lines.push("| case | job | metric | before | now | now / before | verdict |".to_owned());
        lines.push("|---|---|---|--:|--:|---|---|".to_owned());
    }
    for change in rows.iter().take(ROWS) {
        lines.push(format!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            escaped(&change.case),
            escaped(&change.job),
            escaped(change.metric.name()),
            value(change, change.baseline.median),
            value(change, change.candidate.median),
            factor(change),
            word(change.verdict)
        ));
    }
    if !rows.is_empty() {
        lines.push(String::new());
    }
    if let Some(more) = rows.len().checked_sub(ROWS + 1) {
        lines.push(format!("And {}.", counted(more + 1, "more change")));
        lines.push(String::new());
    }
    lines.extend(remarks(gate).iter().map(|remark| format!("- {}", escaped(remark))));
    lines.push(format!(
        "{} the same; compared {}. Baseline `{}`, candidate `{}`.",
        counted(of(gate, ChangeVerdict::Same), "metric"),
        how(gate),
        gate.baseline,
        gate.candidate
    ));
    lines.join("\n") + "\n"
}
