//! Estimates: a point and an interval, with the name of what made them.
//! Owns the names; `statistics` makes the numbers.

use schemars::JsonSchema;
use serde::Serialize;

use crate::statistics::median_and_range;

/// A point and an interval, with the estimator's name.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Estimate {
    /// The point.
    pub point: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// How point and interval were made.
    pub estimator: Estimator,
    /// How many samples.
    pub count: usize,
}

/// How a point and an interval were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// The median; the interval is the smallest and largest sample.
    MedianWithRange,
    /// The geometric mean of paired ratios; the interval is the smallest and largest ratio.
    GeometricMeanWithRange,
    /// The Hodges–Lehmann pseudo-median of paired log ratios with the exact interval of the
    /// signed-rank test, transformed back. It covers the truth in 95 % of runs, also where a run
    /// looked several times and stopped when it was decided: then it is the wider repeated
    /// interval of Jennison and Turnbull (1989).
    HodgesLehmann,
    /// The same of two separate samples, with the interval of the rank-sum test. It covers the
    /// truth in 95 % only of runs between which nothing but the candidate changed.
    RankSum,
    /// The geometric mean over three workspaces or more of their mean ratios; the interval is of
    /// the t distribution with one degree of freedom less than workspaces, at 95 %.
    TOfWorkspaces,
    /// The geometric mean over two workspaces of their mean ratios; the interval is these two.
    WorkspacesWithRange,
}

impl Estimate {
    /// The median of values with their range; absent without values.
    pub(crate) fn median_with_range(values: impl IntoIterator<Item = f64>) -> Option<Estimate> {
        let (point, low, high, count) = median_and_range(values.into_iter().collect())?;
        Some(Estimate { point, low, high, estimator: Estimator::MedianWithRange, count })
    }
}

impl Estimator {
    /// Whether the interval is one of confidence, and not the range of what was seen.
    pub fn is_confident(self) -> bool {
        match self {
            Estimator::HodgesLehmann | Estimator::RankSum | Estimator::TOfWorkspaces => true,
            Estimator::MedianWithRange
            | Estimator::GeometricMeanWithRange
            | Estimator::WorkspacesWithRange => false,
        }
    }

    /// The estimator in words.
    pub fn words(self) -> &'static str {
        match self {
            Estimator::MedianWithRange => "median, smallest and largest",
            Estimator::GeometricMeanWithRange => {
                "geometric mean of paired ratios, smallest and largest"
            }
            Estimator::TOfWorkspaces => {
                "geometric mean over workspaces of their mean ratios, 95 % t interval"
            }
            Estimator::WorkspacesWithRange => {
                "geometric mean of two workspaces' mean ratios, and these two"
            }
            Estimator::RankSum => {
                "Hodges–Lehmann shift of two separate samples' log times, 95 % interval of the \
                 rank-sum test where the machine was alike"
            }
            Estimator::HodgesLehmann => {
                "Hodges–Lehmann estimate of paired log ratios, exact 95 % interval"
            }
        }
    }
}
