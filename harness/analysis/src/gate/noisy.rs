//! Metrics that noise is in: wall-clock, and others where thresholds name them.
//! Owns their rule. Within one run values are paired by iteration; separate runs are compared as
//! two samples, which cannot tell a change from a machine in another mood.

use lukewarm_model::Stopping;

use super::{ChangeVerdict, Found};
use crate::compare::{ByIteration, Levels, ratio};
use crate::findings::{Estimate, Estimator};
use crate::statistics::{mann_whitney, rejected};

/// Decides all changes of one comparison: they are one family for the correction.
pub(super) fn decide(found: &mut [&mut Found], stopping: &Stopping, paired: bool) {
    let looked = if paired { stopping.clone() } else { Stopping::Fixed };
    let levels = Levels::of(&looked, found.len());
    let estimated: Vec<Option<(Estimate, f64)>> = found
        .iter()
        .map(|it| match paired {
            true => in_turns(&it.values, &levels),
            false => apart(&it.values, &levels),
        })
        .collect();
    let p_values: Vec<f64> = estimated.iter().flatten().map(|(_, p_value)| *p_value).collect();
    let mut rejected = rejected(&p_values, |open| levels.share(open)).into_iter();
    for (found, estimated) in found.iter_mut().zip(estimated) {
        let change = &mut found.change;
        let Some((estimate, _)) = estimated else {
            change.verdict = ChangeVerdict::TooFewSamples;
            continue;
        };
        let significant = rejected.next().unwrap_or(false);
        change.verdict = verdict(&estimate, change.tolerance, significant);
        change.ratio = Some(estimate);
    }
}

/// Pairs of one run.
fn in_turns([before, now]: &[ByIteration; 2], levels: &Levels) -> Option<(Estimate, f64)> {
    let ratio = ratio(now, before, levels.alone())?;
    let p_value = ratio.p_value()?;
    Some((ratio.estimate, p_value))
}

/// Two samples of two runs.
fn apart(sides: &[ByIteration; 2], levels: &Levels) -> Option<(Estimate, f64)> {
    let logs = |values: &ByIteration| -> Vec<f64> {
        values.values().filter(|value| **value > 0.0).map(|value| value.ln()).collect()
    };
    let [before, now] = [&sides[0], &sides[1]].map(logs);
    let shift = mann_whitney(&before, &now, levels.alone())?;
    let estimate = Estimate {
        point: shift.estimate.exp(),
        low: shift.low.exp(),
        high: shift.high.exp(),
        estimator: Estimator::RankSum,
        count: before.len().min(now.len()),
    };
    Some((estimate, shift.p_value))
}

fn verdict(ratio: &Estimate, tolerance: f64, significant: bool) -> ChangeVerdict {
    let (low, high) = (1.0 - tolerance, 1.0 + tolerance);
    match ratio.point {
        _ if ratio.low > low && ratio.high < high => ChangeVerdict::Same,
        point if significant && ratio.high < 1.0 && point < low => ChangeVerdict::Better,
        point if significant && ratio.low > 1.0 && point > high => ChangeVerdict::Worse,
        _ => ChangeVerdict::Inconclusive,
    }
}
