//! Estimates: a point and an interval, with the estimator's name.
//! Owns the names; `statistics` computes the numbers.

use lukewarm_model::described::JsonSchema;
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
    /// The estimator of point and interval.
    pub estimator: Estimator,
    /// The number of samples.
    pub count: usize,
}

/// The estimator of a point and an interval.
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
    /// The geometric mean of paired ratios with the interval of the moderated t test, whose noise
    /// is that of the whole run together with that of the pairs. Its level is that of differences
    /// that are clear: 0.5 % for one comparison, over all blocks after which it is looked at.
    ModeratedT,
    /// The Hodges–Lehmann shift between two separate samples, with the interval of the rank-sum
    /// test. It covers the truth in 95 % of comparisons only if nothing but the candidate changed
    /// between the two runs.
    RankSum,
    /// The geometric mean over three workspaces or more of their mean ratios; the interval is of
    /// the t distribution with one degree of freedom less than workspaces, at 95 %.
    TOfWorkspaces,
    /// The geometric mean over two workspaces of their mean ratios; the interval is these two.
    WorkspacesWithRange,
    /// The geometric mean over machines of one kind, or sittings of one machine, of their ratios,
    /// each of which counts once; the interval is of the t distribution with one degree of freedom
    /// less than machines, at 95 %, and holds what they differ by.
    TOfMachines,
    /// The same mean with the interval of the moderated t test, whose prior is what machines of one
    /// kind are assumed to differ by. Its level is that of differences that are clear.
    ModeratedTOfMachines,
}

impl Estimate {
    /// The median of values with their range; absent without values.
    pub(crate) fn median_with_range(values: impl IntoIterator<Item = f64>) -> Option<Estimate> {
        let (point, low, high, count) = median_and_range(values.into_iter().collect())?;
        Some(Estimate { point, low, high, estimator: Estimator::MedianWithRange, count })
    }
}

impl Estimator {
    /// Whether the interval is a confidence interval, and not the range of the samples.
    pub fn is_confident(self) -> bool {
        match self {
            Estimator::HodgesLehmann
            | Estimator::ModeratedT
            | Estimator::RankSum
            | Estimator::TOfWorkspaces
            | Estimator::TOfMachines
            | Estimator::ModeratedTOfMachines => true,
            Estimator::MedianWithRange
            | Estimator::GeometricMeanWithRange
            | Estimator::WorkspacesWithRange => false,
        }
    }

    /// The estimator in words.
    pub fn words(self) -> &'static str {
        match self {
            Estimator::MedianWithRange => "median with smallest and largest value",
            Estimator::GeometricMeanWithRange => {
                "geometric mean of paired ratios with smallest and largest ratio"
            }
            Estimator::ModeratedT => {
                "geometric mean of paired ratios with the interval at the stricter level of clear \
                 differences (moderated t test)"
            }
            Estimator::TOfWorkspaces => {
                "geometric mean over workspaces of their mean ratios, 95 % t interval"
            }
            Estimator::WorkspacesWithRange => {
                "geometric mean of two workspaces' mean ratios, with these two as its range"
            }
            Estimator::TOfMachines => {
                "geometric mean over machines or sittings of their ratios, 95 % t interval with \
                 one degree of freedom less than these"
            }
            Estimator::ModeratedTOfMachines => {
                "geometric mean over machines or sittings of their ratios with the interval at \
                 the stricter level of clear differences (moderated t test)"
            }
            Estimator::RankSum => {
                "Hodges–Lehmann shift between the log times of two separate runs, 95 % interval of \
                 the rank-sum test, valid only if the machine was the same"
            }
            Estimator::HodgesLehmann => {
                "Hodges–Lehmann estimate of paired log ratios, exact 95 % interval"
            }
        }
    }
}
