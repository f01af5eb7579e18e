//! Paired ratios: a candidate over the reference, within iterations.
//! Owns which values make a pair, and the estimate of a ratio. It must not know its purpose.

use crate::estimate::{Estimate, Estimator};
use crate::evaluate::ByIteration;
use crate::statistics::{deviation, geometric_mean, hodges_lehmann, range};

/// A ratio with the p-value of "no difference".
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) estimate: Estimate,
    /// The p-value of "no difference"; absent with too few pairs for a test.
    pub(crate) p_value: Option<f64>,
    /// The standard deviation of the logarithms of the paired ratios; absent below two of them.
    pub(crate) deviation: Option<f64>,
}

/// The ratio of a candidate to the reference over the iterations that both have; absent when
/// there are none. The interval excludes what a test at `level` rejects.
pub(crate) fn ratio(candidate: &ByIteration, reference: &ByIteration, level: f64) -> Option<Ratio> {
    of_ratios(&paired(candidate, reference), level)
}

/// The ratios of a candidate to the reference over the iterations that both have, in their order.
pub(crate) fn paired(candidate: &ByIteration, reference: &ByIteration) -> Vec<f64> {
    let pairs = candidate.iter().filter_map(|(iteration, value)| {
        let divisor = reference.get(iteration)?;
        (*value > 0.0 && *divisor > 0.0).then(|| value / divisor)
    });
    pairs.collect()
}

/// The same of paired ratios, each above 0: below the pairs that the level needs, their geometric
/// mean and range.
pub(crate) fn of_ratios(ratios: &[f64], level: f64) -> Option<Ratio> {
    let logs: Vec<f64> = ratios.iter().map(|ratio| ratio.ln()).collect();
    let (count, deviation) = (ratios.len(), deviation(&logs));
    if let Some(shift) = hodges_lehmann(&logs, level) {
        let estimate = Estimate {
            point: shift.estimate.exp(),
            low: shift.low.exp(),
            high: shift.high.exp(),
            estimator: Estimator::HodgesLehmann,
            count,
        };
        return Some(Ratio { estimate, p_value: Some(shift.p_value), deviation });
    }
    let (low, high) = range(ratios)?;
    let point = geometric_mean(ratios)?.clamp(low, high);
    let estimator = Estimator::GeometricMeanWithRange;
    let estimate = Estimate { point, low, high, estimator, count };
    Some(Ratio { estimate, p_value: None, deviation })
}
