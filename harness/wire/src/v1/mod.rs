//! Version 1 of the record: the data of a journal's lines `run`, `job` and `end`.
//! Owns the form of each. What earlier versions wrote otherwise is read by `earlier`, and what they
//! left unsaid is found out by `twin`.

mod at_once;
mod command;
mod copies;
mod decided_by;
mod earlier;
mod end;
mod host;
mod job;
mod job_parts;
mod outputs;
mod plan;
mod run;
mod scenario;
mod shard;
mod story;
mod twin;
mod variation;
mod workspace;

pub use at_once::AtOnce;
pub use command::{CargoCommand, CommandFact, VariableValue};
pub use copies::{CopiesFacts, CopyFacts};
pub use decided_by::{DecidedBy, Rule};
pub use end::{MachinePace, Publication, QuietMachine, RunEnd, TimeSpent};
pub use host::{Host, HostDetails, Warning};
pub use job::{JobFacts, Probe};
pub use job_parts::{
    Check, Failure, LedgerSummary, RestoredFacts, ServiceFacts, StepFacts, ToolStatement, UnitFact,
};
pub use outputs::{JobOutputs, OutputManifest, UncachedBuild};
pub use plan::{Plan, Runner, Stopping, Sweep, SweepPoint};
pub use run::{ConfigurationSetting, EditChoice, RunFacts, ToolIdentity, Toolchain};
pub use scenario::{
    ArchiveChoice, LatencyQuantile, Limits, Network, Scenario, ServiceDescription, ServiceKind,
    ToolChoice,
};
pub use shard::{PartFacts, Shard};
pub use story::{Change, JobSpec, Story};
pub use twin::name_twin;
pub use variation::{PublishedBug, SettledFacts, Surroundings, Variation};
pub use workspace::{Expected, Mutation, Reuse, SampleWorkspace, Verify};
