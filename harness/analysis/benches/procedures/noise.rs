//! Builds on a machine in changing mood: log-normal noise of each build, drift that neighbours
//! share, and a few builds that are slow for no reason. Seeded.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Noise of one build and of the drift, as standard deviations of the logarithm.
#[derive(Clone, Copy)]
pub struct Noise {
    pub build: f64,
    pub drift: f64,
}

/// How much of the drift the next build keeps: half of it is gone after 14 builds.
const PERSISTENCE: f64 = 0.95;
/// The share of builds that are slow for no reason, and how slow they are.
const OUTLIERS: (f64, f64) = (0.03, 1.25);

/// A machine on which builds follow each other.
pub struct Machine {
    random: ChaCha8Rng,
    noise: Noise,
    drift: f64,
}

impl Machine {
    pub fn new(noise: Noise, seed: u64) -> Machine {
        let mut machine = Machine { random: ChaCha8Rng::seed_from_u64(seed), noise, drift: 0.0 };
        machine.drift = noise.drift * normal(&mut machine.random);
        machine
    }

    /// One build of a program that takes so many times as long.
    pub fn build(&mut self, factor: f64) -> f64 {
        let fresh = self.noise.drift * (1.0 - PERSISTENCE.powi(2)).sqrt();
        self.drift = PERSISTENCE * self.drift + fresh * normal(&mut self.random);
        let outlier = if self.random.random::<f64>() < OUTLIERS.0 { OUTLIERS.1 } else { 1.0 };
        let noise = self.noise.build * normal(&mut self.random);
        10.0 * factor * outlier * (self.drift + noise).exp()
    }

    /// What a calibration load takes now, over what it takes on a quiet machine: it shares the
    /// drift, and has a little noise of its own.
    pub fn load(&mut self, noise: f64) -> f64 {
        (self.drift + noise * normal(&mut self.random)).exp()
    }

    /// So many builds one after the other.
    pub fn row(&mut self, factor: f64, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.build(factor)).collect()
    }

    /// Blocks in which each case is built once, in random order: a row a case.
    pub fn blocks(&mut self, factors: &[f64], count: usize) -> Vec<Vec<f64>> {
        let mut rows = vec![Vec::new(); factors.len()];
        for _ in 0..count {
            let mut order: Vec<usize> = (0..factors.len()).collect();
            for last in (1..order.len()).rev() {
                order.swap(last, self.random.random_range(0..=last));
            }
            for case in order {
                let time = self.build(factors[case]);
                rows[case].push(time);
            }
        }
        rows
    }

    pub fn pick(&mut self, below: usize) -> usize {
        self.random.random_range(0..below)
    }
}

/// A standard normal value (Box and Muller).
pub fn normal(random: &mut impl Rng) -> f64 {
    let (first, second): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos()
}
