//! The shift between two independent samples: the Hodges–Lehmann estimate with the exact interval
//! and test of the rank-sum statistic U (Mann and Whitney 1947; interval as in Hollander and
//! Wolfe, section 4.3).
//! Owns what separate runs are compared with; within one run pairs know more.

use super::hodges_lehmann::{Shift, middle_and_ends};
use super::largest_within;
use super::normal::normal;

/// Up to this many pairs of values the distribution is exact. Beyond, the normal approximation
/// with continuity correction is off by at most one pair in a thousand.
const EXACT_UP_TO: usize = 2500;

/// How far values of the second sample lie above those of the first, with the interval of
/// confidence `1 - level`; absent when they are too few for any interval (below 4 and 4 at 5 %).
pub(crate) fn mann_whitney(first: &[f64], second: &[f64], level: f64) -> Option<Shift> {
    let null = Null::of(first.len(), second.len());
    let critical = null.critical(level)? as usize;
    let mut differences: Vec<f64> =
        second.iter().flat_map(|b| first.iter().map(move |a| b - a)).collect();
    let positive = differences.iter().filter(|difference| **difference > 0.0).count() as u64;
    let negative = differences.iter().filter(|difference| **difference < 0.0).count() as u64;
    // A tie counts half to either side; what is left of a half makes the test more careful.
    let ties = differences.len() as u64 - positive - negative;
    let p_value = null.p_value(positive.min(negative) + ties.div_ceil(2));
    let [estimate, low, high] = middle_and_ends(&mut differences, critical)?;
    Some(Shift { estimate, low, high, p_value })
}

/// How U is distributed when both samples come from one distribution.
enum Null {
    /// The probability of at most u, for every u that there is.
    Exact(Vec<f64>),
    /// Mean and standard deviation.
    Normal(f64, f64),
}

impl Null {
    fn of(first: usize, second: usize) -> Null {
        if first * second > EXACT_UP_TO {
            let (n, m) = (first as f64, second as f64);
            return Null::Normal(n * m / 2.0, (n * m * (n + m + 1.0) / 12.0).sqrt());
        }
        let mut chances = chances(first, second);
        let mut sum = 0.0;
        for chance in &mut chances {
            sum += *chance;
            *chance = sum;
        }
        Null::Exact(chances)
    }

    /// The two-sided p-value of the smaller of U and its mirror image.
    fn p_value(&self, smaller: u64) -> f64 {
        let at_most = match self {
            Null::Exact(cumulative) => cumulative[(smaller as usize).min(cumulative.len() - 1)],
            Null::Normal(mean, deviation) => normal((smaller as f64 + 0.5 - mean) / deviation),
        };
        (2.0 * at_most).min(1.0)
    }

    /// The largest u whose two-sided p-value is at most `level`; absent when none is.
    fn critical(&self, level: f64) -> Option<u64> {
        let end = match self {
            Null::Exact(cumulative) => cumulative.len() as u64,
            Null::Normal(mean, _) => *mean as u64,
        };
        largest_within(end, |u| self.p_value(u) <= level)
    }
}

/// The probability of every u. The largest of all values is of the second sample, where it lies
/// above all of the first, or of the first (the recursion of Mann and Whitney).
fn chances(first: usize, second: usize) -> Vec<f64> {
    let most = first * second;
    // By size of the second sample, for one size of the first after the other.
    let mut rows: Vec<Vec<f64>> = (0..=second).map(|_| certain_zero(most)).collect();
    for n in 1..=first {
        let mut next: Vec<Vec<f64>> = vec![certain_zero(most)];
        for m in 1..=second {
            let share = n as f64 / (n + m) as f64;
            let chance = |u: usize| {
                let of_first = rows[m][u];
                let of_second = if u >= n { next[m - 1][u - n] } else { 0.0 };
                share * of_first + (1.0 - share) * of_second
            };
            let row = (0..=most).map(chance).collect();
            next.push(row);
        }
        rows = next;
    }
    rows.pop().unwrap_or_default()
}

/// Where a sample is empty, u is 0.
fn certain_zero(most: usize) -> Vec<f64> {
    let mut row = vec![0.0; most + 1];
    row[0] = 1.0;
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_values_are_those_of_the_printed_tables() {
        // Two-sided, 5 %: the table of Mann and Whitney in every textbook.
        let table = [
            (4, 4, 0),
            (5, 5, 2),
            (6, 8, 8),
            (8, 8, 13),
            (10, 10, 23),
            (15, 15, 64),
            (20, 20, 127),
        ];
        for (first, second, critical) in table {
            assert_eq!(Null::of(first, second).critical(0.05), Some(critical), "{first} {second}");
        }
        assert_eq!(Null::of(3, 3).critical(0.05), None);
        assert_eq!(Null::of(0, 9).critical(0.05), None);
    }

    #[test]
    fn hollander_and_wolfe_water_transfer() {
        // Their example of permeability constants, that of R's `wilcox.test`: U = 35 of 50,
        // p = 0.2544, estimate 0.305, interval -0.15 to 0.76.
        let at_term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let early = [1.15, 0.88, 0.90, 0.74, 1.21];
        let shift = mann_whitney(&early, &at_term, 0.05).unwrap();
        assert!((shift.p_value - 0.254_412).abs() < 1e-6, "{shift:?}");
        assert!((shift.estimate - 0.305).abs() < 1e-9, "{shift:?}");
        assert!((shift.low + 0.15).abs() < 1e-9 && (shift.high - 0.76).abs() < 1e-9, "{shift:?}");
    }

    #[test]
    fn the_approximation_meets_the_exact_distribution() {
        let exact = Null::of(50, 50);
        let normal = Null::Normal(1250.0, (2500.0f64 * 101.0 / 12.0).sqrt());
        let critical = [&exact, &normal].map(|null| null.critical(0.05).unwrap());
        assert!(critical[0].abs_diff(critical[1]) <= 2, "{critical:?}");
        for u in [800, 950, 1100] {
            assert!((exact.p_value(u) - normal.p_value(u)).abs() < 2e-3, "U = {u}");
        }
    }

    #[test]
    fn equal_samples_are_no_evidence() {
        let shift = mann_whitney(&[1.0; 6], &[1.0; 6], 0.05).unwrap();
        assert_eq!((shift.estimate, shift.low, shift.high, shift.p_value), (0.0, 0.0, 0.0, 1.0));
    }
}
