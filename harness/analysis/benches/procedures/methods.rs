//! How others and we decide whether a candidate is slower or faster, from so many builds of each.

use lukewarm_analysis::trial::Method;
use lukewarm_model::ComparisonVerdict;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::noise::Machine;

/// What a procedure says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Faster,
    Slower,
    Nothing,
}

/// A procedure: from a machine, the candidate's factor and builds of each side to a verdict.
pub type Procedure = fn(&mut Machine, f64, usize) -> Said;

/// Every procedure that has a fixed number of builds, with its name.
pub const FIXED: [(&str, Procedure); 4] = [
    ("lukewarm, pairs", lukewarm),
    ("hyperfine, Welch", hyperfine),
    ("criterion", criterion),
    ("mean of 3 over 5 %", naive),
];

/// Pairs in random order, signed rank on log ratios, margin of 2 %.
fn lukewarm(machine: &mut Machine, factor: f64, count: usize) -> Said {
    let rows = machine.blocks(&[1.0, factor], count);
    let trials = Method::fixed(1).compare(&rows[0], &[&rows[1]]).unwrap();
    said(trials[0].verdict)
}

pub fn said(verdict: ComparisonVerdict) -> Said {
    match verdict {
        ComparisonVerdict::ClearlyFaster | ComparisonVerdict::Faster => Said::Faster,
        ComparisonVerdict::ClearlySlower | ComparisonVerdict::Slower => Said::Slower,
        _ => Said::Nothing,
    }
}

/// All builds of one, then all of the other; Welch's t-test at 5 %, as hyperfine's
/// `scripts/welch_ttest.py` does it.
fn hyperfine(machine: &mut Machine, factor: f64, count: usize) -> Said {
    let before = machine.row(1.0, count);
    let now = machine.row(factor, count);
    let moments = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        (mean, squares / (values.len() - 1) as f64 / values.len() as f64)
    };
    let ((a, va), (b, vb)) = (moments(&before), moments(&now));
    let freedom = (va + vb).powi(2) * (count - 1) as f64 / (va * va + vb * vb);
    let t = (b - a) / (va + vb).sqrt();
    let p = 2.0 * StudentsT::new(0.0, 1.0, freedom).unwrap().cdf(-t.abs());
    match (p < 0.05, b > a) {
        (true, true) => Said::Slower,
        (true, false) => Said::Faster,
        _ => Said::Nothing,
    }
}

/// All builds of one, then all of the other; the relative change of means with a bootstrap
/// interval of 95 %, which must lie beyond criterion's noise threshold of 1 %.
fn criterion(machine: &mut Machine, factor: f64, count: usize) -> Said {
    const RESAMPLES: usize = 400;
    let before = machine.row(1.0, count);
    let now = machine.row(factor, count);
    let mut resampled =
        |values: &[f64]| (0..values.len()).map(|_| values[machine.pick(values.len())]).sum::<f64>();
    let mut changes: Vec<f64> =
        (0..RESAMPLES).map(|_| resampled(&now) / resampled(&before) - 1.0).collect();
    changes.sort_by(f64::total_cmp);
    let (low, high) = (changes[RESAMPLES / 40], changes[RESAMPLES - 1 - RESAMPLES / 40]);
    match (low, high) {
        (low, _) if low > 0.01 => Said::Slower,
        (_, high) if high < -0.01 => Said::Faster,
        _ => Said::Nothing,
    }
}

/// Three builds of each, one after the other, however many there could be: an alarm above 5 %.
fn naive(machine: &mut Machine, factor: f64, _count: usize) -> Said {
    let sums = [1.0, factor].map(|factor| machine.row(factor, 3).iter().sum::<f64>());
    match sums[1] / sums[0] {
        ratio if ratio > 1.05 => Said::Slower,
        ratio if ratio < 0.95 => Said::Faster,
        _ => Said::Nothing,
    }
}
