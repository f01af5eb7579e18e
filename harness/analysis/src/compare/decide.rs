//! What an interval decides: beside one level, beside a margin, and whether more samples would
//! decide more.
//! Owns the one rule that verdicts, the gate, claims, curves, headlines and the end of a run share.
//! It must not know levels of significance or families: whether a test rejects is its callers' to
//! know.

use lukewarm_model::ComparisonVerdict;

use super::margin::Margin;
use crate::estimate::Estimate;

/// The side of a level on which a whole interval lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// All of it is smaller.
    Below,
    /// All of it is larger.
    Above,
}

/// Whether the test of "no difference", corrected for all that it must be, rejects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Significance {
    /// It rejects.
    Rejected,
    /// It does not.
    NotRejected,
}

/// What a ratio to the reference comes to.
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

/// On which side of a level an interval lies; neither where the level is in it.
pub(crate) fn side(interval: &Estimate, level: f64) -> Option<Side> {
    match interval {
        it if it.high < level => Some(Side::Below),
        it if it.low > level => Some(Side::Above),
        _ => None,
    }
}

/// What an interval comes to, beside a margin and with the test that belongs to it. *Same* needs
/// no test: the interval within the margin is two one-sided ones.
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

/// Whether more samples would say more of something that is not decided: its interval is wider
/// than the margin to either side, or there is none.
pub(crate) fn worth_more(interval: Option<&Estimate>, margin: &Margin) -> bool {
    !interval.is_some_and(|it| margin.is_narrow(it))
}
