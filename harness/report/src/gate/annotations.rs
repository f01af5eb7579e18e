//! The gate's answer as workflow commands, which GitHub shows on the run and the pull request.

use lukewarm_analysis::{Answer, ChangeVerdict, Gate};
use lukewarm_model::text::{Level, Safe, Workflow};

use super::words::{line, remarks, sentence};

pub(super) fn annotations(gate: &Gate) -> Safe<Workflow> {
    let mut text = Safe::empty();
    for change in &gate.changes {
        match change.verdict {
            ChangeVerdict::Worse => text.command(Level::Error, "Regression", &line(change)),
            ChangeVerdict::Better => text.command(Level::Notice, "Improvement", &line(change)),
            _ => {}
        }
    }
    for remark in remarks(gate) {
        text.command(Level::Warning, "Not compared", &remark);
    }
    let level = match gate.answer {
        Answer::Fine => Level::Notice,
        Answer::Regression | Answer::Invalid => Level::Error,
        Answer::Inconclusive => Level::Warning,
    };
    text.command(level, "lukewarm", &sentence(gate));
    text
}
