//! Metrics that repeat exactly where nothing has changed: requests, bytes, units.
//! Owns their rule. Where they do not repeat, the baseline's own spread says what is no change.

use lukewarm_model::Metric;

use super::{ChangeVerdict, Found, Spread};

/// What a metric may leave the baseline's spread by where it does not repeat anyway, as a share.
const VARYING: f64 = 0.01;

/// Which way is better.
enum Better {
    Less,
    More,
    /// Neither: a change is a change.
    Unchanged,
}

/// Decides one change.
pub(super) fn decide(found: &mut Found) {
    let change = &mut found.change;
    let (before, now) = (change.baseline, change.candidate);
    let exact = before.repeats() && now.repeats();
    let tolerance = if exact { change.tolerance } else { change.tolerance.max(VARYING) };
    let room = tolerance * before.median.abs();
    let above = now.median > before.high + room;
    let below = now.median < before.low - room;
    change.verdict = match (above, below, better(change.metric)) {
        (false, false, _) => ChangeVerdict::Same,
        (true, _, Better::More) | (_, true, Better::Less) => ChangeVerdict::Better,
        _ => ChangeVerdict::Worse,
    };
    if !exact {
        change.note = Some(format!("does not repeat: {}", spreads(before, now)));
    }
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
