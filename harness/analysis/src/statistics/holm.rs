//! Holm's procedure for many comparisons at once: the chance of any false rejection in the family
//! stays below the level, whatever the dependence (Holm 1979). With looks in between, each step
//! takes the nominal level of its share (Ye, Li, Liu and Yao, "Group sequential Holm and Hochberg
//! procedures", Statistics in Medicine 32, 2013).
//! Owns nothing else.

/// Which hypotheses are rejected, in the order given. `share` is the level of each of so many
/// hypotheses that are not rejected yet: the level over their number, where nothing else is to be
/// heeded.
pub(crate) fn rejected(p_values: &[f64], share: impl Fn(usize) -> f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut rejected = vec![false; p_values.len()];
    for (place, index) in order.into_iter().enumerate() {
        if p_values[index] > share(p_values.len() - place) {
            break;
        }
        rejected[index] = true;
    }
    rejected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_what_p_adjust_of_r_leaves_below_the_level() {
        // p.adjust(c(0.03, 0.01, 0.05, 0.02, 0.04), "holm") is 0.09 0.05 0.09 0.08 0.09.
        let p_values = [0.03, 0.01, 0.05, 0.02, 0.04];
        let adjusted = [0.09, 0.05, 0.09, 0.08, 0.09];
        for level in [0.049, 0.051, 0.079, 0.081, 0.089, 0.091] {
            let wanted = adjusted.map(|p| p <= level);
            assert_eq!(rejected(&p_values, |open| level / open as f64), wanted, "{level}");
        }
        assert_eq!(rejected(&[], |_| 1.0), Vec::<bool>::new());
        assert_eq!(rejected(&[0.6, 0.7], |open| 0.05 / open as f64), [false, false]);
        assert_eq!(rejected(&[0.03], |open| 0.05 / open as f64), [true]);
    }
}
