//! Axes: where a value lies, and which values are written beside it.
//! Owns round numbers; how a value is written belongs to each chart.

/// Values along a stretch of pixels.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    scale: Scale,
    from: f64,
    to: f64,
    /// Where it begins and ends, in pixels.
    span: (f64, f64),
    ticks: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Linear,
    Logarithmic,
}

/// The most values beside a logarithmic axis.
const MOST: usize = 9;

/// A ratio that is further from 1 than by this factor is an arrow at the edge: on a longer axis no
/// interval could be seen.
pub(super) const FARTHEST: f64 = 10.0;

/// Which way a ratio lies out of the picture: -1 to the left, 1 to the right; absent for one in it.
pub(super) fn way_out(ratio: f64) -> Option<f64> {
    match ratio {
        it if it < 1.0 / FARTHEST => Some(-1.0),
        it if it > FARTHEST => Some(1.0),
        _ => None,
    }
}

impl Axis {
    /// From 0 to a round number at or above the largest value.
    pub(super) fn from_zero(largest: f64, span: (f64, f64)) -> Axis {
        let step = round_step(largest);
        let to = (largest / step - 1e-9).ceil().max(1.0) * step;
        let last = (to / step).round() as u32;
        let ticks = (0..=last).map(|number| f64::from(number) * step).collect();
        Axis { scale: Scale::Linear, from: 0.0, to, span, ticks }
    }

    /// From one value to another, as they are.
    pub(super) fn between(from: f64, to: f64, span: (f64, f64)) -> Axis {
        let to = if to > from { to } else { from + 1.0 };
        Axis { scale: Scale::Linear, from, to, span, ticks: Vec::new() }
    }

    /// Logarithmic from one value above 0 to another, as they are.
    pub(super) fn along(from: f64, to: f64, span: (f64, f64)) -> Axis {
        Axis { scale: Scale::Logarithmic, from, to, span, ticks: Vec::new() }
    }

    /// Logarithmic between values above 0, widened to round numbers.
    pub(super) fn logarithmic(low: f64, high: f64, span: (f64, f64)) -> Axis {
        let low = if low > 0.0 && low.is_finite() { low } else { 1.0 };
        let high = if high.is_finite() { high.max(low) } else { low };
        if let Some(axis) = Axis::narrow(low, high, span) {
            return axis;
        }
        let ones_twos_fives: Vec<f64> = (low.log10().floor() as i32 - 1
            ..=high.log10().ceil() as i32 + 1)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * 10f64.powi(power)))
            .collect();
        let below = ones_twos_fives.iter().rev().find(|it| **it <= low * 1.000_001);
        let above = ones_twos_fives.iter().find(|it| **it >= high * 0.999_999);
        let (from, mut to) = (*below.unwrap_or(&low), *above.unwrap_or(&high));
        if to <= from {
            to = from * 10.0;
        }
        let inside = |it: &&f64| **it >= from * 0.999_999 && **it <= to * 1.000_001;
        let ticks = thinned(ones_twos_fives.iter().filter(inside).copied().collect());
        Axis { scale: Scale::Logarithmic, from, to, span, ticks }
    }

    /// Logarithmic with a little room beyond its values, and round numbers only within it.
    pub(super) fn snug(low: f64, high: f64, span: (f64, f64)) -> Axis {
        let Axis { mut ticks, .. } = Axis::logarithmic(low, high, span);
        let (from, to) = (low / 1.1, high * 1.1);
        ticks.retain(|tick| (from..=to).contains(tick));
        Axis { ticks, ..Axis::along(from, to, span) }
    }

    /// A logarithmic axis so short that even steps are as good as powers: below a factor of 4.
    fn narrow(low: f64, high: f64, span: (f64, f64)) -> Option<Axis> {
        let step = round_step((high - low).max(low * 0.04));
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        if high / low >= 4.0 || first < 1.0 || last <= first {
            return None;
        }
        let ticks = (first as u32..=last as u32).map(|number| f64::from(number) * step).collect();
        Some(Axis { scale: Scale::Logarithmic, from: first * step, to: last * step, span, ticks })
    }

    /// The position of a value; what lies beyond an end is at that end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = match self.scale {
            Scale::Linear => (value - self.from) / (self.to - self.from),
            Scale::Logarithmic => (value / self.from).ln() / (self.to / self.from).ln(),
        };
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self.span.0 + (self.span.1 - self.span.0) * share
    }

    /// Whether equal distances are equal factors.
    pub(super) fn is_logarithmic(&self) -> bool {
        self.scale == Scale::Logarithmic
    }

    /// Round values, from the smallest to the largest.
    pub(super) fn ticks(&self) -> &[f64] {
        &self.ticks
    }
}

/// A round number, about a quarter of the range.
fn round_step(range: f64) -> f64 {
    let rough = if range > 0.0 && range.is_finite() { range / 4.0 } else { 0.25 };
    let power = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0].map(|factor| factor * power);
    steps.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(10.0 * power)
}

/// Fewer values, where there are too many: powers of ten, then of a hundred, and so on.
fn thinned(ticks: Vec<f64>) -> Vec<f64> {
    let mut every = 1;
    let mut left = ticks.clone();
    while left.len() > MOST {
        let kept = |it: &&f64| {
            let power = it.log10();
            (power - power.round()).abs() < 1e-6 && power.round() as i32 % every == 0
        };
        left = ticks.iter().filter(kept).copied().collect();
        every += 1;
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_axis_ends_at_a_round_number() {
        let axis = Axis::from_zero(12.8, (0.0, 100.0));
        assert_eq!(axis.ticks(), [0.0, 5.0, 10.0, 15.0]);
        assert_eq!((axis.at(7.5), axis.at(-1.0), axis.at(99.0)), (50.0, 0.0, 100.0));
        assert_eq!(Axis::from_zero(0.0, (0.0, 1.0)).ticks().last(), Some(&0.25));
    }

    #[test]
    fn a_logarithmic_axis_has_few_round_numbers() {
        let axis = Axis::logarithmic(0.016, 1.22, (0.0, 100.0));
        assert_eq!(axis.ticks(), [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0]);
        assert_eq!((axis.at(0.01), axis.at(2.0), axis.at(0.0)), (0.0, 100.0, 0.0));
        let long = Axis::logarithmic(1e-6, 1e6, (0.0, 1.0));
        assert!(long.ticks().len() <= MOST && long.ticks().len() > 3, "{:?}", long.ticks());
        let narrow = Axis::logarithmic(0.9, 1.32, (0.0, 1.0));
        let wanted = [0.8, 1.0, 1.2, 1.4];
        assert!(narrow.ticks().iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9));
        assert!(Axis::logarithmic(1.0, 1.0, (0.0, 1.0)).ticks().len() > 1);
        assert!(Axis::logarithmic(f64::NAN, 0.0, (0.0, 1.0)).at(5.0).is_finite());
    }
}
