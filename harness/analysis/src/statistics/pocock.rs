//! Testing again and again while data come: the nominal level at which each of several looks must
//! reject, so that the chance of any false rejection is the level (Pocock 1977). The chance of
//! crossing is integrated numerically (Armitage, McPherson and Rowe 1969; Jennison and Turnbull,
//! "Group Sequential Methods", chapter 19).
//! Owns the boundary; when looks are taken is the plan's.

use super::normal::{density, normal};

/// Points of Simpson's rule over what has not been rejected yet; odd.
const POINTS: usize = 81;

/// The two-sided nominal level of every look, where looks come after so many blocks each, in
/// order, and `level` is the chance of any false rejection. One look has the level itself.
pub(crate) fn nominal(looks: &[u32], level: f64) -> f64 {
    let Some(last) = looks.last() else { return level };
    let times: Vec<f64> = looks.iter().map(|look| f64::from(*look) / f64::from(*last)).collect();
    // The wanted boundary lies between that of one look and that of independent ones. The chance
    // falls steeply, so that the bracket is cut where the logarithms say (regula falsi, with the
    // weight of an end that stays halved: the Illinois rule).
    let off = |c: f64| (rejects(&times, c).max(f64::EPSILON) / level).ln();
    let (mut low, mut high) = (0.5, 8.0);
    let (mut above, mut below) = (off(low), off(high));
    for _ in 0..20 {
        let middle = low + (high - low) * above / (above - below);
        match off(middle) {
            found if found.abs() < 1e-9 => return 2.0 * normal(-middle),
            found if found > 0.0 => {
                (low, above) = (middle, found);
                below /= 2.0;
            }
            found => {
                (high, below) = (middle, found);
                above /= 2.0;
            }
        }
    }
    2.0 * normal(-high)
}

/// The chance that a Brownian motion B(t) leaves ±c√t at any of these times.
fn rejects(times: &[f64], c: f64) -> f64 {
    let mut grid = Grid::over(c * times[0].sqrt());
    let spread = times[0].sqrt();
    let mut densities: Vec<f64> = grid.points().map(|b| density(b / spread) / spread).collect();
    for pair in times.windows(2) {
        let step = (pair[1] - pair[0]).sqrt();
        let next = Grid::over(c * pair[1].sqrt());
        let moved = |to: f64| {
            let from = grid.points().zip(&densities);
            let terms = from.map(|(at, mass)| mass * density((to - at) / step) / step);
            grid.integral(terms)
        };
        let arrived: Vec<f64> = next.points().map(moved).collect();
        (grid, densities) = (next, arrived);
    }
    1.0 - grid.integral(densities.iter().copied())
}

/// Evenly spaced points from -end to end.
struct Grid {
    end: f64,
}

impl Grid {
    fn over(end: f64) -> Grid {
        Grid { end }
    }

    fn step(&self) -> f64 {
        2.0 * self.end / (POINTS - 1) as f64
    }

    fn points(&self) -> impl Iterator<Item = f64> + '_ {
        (0..POINTS).map(|index| index as f64 * self.step() - self.end)
    }

    /// Simpson's rule.
    fn integral(&self, values: impl Iterator<Item = f64>) -> f64 {
        let weighted = values.enumerate().map(|(index, value)| match index {
            0 => value,
            index if index == POINTS - 1 => value,
            index if index % 2 == 1 => 4.0 * value,
            _ => 2.0 * value,
        });
        weighted.sum::<f64>() * self.step() / 3.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_steps_give_the_published_constants() {
        // Jennison and Turnbull, table 2.1: C_P for 2 to 5 looks.
        let table = [(0.05, [2.178, 2.289, 2.361, 2.413]), (0.01, [2.772, 2.873, 2.939, 2.986])];
        for (level, constants) in table {
            for (count, constant) in (2..).zip(constants) {
                let looks: Vec<u32> = (1..=count).map(|look| look * 10).collect();
                let wanted = 2.0 * normal(-constant);
                let found = nominal(&looks, level);
                assert!((found / wanted - 1.0).abs() < 0.003, "{count} looks at {level}: {found}");
            }
        }
    }

    #[test]
    fn one_look_has_the_whole_level_and_more_looks_less() {
        assert!((nominal(&[30], 0.05) - 0.05).abs() < 1e-6);
        assert!(nominal(&[], 0.05) == 0.05);
        let four = nominal(&[10, 20, 40, 60], 0.05);
        assert!((0.0125..0.03).contains(&four), "{four}");
        assert!(nominal(&[10, 20, 40, 60], 0.05 / 7.0) < four / 7.0 * 1.1);
    }
}
