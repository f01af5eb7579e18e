//! Samples: what was observed of one job, value by value.
//! Owns the shape; how a metric is counted from raw facts belongs to `analysis`.

use crate::{Case, JobName, Metric, Source, Step, VerdictKind};

/// One observed value of a job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The step; none is the whole job.
    pub step: Option<Step>,
    /// What was observed.
    pub metric: Metric,
    /// The value, in the metric's unit.
    pub value: f64,
    /// Where it comes from.
    pub source: Source,
}

/// The samples of one job, with the job's identity.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSamples {
    /// The case.
    pub case: Case,
    /// The story's name.
    pub story: String,
    /// The job's name in the story.
    pub job: JobName,
    /// The iteration; 0 is priming and counts in no estimate.
    pub iteration: u32,
    /// The job's place in the order of the whole run, from 0.
    pub position: u64,
    /// Which attempt at its block the job belongs to, from 0: one of them counts, for all cases.
    pub repeat: u32,
    /// Which draw of the primed state the job started from, from 0.
    pub state: u32,
    /// Whether the job may be believed.
    pub verdict: VerdictKind,
    /// The values: those of the whole job come before those of its steps.
    pub samples: Vec<Sample>,
}

impl JobSamples {
    /// The values of the whole job.
    pub fn whole_job(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(|sample| sample.step.is_none())
    }

    /// The value of one metric; no step is the whole job. Absent where nobody saw it.
    pub fn value(&self, metric: Metric, step: Option<Step>) -> Option<f64> {
        let found = self.samples.iter().find(|it| it.metric == metric && it.step == step);
        found.map(|sample| sample.value)
    }
}
