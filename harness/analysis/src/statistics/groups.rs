//! The mean over groups, each with its own mean, and the t interval over these (Student 1908):
//! what further groups of the kind would have, as far as so few say. Resampling so few groups
//! covers the truth too seldom; the simulation of `trial` says how seldom.
//! Owns nothing else.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::deviation;

/// The mean of groups' means with the ends of its interval of confidence `1 - level`, with as many
/// degrees of freedom as groups but one; absent below three groups, whose interval would say
/// nothing.
pub(crate) fn mean_over_groups(means: &[f64], level: f64) -> Option<[f64; 3]> {
    let count = means.len() as f64;
    if means.len() < 3 {
        return None;
    }
    let freedom = StudentsT::new(0.0, 1.0, count - 1.0).ok()?;
    let mean = means.iter().sum::<f64>() / count;
    let half = freedom.inverse_cdf(1.0 - level / 2.0) * deviation(means)? / count.sqrt();
    Some([mean, mean - half, mean + half])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_tables() {
        // t of 2 degrees of freedom at 97.5 % is 4.303; of 4, 2.776.
        let [mean, low, high] = mean_over_groups(&[1.0, 2.0, 3.0], 0.05).unwrap();
        assert!((mean - 2.0).abs() < 1e-12);
        assert!((high - mean - 4.3027 / 3f64.sqrt()).abs() < 1e-3, "{high}");
        assert!((mean - low - (high - mean)).abs() < 1e-12);
        let [mean, _, high] = mean_over_groups(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.05).unwrap();
        assert!((high - mean - 2.7764 * 2.5f64.sqrt() / 5f64.sqrt()).abs() < 1e-3, "{high}");
        assert_eq!(mean_over_groups(&[1.0, 2.0], 0.05), None, "two say nothing of a third");
        assert_eq!(mean_over_groups(&[], 0.05), None);
    }
}
