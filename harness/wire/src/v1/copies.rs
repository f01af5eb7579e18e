//! What the copies of a job left that ran at once, in a line `job`.
//! Owns their form; that of a step, a unit or a check is a job's.

use std::collections::BTreeMap;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Bytes, Seconds};
use serde::{Deserialize, Serialize};

use super::command::CommandFact;
use super::host::Warning;
use super::job_parts::{Check, Failure, RestoredFacts, StepFacts, ToolStatement, UnitFact};
use super::outputs::JobOutputs;
use super::variation::SettledFacts;
use crate::mirrors;

/// What the copies of a job left that ran at once, each on a machine of its own, with one service
/// between them.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct CopiesFacts {
    /// How much later each copy was to start than the one before it.
    pub stagger: Seconds,
    /// Largest resident memory of all copies together seen at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_rss: Option<Bytes>,
    /// CPU time of the emulated service while they ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_cpu: Option<Seconds>,
    /// Cache entries by how many copies wanted to write them, while they built and saved: the
    /// number of copies, and how many entries; absent where there is no service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub offered: BTreeMap<u32, u64>,
    /// Each copy, by number.
    pub copies: Vec<CopyFacts>,
}

/// What one copy of a job left; the fields of a job that each copy has for itself.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct CopyFacts {
    /// When it started, counted from the first copy's start.
    pub started: Seconds,
    /// When its last step had ended, counted from there too.
    pub ended: Seconds,
    /// What each command of the build step took, in their order; absent where none was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandFact>,
    /// What was odd while it ran; absent means nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// The steps that ran, in order, each with its own requests to the service.
    pub steps: Vec<StepFacts>,
    /// The units that Cargo planned.
    pub units: Vec<UnitFact>,
    /// What the tool said of itself, word for word.
    pub statements: Vec<ToolStatement>,
    /// What an archive brought; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<RestoredFacts>,
    /// What the build made; absent for a copy that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<JobOutputs>,
    /// What the same build did once more; absent where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<SettledFacts>,
    /// What was looked at to believe the copy.
    pub checks: Vec<Check>,
    /// Requests to write that the service refused, by HTTP status, without those of a tool's server
    /// that looks when it starts whether it may write, and finds that key there (409); absent means
    /// none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refused: BTreeMap<u16, u64>,
    /// Why it has no result, where it has none.
    pub failure: Option<Failure>,
}

mirrors! {
    CopiesFacts { stagger, peak_rss, service_cpu, offered, copies: list }
    CopyFacts {
        started, ended, commands: list, warnings: list, steps: list, units: list,
        statements: list, restored: option, outputs: option, settled: option, checks: list,
        refused, failure: option,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_read_as_they_were_written() {
        let copy = |started: f64| lukewarm_model::CopyFacts {
            started: Seconds(started),
            ended: Seconds(started + 2.0),
            refused: BTreeMap::from([(429, 3)]),
            ..lukewarm_model::CopyFacts::default()
        };
        let facts = lukewarm_model::CopiesFacts {
            stagger: Seconds(1.0),
            peak_rss: Some(Bytes(7)),
            service_cpu: None,
            offered: BTreeMap::from([(1, 4), (2, 9)]),
            copies: vec![copy(0.0), copy(1.0)],
        };
        let text = serde_json::to_string(&CopiesFacts::from(facts.clone())).unwrap();
        assert!(text.contains(r#""offered":{"1":4,"2":9}"#), "{text}");
        assert!(!text.contains("settled") && !text.contains("service_cpu"), "{text}");
        let read = serde_json::from_str::<CopiesFacts>(&text).unwrap();
        assert_eq!(lukewarm_model::CopiesFacts::from(read), facts);
    }
}
