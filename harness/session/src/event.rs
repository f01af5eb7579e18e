//! The events of a session in progress.
//! Owns the events. It must not print them: that is the observer's.

use std::path::Path;

use lukewarm_model::{Plan, RawRecord, Seconds, Warning};
use lukewarm_runner::Event;

use crate::packing::Packed;
use crate::report_files::RunReport;

/// Something that happened in a session.
#[derive(Clone, Copy, Debug)]
pub enum SessionEvent<'a> {
    /// An earlier run cannot be read and is not used as evidence.
    PassedOver {
        /// Its folder.
        folder: &'a Path,
        /// Why.
        reason: &'a str,
    },
    /// A message about the measurement for its reader.
    Remark(&'a str),
    /// An interrupted run is resumed.
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
        /// Rough time of the plan; none where one of its workspaces was never measured.
        estimate: Option<Seconds>,
    },
    /// The plan is prepared.
    Prepared {
        /// What distorts measurements on this machine, each with advice.
        warnings: &'a [Warning],
    },
    /// A step of preparation or of the run.
    Run(&'a Event),
    /// The run ended, for whatever reason; no further event of it follows.
    RunEnded,
    /// What was measured is packed into the run's file, whatever ended it.
    Packed(&'a Packed),
    /// The run's reports are written.
    Reported {
        /// Its results folder.
        folder: &'a Path,
        /// What was measured.
        record: &'a RawRecord,
    },
    /// The run ended with an error; this is the report of its finished jobs.
    Salvaged(&'a RunReport),
}

/// A function that receives the events of a session.
pub type Observer<'a> = &'a mut dyn FnMut(SessionEvent<'_>);
