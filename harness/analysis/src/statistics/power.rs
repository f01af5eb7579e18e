//! What a number of blocks can show: the smallest effect that is found in four of five
//! experiments, and the blocks that an effect needs (Lehr 1992, for paired data).
//! Owns the normal approximation; a rank test needs about 5 % more blocks than it says.

use super::normal::quantile;

/// The normal quantiles of a two-sided test at 5 % and of a power of 80 %: 1.96 + 0.84.
const QUANTILES: f64 = 2.8;

/// The smallest shift of paired differences that so many of them find with a power of 80 %, from
/// their standard deviation.
pub(crate) fn detectable(deviation: f64, blocks: usize) -> f64 {
    QUANTILES * deviation / (blocks as f64).sqrt()
}

/// The blocks that a shift needs to be found with a power of 80 %; none where no number will do.
pub(crate) fn blocks(deviation: f64, shift: f64) -> Option<u32> {
    let needed = (QUANTILES * deviation / shift).powi(2).ceil();
    (needed <= f64::from(u32::MAX)).then_some(needed as u32)
}

/// The pairs that a shift needs to be found at a two-sided level with a power of 80 %; none where
/// no number will do.
pub(crate) fn pairs_for(deviation: f64, shift: f64, level: f64) -> Option<u32> {
    let quantiles = quantile(1.0 - level / 2.0) + quantile(0.8);
    let needed = (quantiles * deviation / shift).powi(2).ceil();
    // The smallest p-value of n pairs is 2 / 2^n.
    let least = (1.0 - level.log2()).ceil();
    let needed = needed.max(least);
    (needed <= f64::from(u32::MAX)).then_some(needed as u32)
}

/// The standard deviation, with n - 1; absent below two values.
pub(crate) fn deviation(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_rule_of_sixteen() {
        // Lehr: 16 sd² / shift² for each of two groups, half of it for pairs.
        assert_eq!(blocks(0.05, 0.05), Some(8));
        assert_eq!(blocks(0.071, 0.05), Some(16));
        assert!((detectable(0.071, 16) - 0.0497).abs() < 1e-4);
        assert_eq!(blocks(0.05, 0.0), None);
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert_eq!(deviation(&[1.0]), None);
        assert!(
            (deviation(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap() - 2.138).abs() < 1e-3
        );
    }
}
