//! The geometric mean: the mean that ratios have. That of inverted ratios is the inverse, which
//! no arithmetic mean of ratios gives (Fleming and Wallace, CACM 29(3), 1986).
//! Owns nothing else.

/// The geometric mean of positive values; absent without values.
pub(crate) fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let logs: f64 = values.iter().map(|value| value.ln()).sum();
    Some((logs / values.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubling_and_halving_cancel() {
        assert_eq!(geometric_mean(&[]), None);
        assert!((geometric_mean(&[2.0, 0.5]).unwrap() - 1.0).abs() < 1e-15);
        assert!((geometric_mean(&[1.0, 10.0, 100.0]).unwrap() - 10.0).abs() < 1e-12);
    }
}
