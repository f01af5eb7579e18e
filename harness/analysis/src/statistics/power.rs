//! What a number of blocks can show: the smallest effect that is found in four of five
//! experiments, and the blocks that an effect needs (Lehr 1992, for paired data; Schuirmann 1987
//! for equivalence), at the level that is in force.
//! Owns the normal approximation; a rank test needs about 5 % more blocks than it says.

use statrs::distribution::{ContinuousCDF, Normal};

use super::normal::normal;

/// The chance with which an effect is to be found.
const POWER: f64 = 0.8;

/// The smallest shift of paired differences that so many of them are found to have, from their
/// standard deviation: zero must be excluded at the level, and the estimate lie beyond the margin.
pub(crate) fn detectable(deviation: f64, blocks: usize, margin: f64, level: f64) -> f64 {
    let error = deviation / (blocks as f64).sqrt();
    power_quantile() * error + (critical(level) * error).max(margin)
}

/// The blocks that a shift needs to be found, by the same rule; none where no number will do.
pub(crate) fn blocks(deviation: f64, shift: f64, margin: f64, level: f64) -> Option<u32> {
    let excluded = (critical(level) + power_quantile()) * deviation / shift;
    let beyond = power_quantile() * deviation / (shift - margin).max(0.0);
    whole(excluded.max(if deviation > 0.0 { beyond } else { 0.0 }).powi(2))
}

/// The blocks that a shift within the margin needs to be found within it: its interval must
/// exclude the margin on both sides. None where no number will do.
pub(crate) fn blocks_within(deviation: f64, shift: f64, margin: f64, level: f64) -> Option<u32> {
    if deviation == 0.0 {
        return (shift.abs() < margin).then_some(0);
    }
    let chance = |blocks: f64| {
        let side = |room: f64| normal(room * blocks.sqrt() / deviation - critical(level));
        side(margin - shift) + side(margin + shift) - 1.0
    };
    let most = f64::from(u32::MAX);
    if chance(most) < POWER {
        return None;
    }
    let (mut low, mut high) = (0.0, most);
    // Enough halvings for the whole range of numbers.
    for _ in 0..64 {
        let middle = f64::midpoint(low, high);
        if chance(middle) < POWER { low = middle } else { high = middle }
    }
    whole(high)
}

/// The fewest pairs whose smallest p-value, 2 / 2^n, is at most the level.
pub(crate) fn fewest(level: f64) -> u32 {
    (1.0 - level.log2()).ceil() as u32
}

/// The standard deviation, with n - 1; absent below two values.
pub(crate) fn deviation(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt())
}

/// What a standard normal value must exceed to be rejected by a two-sided test.
fn critical(level: f64) -> f64 {
    quantile(1.0 - level / 2.0)
}

fn quantile(chance: f64) -> f64 {
    Normal::standard().inverse_cdf(chance)
}

/// The number of standard errors by which an effect must exceed what is rejected, to be found with
/// that chance.
pub(crate) fn power_quantile() -> f64 {
    quantile(POWER)
}

fn whole(blocks: f64) -> Option<u32> {
    // A hair above a whole number is that number.
    let blocks = (blocks - 1e-6).ceil().max(0.0);
    (blocks <= f64::from(u32::MAX)).then_some(blocks as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::nominal;

    const LOOKS: [u32; 4] = [10, 20, 40, 60];

    #[test]
    fn agrees_with_the_rule_of_sixteen() {
        // Lehr: 16 sd² / shift² for each of two groups, half of it for pairs.
        assert_eq!(blocks(0.05, 0.05, 0.0, 0.05), Some(8));
        assert_eq!(blocks(0.071, 0.05, 0.0, 0.05), Some(16));
        assert!((detectable(0.071, 16, 0.0, 0.05) - 0.0497).abs() < 1e-4);
        assert_eq!(blocks(0.05, 0.0, 0.0, 0.05), None);
        assert_eq!(blocks(0.0, 0.5, 0.02, 0.05), Some(0));
    }

    #[test]
    fn looks_and_families_ask_for_more_as_the_review_reckoned() {
        // One look, four looks, four looks in a family of seven: 2.80, 3.23, 3.91 deviations.
        let levels = [0.05, nominal(&LOOKS, 0.05), nominal(&LOOKS, 0.05 / 7.0)];
        let found = levels.map(|level| detectable(1.0, 1, 0.0, level));
        for (found, wanted) in found.iter().zip([2.80, 3.23, 3.91]) {
            assert!((found - wanted).abs() < 0.006, "{found} is not {wanted}");
        }
        let blocks = levels.map(|level| f64::from(blocks(1.0, 0.01, 0.0, level).unwrap()));
        assert!((blocks[1] / blocks[0] - 1.33).abs() < 0.01, "{blocks:?}");
        assert!((blocks[2] / blocks[0] - 1.95).abs() < 0.01, "{blocks:?}");
        // Alike in truth: both sides of the margin must be excluded, 1.34 and 1.72 times as many.
        let within = [levels[0], levels[1]]
            .map(|level| f64::from(blocks_within(1.0, 0.0, 0.01, level).unwrap()) / blocks[0]);
        assert!((within[0] - 1.34).abs() < 0.01 && (within[1] - 1.72).abs() < 0.01, "{within:?}");
    }

    #[test]
    fn what_is_hardly_beyond_the_margin_is_hardly_ever_found_there() {
        // Half of all experiments see a difference of the margin below it, however many blocks.
        assert_eq!(blocks(0.05, 0.02, 0.02, 0.05), None);
        let near = blocks(0.05, 0.021, 0.02, 0.05).unwrap();
        assert!(near > 1000, "{near}");
        assert!((detectable(1e-9, 10, 0.02, 0.05) - 0.02).abs() < 1e-6);
        assert_eq!(blocks_within(0.05, 0.02, 0.02, 0.05), None);
        assert_eq!(blocks_within(0.0, 0.01, 0.02, 0.05), Some(0));
        assert!(blocks_within(0.05, 0.01, 0.02, 0.05) > blocks_within(0.05, 0.0, 0.02, 0.05));
    }

    #[test]
    fn so_few_pairs_cannot_reach_a_level() {
        assert_eq!([0.05, 0.05 / 7.0, 0.03125].map(fewest), [6, 9, 6]);
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert_eq!(deviation(&[1.0]), None);
        assert!(
            (deviation(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap() - 2.138).abs() < 1e-3
        );
    }
}
