//! The geometric mean of ratios over workspaces, with a percentile interval from the bootstrap
//! (Efron 1979; Efron and Tibshirani, "An Introduction to the Bootstrap", chapter 13), since no
//! exact one is known. Workspaces are resampled, and blocks within each, as both are samples.
//! Owns the resampling, seeded; the interval is approximate, and narrow with few workspaces.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Resamples: enough that the ends of the interval move by less than they say.
const RESAMPLES: usize = 10_000;

/// The mean of groups' means with its interval of confidence `1 - level`; absent without values.
pub(crate) fn grouped_mean(groups: &[Vec<f64>], level: f64, seed: u64) -> Option<[f64; 3]> {
    if groups.is_empty() || groups.iter().any(Vec::is_empty) {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let point = groups.iter().map(|group| mean(group)).sum::<f64>() / groups.len() as f64;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut resampled: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let means = (0..groups.len()).map(|_| {
                let group = &groups[random.random_range(0..groups.len())];
                let picked = (0..group.len()).map(|_| group[random.random_range(0..group.len())]);
                picked.sum::<f64>() / group.len() as f64
            });
            means.sum::<f64>() / groups.len() as f64
        })
        .collect();
    resampled.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| resampled[((RESAMPLES - 1) as f64 * share).round() as usize];
    Some([point, at(level / 2.0), at(1.0 - level / 2.0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_group_has_nearly_the_normal_interval_of_its_mean() {
        let values: Vec<f64> = (0..100).map(|n| f64::from(n * 37 % 100) / 100.0).collect();
        let [point, low, high] = grouped_mean(&[values], 0.05, 1).unwrap();
        assert!((point - 0.495).abs() < 1e-9);
        // 1.96 standard errors of a uniform distribution: 0.2887 / 10.
        assert!((low - (0.495 - 0.0566)).abs() < 0.004, "{low}");
        assert!((high - (0.495 + 0.0566)).abs() < 0.004, "{high}");
    }

    #[test]
    fn what_workspaces_differ_in_widens_it_and_the_seed_decides() {
        let groups = [vec![0.0; 10], vec![1.0; 10]];
        let whole = grouped_mean(&groups, 0.05, 7).unwrap();
        assert_eq!(whole, [0.5, 0.0, 1.0], "either workspace may come twice");
        let varied = [vec![0.1, 0.2, 0.4], vec![0.8, 0.9, 0.7]];
        assert_eq!(grouped_mean(&varied, 0.05, 7), grouped_mean(&varied, 0.05, 7));
        assert_eq!(grouped_mean(&[], 0.05, 7), None);
        assert_eq!(grouped_mean(&[vec![]], 0.05, 7), None);
    }
}
