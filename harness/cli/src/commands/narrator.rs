//! The messages of a session in progress: its plan, progress, warnings, where the report is.
//! Owns their wording; the events are the session's.

use std::path::Path;

use lukewarm_model::{Bytes, Plan, Seconds};
use lukewarm_report::TerminalStyle;
use lukewarm_session::{Packed, RunReport, SessionError, SessionEvent};

use super::counted;
use crate::args::Common;
use crate::failure::Failure;
use crate::progress::{Progress, Show};
use crate::{paths, terminal};

/// Prints the events of a session.
pub struct Narrator<'a> {
    common: &'a Common,
    /// How an interrupted run is resumed, by its folder.
    how_to_resume: fn(&Path) -> String,
    progress: Option<Progress>,
}

/// How an interrupted run is usually resumed.
pub fn resume(folder: &Path) -> String {
    format!("`lukewarm run --resume {}` resumes it", folder.display())
}

impl Narrator<'_> {
    /// A narrator; `how_to_resume` gives the advice for an interrupted run.
    pub fn new(common: &Common, how_to_resume: fn(&Path) -> String) -> Narrator<'_> {
        Narrator { common, how_to_resume, progress: None }
    }

    /// Takes one event.
    pub fn hear(&mut self, event: SessionEvent<'_>) {
        match event {
            SessionEvent::PassedOver { folder, reason } => {
                terminal::say(format!("{} is not used: {reason}", folder.display()));
            }
            SessionEvent::Remark(text) => self.say(text),
            SessionEvent::Reopened { folder, warnings } => {
                terminal::warn(warnings);
                self.say(&format!("{} is resumed where it was interrupted", folder.display()));
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
                    self.say(&(self.how_to_resume)(folder));
                }
            }
            SessionEvent::Packed(what) if self.common.quiet && !is_kept(what) => {}
            SessionEvent::Packed(what) => terminal::say(packed(what)),
            SessionEvent::Salvaged(report) => print_table(report),
        }
    }

    /// An error with the advice how to resume the run that it stopped.
    pub fn explain(&self, error: SessionError) -> Failure {
        match error {
            SessionError::Stopped { folder, source } => {
                let how = (self.how_to_resume)(&folder);
                Failure::from(*source).context(format!("finished jobs are kept, and {how}"))
            }
            error => error.into(),
        }
    }

    /// Prints a line, unless little is to be said.
    pub fn say(&self, text: &str) {
        if !self.common.quiet {
            terminal::say(text);
        }
    }
}

fn is_kept(packed: &Packed) -> bool {
    matches!(packed, Packed::Kept { .. })
}

/// What became of a run's file.
pub fn packed(packed: &Packed) -> String {
    match packed {
        Packed::Written { path, bytes } => {
            format!("packed: {} ({})", path.display(), Bytes(*bytes))
        }
        Packed::Kept { path, run } => format!(
            "not packed: {} has more of this shard, of run {run}, and is kept; `lukewarm pack RUN \
             --out FILE` packs this run too",
            path.display()
        ),
    }
}

/// Prints the table of a run.
pub fn print_table(report: &RunReport) {
    terminal::result(lukewarm_report::terminal(&report.findings, style()));
}

/// The width and colour of tables on this terminal.
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

/// The plan, before it is run.
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
