//! Comparisons with the reference: paired ratios of wall-clock, and what they say.
//! Owns the margin, the level and the rule of the verdict. The pair is (case, reference) within
//! one iteration, because neighbours share the machine's mood.

use std::collections::BTreeMap;

use lukewarm_model::ComparisonVerdict;

use crate::findings::{Estimate, Estimator};
use crate::statistics::{geometric_mean, hodges_lehmann, holm, range};

/// A difference of less than this share is of no practical interest.
pub(crate) const MARGIN: f64 = 0.02;

/// The accepted chance that a family of comparisons has any false verdict.
const LEVEL: f64 = 0.05;

/// Values of one metric by iteration.
pub(crate) type ByIteration = BTreeMap<u32, f64>;

/// A ratio with the p-value of "no difference"; without one there are too few pairs for any.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) estimate: Estimate,
    p_value: Option<f64>,
}

/// The ratio of a candidate to the reference over the iterations that both have; absent when
/// there are none.
pub(crate) fn ratio(candidate: &ByIteration, reference: &ByIteration) -> Option<Ratio> {
    let pairs = candidate.iter().filter_map(|(iteration, value)| {
        let divisor = reference.get(iteration)?;
        (*value > 0.0 && *divisor > 0.0).then(|| value / divisor)
    });
    let ratios: Vec<f64> = pairs.collect();
    let logs: Vec<f64> = ratios.iter().map(|ratio| ratio.ln()).collect();
    let count = ratios.len();
    if let Some(shift) = hodges_lehmann(&logs, LEVEL) {
        let estimate = Estimate {
            point: shift.estimate.exp(),
            low: shift.low.exp(),
            high: shift.high.exp(),
            estimator: Estimator::HodgesLehmann,
            count,
        };
        return Some(Ratio { estimate, p_value: Some(shift.p_value) });
    }
    let (low, high) = range(&ratios)?;
    let point = geometric_mean(&ratios)?.clamp(low, high);
    let estimator = Estimator::GeometricMeanWithRange;
    Some(Ratio { estimate: Estimate { point, low, high, estimator, count }, p_value: None })
}

/// The verdicts of a family: all scenarios that are compared with one reference on one workspace
/// and job. *Faster* and *slower* need the interval to exclude 1, the estimate to exceed the
/// margin, and the p-value to stay below the level after Holm's correction over the family;
/// *same* needs the whole interval inside the margin, which is two one-sided tests and needs no
/// correction to be believed one by one. Intervals are per comparison.
pub(crate) fn verdicts(family: &[Ratio]) -> Vec<ComparisonVerdict> {
    let p_values: Vec<f64> = family.iter().filter_map(|ratio| ratio.p_value).collect();
    let mut adjusted = holm(&p_values).into_iter();
    let verdict = |ratio: &Ratio| match ratio.p_value.and_then(|_| adjusted.next()) {
        Some(adjusted) => decide(&ratio.estimate, adjusted),
        None => ComparisonVerdict::TooFewSamples,
    };
    family.iter().map(verdict).collect()
}

fn decide(ratio: &Estimate, adjusted: f64) -> ComparisonVerdict {
    let inside = ratio.low > 1.0 - MARGIN && ratio.high < 1.0 + MARGIN;
    let significant = adjusted <= LEVEL;
    match ratio.point {
        _ if inside => ComparisonVerdict::Same,
        point if significant && ratio.high < 1.0 && point < 1.0 - MARGIN => {
            ComparisonVerdict::Faster
        }
        point if significant && ratio.low > 1.0 && point > 1.0 + MARGIN => {
            ComparisonVerdict::Slower
        }
        _ => ComparisonVerdict::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many iterations around a value, with a spread of the given share.
    fn around(value: f64, spread: f64, iterations: u32) -> ByIteration {
        let offset = |n: u32| 1.0 + spread * (f64::from(n * 7 % 11) / 5.0 - 1.0);
        (1..=iterations).map(|n| (n, value * offset(n))).collect()
    }

    fn alone(candidate: &ByIteration, reference: &ByIteration) -> ComparisonVerdict {
        verdicts(&[ratio(candidate, reference).unwrap()])[0]
    }

    #[test]
    fn few_pairs_show_a_ratio_and_its_spread_but_no_verdict() {
        let candidate = ByIteration::from([(1, 5.0), (2, 20.0), (3, 8.0)]);
        let reference = ByIteration::from([(1, 10.0), (2, 10.0), (4, 1.0)]);
        let ratio = ratio(&candidate, &reference).unwrap();
        let Estimate { point, low, high, estimator, count } = ratio.estimate;
        assert!((point - 1.0).abs() < 1e-12);
        assert_eq!((low, high, count), (0.5, 2.0, 2));
        assert_eq!(estimator, Estimator::GeometricMeanWithRange);
        assert_eq!(verdicts(&[ratio]), [ComparisonVerdict::TooFewSamples]);
        assert_eq!(
            alone(&around(1.0, 0.0, 5), &around(9.0, 0.0, 5)),
            ComparisonVerdict::TooFewSamples
        );
    }

    #[test]
    fn without_a_common_iteration_there_is_no_ratio() {
        assert_eq!(ratio(&ByIteration::from([(1, 5.0)]), &ByIteration::from([(2, 5.0)])), None);
        assert_eq!(ratio(&ByIteration::from([(1, 0.0)]), &ByIteration::from([(1, 5.0)])), None);
    }

    #[test]
    fn faster_and_slower_mirror_each_other() {
        let (fast, slow) = (around(8.0, 0.03, 8), around(10.0, 0.0, 8));
        assert_eq!(alone(&fast, &slow), ComparisonVerdict::Faster);
        assert_eq!(alone(&slow, &fast), ComparisonVerdict::Slower);
        let there = ratio(&fast, &slow).unwrap().estimate;
        let back = ratio(&slow, &fast).unwrap().estimate;
        assert_eq!(there.estimator, Estimator::HodgesLehmann);
        assert!((there.point * back.point - 1.0).abs() < 1e-12);
        assert!((there.low * back.high - 1.0).abs() < 1e-12);
    }

    #[test]
    fn same_needs_the_whole_interval_inside_the_margin() {
        assert_eq!(alone(&around(10.0, 0.01, 12), &around(10.0, 0.0, 12)), ComparisonVerdict::Same);
        let wide = alone(&around(10.0, 0.2, 12), &around(10.0, 0.0, 12));
        assert_eq!(wide, ComparisonVerdict::Inconclusive);
    }

    #[test]
    fn a_sure_difference_within_the_margin_is_no_difference() {
        // Every pair 1.9 % slower: significant, and of no interest.
        let verdict = alone(&around(10.19, 0.0, 12), &around(10.0, 0.0, 12));
        assert_eq!(verdict, ComparisonVerdict::Same);
        let verdict = alone(&around(10.21, 0.0, 12), &around(10.0, 0.0, 12));
        assert_eq!(verdict, ComparisonVerdict::Slower);
    }

    #[test]
    fn a_family_asks_for_more_evidence_than_one_comparison() {
        // Six pairs reach p = 0.03125 at best: enough alone, not enough among four.
        let clear = || ratio(&around(5.0, 0.01, 6), &around(10.0, 0.0, 6)).unwrap();
        assert_eq!(verdicts(&[clear()]), [ComparisonVerdict::Faster]);
        let family = [clear(), clear(), clear(), clear()];
        assert_eq!(verdicts(&family), [ComparisonVerdict::Inconclusive; 4]);
        let few = ratio(&around(5.0, 0.0, 3), &around(10.0, 0.0, 3)).unwrap();
        let mixed = verdicts(&[few, clear()]);
        assert_eq!(mixed, [ComparisonVerdict::TooFewSamples, ComparisonVerdict::Faster]);
    }

    #[test]
    fn the_specification_quotes_this_margin_and_level() {
        let page = include_str!("../../../results/README.md");
        assert!(page.contains(&format!("the margin of {} %", MARGIN * 100.0)));
        assert!(page.contains(&format!("to reject at {} % after Holm's", LEVEL * 100.0)));
    }
}
