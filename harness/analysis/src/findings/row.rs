//! Rows: the result of one case and job.
//! Owns the form of a result and the reading of a comparison; words and charts belong to `report`.

use std::collections::BTreeMap;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{
    Case, ComparisonVerdict, JobName, JobVerdict, Latencies, Metric, Operation, ScenarioName, Step,
    WorkspaceName,
};
use serde::Serialize;

use super::across_parts::AcrossParts;
use super::estimates::Estimates;
use crate::compare::{Direction, Margin, Significance, decide};
use crate::estimate::Estimate;

/// One case and job.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Row {
    /// The case's id.
    pub case: Case,
    /// The scenario's name.
    pub scenario: ScenarioName,
    /// The workspace's name.
    pub workspace: WorkspaceName,
    /// The job's name in the story.
    pub job: JobName,
    /// The worst verdict among the row's jobs that count, with every distinct reason; absent
    /// when no job of the row has a result.
    pub verdict: Option<JobVerdict>,
    /// Why the row has no result, where it has none.
    pub failure: Option<String>,
    /// The estimates, by metric and step; empty when no job of the row has a result.
    #[schemars(with = "Vec<super::estimates::Measured>")]
    pub measured: Estimates,
    /// The ratio of wall-clock to the reference's same job; absent for the reference itself.
    pub comparison: Option<Comparison>,
    /// The number of different primed states that its jobs started from, where priming is random:
    /// samples from one state hold for that state only. Absent where priming is deterministic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub states: Option<usize>,
    /// The latency of its jobs' requests, over all steps and iterations; empty without a service,
    /// and for records of earlier versions. Not in `summary.json`: the journal has it.
    #[serde(skip)]
    pub latency: BTreeMap<Operation, Latencies>,
}

/// A ratio to the reference.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Comparison {
    /// The reference's scenario.
    pub reference: ScenarioName,
    /// Wall-clock of this row over wall-clock of the reference, paired within iterations; below
    /// 1 is faster. Of several machines or sittings it is pooled over them.
    pub ratio: Estimate,
    /// The verdict on the ratio.
    pub verdict: ComparisonVerdict,
    /// Where it is undecided: iterations that would decide it with a power of 80 %, if the effect
    /// is as estimated. Of several machines it is those of all together, on the same machines; what
    /// these differ by stays, so that it may be absent where more machines would decide it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iterations_needed: Option<u32>,
    /// Where it is undecided: the smallest difference that the present iterations detect with a
    /// power of 80 %, as a share; absent where they are too few to detect any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detectable: Option<f64>,
    /// The margin of practical equivalence, as a share: 0.02 is ±2 %.
    pub margin: f64,
    /// The A/A floor: the largest difference of the reference from itself, as a share, where it was
    /// measured twice and exceeds the margin; smaller differences are not called one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<f64>,
    /// What each machine or sitting says; absent in a record that was not merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub across: Option<AcrossParts>,
}

impl Row {
    /// The estimate of one metric; no step is the whole job.
    pub fn estimate(&self, metric: Metric, step: Option<Step>) -> Option<&Estimate> {
        self.measured.get(metric, step)
    }
}

impl Comparison {
    /// The direction of the interval alone, where the verdict is undecided.
    pub fn leaning(&self) -> Direction {
        decide(&self.ratio, &self.rule(), Significance::Rejected)
    }

    /// Whether it is undecided because the A/A floor exceeds the margin.
    pub fn is_noisier_than_margin(&self) -> bool {
        self.verdict == ComparisonVerdict::Inconclusive && self.rule().is_noisier(&self.ratio)
    }

    /// The margin that its verdict rests on.
    pub(crate) fn rule(&self) -> Margin {
        Margin { floor: self.floor, ..Margin::of(self.margin) }
    }
}
