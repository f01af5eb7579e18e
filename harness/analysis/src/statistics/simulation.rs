//! Does the method keep its promises on noise like that of real machines?
//! Owns a seeded simulation: log-normal noise of each build, drift shared by neighbours, and a
//! few builds that are slow for no reason, as on a shared two-core machine.

use lukewarm_model::ComparisonVerdict;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::compare::{ByIteration, Ratio, ratio, verdicts};
use crate::statistics::hodges_lehmann;

/// Noise of one build and of the drift, as standard deviations of the logarithm.
#[derive(Clone, Copy)]
struct Noise {
    build: f64,
    drift: f64,
}

const QUIET: Noise = Noise { build: 0.03, drift: 0.05 };
const LOUD: Noise = Noise { build: 0.05, drift: 0.05 };

/// A standard normal value (Box and Muller).
fn normal(random: &mut impl Rng) -> f64 {
    let (first, second): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos()
}

/// Builds of a reference and of candidates that take `factor` times as long, block by block.
fn blocks(
    random: &mut impl Rng,
    noise: Noise,
    factors: &[f64],
    blocks: u32,
) -> (ByIteration, Vec<ByIteration>) {
    let mut reference = ByIteration::new();
    let mut candidates = vec![ByIteration::new(); factors.len()];
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

/// The share of trials in which the family has any verdict of a kind.
fn share(noise: Noise, factors: &[f64], n: u32, wanted: &[ComparisonVerdict]) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(20_261_123);
    let trials = 600;
    let found = (0..trials).filter(|_| {
        let (reference, candidates) = blocks(&mut random, noise, factors, n);
        let family: Vec<Ratio> = candidates.iter().filter_map(|c| ratio(c, &reference)).collect();
        verdicts(&family).iter().any(|verdict| wanted.contains(verdict))
    });
    found.count() as f64 / f64::from(trials)
}

const DIFFERENT: [ComparisonVerdict; 2] = [ComparisonVerdict::Faster, ComparisonVerdict::Slower];

#[test]
fn alike_cases_are_called_different_in_at_most_one_of_twenty_runs() {
    for (noise, n) in [(QUIET, 6), (QUIET, 10), (LOUD, 10), (LOUD, 20)] {
        let alone = share(noise, &[1.0], n, &DIFFERENT);
        assert!(alone <= 0.05, "{alone} with {n} blocks");
    }
    // The error of a whole report row, not of each comparison.
    let family = share(LOUD, &[1.0; 7], 20, &DIFFERENT);
    assert!(family <= 0.05, "{family} in a family of seven");
}

#[test]
fn a_real_difference_is_found_with_enough_blocks_and_on_the_right_side() {
    let found = share(QUIET, &[1.05], 30, &[ComparisonVerdict::Slower]);
    assert!(found >= 0.95, "{found}");
    assert!(share(QUIET, &[1.05], 30, &[ComparisonVerdict::Faster]) < 0.005);
    let faster = share(QUIET, &[0.8; 7], 10, &[ComparisonVerdict::Faster]);
    assert!(faster >= 0.95, "{faster}");
}

#[test]
fn a_difference_beyond_the_margin_is_seldom_called_the_same() {
    let same = share(QUIET, &[1.021], 30, &[ComparisonVerdict::Same]);
    assert!(same <= 0.05, "{same}");
}

#[test]
fn the_interval_covers_the_truth_as_often_as_it_says() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let trials = 1000;
    let covered = (0..trials).filter(|_| {
        let differences: Vec<f64> = (0..12).map(|_| 0.05 + 0.07 * normal(&mut random)).collect();
        let shift = hodges_lehmann(&differences, 0.05).unwrap();
        shift.low <= 0.05 && 0.05 <= shift.high
    });
    let coverage = covered.count() as f64 / f64::from(trials);
    assert!((0.93..=0.98).contains(&coverage), "{coverage}");
}
