//! The estimators and tests, one file each, with their sources.
//! Owns arithmetic on plain numbers; what the numbers mean belongs to the callers.

mod geometric_mean;
mod groups;
mod hodges_lehmann;
mod holm;
mod mann_whitney;
mod median;
mod normal;
mod outliers;
mod pocock;
mod power;
mod quantile;
mod signed_rank;

pub(crate) use geometric_mean::geometric_mean;
pub(crate) use groups::{GroupSpread, group_mean, group_spread, mean_over_groups};
pub(crate) use hodges_lehmann::hodges_lehmann;
pub(crate) use holm::rejected;
pub(crate) use mann_whitney::mann_whitney;
pub(crate) use median::{median, median_and_range, range};
pub(crate) use outliers::outliers;
pub(crate) use pocock::nominal;
pub(crate) use power::{blocks, blocks_within, detectable, deviation, fewest, power_quantile};
pub(crate) use quantile::quantile;

/// The largest of the numbers below `end` of which something holds that holds of all smaller ones
/// too; absent where it holds of none.
fn largest_within(end: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut low, mut high) = (0, end);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_number_is_the_last_of_which_it_holds() {
        for end in 0..9 {
            for last in 0..=end {
                let wanted = (0..end).take_while(|it| *it < last).last();
                assert_eq!(largest_within(end, |it| it < last), wanted, "{last} of {end}");
            }
        }
    }
}
