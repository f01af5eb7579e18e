//! One quantity, or one over another, beside a bound.
//! Owns which values decide exactly and which need a test, and at which level a test decides.

use lukewarm_model::{Bound, Experiment, Observed};

use super::reach::Reach;
use super::table::Table;
use super::{Decision, Why};
use crate::compare::{Pairs, Side, blocks_over_parts, of_pairs, pairs_beyond, side};
use crate::estimate::Estimate;
use crate::evaluate::ByIteration;
use crate::statistics::{deviation, median};

/// How small p-values must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// For a bound that is to hold.
    pub(super) holds: f64,
    /// For a bound that is to fail.
    pub(super) fails: f64,
}

/// What was measured of a predicate's quantities.
pub(super) struct Measurement {
    values: MeasuredValues,
    doubt: Option<String>,
}

/// Values, by what decides them.
enum MeasuredValues {
    /// Nothing was measured.
    Nothing,
    /// They repeat exactly where nothing has changed: each counts by itself.
    Exact(Vec<f64>),
    /// They are shown, and nothing can be asked of them.
    Shown(Vec<f64>),
    /// Paired ratios of times, in the order of iterations: a test decides.
    Timed { pairs: Pairs, reach: Reach },
}

/// Looks a predicate's quantity up, over another where there is one.
pub(super) fn evaluate_predicate(
    table: &Table<'_>,
    experiment: &Experiment,
    value: &Observed,
    over: Option<&Observed>,
) -> Measurement {
    let both = std::iter::once(value).chain(over);
    let doubt = both.filter_map(|it| table.doubt(experiment, it)).next().cloned();
    let values = values(table, experiment, value, over).unwrap_or(MeasuredValues::Nothing);
    Measurement { values, doubt }
}

fn values(
    table: &Table<'_>,
    experiment: &Experiment,
    value: &Observed,
    over: Option<&Observed>,
) -> Option<MeasuredValues> {
    let noisy = value.metric.is_noisy() || over.is_some_and(|it| it.metric.is_noisy());
    let found = table.values(experiment, value)?;
    let Some(over) = over else {
        let values: Vec<f64> = found.into_values().collect();
        return Some(if noisy {
            MeasuredValues::Shown(values)
        } else {
            MeasuredValues::Exact(values)
        });
    };
    let pairs = paired(&found, &table.values(experiment, over)?);
    if !noisy {
        return Some(MeasuredValues::Exact(pairs.iter().map(|(_, ratio)| *ratio).collect()));
    }
    let iterations: Vec<u32> = pairs.iter().map(|(iteration, _)| *iteration).collect();
    let pairs = pairs.iter().map(|(iteration, ratio)| (*ratio, table.part(*iteration)));
    Some(MeasuredValues::Timed { pairs: pairs.collect(), reach: table.reach(&iterations) })
}

impl Measurement {
    /// Paired ratios up to a look.
    pub(super) fn of_pairs(pairs: Pairs) -> Measurement {
        let reach = Reach { pairs: pairs.len(), look: None, preliminary: None };
        Measurement { values: MeasuredValues::Timed { pairs, reach }, doubt: None }
    }

    /// What a bound comes to.
    pub(super) fn decide(&self, bound: Bound, level: Level) -> Decision {
        if bound.is_open() {
            return Decision::Shown;
        }
        if let Some(doubt) = &self.doubt {
            return Decision::Open(Why::Doubtful(doubt.clone()));
        }
        match &self.values {
            MeasuredValues::Nothing | MeasuredValues::Shown(_) => Decision::Open(Why::NotMeasured),
            MeasuredValues::Exact(values) => exactly(values, bound),
            MeasuredValues::Timed { pairs, reach } => {
                match timed(&pairs.first(reach.pairs), bound, level) {
                    // A look that was not planned decides nothing, however clear it seems.
                    Decision::Open(_) if reach.preliminary.is_some() => {
                        let why = reach.preliminary.clone().unwrap_or_default();
                        Decision::Open(Why::Preliminary(why))
                    }
                    decision => decision,
                }
            }
        }
    }

    /// What is shown of the values: those that decided, else all of them.
    pub(super) fn estimate(&self, bound: Bound, level: Level) -> Option<Estimate> {
        match &self.values {
            MeasuredValues::Nothing => None,
            MeasuredValues::Exact(values) | MeasuredValues::Shown(values) => {
                Estimate::median_with_range(values.iter().copied())
            }
            MeasuredValues::Timed { pairs, reach } => {
                let reached = pairs.first(reach.pairs);
                match timed(&reached, bound, level) {
                    Decision::Holds | Decision::Fails => tested(&reached, level.holds),
                    _ => tested(pairs, level.holds),
                }
            }
        }
    }

    /// How far the plan's looks were reached; absent for what no test decides.
    pub(super) fn reach(&self) -> Option<&Reach> {
        match &self.values {
            MeasuredValues::Timed { reach, .. } => Some(reach),
            _ => None,
        }
    }

    /// The p-value of "it lies on the bound", for a bound with one side; absent where there are
    /// too few pairs for any, or no look was reached.
    pub(super) fn p_value(&self, bound: Bound, level: Level) -> Option<f64> {
        let (MeasuredValues::Timed { pairs, reach }, Some(side)) = (&self.values, bound.level())
        else {
            return None;
        };
        of_pairs(&over(&pairs.first(reach.pairs), side)?, level.holds)?.p_value
    }

    /// Pairs that would decide a bound with one side at a level, with a chance of 80 %, if the
    /// distance from it is what it seems; absent for what no test decides, and where no number of
    /// pairs would do.
    pub(super) fn needed(&self, bound: Bound, level: f64) -> Option<u32> {
        let (MeasuredValues::Timed { pairs, .. }, Some(side)) = (&self.values, bound.level())
        else {
            return None;
        };
        let pairs = over(pairs, side)?;
        if pairs.is_of_several() {
            return blocks_over_parts(&pairs, level);
        }
        let logs: Vec<f64> = pairs.ratios().iter().map(|ratio| ratio.ln()).collect();
        let distance = median(&logs)?.abs();
        pairs_beyond(deviation(&logs)?, distance, 0.0, level)
    }
}

/// Values that repeat: all on one side of the bound, and more than one of them.
fn exactly(values: &[f64], bound: Bound) -> Decision {
    let holding = values.iter().filter(|value| bound.holds(**value)).count();
    match holding {
        _ if values.is_empty() => Decision::Open(Why::NotMeasured),
        _ if values.len() == 1 => Decision::Open(Why::MeasuredOnce),
        all if all == values.len() => Decision::Holds,
        0 => Decision::Fails,
        _ => Decision::Open(Why::Varies),
    }
}

/// Paired ratios beside a bound: it holds where the whole interval of its level lies inside, and
/// fails where that of the other level lies outside. With too few pairs for a level nothing is
/// said at it.
fn timed(pairs: &Pairs, bound: Bound, level: Level) -> Decision {
    let at = |level| tested(pairs, level).filter(|it| it.estimator.is_confident());
    let lies = |it: &Estimate, level: Option<f64>| level.and_then(|level| side(it, level));
    let outside = |it: &Estimate| {
        lies(it, bound.at_least) == Some(Side::Below)
            || lies(it, bound.at_most) == Some(Side::Above)
    };
    let inside = |it: &Estimate| bound.holds(it.low) && bound.holds(it.high);
    match (at(level.holds), at(level.fails)) {
        (Some(it), _) if inside(&it) => Decision::Holds,
        (_, Some(it)) if outside(&it) => Decision::Fails,
        (None, None) => Decision::Open(Why::TooFew),
        _ => Decision::Open(Why::Undecided),
    }
}

/// The estimate of paired ratios with the interval of a level; absent where one is not above 0.
fn tested(pairs: &Pairs, level: f64) -> Option<Estimate> {
    let above = pairs.ratios().iter().all(|ratio| *ratio > 0.0);
    above.then(|| of_pairs(pairs, level).map(|it| it.estimate)).flatten()
}

/// Ratios over a level; absent where one is not above 0.
fn over(pairs: &Pairs, level: f64) -> Option<Pairs> {
    let above = level > 0.0 && pairs.ratios().iter().all(|ratio| *ratio > 0.0);
    above.then(|| pairs.over(level))
}

/// One value over another of the same iteration; nothing over nothing is no ratio.
fn paired(values: &ByIteration, divisors: &ByIteration) -> Vec<(u32, f64)> {
    let pairs = values.iter().filter_map(|(iteration, value)| {
        let divisor = divisors.get(iteration)?;
        (*divisor != 0.0).then(|| (*iteration, value / divisor))
    });
    pairs.collect()
}
