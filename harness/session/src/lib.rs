//! Orchestration: measuring sessions, resume, claims campaigns, live comparisons, publication.
//! Owns the order in which the other crates are used, so that any program can drive them. It must
//! not parse arguments or print: it returns values, and one observer hears what happens.

mod claims;
mod diagnosis_answer;
mod doctor;
mod error;
mod event;
mod listing;
mod live_comparison;
mod privacy;
mod publication;
mod report_files;
mod results;
mod run_facts;
mod samples;
mod session;

pub use claims::{
    Campaign, CampaignRun, CampaignState, CutOffRun, MachineConditions, PriorRuns, Provenance,
    Registered, records_in, register, replace_table, write_answer,
};
pub use doctor::{Diagnosis, FoundTool, diagnose, spread};
pub use error::{Objection, PublicationError, SessionError};
pub use event::{Observer, SessionEvent};
pub use listing::{ClaimItem, ExperimentItem, Item, Listing};
pub use live_comparison::{Against, LiveComparison, ParseAgainstError};
pub use publication::Publication;
pub use report_files::{RunReport, evaluate, write_bitmaps, write_report};
pub use results::Results;
pub use session::{Measured, OpenedRun, Session, cores, estimate};

#[cfg(test)]
mod examples;
