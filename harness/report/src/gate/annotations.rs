//! The gate's answer as workflow commands, which GitHub shows on the run and the pull request.

use lukewarm_analysis::{Answer, ChangeVerdict, Gate};
use lukewarm_model::text::{Level, Safe, Workflow};

use super::sentences::{line, sentence, warnings};

pub(super) fn annotations(gate: &Gate) -> Safe<Workflow> {
    let mut text = Safe::empty();
    for change in &gate.changes {
        match change.verdict {
            ChangeVerdict::Worse => text.command(Level::Error, "Regression", &line(change)),
            ChangeVerdict::Better => text.command(Level::Notice, "Improvement", &line(change)),
            _ => {}
        }
    }
    for warning in warnings(gate) {
        text.command(Level::Warning, "Not compared", &warning);
    }
    let level = match gate.answer {
        Answer::Fine => Level::Notice,
        Answer::Regression | Answer::Invalid | Answer::WrongOutput => Level::Error,
        Answer::Inconclusive => Level::Warning,
    };
    text.command(level, "lukewarm", &sentence(gate));
    text
}
