//! Metrics that repeat exactly where nothing has changed: requests, bytes, units.
//! Owns their rule. *Exact* is what was measured twice or more on each side and was the same each
//! time: then any change is one. What does not repeat is noise, and needs a test; what was
//! measured once is not known to repeat.

use lukewarm_model::{Metric, Stopping};

use super::change::{ChangeVerdict, Found, Spread};
use crate::compare::Levels;
use crate::evaluate::ByIteration;
use crate::statistics::{mann_whitney, rejected};

/// What a metric may leave the baseline's spread by where it does not repeat anyway, as a share.
const VARYING: f64 = 0.01;

/// Which way is better.
enum Better {
    Less,
    More,
    /// Neither: a change is a change.
    Unchanged,
}

/// Decides all changes of one comparison. Those that do not repeat are one family with all others
/// for the correction, since which of them repeat is not planned; `stopping` is how often one
/// looked at them.
pub(super) fn verdicts(found: &mut [&mut Found<'_>], stopping: &Stopping) {
    let levels = Levels::of(stopping, found.len());
    let p_values: Vec<Option<f64>> = found
        .iter()
        .map(|it| match repeats(it) {
            true => None,
            false => shift(&it.values, levels.alone()),
        })
        .collect();
    let rejected = rejected(&p_values, found.len(), |open| levels.share(open));
    for ((found, p_value), rejected) in found.iter_mut().zip(p_values).zip(rejected) {
        let (exact, varies) = (repeats(found), varies(found));
        let change = &mut found.change;
        let (before, now) = (change.baseline, change.candidate);
        let tolerance = if varies { change.tolerance.max(VARYING) } else { change.tolerance };
        let moved = moved(change.metric, before, now, tolerance);
        change.verdict = match (moved, p_value) {
            (ChangeVerdict::Same, _) => ChangeVerdict::Same,
            (moved, _) if exact || rejected => moved,
            (_, Some(_)) => ChangeVerdict::Inconclusive,
            (_, None) => ChangeVerdict::TooFewSamples,
        };
        change.note = match (exact, varies) {
            (true, _) => None,
            (false, false) => Some("measured once: repeatability unknown".to_owned()),
            (false, true) => Some(format!("does not repeat: {}", spreads(before, now))),
        };
    }
}

/// Whether a metric is exact: two values or more on each side, all of a side the same.
fn repeats(found: &Found<'_>) -> bool {
    [found.change.baseline, found.change.candidate].iter().all(Spread::repeats)
}

/// Whether a metric was seen not to repeat.
fn varies(found: &Found<'_>) -> bool {
    [found.change.baseline, found.change.candidate].iter().any(|it| it.low < it.high)
}

/// Where the candidate's median lies to the baseline's values.
fn moved(metric: Metric, before: Spread, now: Spread, tolerance: f64) -> ChangeVerdict {
    let room = tolerance * before.median.abs();
    let above = now.median > before.high + room;
    let below = now.median < before.low - room;
    match (above, below, better(metric)) {
        (false, false, _) => ChangeVerdict::Same,
        (true, _, Better::More) | (_, true, Better::Less) => ChangeVerdict::Better,
        _ => ChangeVerdict::Worse,
    }
}

/// The p-value of "no shift" of two samples; none where they are too few for any.
fn shift(sides: &[&ByIteration; 2], level: f64) -> Option<f64> {
    let [before, now] = sides.map(|it| it.values().copied().collect::<Vec<_>>());
    Some(mann_whitney(&before, &now, level)?.p_value)
}

fn spreads(before: Spread, now: Spread) -> String {
    format!("{} to {} before, {} to {} now", before.low, before.high, now.low, now.high)
}

fn better(metric: Metric) -> Better {
    match metric {
        Metric::UnitsFresh | Metric::UnitsHit | Metric::HitRatio | Metric::ReuseRatio => {
            Better::More
        }
        Metric::Units | Metric::UnitsNoncacheable => Better::Unchanged,
        _ => Better::Less,
    }
}
