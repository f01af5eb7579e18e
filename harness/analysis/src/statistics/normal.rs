//! The standard normal distribution.
//! Owns nothing else.

/// The probability of at most `z`.
pub(crate) fn normal(z: f64) -> f64 {
    libm::erfc(-z / std::f64::consts::SQRT_2) / 2.0
}

/// The density at `z`.
pub(crate) fn density(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_every_table_has() {
        for (z, wanted) in [(0.0, 0.5), (1.0, 0.841_344_746), (-1.96, 0.024_997_895)] {
            assert!((normal(z) - wanted).abs() < 1e-9, "{z}");
        }
        assert!((density(0.0) - 0.398_942_280).abs() < 1e-9);
    }
}
