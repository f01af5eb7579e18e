//! The margin of practical equivalence.
//! Owns its parts: the declared margin, the noise of the reference (A/A), and the allowance for two
//! machines. `decide` owns the decision of an interval by it.

use lukewarm_model::WALL_TOLERANCE;

use crate::estimate::Estimate;

/// A difference of less than this share is of no practical interest.
pub(crate) const MARGIN: f64 = WALL_TOLERANCE;

/// The margin of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Margin {
    /// The declared margin, as a share: *same* lies within it.
    pub(crate) declared: f64,
    /// The A/A floor: by how much the reference differs from itself, where that was measured and
    /// exceeds the margin. Smaller differences are not called one; *same* is not made easier.
    pub(crate) floor: Option<f64>,
    /// The allowance for differences between machines, as a share: the whole interval of a
    /// difference lies beyond it. 0 where both sides were measured interleaved.
    pub(crate) machines: f64,
}

impl Margin {
    /// Without a floor.
    pub(crate) fn of(declared: f64) -> Margin {
        Margin { declared, floor: None, machines: 0.0 }
    }

    /// With the reference's difference from itself as a floor, where that exceeds the margin.
    pub(crate) fn raised_by(self, twin: &Estimate) -> Margin {
        let own = (1.0 - twin.low).max(twin.high - 1.0);
        let floor = (twin.estimator.is_confident() && own > self.declared).then_some(own);
        Margin { floor, ..self }
    }

    /// A smaller difference is called none.
    pub(crate) fn least(&self) -> f64 {
        self.floor.unwrap_or(self.declared).max(self.declared)
    }

    /// Whether an interval is narrower than the band of *same*, so that more samples are of little
    /// use. A range of few samples is not an interval.
    pub(crate) fn is_narrow(&self, ratio: &Estimate) -> bool {
        let (low, high) = self.band();
        ratio.estimator.is_confident() && ratio.high / ratio.low < high / low
    }

    /// Whether a difference lies between the declared margin and the A/A floor.
    pub(crate) fn is_noisier(&self, ratio: &Estimate) -> bool {
        self.floor.is_some_and(|floor| (ratio.point - 1.0).abs() <= floor)
    }

    /// The band of ratios within which a whole interval is *same*.
    pub(super) fn band(&self) -> (f64, f64) {
        (1.0 - self.declared, 1.0 + self.declared)
    }

    /// The ratios that a difference must exclude, and all between them: 1, where both sides were
    /// measured interleaved.
    pub(super) fn no_difference(&self) -> (f64, f64) {
        (1.0 / (1.0 + self.machines), 1.0 + self.machines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Direction, Significance, decide};
    use crate::estimate::Estimator;

    /// The decision of an interval alone.
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
