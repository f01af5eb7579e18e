//! Orchestration: measuring sessions, resume, claims campaigns, comparisons, publication, served
//! caches. Owns the order in which the other crates are used, so that any program can drive them.
//! It must not parse arguments or print: it returns values, and reports events to one observer.

mod against;
mod assignment;
mod chart_files;
mod claims;
mod deciding;
mod definition_folders;
mod diagnosis_answer;
mod doctor;
mod earlier_times;
mod error;
mod event;
mod listing;
mod live_comparison;
mod merge;
mod overhead;
mod own_folders;
mod packing;
mod privacy;
mod publication;
mod recommendation;
mod recorded_comparison;
mod report_files;
mod results;
mod run_facts;
mod samples;
mod schemas;
mod serve;
mod session;
mod shard_costs;
mod shard_variables;
mod soundness;

pub use against::{Against, ParseAgainstError};
pub use assignment::Assignment;
pub use chart_files::{ChartFormats, ChartSelection, draw_charts};
pub use claims::{
    Campaign, CampaignRun, CampaignState, CutOffRun, EvidenceSource, MachineConditions, PriorRuns,
    Provenance, Registered, records_in, register, replace_table, write_answer,
};
pub use deciding::Deciding;
pub use definition_folders::DefinitionFolders;
pub use doctor::{Diagnosis, FoundTool, LOADS, diagnose, spread};
pub use earlier_times::EarlierTimes;
pub use error::{Objection, PublicationError, SessionError};
pub use event::{Observer, SessionEvent};
pub use listing::{ClaimItem, ExperimentItem, Item, Listing};
pub use live_comparison::{LiveComparison, compare_recorded};
pub use merge::{Merged, MergedPlans, MergedRun, merge};
pub use overhead::{OverheadRequest, overhead};
pub use own_folders::{cache_folder, scratch_folder};
pub use packing::{Packed, pack_run};
pub use publication::Publication;
pub use recommendation::{
    ChosenSteps, chosen_steps, deciding_run, newest_run, recommend, runner_price,
};
pub use recorded_comparison::{ComparedRun, compare_records};
pub use report_files::{RunReport, evaluate, write_bitmaps, write_report};
pub use results::Results;
pub use schemas::{NamedSchema, written_schemas};
pub use serve::{
    OriginPlace, RequestTotals, ServeError, ServeOptions, ServedCache, ServedStorage, StatusTotals,
    TokenSource,
};
pub use session::{Measured, OpenedRun, Session, check_runner, cores, one_build, report_ended};
pub use shard_costs::{ShardCost, ShardCosts};
pub use shard_variables::{FoundShard, SHARDS, ShardVariableError, find_shard};
pub use soundness::{DefaultArms, default_arms};

#[cfg(test)]
mod examples;
