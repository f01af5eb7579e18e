//! Means over groups, each with its own mean, and whether the groups have one mean.
//! The interval over means is that of Student's t (1908) with one degree of freedom less than
//! groups: what further groups of the kind would have, as far as so few say. It also holds where
//! the groups' means are unequally precise (Bakirov and Székely 2006; Ibragimov and Müller 2010).
//! Resampling so few groups covers the truth too seldom; the simulation of `trial` says how seldom.
//! Owns nothing else.

use statrs::distribution::{ContinuousCDF, FisherSnedecor, StudentsT};

use super::deviation;

/// A mean over groups with its interval and test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct GroupMean {
    /// The mean of the groups' means, each of which counts once.
    pub(crate) mean: f64,
    /// Lower end of the interval.
    pub(crate) low: f64,
    /// Upper end of the interval.
    pub(crate) high: f64,
    /// Of the two-sided t test that the mean is 0.
    pub(crate) p_value: f64,
}

/// What is known of the means of groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct GroupSpread {
    /// Of the test that all groups have one mean, whose variances may differ (Brown and Forsythe
    /// 1974). Where they do and groups differ in size, the F test rejects far too often.
    pub(crate) p_value: f64,
    /// The variance of a single value within its group.
    pub(crate) within: f64,
    /// The variance of the groups' true means, by moments; 0 where the noise explains all of it.
    pub(crate) between: f64,
}

/// The mean of groups' means with the ends of its interval of confidence `1 - level`, with as many
/// degrees of freedom as groups but one; absent below three groups, whose interval would say
/// nothing.
pub(crate) fn mean_over_groups(means: &[f64], level: f64) -> Option<[f64; 3]> {
    let found = group_mean(means, level).filter(|_| means.len() > 2)?;
    Some([found.mean, found.low, found.high])
}

/// The same with its test, from two groups on.
pub(crate) fn group_mean(means: &[f64], level: f64) -> Option<GroupMean> {
    let count = means.len() as f64;
    let deviation = deviation(means)?;
    let t = StudentsT::new(0.0, 1.0, count - 1.0).ok()?;
    let mean = means.iter().sum::<f64>() / count;
    let half = t.inverse_cdf(1.0 - level / 2.0) * deviation / count.sqrt();
    let p_value = match (deviation > 0.0, mean == 0.0) {
        (true, _) => 2.0 * t.sf(mean.abs() * count.sqrt() / deviation),
        (false, is_zero) => f64::from(u8::from(is_zero)),
    };
    Some(GroupMean { mean, low: mean - half, high: mean + half, p_value })
}

/// Whether groups have one mean, and how far their means lie apart; absent below two groups, and
/// where no group has two values.
pub(crate) fn group_spread(groups: &[&[f64]]) -> Option<GroupSpread> {
    let groups: Vec<&[f64]> = groups.iter().copied().filter(|it| !it.is_empty()).collect();
    let (count, total) = (groups.len(), groups.iter().map(|it| it.len()).sum::<usize>());
    if count < 2 || total <= count {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let all = groups.iter().map(|it| it.iter().sum::<f64>()).sum::<f64>() / total as f64;
    let squares_of = |group: &&[f64]| -> f64 {
        let own = mean(group);
        group.iter().map(|value| (value - own).powi(2)).sum()
    };
    let inside: f64 = groups.iter().map(squares_of).sum();
    let outside: f64 =
        groups.iter().map(|group| group.len() as f64 * (mean(group) - all).powi(2)).sum();
    let freedom = [(count - 1) as f64, (total - count) as f64];
    let (between, within) = (outside / freedom[0], inside / freedom[1]);
    // A group of one value has the variance of the others.
    let noise = groups.iter().map(|group| {
        let (variance, freedom) = match group.len() {
            1 => (within, freedom[1]),
            more => (squares_of(group) / (more - 1) as f64, (more - 1) as f64),
        };
        ((1.0 - group.len() as f64 / total as f64) * variance, freedom)
    });
    let noise: Vec<(f64, f64)> = noise.collect();
    let sum: f64 = noise.iter().map(|it| it.0).sum();
    let p_value = match sum > 0.0 {
        true => {
            let inverse: f64 = noise.iter().map(|(part, own)| (part / sum).powi(2) / own).sum();
            FisherSnedecor::new(freedom[0], 1.0 / inverse).ok()?.sf(outside / sum)
        }
        false => f64::from(u8::from(outside == 0.0)),
    };
    let squares: f64 = groups.iter().map(|it| (it.len() as f64).powi(2)).sum();
    let size = (total as f64 - squares / total as f64) / freedom[0];
    let between = ((between - within) / size).max(0.0);
    Some(GroupSpread { p_value, within, between })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_the_tables() {
        // t of 2 degrees of freedom at 97.5 % is 4.303; of 4, 2.776.
        let [mean, low, high] = mean_over_groups(&[1.0, 2.0, 3.0], 0.05).unwrap();
        assert!((mean - 2.0).abs() < 1e-12);
        assert!((high - mean - 4.3027 / 3f64.sqrt()).abs() < 1e-3, "{high}");
        assert!((mean - low - (high - mean)).abs() < 1e-12);
        let [mean, _, high] = mean_over_groups(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.05).unwrap();
        assert!((high - mean - 2.7764 * 2.5f64.sqrt() / 5f64.sqrt()).abs() < 1e-3, "{high}");
        assert_eq!(mean_over_groups(&[1.0, 2.0], 0.05), None, "two say nothing of a third");
        assert_eq!(mean_over_groups(&[], 0.05), None);
    }

    #[test]
    fn two_groups_have_one_degree_of_freedom_and_the_test_is_that_of_the_interval() {
        // t of 1 degree of freedom at 97.5 % is 12.706.
        let two = group_mean(&[1.0, 2.0], 0.05).unwrap();
        assert!((two.high - 1.5 - 12.706 / 2.0).abs() < 1e-2, "{two:?}");
        // arctan: 2 · (1/2 − atan(3) / π).
        assert!((two.p_value - (1.0 - 2.0 * 3f64.atan() / std::f64::consts::PI)).abs() < 1e-9);
        for means in [[0.1, 0.2, 0.15], [0.1, -0.2, 0.3], [0.02, 0.021, 0.022]] {
            let it = group_mean(&means, 0.05).unwrap();
            assert_eq!(it.low > 0.0 || it.high < 0.0, it.p_value < 0.05, "{it:?}");
        }
        assert_eq!(group_mean(&[0.5], 0.05), None);
        assert_eq!(group_mean(&[0.0, 0.0], 0.05).unwrap().p_value, 1.0);
        assert_eq!(group_mean(&[0.1, 0.1], 0.05).unwrap().p_value, 0.0);
    }

    #[test]
    fn the_spread_is_that_of_a_printed_example() {
        // Box, Hunter and Hunter: coagulation time of blood by diet, 228 between and 112 within.
        // F* = 228 / 15.449 with 3 and 17.5 degrees of freedom.
        let diets: [&[f64]; 4] = [
            &[62.0, 60.0, 63.0, 59.0],
            &[63.0, 67.0, 71.0, 64.0, 65.0, 66.0],
            &[68.0, 66.0, 71.0, 67.0, 68.0, 68.0],
            &[56.0, 62.0, 60.0, 61.0, 63.0, 64.0, 63.0, 59.0],
        ];
        let found = group_spread(&diets).unwrap();
        assert!((found.within - 5.6).abs() < 1e-9, "{found:?}");
        assert!((found.p_value - 4.838_957e-5).abs() < 1e-9, "{found:?}");
        // (76 − 5.6) over (24 − 152 / 24) / 3.
        assert!((found.between - 70.4 / (24.0 - 152.0 / 24.0) * 3.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn groups_that_show_no_noise_of_their_own_say_nothing_of_it() {
        assert_eq!(group_spread(&[&[1.0], &[2.0], &[]]), None);
        assert_eq!(group_spread(&[&[1.0, 2.0]]), None);
        let alike = group_spread(&[&[1.0, 1.0], &[1.0, 1.0]]).unwrap();
        assert_eq!((alike.p_value, alike.between), (1.0, 0.0));
        assert_eq!(group_spread(&[&[1.0, 1.0], &[2.0, 2.0]]).unwrap().p_value, 0.0);
        let one = group_spread(&[&[1.0, 1.2, 0.8], &[1.1]]).unwrap();
        assert!(one.p_value > 0.5, "a part with one value has that of the others as its noise");
    }
}
