//! What a line `job` is made of: steps, units, statements and checks.
//! Owns the form of each.

use std::collections::BTreeMap;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Bytes, FailureKind, Latencies, Moment, Operation, Seconds, Step, UnitKind};
use serde::{Deserialize, Serialize};

use crate::mirrors;

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
