//! What is obvious from few blocks: a moderated t test (Smyth 2004) on paired log ratios, whose
//! prior variance is that of all cells of the run together.
//! Owns the rule and its constants. It must not know what is compared; everything near belongs to
//! the exact procedure.

use std::collections::BTreeMap;

use lukewarm_model::ComparisonVerdict;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::decide::{Direction, Significance, decide};
use super::margin::Margin;
use crate::estimate::{Estimate, Estimator};
use crate::evaluate::ByIteration;
use crate::statistics::median;

/// The accepted chance of a false *clearly* in one comparison, over all blocks after which it is
/// looked at.
pub(crate) const CLEAR_LEVEL: f64 = 0.005;
/// As many degrees of freedom has what all cells say of one case: cases differ in their noise, and
/// in simulation a case of twice the usual deviation is still safe (`docs/methodology.md`).
const PRIOR_FREEDOM: f64 = 6.0;
/// The deviation of a log time that is assumed where a run has hardly any cells: half as much again
/// as in the records in `results/published`.
const ASSUMED_DEVIATION: f64 = 0.15;
/// The degrees of freedom that this assumption counts for.
const ASSUMED_FREEDOM: f64 = 4.0;
/// No run is trusted to be quieter: half of what single cases reach in the records.
const LEAST_DEVIATION: f64 = 0.10;
/// A row's own variance counts at most so many times that of the row in the middle.
const MOST_VARIANCE: f64 = 10.0;
/// The most turns of the fit of rows and blocks; with whole blocks the first is exact.
const TURNS: usize = 20;
/// The most blocks that are said to be needed.
const MOST_BLOCKS: u32 = 200;

/// The noise of one build in a run, whatever it built.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Noise {
    /// The variance of the logarithm of one time.
    variance: f64,
}

/// One measured time: the numbers of its row and of its block, and its logarithm.
type Cell = (usize, usize, f64);

/// One row's share of the noise.
struct RowNoise {
    variance: f64,
    freedom: f64,
}

impl Noise {
    /// The noise of a run: of what is left of all log times when rows and blocks are taken out. A
    /// family is the rows of one job on one workspace.
    pub(crate) fn of(families: &[Vec<&ByIteration>]) -> Noise {
        let rows: Vec<RowNoise> = families.iter().flat_map(|rows| family(rows)).collect();
        let freedom: f64 = rows.iter().map(|row| row.freedom).sum();
        let variances: Vec<f64> = rows.iter().map(|row| row.variance).collect();
        let most = match median(&variances) {
            // The median of a chi-squared value lies below its mean (Wilson and Hilferty 1931).
            Some(middle) => {
                let each = (freedom / rows.len() as f64).max(0.5);
                MOST_VARIANCE * middle / (1.0 - 2.0 / (9.0 * each)).powi(3)
            }
            None => f64::INFINITY,
        };
        let own: f64 = rows.iter().map(|row| row.variance.min(most) * row.freedom).sum();
        let assumed = ASSUMED_FREEDOM * ASSUMED_DEVIATION.powi(2);
        let variance = (own + assumed) / (freedom + ASSUMED_FREEDOM);
        Noise { variance: variance.max(LEAST_DEVIATION.powi(2)) }
    }

    /// The variance of a paired log ratio, from the run's noise alone.
    pub(super) fn of_pair(&self) -> f64 {
        2.0 * self.variance
    }

    /// The variance of a paired log ratio: that of two times, together with what its own pairs say.
    fn moderated(&self, logs: &[f64]) -> (f64, f64) {
        let mean = mean(logs);
        let own: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
        let freedom = PRIOR_FREEDOM + logs.len() as f64 - 1.0;
        ((PRIOR_FREEDOM * self.of_pair() + own) / freedom, freedom)
    }
}

/// The estimate of paired ratios by this rule, at the level that belongs to their number, shared by
/// so many comparisons. Absent below two pairs.
pub(crate) fn moderated(ratios: &[f64], noise: &Noise, shares: usize) -> Option<Estimate> {
    let count = ratios.len();
    if count < 2 {
        return None;
    }
    let logs = logs(ratios);
    let (variance, freedom) = noise.moderated(&logs);
    let half = quantile(count as f64, freedom, shares)? * (variance / count as f64).sqrt();
    let middle = mean(&logs);
    Some(Estimate {
        point: middle.exp(),
        low: (middle - half).exp(),
        high: (middle + half).exp(),
        estimator: Estimator::ModeratedT,
        count,
    })
}

/// The verdict of such an estimate: that it is clear, or nothing.
pub(crate) fn clearly(estimate: &Estimate, margin: &Margin) -> Option<ComparisonVerdict> {
    match decide(estimate, margin, Significance::Rejected) {
        Direction::Faster => Some(ComparisonVerdict::ClearlyFaster),
        Direction::Slower => Some(ComparisonVerdict::ClearlySlower),
        Direction::Same | Direction::Undecided => None,
    }
}

/// The number of blocks after which such an effect is probably clear, with a power of 80 %; absent
/// where so many are not enough.
pub(crate) fn blocks_until_clear(ratios: &[f64], noise: &Noise, shares: usize) -> Option<u32> {
    let logs = logs(ratios);
    let (variance, _) = noise.moderated(&logs);
    let effect = mean(&logs).abs();
    let is_clear = |blocks: u32| {
        let count = f64::from(blocks);
        let quantile = quantile(count, PRIOR_FREEDOM + count - 1.0, shares);
        quantile.is_some_and(|it| (it + 0.84) * (variance / count).sqrt() < effect)
    };
    // More blocks are clear wherever fewer are.
    let (mut enough, mut few) = (MOST_BLOCKS, 1);
    while enough - few > 1 {
        let middle = few + (enough - few) / 2;
        if is_clear(middle) { enough = middle } else { few = middle }
    }
    is_clear(enough).then_some(enough)
}

/// The quantile of the t distribution after so many blocks. The level is spent as 2 / n(n + 1) of
/// it at the n-th block, which adds up to less than all of it over any number of looks.
pub(super) fn quantile(count: f64, freedom: f64, shares: usize) -> Option<f64> {
    let level = CLEAR_LEVEL * 2.0 / (count * (count + 1.0)) / shares.max(1) as f64;
    let t = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(-t.inverse_cdf(level / 2.0))
}

fn logs(ratios: &[f64]) -> Vec<f64> {
    ratios.iter().map(|ratio| ratio.ln()).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The noise of each row of a family; empty where too little was measured to show any.
fn family(rows: &[&ByIteration]) -> Vec<RowNoise> {
    let cells = shared(rows);
    let (in_row, in_block) = (counts(&cells, |it| it.0), counts(&cells, |it| it.1));
    let groups = in_row.iter().chain(&in_block).filter(|count| **count > 0).count();
    if cells.len() < groups {
        return Vec::new();
    }
    let freedom = (cells.len() + 1 - groups) as f64;
    let mut squares = vec![0.0; in_row.len()];
    for (cell, left) in cells.iter().zip(residuals(&cells)) {
        squares[cell.0] += left * left;
    }
    let row = |(count, squares): (&usize, f64)| {
        let freedom = freedom * *count as f64 / cells.len() as f64;
        (*count > 0).then(|| RowNoise { variance: squares / freedom, freedom })
    };
    in_row.iter().zip(squares).filter_map(row).collect()
}

/// The cells of rows and blocks that have two or more of them.
fn shared(rows: &[&ByIteration]) -> Vec<Cell> {
    let mut numbers: BTreeMap<u32, usize> = BTreeMap::new();
    for block in rows.iter().flat_map(|row| row.keys()) {
        let next = numbers.len();
        numbers.entry(*block).or_insert(next);
    }
    let of_row = |(number, values): (usize, &&ByIteration)| -> Vec<Cell> {
        let positive = values.iter().filter(|(_, value)| **value > 0.0);
        positive.map(|(block, value)| (number, numbers[block], value.ln())).collect()
    };
    let mut cells: Vec<Cell> = rows.iter().enumerate().flat_map(of_row).collect();
    loop {
        let before = cells.len();
        let (in_row, in_block) = (counts(&cells, |it| it.0), counts(&cells, |it| it.1));
        cells.retain(|cell| in_row[cell.0] > 1 && in_block[cell.1] > 1);
        if cells.len() == before {
            return cells;
        }
    }
}

/// The number of cells of each group, by the group's number.
fn counts(cells: &[Cell], key: impl Fn(&Cell) -> usize) -> Vec<usize> {
    let mut counts = vec![0; cells.iter().map(&key).max().map_or(0, |last| last + 1)];
    cells.iter().for_each(|cell| counts[key(cell)] += 1);
    counts
}

/// What is left of each cell without the effects of its row and its block.
fn residuals(cells: &[Cell]) -> Vec<f64> {
    let mut left: Vec<f64> = cells.iter().map(|cell| cell.2).collect();
    for _ in 0..TURNS {
        let rows = take_out(cells, &mut left, |it| it.0);
        let blocks = take_out(cells, &mut left, |it| it.1);
        if rows.max(blocks) < 1e-9 {
            break;
        }
    }
    left
}

/// Takes the mean of each group out of its cells, and gives the largest.
fn take_out(cells: &[Cell], left: &mut [f64], key: impl Fn(&Cell) -> usize) -> f64 {
    let counts = counts(cells, &key);
    let mut means = vec![0.0; counts.len()];
    for (cell, value) in cells.iter().zip(left.iter()) {
        means[key(cell)] += value / counts[key(cell)] as f64;
    }
    cells.iter().zip(left).for_each(|(cell, value)| *value -= means[key(cell)]);
    means.into_iter().map(f64::abs).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::MARGIN;

    fn row(values: &[f64]) -> ByIteration {
        (1..).zip(values.iter().copied()).collect()
    }

    fn said(ratios: &[f64], noise: &Noise) -> Option<ComparisonVerdict> {
        clearly(&moderated(ratios, noise, 1)?, &Margin::of(MARGIN))
    }

    #[test]
    fn effects_of_rows_and_blocks_are_no_noise() {
        // Rows differ by a factor of 100, blocks by 3: all is explained, and a run is not trusted
        // to be that quiet.
        let rows = [row(&[1.0, 3.0]), row(&[100.0, 300.0]), row(&[7.0, 21.0])];
        let noise = Noise::of(&[rows.iter().collect()]);
        // Two degrees of freedom of nothing beside four of the assumption.
        let wanted = 4.0 * 0.15f64.powi(2) / 6.0;
        assert!((noise.variance - wanted).abs() < 1e-9, "{noise:?}");
        let empty = Noise::of(&[]);
        assert!((empty.variance.sqrt() - 0.15).abs() < 1e-12);
        assert_eq!(Noise::of(&[vec![&rows[0]], vec![]]), empty, "one row shows no noise");
        let many: Vec<Vec<&ByIteration>> = (0..40).map(|_| rows.iter().collect()).collect();
        assert!((Noise::of(&many).variance.sqrt() - LEAST_DEVIATION).abs() < 1e-9);
    }

    #[test]
    fn the_noise_is_that_of_the_residuals_also_where_cells_are_missing() {
        // In each family one row went 0.2 up and down: its residuals are half of that.
        let up: Vec<ByIteration> = [[1.0, 1.0], [1.0, 0.2f64.exp()], [5.0, 5.0], [2.0, 2.0]]
            .iter()
            .map(|values| row(values))
            .collect();
        let rows: Vec<RowNoise> = family(&up.iter().collect::<Vec<_>>());
        let squares: f64 = rows.iter().map(|it| it.variance * it.freedom).sum();
        // 0.2² · (1 − 1/2)(1 − 1/4).
        assert!((squares - 0.04 * 0.375).abs() < 1e-9, "{squares}");
        assert!((rows.iter().map(|it| it.freedom).sum::<f64>() - 3.0).abs() < 1e-12);
        let mut gaps = up.clone();
        gaps[2].remove(&1);
        gaps[3].insert(3, 9.0);
        let rows = family(&gaps.iter().collect::<Vec<_>>());
        assert_eq!(rows.len(), 3, "what stands alone in its row or block shows nothing");
    }

    #[test]
    fn one_wild_row_does_not_make_the_whole_run_wild() {
        let mut rows: Vec<ByIteration> =
            (0..20).map(|n| row(&[1.0, 1.0 + 0.1 * f64::from(n % 3 - 1)])).collect();
        let calm = Noise::of(&[rows.iter().collect()]).variance;
        rows[7] = row(&[1.0, 20.0]);
        let wild = Noise::of(&[rows.iter().collect()]).variance;
        assert!(wild < 8.0 * calm, "{wild} after {calm}");
    }

    #[test]
    fn what_is_far_away_is_clear_after_two_blocks_and_what_is_near_is_not() {
        let noise = Noise { variance: 0.01 };
        assert_eq!(
            said(&[0.05 / 11.0, 0.05 / 12.0], &noise),
            Some(ComparisonVerdict::ClearlyFaster)
        );
        assert_eq!(said(&[2.5, 2.4], &noise), Some(ComparisonVerdict::ClearlySlower));
        assert_eq!(said(&[0.4, 0.42], &noise), Some(ComparisonVerdict::ClearlyFaster));
        assert_eq!(said(&[0.7, 0.72], &noise), None);
        assert_eq!(said(&[0.0001], &noise), None, "one block says nothing");
        // A case whose own blocks do not agree is not believed.
        assert_eq!(said(&[0.2, 0.9], &noise), None);
        // Nothing is ever clearly the same.
        assert_eq!(said(&[1.0; 60], &noise), None);
    }

    #[test]
    fn the_levels_of_all_looks_add_up_to_less_than_the_level() {
        let spent: f64 = (2..100_000).map(f64::from).map(|n| 2.0 / (n * (n + 1.0))).sum();
        assert!(spent < 1.0 && spent > 0.99, "{spent}");
        // `scipy.stats.t.isf(0.01 / 6 / 2, 7)` and `isf(0.01 / 156 / 2, 17)`.
        assert!((quantile(2.0, 7.0, 1).unwrap() - 4.9445).abs() < 1e-3);
        assert!((quantile(12.0, 17.0, 1).unwrap() - 5.2580).abs() < 1e-3);
        let shared = quantile(2.0, 7.0, 6).unwrap();
        assert!(shared > quantile(2.0, 7.0, 1).unwrap() + 1.0, "{shared}");
    }

    #[test]
    fn the_blocks_until_it_is_clear_shrink_with_the_effect() {
        let noise = Noise { variance: 0.01 };
        let needed = |ratio: f64| blocks_until_clear(&[ratio, ratio], &noise, 1);
        assert_eq!(needed(0.2), Some(2));
        let (half, near) = (needed(0.5).unwrap(), needed(0.8).unwrap());
        assert!(half <= 3 && near > 5 && near < 30, "{half} {near}");
        assert_eq!(needed(1.0), None);
    }
}
