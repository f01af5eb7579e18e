//! Holm's correction of p-values for many comparisons at once: the chance of any false rejection
//! in the family stays below the level, whatever the dependence (Holm 1979).
//! Owns nothing else.

/// The adjusted p-values, in the order given.
pub(crate) fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (place, index) in order.into_iter().enumerate() {
        let remaining = (p_values.len() - place) as f64;
        largest = largest.max((remaining * p_values[index]).min(1.0));
        adjusted[index] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_r_calls_p_adjust() {
        let adjusted = holm(&[0.03, 0.01, 0.05, 0.02, 0.04]);
        let wanted = [0.09, 0.05, 0.09, 0.08, 0.09];
        for (value, wanted) in adjusted.iter().zip(wanted) {
            assert!((value - wanted).abs() < 1e-12, "{adjusted:?}");
        }
        assert_eq!(holm(&[]), Vec::<f64>::new());
        assert_eq!(holm(&[0.6, 0.7]), [1.0, 1.0]);
        assert_eq!(holm(&[0.03]), [0.03]);
    }
}
