//! The Hodges–Lehmann estimate of a shift, with the exact interval and test that belong to it
//! (Hodges and Lehmann 1963; interval after Tukey, as in Hollander and Wolfe, section 3.3).
//! Owns the use of Walsh averages: estimate, interval and p-value come from one list, so that
//! they cannot contradict each other.

use super::signed_rank::SignedRank;

/// Where differences lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shift {
    /// The pseudo-median: the median of all pairwise means.
    pub(crate) estimate: f64,
    /// Lower end of the interval.
    pub(crate) low: f64,
    /// Upper end of the interval.
    pub(crate) high: f64,
    /// Of the two-sided signed-rank test that the differences are symmetric about 0.
    pub(crate) p_value: f64,
}

/// The shift of paired differences, with the interval of confidence `1 - level`; absent when
/// they are too few for any interval (below 6 at 5 %).
pub(crate) fn hodges_lehmann(differences: &[f64], level: f64) -> Option<Shift> {
    let null = SignedRank::of(differences.len());
    let critical = null.critical(level)? as usize;
    let mut averages = walsh_averages(differences);
    let p_value = null.p_value(smaller_rank_sum(&averages));
    let [estimate, low, high] = middle_and_ends(&mut averages, critical)?;
    Some(Shift { estimate, low, high, p_value })
}

/// The mean of every pair of differences, each with itself too, in no order.
fn walsh_averages(differences: &[f64]) -> Vec<f64> {
    let mut averages = Vec::with_capacity(differences.len() * (differences.len() + 1) / 2);
    for (index, first) in differences.iter().enumerate() {
        averages.extend(differences[index..].iter().map(|second| f64::midpoint(*first, *second)));
    }
    averages
}

/// The median of values, and the values that have so many others beyond them, from below and from
/// above. Absent where there are no more values than these. Selecting is enough: of 10,000
/// iterations there are fifty million averages, and sorting them would take most of a report.
pub(super) fn middle_and_ends(values: &mut [f64], beyond: usize) -> Option<[f64; 3]> {
    let (count, middle) = (values.len(), values.len() / 2);
    if count <= 2 * beyond {
        return None;
    }
    let (below, upper, above) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let median = match count % 2 {
        1 => upper,
        _ => f64::midpoint(below.iter().copied().max_by(f64::total_cmp)?, upper),
    };
    // The ends lie on either side of the middle, or are the middle itself.
    let nth = |part: &mut [f64], place: usize| {
        (place < part.len()).then(|| *part.select_nth_unstable_by(place, f64::total_cmp).1)
    };
    let low = nth(below, beyond).unwrap_or(upper);
    let high = match above.len().checked_sub(beyond + 1) {
        Some(place) => nth(above, place).unwrap_or(upper),
        None => upper,
    };
    Some([median, low, high])
}

/// W is the number of positive Walsh averages; one that is 0 counts half to either side. What is
/// left of a half is rounded up, which can only make the test more careful.
fn smaller_rank_sum(averages: &[f64]) -> u64 {
    let positive = averages.iter().filter(|average| **average > 0.0).count() as u64;
    let negative = averages.iter().filter(|average| **average < 0.0).count() as u64;
    let zero = averages.len() as u64 - positive - negative;
    positive.min(negative) + zero.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, wanted: f64, within: f64) {
        assert!((value - wanted).abs() < within, "{value} is not {wanted}");
    }

    #[test]
    fn hollander_and_wolfe_depression_scale() {
        // Their table 3.1, the example of R's `wilcox.test`: V = 40, p = 0.03906, estimate 0.46,
        // interval 0.010 to 0.786.
        let before = [1830, 500, 1620, 2480, 1680, 1880, 1550, 3060, 1300];
        let after = [878, 647, 598, 2050, 1060, 1290, 1060, 3140, 1290];
        let thousandths = before.iter().zip(after).map(|(x, y)| x - y);
        let differences: Vec<f64> = thousandths.map(|x| f64::from(x) / 1000.0).collect();
        let shift = hodges_lehmann(&differences, 0.05).unwrap();
        near(shift.estimate, 0.46, 1e-9);
        near(shift.low, 0.010, 1e-9);
        near(shift.high, 0.786, 1e-9);
        near(shift.p_value, 0.039_062_5, 1e-12);
    }

    #[test]
    fn darwins_maize() {
        // Crossed against self-fertilised, 15 pairs, in eighths of an inch (Fisher, "The Design
        // of Experiments"): W = 96, p = 0.04126.
        let eighths = [
            49.0, -67.0, 8.0, 16.0, 6.0, 23.0, 28.0, 41.0, 14.0, 29.0, 56.0, 24.0, 75.0, 60.0,
            -48.0,
        ];
        let shift = hodges_lehmann(&eighths, 0.05).unwrap();
        near(shift.p_value, 0.041_26, 5e-6);
        assert!(shift.low > 0.0 && shift.low < shift.estimate && shift.estimate < shift.high);
    }

    #[test]
    fn too_few_differences_have_no_interval() {
        assert_eq!(hodges_lehmann(&[0.1; 5], 0.05), None);
        assert_eq!(hodges_lehmann(&[], 0.05), None);
        assert!(hodges_lehmann(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 0.05).is_some());
    }

    #[test]
    fn no_difference_at_all_is_no_evidence() {
        let shift = hodges_lehmann(&[0.0; 10], 0.05).unwrap();
        assert_eq!((shift.estimate, shift.low, shift.high), (0.0, 0.0, 0.0));
        assert_eq!(shift.p_value, 1.0);
    }

    proptest::proptest! {
        #[test]
        fn moves_with_the_data_and_turns_with_its_sign(
            data in proptest::collection::vec(-1.0..1.0f64, 6..40),
            by in -5.0..5.0f64,
        ) {
            let shift = hodges_lehmann(&data, 0.05).unwrap();
            proptest::prop_assert!(shift.low <= shift.estimate && shift.estimate <= shift.high);
            let moved: Vec<f64> = data.iter().map(|value| value + by).collect();
            let moved = hodges_lehmann(&moved, 0.05).unwrap();
            proptest::prop_assert!((moved.estimate - shift.estimate - by).abs() < 1e-9);
            proptest::prop_assert!((moved.low - shift.low - by).abs() < 1e-9);
            let turned: Vec<f64> = data.iter().map(|value| -value).collect();
            let turned = hodges_lehmann(&turned, 0.05).unwrap();
            proptest::prop_assert_eq!(turned.high, -shift.low);
            proptest::prop_assert_eq!(turned.p_value, shift.p_value);
            // Interval and test are one: 0 is outside exactly when the test rejects.
            let outside = shift.low > 0.0 || shift.high < 0.0;
            proptest::prop_assert_eq!(outside, shift.p_value <= 0.05);
        }
    }
}
