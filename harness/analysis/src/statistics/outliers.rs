//! Values far from their row's median, by the modified z-score of Iglewicz and Hoaglin ("How to
//! Detect and Handle Outliers", 1993): 0.6745 times the distance over the median absolute
//! deviation, beyond 3.5.
//! Owns the flag; nothing is ever dropped for it.

use super::median;

/// The standard normal distribution's third quartile: it makes the score one of deviations.
const QUARTILE: f64 = 0.6745;
/// Beyond this score a value is flagged.
const FAR: f64 = 3.5;
/// Of fewer values nobody can say which is far.
const LEAST: usize = 6;

/// The places of the values that are far from the others.
pub(crate) fn outliers(values: &[f64]) -> Vec<usize> {
    let Some(middle) = median(values).filter(|_| values.len() >= LEAST) else { return Vec::new() };
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    let deviation = median(&distances).unwrap_or_default();
    let is_far = |(_, distance): &(usize, &f64)| QUARTILE * **distance > FAR * deviation;
    match deviation > 0.0 {
        true => distances.iter().enumerate().filter(is_far).map(|(place, _)| place).collect(),
        // More than half are alike: whatever is not would be flagged.
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_example_has_two() {
        // The data of NIST's handbook, section 1.3.5.17, with Iglewicz and Hoaglin's score.
        let values = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3];
        assert_eq!(outliers(&values), [8, 9]);
    }

    #[test]
    fn few_or_equal_values_have_none() {
        assert!(outliers(&[1.0, 1.1, 0.9, 1.0, 50.0]).is_empty());
        assert!(outliers(&[1.0, 1.0, 1.0, 1.0, 1.0, 9.0]).is_empty());
        assert!(outliers(&[]).is_empty());
    }
}
