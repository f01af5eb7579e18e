//! The median, and the range that is shown beside it when samples are too few for an interval.
//! Owns nothing else.

/// The middle of the values, or the mean of the two in the middle; absent without values.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    median_of_sorted(&values)
}

/// The same of values in order.
pub(super) fn median_of_sorted(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// The median, the smallest and the largest of values, and how many they are; absent without any.
pub(crate) fn median_and_range(mut values: Vec<f64>) -> Option<(f64, f64, f64, usize)> {
    values.sort_unstable_by(f64::total_cmp);
    let median = median_of_sorted(&values)?;
    Some((median, *values.first()?, *values.last()?, values.len()))
}

/// The smallest and the largest value; absent without values.
pub(crate) fn range(values: &[f64]) -> Option<(f64, f64)> {
    let low = values.iter().copied().min_by(f64::total_cmp)?;
    let high = values.iter().copied().max_by(f64::total_cmp)?;
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_odd_and_even_numbers_of_values() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 100.0, 2.0]), Some(3.0));
        assert_eq!(range(&[4.0, 1.0, 100.0, 2.0]), Some((1.0, 100.0)));
        assert_eq!(range(&[]), None);
        let all = median_and_range(vec![4.0, 1.0, 100.0, 2.0]);
        assert_eq!(all, Some((3.0, 1.0, 100.0, 4)));
    }
}
