//! The line `job`: what one job left.
//! Owns its form and that of its steps, units, statements and checks.

use std::collections::BTreeMap;

use lukewarm_model::{
    Attempt, Bytes, Case, FailureKind, JobName, Latencies, Moment, Operation, Seconds, Step,
    Timestamp, UnitKind,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::command::CommandFact;
use super::host::Warning;
use super::outputs::{JobOutputs, UncachedBuild};
use super::variation::SettledFacts;
use crate::wire::{converted, mirrors};

/// What one job left.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct JobFacts {
    /// The case's id.
    pub case: Case,
    /// The job's name in the story.
    pub job: JobName,
    /// The iteration; 0 is priming and counts in no estimate.
    pub iteration: u32,
    /// The job's place in the order of the whole run, from 0.
    pub position: u64,
    /// How often its block was measured before: 1 in one that is measured again, whole; absent
    /// means 0. Records of earlier versions do not say it, but name a case's job twice in one
    /// iteration.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeat: u32,
    /// When it began, RFC 3339 in UTC.
    pub started: Timestamp,
    /// Warnings about the machine at the time of a resume; set on the first job after one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Vec<Warning>>,
    /// The calibration load, where it was done just before this job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
    /// Which draw of its case's primed state it makes or started from, from 0; absent means 0,
    /// the only one that records of earlier versions know.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub state: u32,
    /// The place in the run's `parts` of the one that measured it; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// What each command of the build step took, in their order; absent where none was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandFact>,
    /// What was odd while it ran, such as a process that could not be ended; absent means nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// The steps that ran, in order.
    pub steps: Vec<StepFacts>,
    /// The units that Cargo planned, as its messages named them.
    pub units: Vec<UnitFact>,
    /// What the tool said of itself, word for word.
    pub statements: Vec<ToolStatement>,
    /// What the service held at the end, where there is one.
    pub service: Option<ServiceFacts>,
    /// Bytes of the folders that survive to the next job without a service.
    pub kept_bytes: Option<Bytes>,
    /// What an archive brought, and how much of it the build used; absent where nothing was
    /// restored, and in records of versions that did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<RestoredFacts>,
    /// What the build made; absent for a job that failed, and in records of versions that did not
    /// look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<JobOutputs>,
    /// The builds that were made only to compare with, just before this job or after it; absent
    /// means none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncached: Vec<UncachedBuild>,
    /// What the finished program printed, its beginning; absent where a job is measured, and where
    /// no program ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed: Option<String>,
    /// What the same build did once more; absent where nobody looked, and in records of versions
    /// that did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<SettledFacts>,
    /// What was looked at to believe the job, and what was seen.
    pub checks: Vec<Check>,
    /// Why it has no result, where it has none.
    pub failure: Option<Failure>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What the calibration load took once.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Probe {
    /// Wall-clock time.
    pub wall: Seconds,
    /// CPU time; absent where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Seconds>,
    /// Share of all processor time that the hypervisor gave to somebody else meanwhile; absent
    /// where it is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stolen: Option<f64>,
}

/// What one step left.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct StepFacts {
    /// Which step.
    pub step: Step,
    /// Wall-clock time.
    pub wall: Seconds,
    /// CPU time of the whole child tree, a tool's server included; absent where the system does
    /// not say.
    pub cpu: Option<Seconds>,
    /// Largest resident memory of the child tree seen at once.
    pub peak_rss: Option<Bytes>,
    /// CPU time of the emulated service.
    pub service_cpu: Option<Seconds>,
    /// Requests that the service saw during the step.
    pub ledger: Option<LedgerSummary>,
    /// What the step did, where that is worth a word: `saved 12 MB`, `key exists, not saved`.
    pub note: Option<String>,
}

/// The requests of one step, summed.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct LedgerSummary {
    /// Requests of any kind.
    pub requests: u64,
    /// Requests by HTTP status.
    pub by_status: BTreeMap<u16, u64>,
    /// Requests by operation.
    pub by_operation: BTreeMap<Operation, u64>,
    /// Body bytes received by the job.
    pub bytes_down: Bytes,
    /// Body bytes sent by the job.
    pub bytes_up: Bytes,
    /// Head and body bytes received by the job.
    pub wire_down: Bytes,
    /// Head and body bytes sent by the job.
    pub wire_up: Bytes,
    /// Sum over requests of the time from head to last byte; overlapping requests count each.
    pub waiting: Seconds,
    /// How long requests took from head to last byte, by operation; absent without requests, and
    /// in records of earlier versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub latency: BTreeMap<Operation, Latencies>,
    /// Requests in which something was made to go wrong on purpose; absent means none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub faults: u64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// One compiler invocation that Cargo planned.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct UnitFact {
    /// The package's name.
    pub package: String,
    /// The target's name.
    pub target: String,
    /// What it makes.
    pub kind: UnitKind,
    /// Whether the package comes from a registry or repository, and not from the workspace.
    pub external: bool,
    /// Whether Cargo skipped it.
    pub fresh: bool,
}

/// What a tool said of itself at one moment.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ToolStatement {
    /// When: `before` or `after` the build.
    pub moment: Moment,
    /// What, word for word.
    pub text: String,
}

/// What the service held when the job had ended.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ServiceFacts {
    /// Entries that can be read.
    pub objects: u64,
    /// Their bytes.
    pub bytes: Bytes,
    /// Entries that the quota pushed out during the job.
    pub evicted: u64,
}

/// What an archive's restore unpacked, and how much of that the build used. A file is used when
/// its path has the hash of a unit that Cargo found fresh, or lies in the output of such a build
/// script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct RestoredFacts {
    /// Files in the target folder before the build.
    pub files: u64,
    /// Their bytes.
    pub bytes: Bytes,
    /// Those of them that were used.
    pub used_files: u64,
    /// Their bytes.
    pub used_bytes: Bytes,
}

/// Something that was looked at to believe a job.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Check {
    /// What was looked at, in a few words.
    pub name: String,
    /// Whether it held; null when it could not be looked at.
    pub held: Option<bool>,
    /// What was seen.
    pub seen: String,
}

/// Why a job has no result.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Failure {
    /// The step that failed; null when the job could not be prepared.
    pub step: Option<Step>,
    /// What kind of failure.
    pub kind: FailureKind,
    /// What went wrong, in one line.
    pub message: String,
    /// The last lines of what the process printed.
    pub last_lines: Vec<String>,
}

mirrors! {
    Probe { wall, cpu, stolen }
    StepFacts { step, wall, cpu, peak_rss, service_cpu, ledger: option, note }
    LedgerSummary {
        requests, by_status, by_operation, bytes_down, bytes_up, wire_down, wire_up, waiting,
        latency, faults,
    }
    UnitFact { package, target, kind, external, fresh }
    ToolStatement { moment, text }
    ServiceFacts { objects, bytes, evicted }
    RestoredFacts { files, bytes, used_files, used_bytes }
    Check { name, held, seen }
    Failure { step, kind, message, last_lines }
}

impl From<lukewarm_model::JobFacts> for JobFacts {
    fn from(it: lukewarm_model::JobFacts) -> JobFacts {
        let lukewarm_model::JobFacts {
            case,
            job,
            attempt: Attempt { iteration, position, repeat },
            started,
            resumed,
            probe,
            state,
            part,
            commands,
            warnings,
            steps,
            units,
            statements,
            service,
            kept_bytes,
            restored,
            outputs,
            uncached,
            printed,
            settled,
            checks,
            failure,
        } = it;
        JobFacts {
            case,
            job,
            iteration,
            position,
            repeat,
            started,
            resumed: converted!(resumed, lists),
            probe: converted!(probe, option),
            state,
            part,
            commands: converted!(commands, list),
            warnings: converted!(warnings, list),
            steps: converted!(steps, list),
            units: converted!(units, list),
            statements: converted!(statements, list),
            service: converted!(service, option),
            kept_bytes,
            restored: converted!(restored, option),
            outputs: converted!(outputs, option),
            uncached: converted!(uncached, list),
            printed,
            settled: converted!(settled, option),
            checks: converted!(checks, list),
            failure: converted!(failure, option),
        }
    }
}

impl From<JobFacts> for lukewarm_model::JobFacts {
    fn from(it: JobFacts) -> lukewarm_model::JobFacts {
        let JobFacts {
            case,
            job,
            iteration,
            position,
            repeat,
            started,
            resumed,
            probe,
            state,
            part,
            commands,
            warnings,
            steps,
            units,
            statements,
            service,
            kept_bytes,
            restored,
            outputs,
            uncached,
            printed,
            settled,
            checks,
            failure,
        } = it;
        lukewarm_model::JobFacts {
            case,
            job,
            attempt: Attempt { iteration, position, repeat },
            started,
            resumed: converted!(resumed, lists),
            probe: converted!(probe, option),
            state,
            part,
            commands: converted!(commands, list),
            warnings: converted!(warnings, list),
            steps: converted!(steps, list),
            units: converted!(units, list),
            statements: converted!(statements, list),
            service: converted!(service, option),
            kept_bytes,
            restored: converted!(restored, option),
            outputs: converted!(outputs, option),
            uncached: converted!(uncached, list),
            printed,
            settled: converted!(settled, option),
            checks: converted!(checks, list),
            failure: converted!(failure, option),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_earlier_versions_have_no_latency_and_no_faults() {
        let nothing = lukewarm_model::LedgerSummary::default();
        let text = serde_json::to_string(&LedgerSummary::from(nothing.clone())).unwrap();
        assert!(!text.contains("latency") && !text.contains("faults"), "{text}");
        let read = serde_json::from_str::<LedgerSummary>(&text).unwrap();
        assert_eq!(lukewarm_model::LedgerSummary::from(read), nothing);
        let latency = BTreeMap::from([(Operation::Read, {
            let mut took = Latencies::default();
            took.record(Seconds(0.5));
            took
        })]);
        let summary = lukewarm_model::LedgerSummary { latency, ..nothing };
        let text = serde_json::to_string(&LedgerSummary::from(summary.clone())).unwrap();
        let read = serde_json::from_str::<LedgerSummary>(&text).unwrap();
        assert_eq!(lukewarm_model::LedgerSummary::from(read), summary);
    }
}
