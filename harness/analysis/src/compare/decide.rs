//! The decision of an interval by a level or a margin, and whether more samples are useful.
//! Owns the one rule that verdicts, the gate, claims, curves, headlines and early stopping share.
//! It must not know significance levels or families: callers say whether a test rejects.

use lukewarm_model::ComparisonVerdict;

use super::margin::Margin;
use crate::estimate::Estimate;

/// The side of a level on which a whole interval lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Below the level.
    Below,
    /// Above the level.
    Above,
}

/// Whether the test of "no difference", after all corrections, rejects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Significance {
    /// It rejects.
    Rejected,
    /// It does not.
    NotRejected,
}

/// The direction of a ratio to the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The whole interval lies within the margin.
    Same,
    /// The interval excludes 1, the point lies below the margin and the floor, and the test
    /// rejects "no difference".
    Faster,
    /// The same on the other side.
    Slower,
    /// Neither.
    Undecided,
}

impl From<bool> for Significance {
    fn from(rejected: bool) -> Significance {
        if rejected { Significance::Rejected } else { Significance::NotRejected }
    }
}

impl From<Direction> for ComparisonVerdict {
    fn from(direction: Direction) -> ComparisonVerdict {
        match direction {
            Direction::Same => ComparisonVerdict::Same,
            Direction::Faster => ComparisonVerdict::Faster,
            Direction::Slower => ComparisonVerdict::Slower,
            Direction::Undecided => ComparisonVerdict::Inconclusive,
        }
    }
}

/// The side of a level on which an interval lies; absent where it contains the level.
pub(crate) fn side(interval: &Estimate, level: f64) -> Option<Side> {
    match interval {
        it if it.high < level => Some(Side::Below),
        it if it.low > level => Some(Side::Above),
        _ => None,
    }
}

/// The decision of an interval by a margin and the test that belongs to it. *Same* needs no test:
/// an interval within the margin is equivalent to two one-sided tests.
pub(crate) fn decide(
    interval: &Estimate,
    margin: &Margin,
    significance: Significance,
) -> Direction {
    let (low, high) = margin.band();
    let (shortest, longest) = margin.no_difference();
    let is = |level, wanted| side(interval, level) == Some(wanted);
    match significance {
        _ if is(low, Side::Above) && is(high, Side::Below) => Direction::Same,
        Significance::NotRejected => Direction::Undecided,
        _ if is(shortest, Side::Below) && interval.point < 1.0 - margin.least() => {
            Direction::Faster
        }
        _ if is(longest, Side::Above) && interval.point > 1.0 + margin.least() => Direction::Slower,
        _ => Direction::Undecided,
    }
}

/// Whether more samples are useful for an undecided comparison: its interval is wider than the
/// margin to either side, or there is none.
pub(crate) fn worth_more(interval: Option<&Estimate>, margin: &Margin) -> bool {
    !interval.is_some_and(|it| margin.is_narrow(it))
}
