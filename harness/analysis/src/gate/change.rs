//! One metric of one job, in baseline and candidate.
//! Owns the result's form; the rules that decide it are `noisy`'s and `exact`'s.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Case, JobName, Metric};
use serde::Serialize;

use crate::compare::Direction;
use crate::estimate::Estimate;
use crate::evaluate::ByIteration;
use crate::statistics::median_and_range;

/// One metric of one job of one pair.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Change {
    /// The pair's name.
    pub case: String,
    /// The baseline's case and the candidate's.
    #[serde(skip)]
    pub cases: [Case; 2],
    /// The job's name in the story.
    pub job: JobName,
    /// What was observed, of the whole job.
    pub metric: Metric,
    /// The baseline's values.
    pub baseline: Spread,
    /// The candidate's values.
    pub candidate: Spread,
    /// The candidate over the baseline, where it is estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Estimate>,
    /// The share that makes no difference.
    pub tolerance: f64,
    /// What became of it.
    pub verdict: ChangeVerdict,
    /// Why, where the verdict alone does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Some values.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Spread {
    /// Their median.
    pub median: f64,
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
    /// How many.
    pub count: usize,
}

/// What became of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeVerdict {
    /// No difference that matters.
    Same,
    /// It got better.
    Better,
    /// It got worse.
    Worse,
    /// The values do not decide.
    Inconclusive,
    /// There are fewer values than any verdict needs.
    TooFewSamples,
    /// It was left out.
    NotCompared,
}

/// A change with the values that decide it: the baseline's, and the candidate's.
pub(super) struct Found<'a> {
    pub(super) change: Change,
    pub(super) values: [&'a ByIteration; 2],
}

impl From<Direction> for ChangeVerdict {
    fn from(direction: Direction) -> ChangeVerdict {
        match direction {
            Direction::Same => ChangeVerdict::Same,
            Direction::Faster => ChangeVerdict::Better,
            Direction::Slower => ChangeVerdict::Worse,
            Direction::Undecided => ChangeVerdict::Inconclusive,
        }
    }
}

impl Spread {
    /// That of one row's values.
    pub(super) fn of(values: &ByIteration) -> Spread {
        let found = median_and_range(values.values().copied().collect());
        let (median, low, high, count) = found.unwrap_or_default();
        Spread { median, low, high, count }
    }

    /// Whether there are two values or more, and all are the same.
    pub(super) fn repeats(&self) -> bool {
        self.count > 1 && self.low == self.high
    }
}
