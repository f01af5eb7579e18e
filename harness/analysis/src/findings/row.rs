//! Rows: what a run shows of one case and job.
//! Owns the result's form and how a comparison is read; words and pictures belong to `report`.

use std::collections::BTreeMap;

use lukewarm_model::{
    Case, ComparisonVerdict, JobName, JobVerdict, Latencies, Metric, Operation, ScenarioName, Step,
    WorkspaceName,
};
use schemars::JsonSchema;
use serde::Serialize;

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
    /// The estimates, by metric and step.
    pub measured: Vec<Measured>,
    /// The ratio of wall-clock to the reference's same job; absent for the reference itself.
    pub comparison: Option<Comparison>,
    /// How many draws of the primed state its jobs started from, where there is chance in that
    /// state: samples from one draw speak of that draw alone. Absent where all draws are alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub states: Option<usize>,
    /// How long the requests of its jobs took, all steps and iterations together; empty without
    /// a service, and for records of earlier versions. Not in `summary.json`: the journal has it.
    #[serde(skip)]
    pub latency: BTreeMap<Operation, Latencies>,
}

/// One metric of one row; no step is the whole job.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Measured {
    /// What was observed.
    pub metric: Metric,
    /// The step; none is the whole job.
    pub step: Option<Step>,
    /// What the samples say.
    pub estimate: Estimate,
}

/// A ratio to the reference.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Comparison {
    /// The reference's scenario.
    pub reference: ScenarioName,
    /// Wall-clock of this row over wall-clock of the reference, paired within iterations; below
    /// 1 is faster.
    pub ratio: Estimate,
    /// What the ratio says.
    pub verdict: ComparisonVerdict,
    /// Where it is not decided: iterations that would decide it with a chance of 80 %, if the
    /// effect is what it seems.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iterations_needed: Option<u32>,
    /// Where it is not decided: the smallest difference that the iterations at hand show with a
    /// chance of 80 %, as a share; absent where they are too few to show any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detectable: Option<f64>,
    /// The margin of practical equivalence, as a share: 0.02 is ±2 %.
    pub margin: f64,
    /// What the reference, measured twice, differs from itself by at most, as a share, where that
    /// is more than the margin: a smaller difference is not called one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<f64>,
}

impl Row {
    /// The estimate of one metric; no step is the whole job.
    pub fn estimate(&self, metric: Metric, step: Option<Step>) -> Option<&Estimate> {
        let found = self.measured.iter().find(|m| m.metric == metric && m.step == step);
        found.map(|m| &m.estimate)
    }
}

impl Comparison {
    /// What the interval says by itself: where the verdict does not decide, it only looks so.
    pub fn leaning(&self) -> Direction {
        decide(&self.ratio, &self.rule(), Significance::Rejected)
    }

    /// Whether it is undecided because the reference, measured twice, differs from itself by more
    /// than the margin.
    pub fn is_noisier_than_margin(&self) -> bool {
        self.verdict == ComparisonVerdict::Inconclusive && self.rule().is_noisier(&self.ratio)
    }

    /// The margin that its verdict rests on.
    pub(crate) fn rule(&self) -> Margin {
        Margin { floor: self.floor, ..Margin::of(self.margin) }
    }
}
