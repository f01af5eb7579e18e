//! What the copies of one job left that ran at once.
//! Owns these nouns. What follows from them belongs to `analysis`.

use std::collections::BTreeMap;

use crate::{
    Bytes, Check, CommandFact, Failure, JobOutputs, RestoredFacts, Seconds, SettledFacts,
    StepFacts, ToolStatement, UnitFact, Warning,
};

/// What the copies of a job left.
#[derive(Clone, Debug, PartialEq)]
pub struct CopiesFacts {
    /// How much later each copy was to start than the one before it.
    pub stagger: Seconds,
    /// Largest resident memory of all copies together seen at once.
    pub peak_rss: Option<Bytes>,
    /// CPU time of the emulated service while they ran.
    pub service_cpu: Option<Seconds>,
    /// Cache entries by how many copies wanted to write them, while they built and saved: the
    /// number of copies, and how many entries. Counted from the requests that the service saw;
    /// empty where there is no service.
    pub offered: BTreeMap<u32, u64>,
    /// Each copy, by number.
    pub copies: Vec<CopyFacts>,
}

/// What one copy of a job left; the fields of a job's facts that each copy has for itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CopyFacts {
    /// When it started, counted from the first copy's start.
    pub started: Seconds,
    /// When its last step had ended, counted from there too.
    pub ended: Seconds,
    /// What each command of the build step took, in their order; empty where none was given.
    pub commands: Vec<CommandFact>,
    /// What was odd while it ran.
    pub warnings: Vec<Warning>,
    /// The steps that ran, in order, each with its own requests to the service.
    pub steps: Vec<StepFacts>,
    /// The units that Cargo planned.
    pub units: Vec<UnitFact>,
    /// What the tool said of itself, word for word.
    pub statements: Vec<ToolStatement>,
    /// What an archive brought; absent without one.
    pub restored: Option<RestoredFacts>,
    /// What the build made; absent for a copy that failed, and where nobody looked.
    pub outputs: Option<JobOutputs>,
    /// What the same build did once more; absent where nobody looked.
    pub settled: Option<SettledFacts>,
    /// What was looked at to believe the copy.
    pub checks: Vec<Check>,
    /// Requests to write that the service refused, by HTTP status, without those of a tool's server
    /// that looks when it starts whether it may write, and finds that key there (409).
    pub refused: BTreeMap<u16, u64>,
    /// Why it has no result, where it has none.
    pub failure: Option<Failure>,
}

impl CopiesFacts {
    /// From the first copy's start to the last one's end.
    pub fn wall(&self) -> Seconds {
        self.copies
            .iter()
            .map(|copy| copy.ended)
            .fold(Seconds(0.0), |most, it| if it > most { it } else { most })
    }
}

impl CopyFacts {
    /// From its start to the end of its last step.
    pub fn wall(&self) -> Seconds {
        self.ended - self.started
    }
}
