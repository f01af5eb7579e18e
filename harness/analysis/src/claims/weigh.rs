//! One quantity, or one over another, beside a bound.
//! Owns which values decide exactly and which need a test.

use lukewarm_model::{Bound, Experiment, Observed};

use super::table::Table;
use super::{Decision, Why};
use crate::compare::{ByIteration, ratio};
use crate::findings::{Estimate, Estimator};
use crate::statistics::{median, range};

/// How small p-values must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// For a bound that is to hold.
    pub(super) holds: f64,
    /// For a bound that is to fail.
    pub(super) fails: f64,
}

/// What was measured of a quantity.
pub(super) struct Weighed {
    pub(super) estimate: Option<Estimate>,
    /// The same with the wider interval that a failing bound must lie outside of.
    wide: Option<Estimate>,
    /// Values that repeat exactly where nothing has changed: each counts by itself.
    exact: Option<Vec<f64>>,
    doubt: Option<String>,
}

/// Looks a quantity up, over another where there is one.
pub(super) fn weigh(
    table: &Table<'_>,
    experiment: &Experiment,
    value: &Observed,
    over: Option<&Observed>,
    level: Level,
) -> Weighed {
    let both = std::iter::once(value).chain(over);
    let doubt = both.filter_map(|it| table.doubt(experiment, it)).next().cloned();
    let nothing = |doubt| Weighed { estimate: None, wide: None, exact: None, doubt };
    let Some(values) = table.values(experiment, value) else { return nothing(doubt) };
    let noisy = value.metric.is_noisy() || over.is_some_and(|it| it.metric.is_noisy());
    match over {
        None => {
            let values: Vec<f64> = values.values().copied().collect();
            let exact = (!noisy).then(|| values.clone());
            Weighed { estimate: spread(&values), wide: None, exact, doubt }
        }
        Some(over) => {
            let Some(divisor) = table.values(experiment, over) else { return nothing(doubt) };
            if noisy {
                let of = |level| ratio(values, divisor, level).map(|it| it.estimate);
                let (estimate, wide) = (of(level.holds), of(level.fails));
                return Weighed { estimate, wide, exact: None, doubt };
            }
            let ratios = ratios(values, divisor);
            Weighed { estimate: spread(&ratios), wide: None, exact: Some(ratios), doubt }
        }
    }
}

impl Weighed {
    /// What a bound comes to.
    pub(super) fn decide(&self, bound: Bound) -> Decision {
        if bound.is_open() {
            return Decision::Shown;
        }
        if let Some(doubt) = &self.doubt {
            return Decision::Open(Why::Doubtful(doubt.clone()));
        }
        let Some(estimate) = &self.estimate else { return Decision::Open(Why::NotMeasured) };
        if let Some(values) = &self.exact {
            let holding = values.iter().filter(|value| bound.holds(**value)).count();
            return match holding {
                all if all == values.len() => Decision::Holds,
                0 => Decision::Fails,
                _ => Decision::Open(Why::Varies),
            };
        }
        if estimate.estimator != Estimator::HodgesLehmann {
            return Decision::Open(Why::TooFew);
        }
        let wide = self.wide.as_ref().unwrap_or(estimate);
        let outside = |it: &Estimate| {
            bound.at_least.is_some_and(|least| it.high < least)
                || bound.at_most.is_some_and(|most| it.low > most)
        };
        match () {
            () if bound.holds(estimate.low) && bound.holds(estimate.high) => Decision::Holds,
            () if outside(wide) => Decision::Fails,
            () => Decision::Open(Why::Undecided),
        }
    }
}

/// One value over another of the same iteration; nothing over nothing is no ratio.
fn ratios(values: &ByIteration, divisors: &ByIteration) -> Vec<f64> {
    let pairs = values.iter().filter_map(|(iteration, value)| {
        let divisor = divisors.get(iteration)?;
        (*divisor != 0.0).then(|| value / divisor)
    });
    pairs.collect()
}

fn spread(values: &[f64]) -> Option<Estimate> {
    let (low, high) = range(values)?;
    let point = median(values)?;
    let estimator = Estimator::MedianWithRange;
    Some(Estimate { point, low, high, estimator, count: values.len() })
}
