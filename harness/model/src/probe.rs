//! The calibration load: one small fixed piece of work, done between jobs to see the machine.
//! Owns what it leaves and the rule that reads it, which is blind to what the jobs took: no
//! job is ever corrected or chosen by its own time.

use crate::Seconds;

/// Above this multiple of the median a probe says that the machine was disturbed.
const DISTURBED: f64 = 1.4;

/// One block in so many may be measured once more.
const REPEATED_ONE_IN: usize = 5;

/// What the calibration load took once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probe {
    /// Wall-clock time.
    pub wall: Seconds,
    /// CPU time; absent where the system does not say.
    pub cpu: Option<Seconds>,
    /// Share of all processor time that the hypervisor gave to somebody else meanwhile; absent
    /// where it is not told.
    pub stolen: Option<f64>,
}

/// The places of the probes that took more than 1.4 times the median of all: what was measured
/// behind them is disturbed.
pub fn disturbed(walls: &[Seconds]) -> Vec<usize> {
    let Some(median) = median(walls) else { return Vec::new() };
    let slow = |(place, wall): (usize, &Seconds)| (wall.0 > DISTURBED * median).then_some(place);
    walls.iter().enumerate().filter_map(slow).collect()
}

/// How many of so many blocks may be measured once more for being disturbed: at most 20 %, so
/// that a machine that is never quiet ends its run, and says so.
pub fn repeats(blocks: usize) -> usize {
    blocks / REPEATED_ONE_IN
}

pub(crate) fn median(walls: &[Seconds]) -> Option<f64> {
    let mut sorted: Vec<f64> = walls.iter().map(|wall| wall.0).collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    let even = sorted.len().is_multiple_of(2);
    Some(if even { f64::midpoint(sorted[middle - 1], upper) } else { upper })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(walls: &[f64]) -> Vec<usize> {
        disturbed(&walls.iter().copied().map(Seconds).collect::<Vec<_>>())
    }

    #[test]
    fn a_probe_over_1_4_times_the_median_marks_its_block() {
        assert_eq!(places(&[1.0, 1.39, 1.0, 1.41, 1.0]), [3]);
        assert_eq!(places(&[1.0, 3.0, 1.1, 0.9, 2.0, 1.0]), [1, 4], "the median is 1.05");
    }

    #[test]
    fn probes_that_agree_or_are_fast_mark_nothing() {
        assert_eq!(places(&[0.4; 8]), [0_usize; 0]);
        assert_eq!(places(&[0.4, 0.1, 0.42, 0.4]), [0_usize; 0]);
        assert_eq!(places(&[]), [0_usize; 0]);
        assert_eq!(places(&[9.0]), [0_usize; 0], "one has nothing to be compared with");
    }

    #[test]
    fn the_rule_does_not_depend_on_the_unit() {
        let walls = [0.41, 0.4, 0.9, 0.39, 0.43];
        assert_eq!(places(&walls), places(&walls.map(|wall| wall * 60.0)));
    }

    #[test]
    fn at_most_a_fifth_of_the_blocks_is_repeated() {
        assert_eq!([4, 5, 9, 10, 60].map(repeats), [0, 1, 1, 2, 12]);
        assert!((0..1000).all(|blocks| repeats(blocks) as f64 <= 0.2 * blocks as f64));
    }
}
