//! Claims campaigns: evidence for claims is taken from earlier runs, or measured where there is
//! none, and judged. Owns the way from claims to the files of their verdicts; the verdicts
//! themselves are `analysis`'s.

mod answer;
mod campaign;
mod measure;
mod prior_runs;
mod registration;

pub use answer::{replace_table, write_answer};
pub use campaign::{Campaign, CampaignRun, CampaignState, Provenance};
pub use measure::EvidenceSource;
pub use prior_runs::{CutOffRun, MachineConditions, PriorRuns, records_in};
pub use registration::{Registered, register};
