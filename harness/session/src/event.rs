//! What a session reports while it works.
//! Owns the events. It must not print them: that is the observer's.

use std::path::Path;

use lukewarm_model::{Plan, RawRecord, Seconds, Warning};
use lukewarm_runner::Event;

use crate::report_files::RunReport;

/// Something that happened in a session.
#[derive(Clone, Copy, Debug)]
pub enum SessionEvent<'a> {
    /// An earlier run cannot be read, so it is no evidence.
    PassedOver {
        /// Its folder.
        folder: &'a Path,
        /// Why.
        reason: &'a str,
    },
    /// Something about what is measured that its reader should know.
    Remark(&'a str),
    /// A run that was cut off is opened again.
    Reopened {
        /// Its folder.
        folder: &'a Path,
        /// What is doubtful about its record.
        warnings: &'a [Warning],
    },
    /// A plan is about to be prepared and run.
    Planned {
        /// The plan.
        plan: &'a Plan,
        /// How long all of it takes, roughly; none where nobody measured its workspaces before.
        estimate: Option<Seconds>,
    },
    /// Everything that the plan needs is there.
    Prepared {
        /// What makes numbers worse on this machine.
        warnings: &'a [Warning],
    },
    /// A step of preparation or of the run.
    Run(&'a Event),
    /// No further event of this run comes, however it ended.
    RunEnded,
    /// The run's reports are written.
    Reported {
        /// Its results folder.
        folder: &'a Path,
        /// What was measured.
        record: &'a RawRecord,
    },
    /// The run ended by an error; this is the report of what was measured before.
    Salvaged(&'a RunReport),
}

/// Whoever hears the events of a session.
pub type Observer<'a> = &'a mut dyn FnMut(SessionEvent<'_>);
