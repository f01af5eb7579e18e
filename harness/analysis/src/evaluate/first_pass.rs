//! Whether a first pass that is measured counts: only where it is not slower than the rest.
//! Owns the rule. It looks at all cases of a job together, never at one beside another, so that it
//! cannot favour any.

use std::collections::BTreeMap;

use lukewarm_model::{Allocation, Plan, Priming};

use crate::statistics::median;

/// A first pass counts if its jobs took at most this many times as long as later ones, in the
/// middle of all cases: cold file caches make it slower, and how much differs from case to case.
const SLOWEST: f64 = 1.15;

/// The iteration that a measured first pass is, where one machine measured all of them.
pub(crate) const FIRST: u32 = 1;

/// Whether the rule applies to a plan: where the first pass is measured beside others, and time is
/// allocated by what is seen.
pub(super) fn applies(plan: &Plan) -> bool {
    plan.priming == Priming::Measured && plan.allocation == Allocation::Adaptive
}

/// Whether the first pass of a job counts, from the times of all of its cases by iteration; also
/// where there is nothing to compare it with. It is compared with later ones of its own part.
pub(super) fn counts(
    rows: &[&BTreeMap<u32, f64>],
    first: u32,
    is_of_part: impl Fn(u32) -> bool,
) -> bool {
    let ratio = |row: &&BTreeMap<u32, f64>| {
        let later = row.iter().filter(|(block, _)| **block > first && is_of_part(**block));
        let later: Vec<f64> = later.map(|(_, value)| *value).collect();
        Some(row.get(&first)? / median(&later)?)
    };
    let ratios: Vec<f64> = rows.iter().filter_map(ratio).collect();
    median(&ratios).is_none_or(|middle| middle <= SLOWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[f64]) -> BTreeMap<u32, f64> {
        (1..).zip(values.iter().copied()).collect()
    }

    #[test]
    fn a_first_pass_counts_unless_all_of_it_was_slow() {
        let of = |rows: &[&[f64]]| {
            let rows: Vec<BTreeMap<u32, f64>> = rows.iter().map(|it| row(it)).collect();
            counts(&rows.iter().collect::<Vec<_>>(), FIRST, |_| true)
        };
        assert!(of(&[&[10.0, 10.0], &[5.0, 5.0], &[1.0, 1.1]]));
        assert!(of(&[&[14.0, 10.0], &[5.0, 5.0], &[1.0, 1.1]]), "one case alone does not matter");
        assert!(!of(&[&[14.0, 10.0, 11.0], &[6.2, 5.0, 5.1], &[1.0, 1.1, 1.0]]));
        assert!(of(&[&[14.0], &[6.2]]), "there is nothing else");
        assert!(of(&[]));
    }
}
