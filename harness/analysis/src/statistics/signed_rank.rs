//! The null distribution of Wilcoxon's signed-rank statistic W: the sum of the ranks of the
//! positive differences (Wilcoxon 1945; recursion as in Hollander and Wolfe, "Nonparametric
//! Statistical Methods", section 3.1).
//! Owns p-values and critical values; ranking the data belongs to `hodges_lehmann`.

use std::sync::OnceLock;

use super::largest_within;
use super::normal::normal;

/// Up to this many differences the distribution is exact. Beyond, the normal approximation with
/// continuity correction is off by at most one rank.
const EXACT_UP_TO: usize = 200;

/// How W is distributed when every difference is as likely positive as negative.
pub(crate) enum SignedRank {
    /// The probability of at most w, for every w that there is.
    Exact(&'static [f64]),
    /// Mean and standard deviation.
    Normal(f64, f64),
}

impl SignedRank {
    /// For so many differences.
    pub(crate) fn of(differences: usize) -> SignedRank {
        let largest = differences * (differences + 1) / 2;
        if differences > EXACT_UP_TO {
            let n = differences as f64;
            let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0;
            return SignedRank::Normal(largest as f64 / 2.0, variance.sqrt());
        }
        // The same for every comparison with so many pairs, and dear: each is worked out once.
        static KNOWN: [OnceLock<Vec<f64>>; EXACT_UP_TO + 1] =
            [const { OnceLock::new() }; EXACT_UP_TO + 1];
        SignedRank::Exact(KNOWN[differences].get_or_init(|| cumulative(differences)))
    }

    /// The two-sided p-value of the smaller of W and its mirror image.
    pub(crate) fn p_value(&self, smaller: u64) -> f64 {
        (2.0 * self.at_most(smaller)).min(1.0)
    }

    /// The largest w whose two-sided p-value is at most `level`; absent when none is, which for
    /// 5 % is so below 6 differences.
    pub(crate) fn critical(&self, level: f64) -> Option<u64> {
        let end = match self {
            SignedRank::Exact(cumulative) => cumulative.len() as u64,
            SignedRank::Normal(mean, _) => *mean as u64,
        };
        largest_within(end, |w| self.p_value(w) <= level)
    }

    fn at_most(&self, w: u64) -> f64 {
        match self {
            SignedRank::Exact(cumulative) => {
                cumulative[(w as usize).min(cumulative.len().saturating_sub(1))]
            }
            SignedRank::Normal(mean, deviation) => normal((w as f64 + 0.5 - mean) / deviation),
        }
    }
}

/// The probability of at most w for so many differences, for every w that there is.
fn cumulative(differences: usize) -> Vec<f64> {
    let largest = differences * (differences + 1) / 2;
    let mut chances = vec![0.0; largest + 1];
    chances[0] = 1.0;
    // Each rank in turn is in W or not, with equal chances.
    for rank in 1..=differences {
        for w in (0..=rank * (rank + 1) / 2).rev() {
            let with = if w >= rank { chances[w - rank] } else { 0.0 };
            chances[w] = (chances[w] + with) / 2.0;
        }
    }
    let mut sum = 0.0;
    for chance in &mut chances {
        sum += *chance;
        *chance = sum;
    }
    chances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_values_are_those_of_the_printed_tables() {
        // Two-sided, 5 %: the table in every textbook, after Wilcoxon and Wilcox (1964).
        let table = [
            (6, 0),
            (7, 2),
            (8, 3),
            (9, 5),
            (10, 8),
            (11, 10),
            (12, 13),
            (13, 17),
            (14, 21),
            (15, 25),
            (16, 29),
            (17, 34),
            (18, 40),
            (19, 46),
            (20, 52),
            (25, 89),
            (30, 137),
        ];
        for (n, critical) in table {
            assert_eq!(SignedRank::of(n).critical(0.05), Some(critical), "n = {n}");
        }
        for n in 0..6 {
            assert_eq!(SignedRank::of(n).critical(0.05), None, "n = {n}");
        }
    }

    #[test]
    fn small_distributions_can_be_counted_by_hand() {
        // Of the 8 sign patterns of 3 ranks, W is 0, 1, 2 once each and 3 twice.
        let SignedRank::Exact(three) = SignedRank::of(3) else { panic!("not exact") };
        assert_eq!(three, [0.125, 0.25, 0.375, 0.625, 0.75, 0.875, 1.0]);
        assert_eq!(SignedRank::of(6).p_value(0), 0.031_25);
        assert_eq!(SignedRank::of(6).p_value(21), 1.0);
    }

    #[test]
    fn the_approximation_meets_the_exact_distribution() {
        let n = EXACT_UP_TO;
        let variance = (n * (n + 1) * (2 * n + 1)) as f64 / 24.0;
        let normal = SignedRank::Normal((n * (n + 1)) as f64 / 4.0, variance.sqrt());
        let exact = SignedRank::of(n);
        let critical = [&exact, &normal].map(|null| null.critical(0.05).unwrap());
        assert!(critical[0].abs_diff(critical[1]) <= 1, "{critical:?}");
        for w in [7000, 8000, 9000, 10_000] {
            assert!((exact.p_value(w) - normal.p_value(w)).abs() < 1e-3, "W = {w}");
        }
        assert!(matches!(SignedRank::of(n + 1), SignedRank::Normal(..)));
    }
}
