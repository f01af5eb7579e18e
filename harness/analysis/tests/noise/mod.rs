//! Noise like that of real machines, seeded: log-normal noise of each build, drift shared by
//! neighbours, and a few builds that are slow for no reason, as on a shared two-core machine.
#![allow(dead_code, reason = "not every test needs all of it")]

use std::collections::BTreeMap;

use rand::{Rng, RngExt};

/// One time of each block.
pub type Times = BTreeMap<u32, f64>;

/// Noise of one build and of the drift, as standard deviations of the logarithm.
#[derive(Clone, Copy)]
pub struct Noise {
    pub build: f64,
    pub drift: f64,
}

pub const QUIET: Noise = Noise { build: 0.03, drift: 0.05 };
pub const LOUD: Noise = Noise { build: 0.05, drift: 0.05 };

/// A standard normal value (Box and Muller).
pub fn normal(random: &mut impl Rng) -> f64 {
    let (first, second): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos()
}

/// Builds of a reference and of candidates that take `factor` times as long, block by block.
pub fn blocks(
    random: &mut impl Rng,
    noise: Noise,
    factors: &[f64],
    blocks: u32,
) -> (Times, Vec<Times>) {
    let mut reference = Times::new();
    let mut candidates = vec![Times::new(); factors.len()];
    let mut drift = 0.0;
    for block in 1..=blocks {
        drift = 0.9 * drift + noise.drift * (1.0f64 - 0.81).sqrt() * normal(random);
        let mut build = |factor: f64| {
            let slow = if random.random::<f64>() < 0.03 { 1.25 } else { 1.0 };
            10.0 * factor * slow * (drift + noise.build * normal(random)).exp()
        };
        reference.insert(block, build(1.0));
        for (candidate, factor) in candidates.iter_mut().zip(factors) {
            candidate.insert(block, build(*factor));
        }
    }
    (reference, candidates)
}
