//! The line `end`: how a run ended.
//! Owns its form, with where the time went, the machine's pace and the publication.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{EnoughReason, Seconds, StopReason, Timestamp};
use serde::{Deserialize, Serialize};

use super::host::Warning;
use crate::mirrors;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct RunEnd {
    /// When it ended, RFC 3339 in UTC.
    pub ended: Timestamp,
    /// Why it ended before its plan was done, where it did.
    pub stopped: Option<StopReason>,
    /// Why fewer iterations than the plan's most were enough, where they were; absent in records
    /// of versions that always ran all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enough: Option<EnoughReason>,
    /// Where the time went.
    pub time: TimeSpent,
    /// What made numbers worse while it ran.
    pub warnings: Vec<Warning>,
    /// How fast the machine was beside when it is quiet; absent where no job was measured, and in
    /// records of versions that did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<MachinePace>,
    /// Under which name it was published, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Publication>,
}

/// Where the time between first job and last went, of a part that was killed only its jobs'.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct TimeSpent {
    /// Steps of jobs.
    pub measured: Seconds,
    /// Laying checkouts and states, clearing them away: what a clean machine costs.
    pub laying: Seconds,
    /// Everything else: the harness's own time.
    pub own: Seconds,
}

/// How fast the machine was during a run.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct MachinePace {
    /// Median wall-clock time of the calibration load during the run.
    pub probe: Seconds,
    /// How often it was done.
    pub probes: u64,
    /// What it takes on this machine, with this toolchain, when it is quiet; absent where nobody
    /// has measured that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietMachine>,
}

/// What the calibration load takes on a quiet machine, as `lukewarm doctor` measured it.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct QuietMachine {
    /// Wall-clock time of the load: the lower quartile of several.
    pub wall: Seconds,
    /// When it was measured, RFC 3339 in UTC.
    pub measured: Timestamp,
}

/// That a run was published.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Publication {
    /// The folder below `results/published`.
    pub name: String,
    /// When, RFC 3339 in UTC.
    pub at: Timestamp,
    /// Why it was published although the machine was slow, or nobody knows whether it was; absent
    /// where it was quiet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

mirrors! {
    RunEnd {
        ended, stopped, enough, time: into, warnings: list, machine: option, published: option,
    }
    TimeSpent { measured, laying, own }
    MachinePace { probe, probes, quiet: option }
    QuietMachine { wall, measured }
    Publication { name, at, reason }
}
