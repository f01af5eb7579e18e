//! What is said while a session works: what is about to happen, progress, warnings, where the
//! report is. Owns the words; what happens is the session's.

use std::path::Path;

use lukewarm_model::{Plan, Seconds};
use lukewarm_report::TerminalStyle;
use lukewarm_session::{RunReport, SessionError, SessionEvent};

use super::counted;
use crate::args::Common;
use crate::failure::Failure;
use crate::progress::{Progress, Show};
use crate::{paths, terminal};

/// Says what a session does.
pub struct Narrator<'a> {
    common: &'a Common,
    /// The words that go on with a run that stopped, by its folder.
    goes_on: fn(&Path) -> String,
    progress: Option<Progress>,
}

/// The usual words that go on with a run.
pub fn resume(folder: &Path) -> String {
    format!("`lukewarm run --resume {}` goes on with it", folder.display())
}

impl Narrator<'_> {
    /// A narrator; `goes_on` gives the words that go on with a run that stopped.
    pub fn new(common: &Common, goes_on: fn(&Path) -> String) -> Narrator<'_> {
        Narrator { common, goes_on, progress: None }
    }

    /// Takes one event.
    pub fn hear(&mut self, event: SessionEvent<'_>) {
        match event {
            SessionEvent::PassedOver { folder, reason } => {
                terminal::say(format!("{} is passed over: {reason}", folder.display()));
            }
            SessionEvent::Remark(text) => self.say(text),
            SessionEvent::Reopened { folder, warnings } => {
                terminal::warn(warnings);
                self.say(&format!("{} goes on where it was cut off", folder.display()));
            }
            SessionEvent::Planned { plan, estimate } => {
                self.say(&introduction(plan, estimate));
                self.progress = Some(Progress::new(show(self.common), plan, estimate));
            }
            SessionEvent::Prepared { warnings } if !self.common.quiet => terminal::warn(warnings),
            SessionEvent::Prepared { .. } => {}
            SessionEvent::Run(event) => {
                self.progress.iter_mut().for_each(|progress| progress.observe(event));
            }
            SessionEvent::RunEnded => self.progress = None,
            SessionEvent::Reported { folder, record } => {
                self.say(&format!("report: {}", folder.join("report.html").display()));
                if !record.is_complete() {
                    self.say(&(self.goes_on)(folder));
                }
            }
            SessionEvent::Salvaged(report) => print_table(report),
        }
    }

    /// An error with the words that go on with what it stopped.
    pub fn explain(&self, error: SessionError) -> Failure {
        match error {
            SessionError::Stopped { folder, source } => {
                let goes_on = (self.goes_on)(&folder);
                Failure::from(source).context(format!("what was measured is kept, and {goes_on}"))
            }
            error => error.into(),
        }
    }

    fn say(&self, text: &str) {
        if !self.common.quiet {
            terminal::say(text);
        }
    }
}

/// Prints the table of a run.
pub fn print_table(report: &RunReport) {
    terminal::result(lukewarm_report::terminal(&report.findings, style()));
}

/// How tables are laid out on this terminal.
pub fn style() -> TerminalStyle {
    TerminalStyle { width: terminal::width(), colour: terminal::colour(&paths::user()) }
}

fn show(common: &Common) -> Show {
    match (common.quiet, terminal::is_live()) {
        (true, _) => Show::Nothing,
        (false, true) => Show::Live,
        (false, false) => Show::Lines,
    }
}

/// What is about to happen, before it does.
fn introduction(plan: &Plan, estimate: Option<Seconds>) -> String {
    let names = |names: Vec<&str>| names.join(", ");
    let length = super::length(plan);
    format!(
        "{} ({}) × {} ({}) × story {} ({}): {length}; {}",
        counted(plan.scenarios.len(), "scenario"),
        names(plan.scenarios.iter().map(|it| it.name.as_str()).collect()),
        counted(plan.workspaces.len(), "workspace"),
        names(plan.workspaces.iter().map(|it| it.name.as_str()).collect()),
        plan.story.name,
        names(plan.story.jobs.iter().map(|it| it.name.as_str()).collect()),
        super::estimated(plan, estimate)
    )
}
