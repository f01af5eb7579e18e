//! The verdicts of a family of comparisons, corrected together.
//! Owns the verdict for too few pairs; `decide` owns the decision of an interval.

use lukewarm_model::ComparisonVerdict;

use super::decide::{Significance, decide};
use super::levels::Levels;
use super::margin::Margin;
use super::ratio::Ratio;
use crate::statistics::rejected;

/// The verdicts of a family: all scenarios that are compared with one reference on one workspace
/// and job, `planned` of them. *Faster* and *slower* need the interval to exclude 1, the estimate
/// to exceed the margin and its floor, and Holm's procedure over the family to reject "no
/// difference"; *same* needs the whole interval inside the declared margin, which is two one-sided
/// tests and needs no correction for each by itself. Intervals are per comparison.
pub(crate) fn verdicts(
    family: &[Ratio],
    planned: usize,
    levels: &Levels,
    margin: &Margin,
) -> Vec<ComparisonVerdict> {
    let p_values: Vec<Option<f64>> = family.iter().map(|ratio| ratio.p_value).collect();
    let rejected = rejected(&p_values, planned, |open| levels.share(open));
    let verdict = |(ratio, rejected): (&Ratio, bool)| match ratio.p_value {
        Some(_) => decide(&ratio.estimate, margin, Significance::from(rejected)).into(),
        None => ComparisonVerdict::TooFewSamples,
    };
    family.iter().zip(rejected).map(verdict).collect()
}
