//! Times of two separate runs: two samples, and a machine that may have changed between them.
//! Owns when they may be compared at all. All of one run lies before all of the other, so that the
//! machine's mood counts as a difference: only the calibration loads of both runs can speak for
//! it, and only as finely as they agree.

use lukewarm_model::RawRecord;
use lukewarm_model::described::JsonSchema;
use serde::Serialize;

use super::change::ChangeVerdict;
use crate::compare::{Levels, Margin, Significance, decide};
use crate::estimate::{Estimate, Estimator};
use crate::evaluate::ByIteration;
use crate::statistics::{mann_whitney, median};

/// What calibration loads of two runs may differ by, as a share, for their times to be compared:
/// a build may then still differ by as much for the machine's sake, and only more is a difference.
pub(super) const ALIKE: f64 = 0.05;

/// Fewer calibration loads than these say nothing of a whole run.
const FEWEST_LOADS: usize = 3;

/// What the calibration load took in two separate runs.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Calibration {
    /// Its median in the baseline's run, in seconds; absent where it was done too seldom.
    pub baseline: Option<f64>,
    /// The same of the candidate's run.
    pub candidate: Option<f64>,
    /// Whether both are known and differ by at most 5 %. Without that no time is called better,
    /// worse or the same.
    pub agree: bool,
}

impl Calibration {
    /// Of two runs.
    pub(super) fn of(baseline: &RawRecord, candidate: &RawRecord) -> Calibration {
        let [before, now] = [baseline, candidate].map(|record| {
            let loads = record.jobs.iter().filter_map(|job| Some(job.probe.as_ref()?.wall.0));
            loads.collect::<Vec<f64>>()
        });
        Calibration::between([&before, &now])
    }

    fn between(loads: [&[f64]; 2]) -> Calibration {
        let [baseline, candidate] = loads.map(|it| median(it).filter(|_| it.len() >= FEWEST_LOADS));
        let agree = match (baseline, candidate) {
            (Some(before), Some(now)) => {
                now.max(before) <= (1.0 + ALIKE) * now.min(before) && now.min(before) > 0.0
            }
            _ => false,
        };
        Calibration { baseline, candidate, agree }
    }

    /// Why times are not decided, and what to do; none where they can be.
    pub fn objection(&self) -> Option<String> {
        let advice = "measure both in one run: `lukewarm compare --against`";
        match (self.baseline, self.candidate) {
            _ if self.agree => None,
            (Some(before), Some(now)) => Some(format!(
                "the calibration load took {before:.2} s before and {now:.2} s now, so the machine \
                 itself changed by more than 5 %; {advice}"
            )),
            (before, now) => {
                let whose = match (before, now) {
                    (None, None) => "both runs",
                    (None, _) => "the baseline's run",
                    _ => "the candidate's run",
                };
                Some(format!(
                    "{whose} measured the calibration load fewer than {FEWEST_LOADS} times, so it \
                     is unknown whether the machine changed; {advice}"
                ))
            }
        }
    }
}

/// The shift between two samples, with the p-value of "no more than machines that agree may
/// differ by".
pub(super) fn shift(sides: [&ByIteration; 2], level: f64) -> Option<(Estimate, f64)> {
    let logs = |values: &ByIteration| -> Vec<f64> {
        values.values().filter(|value| **value > 0.0).map(|value| value.ln()).collect()
    };
    let [before, now] = sides.map(logs);
    let found = mann_whitney(&before, &now, level)?;
    let allowed = ALIKE.ln_1p();
    let p_value = if found.estimate.abs() <= allowed {
        1.0
    } else {
        let moved: Vec<f64> =
            before.iter().map(|it| it + allowed.copysign(found.estimate)).collect();
        mann_whitney(&moved, &now, level)?.p_value
    };
    let estimate = Estimate {
        point: found.estimate.exp(),
        low: found.low.exp(),
        high: found.high.exp(),
        estimator: Estimator::RankSum,
        count: before.len().min(now.len()),
    };
    Some((estimate, p_value))
}

/// The margin of two separate runs: the whole interval of a difference must lie beyond what
/// machines that agree may differ by.
pub(super) fn margin(declared: Margin) -> Margin {
    Margin { machines: ALIKE, ..declared }
}

/// The whole rule on plain numbers: one time in two runs, and the calibration loads of both.
pub(crate) fn apart(builds: [&[f64]; 2], loads: [&[f64]; 2], declared: f64) -> ChangeVerdict {
    let sides = builds.map(|it| (1..).zip(it.iter().copied()).collect::<ByIteration>());
    let levels = Levels::of(&lukewarm_model::Stopping::Fixed, 1);
    let Some((ratio, p_value)) = shift(sides.each_ref(), levels.alone()) else {
        return ChangeVerdict::TooFewSamples;
    };
    if !Calibration::between(loads).agree {
        return ChangeVerdict::Inconclusive;
    }
    let significance = Significance::from(p_value <= levels.alone());
    decide(&ratio, &margin(Margin::of(declared)), significance).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibration_loads_agree_within_five_percent_or_say_which_it_was() {
        let between = |before: &[f64], now: &[f64]| Calibration::between([before, now]);
        let quiet = [0.35, 0.36, 0.34];
        assert_eq!(between(&quiet, &[0.36, 0.36, 0.9]).objection(), None);
        let slow = between(&quiet, &[0.38, 0.40, 0.37]);
        let said = slow.objection().unwrap();
        assert!(said.contains("took 0.35 s before and 0.38 s now"), "{said}");
        assert!(said.contains("--against"), "{said}");
        let few = between(&quiet, &[0.35, 0.35]).objection().unwrap();
        assert!(
            few.starts_with("the candidate's run measured the calibration load fewer"),
            "{few}"
        );
        assert!(between(&[], &[]).objection().unwrap().starts_with("both runs"));
        assert!(!between(&[0.0; 3], &[0.0; 3]).agree, "nothing takes no time");
    }

    #[test]
    fn a_difference_that_machines_alike_may_have_is_none() {
        let times = |factor: f64| -> Vec<f64> {
            (0..20).map(|n| factor * (10.0 + 0.01 * f64::from(n * 7 % 11))).collect()
        };
        let loads = [0.35; 5];
        let said = |factor| apart([&times(1.0), &times(factor)], [&loads, &loads], 0.02);
        assert_eq!(said(1.0), ChangeVerdict::Same);
        assert_eq!(said(1.04), ChangeVerdict::Inconclusive);
        assert_eq!(said(1.08), ChangeVerdict::Worse);
        assert_eq!(said(0.9), ChangeVerdict::Better);
        assert_eq!(apart([&[1.0], &[2.0]], [&loads, &loads], 0.02), ChangeVerdict::TooFewSamples);
    }
}
