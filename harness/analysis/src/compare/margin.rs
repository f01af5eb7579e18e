//! The margin of practical equivalence.
//! Owns what makes no difference: by declaration, by what the reference differs from itself, by
//! what machines that agree may differ by. What an interval says beside it is `decide`'s.

use lukewarm_model::WALL_TOLERANCE;

use crate::estimate::Estimate;

/// A difference of less than this share is of no practical interest.
pub(crate) const MARGIN: f64 = WALL_TOLERANCE;

/// The margin of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Margin {
    /// What makes no difference, as a share: *same* is within it.
    pub(crate) declared: f64,
    /// What the reference differs from itself by, where that was measured and is more: a smaller
    /// difference is called none. It makes no *same* easier.
    pub(crate) floor: Option<f64>,
    /// What the two sides may differ by for the machine's sake, as a share: the whole interval of
    /// a difference lies beyond it. 0 where both were measured in turns.
    pub(crate) machines: f64,
}

impl Margin {
    /// Without a floor.
    pub(crate) fn of(declared: f64) -> Margin {
        Margin { declared, floor: None, machines: 0.0 }
    }

    /// With what the reference differs from itself by as a floor, where that is more.
    pub(crate) fn raised_by(self, twin: &Estimate) -> Margin {
        let own = (1.0 - twin.low).max(twin.high - 1.0);
        let floor = (twin.estimator.is_confident() && own > self.declared).then_some(own);
        Margin { floor, ..self }
    }

    /// A smaller difference is called none.
    pub(crate) fn least(&self) -> f64 {
        self.floor.unwrap_or(self.declared).max(self.declared)
    }

    /// Whether an interval is narrower than the band of *same*, so that more samples would say
    /// little that is not known. A range of few samples is no interval.
    pub(crate) fn is_narrow(&self, ratio: &Estimate) -> bool {
        let (low, high) = self.band();
        ratio.estimator.is_confident() && ratio.high / ratio.low < high / low
    }

    /// Whether a difference is more than the declared margin and less than what the reference
    /// differs from itself by.
    pub(crate) fn is_noisier(&self, ratio: &Estimate) -> bool {
        self.floor.is_some_and(|floor| (ratio.point - 1.0).abs() <= floor)
    }

    /// The ratios between which a whole interval is *the same*.
    pub(super) fn band(&self) -> (f64, f64) {
        (1.0 - self.declared, 1.0 + self.declared)
    }

    /// The ratios that a difference must exclude, and all between them: 1, where both sides were
    /// measured in turns.
    pub(super) fn no_difference(&self) -> (f64, f64) {
        (1.0 / (1.0 + self.machines), 1.0 + self.machines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Direction, Significance, decide};
    use crate::estimate::Estimator;

    /// What an interval says by itself.
    fn lies(margin: &Margin, ratio: &Estimate) -> Direction {
        decide(ratio, margin, Significance::Rejected)
    }

    fn interval(low: f64, point: f64, high: f64) -> Estimate {
        Estimate { point, low, high, estimator: Estimator::HodgesLehmann, count: 20 }
    }

    #[test]
    fn a_noisy_reference_makes_differences_harder_and_same_no_easier() {
        let twin = interval(0.93, 1.01, 1.08);
        let margin = Margin::of(MARGIN).raised_by(&twin);
        assert!((margin.least() - 0.08).abs() < 1e-9);
        // The example of the review: it was called the same.
        let near = interval(0.95, 1.0, 1.06);
        assert_eq!(lies(&margin, &near), Direction::Undecided);
        assert!(margin.is_noisier(&near));
        assert_eq!(lies(&margin, &interval(1.03, 1.05, 1.07)), Direction::Undecided);
        assert_eq!(lies(&margin, &interval(1.03, 1.09, 1.12)), Direction::Slower);
        assert_eq!(lies(&margin, &interval(0.83, 0.9, 0.97)), Direction::Faster);
        assert_eq!(lies(&margin, &interval(0.985, 1.0, 1.015)), Direction::Same);
        // The reference beside itself is within its own floor.
        assert_eq!(lies(&margin, &twin), Direction::Undecided);
        assert_eq!(Margin::of(MARGIN).raised_by(&interval(0.99, 1.0, 1.01)).floor, None);
        let range = Estimate { estimator: Estimator::GeometricMeanWithRange, ..twin };
        assert_eq!(Margin::of(MARGIN).raised_by(&range).floor, None, "a range says nothing");
    }

    #[test]
    fn what_is_the_same_is_narrow_and_what_is_wider_than_the_band_never_is_the_same() {
        let margin = Margin::of(MARGIN);
        for low in [0.97, 0.9801, 0.99, 1.0, 1.01] {
            for width in [1.001, 1.01, 1.03, 1.0405, 1.042, 1.2] {
                let it = interval(low, low, low * width);
                if lies(&margin, &it) == Direction::Same {
                    assert!(margin.is_narrow(&it), "{it:?}");
                }
            }
        }
        let range =
            Estimate { estimator: Estimator::GeometricMeanWithRange, ..interval(1.0, 1.0, 1.0) };
        assert!(!margin.is_narrow(&range));
    }
}
