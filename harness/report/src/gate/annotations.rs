//! The gate's answer as workflow commands, which GitHub shows on the run and the pull request:
//! `::error title=…::…`. Escaped as `@actions/core` escapes them
//! (<https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>).

use lukewarm_analysis::{Answer, ChangeVerdict, Gate};

use super::{line, remarks, sentence};

pub(super) fn annotations(gate: &Gate) -> String {
    let mut text = String::new();
    let mut say = |level: &str, title: &str, message: &str| {
        text.push_str(&format!("::{level} title={}::{}\n", property(title), data(message)));
    };
    for change in &gate.changes {
        match change.verdict {
            ChangeVerdict::Worse => say("error", "Regression", &line(change)),
            ChangeVerdict::Better => say("notice", "Improvement", &line(change)),
            _ => {}
        }
    }
    for remark in remarks(gate) {
        say("warning", "Not compared", &remark);
    }
    let level = match gate.answer {
        Answer::Fine => "notice",
        Answer::Regression | Answer::Invalid => "error",
        Answer::Inconclusive => "warning",
    };
    say(level, "lukewarm", &sentence(gate));
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
