//! The domain types of lukewarm, with units in their types.
//! Owns the vocabulary of every other crate. It must not have effects (no file, process, network,
//! clock), and depends on no other crate of ours but a macro that makes nothing.

mod at_once;
mod block;
mod claim;
mod command;
mod configuration;
mod copies;
mod counter;
mod decided_by;
mod edit_choice;
mod elapsed;
mod ending;
mod error;
mod facts;
mod fault;
mod few;
mod host;
mod identity;
mod in_parallel;
mod job_copies;
mod job_parts;
mod keyword;
mod latency;
mod ledger;
mod metric;
mod name;
mod network;
mod operation;
mod outputs;
mod overhead;
mod pace;
mod plan;
mod portion;
mod prices;
mod primed_state;
mod probe;
mod runner;
mod sample;
mod scenario;
mod schema;
mod service;
mod setting;
mod settled;
mod shard;
mod statement;
mod story;
mod sweep;
mod threshold;
mod time_spent;
mod timestamp;
mod tool;
mod uncached;
mod units;
mod unstable;
mod variable;
mod variation;
mod verdict;
mod workflow;
mod workspace;

pub use at_once::AtOnce;
pub use block::{Block, Blocks, attempts, disturbed_blocks, to_repeat};
pub use claim::{
    ALL_JOBS, Bound, Caveat, Claim, ClaimRole, ClaimVerdict, ClaimedSize, Experiment, Observed,
    Predicate, Registration, Standing, Tested,
};
pub use command::{CargoCommand, CargoTask, quoted};
pub use configuration::{ConfigurationSetting, Treatment};
pub use copies::{CopiesFacts, CopyFacts};
pub use counter::Counter;
pub use decided_by::DecidedBy;
pub use edit_choice::EditChoice;
pub use elapsed::{durations, elapsed};
pub use ending::{EnoughReason, NoRoom, StopReason};
pub use error::{Classify, ErrorChain, ErrorKind, causes};
pub use facts::{Attempt, JobFacts, RawRecord, RunEnd, RunFacts};
pub use fault::{Fault, FaultKind, ParseFaultError, When};
pub use few::few;
pub use host::{Difference, Host, HostDetails, PageCache, ToolIdentity, Toolchain, Warning};
pub use identity::{Case, JobName, ParseCaseError, ScenarioName, SettingOverride, WorkspaceName};
pub use in_parallel::{in_parallel, result_of};
pub use job_parts::{
    Check, CommandFact, Failure, FailureKind, RestoredFacts, ServiceFacts, StepFacts, UnitFact,
    UnitKind,
};
pub use keyword::Keyword;
pub use latency::{Latencies, PER_DOUBLING};
pub use ledger::{LedgerSummary, Request};
pub use lukewarm_text as text;
pub use metric::{Metric, Source, Unit};
pub use name::{
    NAME_RULE, goes_down, is_absolute, is_component, is_mask, is_name, is_profile, is_run_id,
    is_scenario_name, is_short_id, is_version, short_id,
};
pub use network::{
    LatencyQuantile, Limits, Network, ParseLatencyError, ServiceSettings, StoreState,
};
pub use operation::Operation;
pub use outputs::{
    ContentDigest, JobOutputs, OutputFile, OutputManifest, ParseDigestError, UncachedBuild,
};
pub use overhead::{CallPair, OverheadPairs, WrappedCall};
pub use pace::{MachinePace, Publication, QuietMachine, SLOW, Standard};
pub use plan::{Allocation, Order, Plan, Priming, Stopping};
pub use portion::Portion;
pub use prices::{CachePrice, Prices, RunnerPrice};
pub use probe::{Probe, disturbed, repeats};
pub use runner::Runner;
pub use sample::{JobSamples, Sample};
pub use scenario::{ArchiveChoice, Scenario, SettingValue, ToolChoice};
pub use schema::{described, schema_of};
pub use service::{Access, Endpoint, ServiceDescription, ServiceKind};
pub use setting::Setting;
pub use settled::SettledFacts;
pub use shard::{MOST_SHARDS, ParseShardError, PartFacts, Shard};
pub use statement::{Moment, ToolStatement};
pub use story::{Change, JobSpec, Mtime, MutationKind, Place, Story};
pub use sweep::{Sweep, SweepPoint};
pub use threshold::{EXACT_METRICS, Rule, Thresholds, WALL_TOLERANCE};
pub use time_spent::{TimeShares, TimeSpent};
pub use timestamp::{ParseTimestampError, Timestamp};
pub use tool::{
    RestoreScope, SettingDescription, SettingKind, ToolDescription, ToolRole, Variable,
};
pub use uncached::{BuildClass, BuildTraits, OutputComparison, UncachedBuilds};
pub use units::{
    Bandwidth, Bytes, ParseUnitError, Quantity, Seconds, counted, listed, three_digits,
};
pub use unstable::UnstableFeature;
pub use variable::{JobVariable, JobVariables, MASK, VariableValue, Visibility, masked};
pub use variation::{PublishedBug, Surroundings, Variation};
pub use verdict::{ComparisonVerdict, JobVerdict, Step, VerdictKind};
pub use workflow::{PinnedAction, WorkflowStep, WorkflowSteps};
pub use workspace::{
    Expected, Mutation, Origin, PublishedPackage, Reuse, SampleWorkspace, UncommittedChanges,
    Verify,
};
