//! Findings: what a run shows, ready to be reported.
//! Owns the result types of `analyse`. A finding carries its estimator's name and its samples'
//! count; words and pictures belong to `report`.

mod analyse;
mod comparisons;
mod cross_workspace;
mod issues;
mod latency;
mod run_warnings;
mod states;
mod swept;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use lukewarm_model::{
    ComparisonVerdict, JobSamples, JobVerdict, Latencies, Metric, Operation, RunEnd, RunFacts,
    Step, VerdictKind, Warning,
};

use crate::compare::{Leaning, Margin};
use crate::estimate::Estimate;
pub use analyse::{analyse, open};
pub(crate) use comparisons::twin;
pub use swept::Swept;

/// Everything that a run shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// What was to be done, where and with what.
    pub run: RunFacts,
    /// How it ended; absent when it was cut off.
    pub end: Option<RunEnd>,
    /// One row for each case and job, in the plan's order: workspace, then scenario, then job.
    pub rows: Vec<Row>,
    /// What holds over all workspaces, where there are several: by scenario, then job.
    pub across: Vec<Across>,
    /// What a sweep shows, by workspace and job.
    pub swept: Vec<Swept>,
    /// Wall-clock times far from the others of their row; they count like all others.
    pub outliers: Vec<Outlier>,
    /// Jobs that may not be believed, or have no result, in the order they ran.
    pub issues: Vec<JobIssue>,
    /// Jobs of the plan that did not run.
    pub missing_jobs: u64,
    /// What made numbers worse, from the run's start to its end.
    pub warnings: Vec<Warning>,
    /// Every sample by job, in the order they ran; priming is included, failed jobs are not.
    pub samples: Vec<JobSamples>,
}

/// One case and job.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Row {
    /// The case's id.
    pub case: String,
    /// The scenario's name.
    pub scenario: String,
    /// The workspace's name.
    pub workspace: String,
    /// The job's name in the story.
    pub job: String,
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
    pub reference: String,
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

/// One scenario and job over all workspaces.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Across {
    /// The scenario's name.
    pub scenario: String,
    /// The job's name in the story.
    pub job: String,
    /// Wall-clock over that of the reference: the geometric mean over workspaces, each of which
    /// counts once.
    pub ratio: Estimate,
    /// The ratio of each workspace, in the plan's order.
    pub workspaces: Vec<AcrossOne>,
}

/// What one workspace adds to a ratio over all of them.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct AcrossOne {
    /// The workspace's name.
    pub workspace: String,
    /// The geometric mean of its paired ratios.
    pub ratio: f64,
    /// How many pairs.
    pub pairs: usize,
}

/// A time far from the others of its row.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Outlier {
    /// The case's id.
    pub case: String,
    /// The job's name in the story.
    pub job: String,
    /// The iteration.
    pub iteration: u32,
    /// Wall-clock, in seconds.
    pub wall: f64,
    /// The median of the row, in seconds.
    pub median: f64,
}

/// A job that may not be believed, or has no result.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct JobIssue {
    /// The case's id.
    pub case: String,
    /// The job's name in the story.
    pub job: String,
    /// The iteration; 0 is priming.
    pub iteration: u32,
    /// What became of the job.
    #[serde(rename = "word")]
    pub kind: IssueKind,
    /// Why.
    pub reasons: Vec<String>,
    /// The last lines of what the failing process printed.
    pub last_lines: Vec<String>,
}

/// What became of a job that may not be believed, or has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueKind {
    /// It has no result.
    Failed,
    /// It ran, but not as its scenario means it.
    Degraded,
    /// It ran, and something that should have been checked could not be.
    Unchecked,
}

impl IssueKind {
    /// The word used in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            IssueKind::Failed => "failed",
            IssueKind::Degraded => VerdictKind::Degraded.name(),
            IssueKind::Unchecked => VerdictKind::Unchecked.name(),
        }
    }
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
    pub fn leaning(&self) -> Leaning {
        self.rule().lies(&self.ratio)
    }

    /// Whether it is undecided because the reference, measured twice, differs from itself by more
    /// than the margin.
    pub fn is_noisier_than_margin(&self) -> bool {
        self.verdict == ComparisonVerdict::Inconclusive && self.rule().is_noisier(&self.ratio)
    }

    fn rule(&self) -> Margin {
        Margin { declared: self.margin, floor: self.floor }
    }
}

#[cfg(test)]
mod tests;
