//! Holm's procedure for many comparisons at once: the chance of any false rejection in the family
//! stays below the level, whatever the dependence (Holm 1979). With looks in between, each step
//! takes the nominal level of its share (Ye, Li, Liu and Yao, "Group sequential Holm and Hochberg
//! procedures", Statistics in Medicine 32, 2013).
//! Owns nothing else.

/// Which hypotheses are rejected, in the order given. `planned` is how many the family was to
/// have: one that could not be tested, or has no p-value yet, is not rejected and makes the family
/// no smaller, so that its size does not depend on what was measured. `share` is the level of each
/// of so many hypotheses that are not rejected yet: the level over their number, where nothing
/// else is to be heeded.
pub(crate) fn rejected(
    p_values: &[Option<f64>],
    planned: usize,
    share: impl Fn(usize) -> f64,
) -> Vec<bool> {
    let planned = planned.max(p_values.len());
    let tested = p_values.iter().enumerate();
    let mut order: Vec<(usize, f64)> = tested.filter_map(|(at, p)| Some((at, (*p)?))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut rejected = vec![false; p_values.len()];
    for (place, (index, p_value)) in order.into_iter().enumerate() {
        if p_value > share(planned - place) {
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
        let p_values = [0.03, 0.01, 0.05, 0.02, 0.04].map(Some);
        let adjusted = [0.09, 0.05, 0.09, 0.08, 0.09];
        for level in [0.049, 0.051, 0.079, 0.081, 0.089, 0.091] {
            let wanted = adjusted.map(|p| p <= level);
            assert_eq!(rejected(&p_values, 5, |open| level / open as f64), wanted, "{level}");
        }
        let at_five = |p_values: &[f64]| {
            let p_values: Vec<Option<f64>> = p_values.iter().copied().map(Some).collect();
            rejected(&p_values, p_values.len(), |open| 0.05 / open as f64)
        };
        assert_eq!(at_five(&[]), Vec::<bool>::new());
        assert_eq!(at_five(&[0.6, 0.7]), [false, false]);
        assert_eq!(at_five(&[0.03]), [true]);
    }

    #[test]
    fn what_could_not_be_tested_stays_in_the_family() {
        let at_five = |open: usize| 0.05 / open as f64;
        assert_eq!(rejected(&[Some(0.03), None], 2, at_five), [false, false]);
        assert_eq!(rejected(&[Some(0.02), None, Some(0.03)], 3, at_five), [false, false, false]);
        assert_eq!(rejected(&[Some(0.01), None, Some(0.02)], 3, at_five), [true, false, true]);
        // One that left no value at all was planned too.
        assert_eq!(rejected(&[Some(0.03)], 2, at_five), [false]);
    }
}
