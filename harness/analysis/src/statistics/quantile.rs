//! A quantile of a sample with a confidence interval that assumes no distribution.
//! The point is that of linear interpolation between the neighbouring values (Hyndman and Fan,
//! type 7). The interval is between two of the ordered values: how many of a sample lie below the
//! true quantile is binomial, which is approximated by the normal distribution. Owns nothing else.

/// The number of standard deviations around the mean that 95 % of a normal distribution lie within.
const Z: f64 = 1.959_964;

/// A quantile of values, and its 95 % interval; absent without values. The interval ends at the
/// smallest and largest value, where so few were measured that it would have to go beyond.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<(f64, f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = share * last as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(last);
    let point = sorted[below] + part * (sorted[above] - sorted[below]);
    let (low, high) = ranks(sorted.len(), share);
    Some((point, sorted[low], sorted[high]))
}

/// The places, from 0, of the ordered values that enclose a quantile.
fn ranks(count: usize, share: f64) -> (usize, usize) {
    let (mean, last) = (count as f64 * share, count - 1);
    let spread = Z * (mean * (1.0 - share)).sqrt();
    // Rank r of 1..=n is at place r - 1.
    let low = (mean - spread).floor().max(1.0) as usize - 1;
    let high = ((mean + spread).ceil() as usize).min(last);
    (low.min(last), high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_lies_between_its_neighbours() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3.0], 0.95), Some((3.0, 3.0, 3.0)));
        let values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        let (median, low, high) = quantile(&values, 0.5).unwrap();
        assert_eq!((median, low, high), (50.0, 39.0, 61.0));
        assert!((quantile(&values, 0.95).unwrap().0 - 95.0).abs() < 1e-9);
        assert_eq!(quantile(&[1.0, 2.0], 0.5).unwrap().0, 1.5);
    }

    /// The probability that the interval holds the true quantile: that between `low + 1` and `high`
    /// of the values lie below it.
    fn coverage(count: usize, share: f64) -> f64 {
        let (low, high) = ranks(count, share);
        // Logarithms: the probability that none lies below is too small for a number.
        let mut logarithm = count as f64 * (1.0 - share).ln();
        let mut covered = 0.0;
        for below in 0..=count {
            if (low + 1..=high).contains(&below) {
                covered += logarithm.exp();
            }
            let step = (count - below) as f64 / (below + 1) as f64;
            logarithm += (step * share / (1.0 - share)).ln();
        }
        covered
    }

    #[test]
    fn the_interval_holds_the_quantile_at_least_as_often_as_it_says() {
        for count in [100, 200, 400, 1000] {
            for share in [0.5, 0.95] {
                let covered = coverage(count, share);
                assert!((0.945..0.99).contains(&covered), "{count}, {share}: {covered}");
            }
        }
    }
}
