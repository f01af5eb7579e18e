//! Claims campaigns: what is claimed is looked up in earlier runs, measured where none serves, and
//! judged. Owns the way from claims to an answer; what a claim comes to is `analysis`'s to say.

mod answer;
mod campaign;
mod measure;
mod prior_runs;
mod registration;

pub use answer::{replace_table, write_answer};
pub use campaign::{Campaign, CampaignRun, CampaignState, Provenance};
pub use prior_runs::{CutOffRun, MachineConditions, PriorRuns, records_in};
pub use registration::{Registered, register};
