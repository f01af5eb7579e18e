//! Version 1 of the record: the data of a journal's lines `run`, `job` and `end`.
//! Owns the form of each; what versions before 0.1 wrote otherwise is read by `earlier`.

mod earlier;
mod end;
mod job;
mod plan;
mod run;
mod scenario;
mod story;
mod workspace;

pub use end::{MachinePace, Publication, QuietMachine, RunEnd, TimeSpent};
pub use job::{
    Check, Failure, JobFacts, LedgerSummary, Probe, RestoredFacts, ServiceFacts, StepFacts,
    ToolStatement, UnitFact,
};
pub use plan::{Case, Plan, Stopping, Sweep, SweepPoint};
pub use run::{
    ConfigurationSetting, Host, HostDetails, RunFacts, ToolIdentity, Toolchain, Warning,
};
pub use scenario::{
    ArchiveChoice, LatencyQuantile, Limits, Network, Scenario, ServiceDescription, ServiceKind,
    ToolChoice,
};
pub use story::{Change, JobSpec, Story};
pub use workspace::{Expected, Mutation, Reuse, SampleWorkspace, Verify};
