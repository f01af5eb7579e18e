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

/// The value that is not exceeded with a probability between 0 and 1, by bisection.
pub(crate) fn quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        match normal(middle) < probability {
            true => low = middle,
            false => high = middle,
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_every_table_has() {
        for (z, wanted) in [(0.0, 0.5), (1.0, 0.841_344_746), (-1.96, 0.024_997_895)] {
            assert!((normal(z) - wanted).abs() < 1e-9, "{z}");
        }
        for (probability, wanted) in [(0.5, 0.0), (0.975, 1.959_963_985), (0.2, -0.841_621_234)] {
            assert!((quantile(probability) - wanted).abs() < 1e-8, "{probability}");
        }
        assert!((density(0.0) - 0.398_942_280).abs() < 1e-9);
    }
}
