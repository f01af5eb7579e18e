//! Does the method keep its promises on noise like that of real machines? The quick half; what
//! takes hundreds of runs is `tests/simulation.rs`.

#[path = "../../tests/noise/mod.rs"]
mod noise;

use lukewarm_model::{ComparisonVerdict, Stopping};
use noise::{LOUD, blocks, normal};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::compare::{Levels, MARGIN, Margin, Ratio, ratio, verdicts};
use crate::statistics::{self as power, deviation, hodges_lehmann};

/// The share of trials in which any of the family is called slower.
fn slower(trials: u32, factors: &[f64], count: u32) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(20_261_123);
    let levels = Levels::of(&Stopping::Fixed, factors.len());
    let found = (0..trials).filter(|_| {
        let (reference, candidates) = blocks(&mut random, LOUD, factors, count);
        let family: Vec<Ratio> =
            candidates.iter().filter_map(|c| ratio(c, &reference, levels.alone())).collect();
        let said = verdicts(&family, factors.len(), &levels, &Margin::of(MARGIN));
        said.contains(&ComparisonVerdict::Slower)
    });
    found.count() as f64 / f64::from(trials)
}

#[test]
fn a_noisy_reference_makes_no_difference_the_same() {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let levels = Levels::of(&Stopping::Fixed, 2);
    let trials = 300;
    let mut floors = 0;
    let same = (0..trials).filter(|_| {
        // The reference once more, and a candidate that takes 3 % longer.
        let (reference, candidates) = blocks(&mut random, LOUD, &[1.0, 1.03], 20);
        let family: Vec<Ratio> =
            candidates.iter().filter_map(|it| ratio(it, &reference, levels.alone())).collect();
        let margin = Margin::of(MARGIN).raised_by(&family[0].estimate);
        floors += u32::from(margin.floor.is_some());
        verdicts(&family, 2, &levels, &margin)[1] == ComparisonVerdict::Same
    });
    let same = same.count();
    assert!(same * 20 <= trials, "{same} of {trials} called the same");
    assert!(floors * 2 > 300, "most of these references are noisier than the margin: {floors}");
}

#[test]
fn the_blocks_that_are_said_to_be_needed_find_the_effect_in_four_of_five_runs() {
    // The noise of the pairs, from many of them.
    let mut random = ChaCha8Rng::seed_from_u64(10);
    let (reference, candidates) = blocks(&mut random, LOUD, &[1.0], 4000);
    let logs: Vec<f64> =
        reference.iter().map(|(block, value)| (candidates[0][block] / value).ln()).collect();
    let noise = deviation(&logs).unwrap();
    let margin = MARGIN.ln_1p();
    for (factor, family) in [(1.05, 1), (1.08, 4)] {
        let effect = f64::ln(factor);
        let needed = power::blocks(noise, effect, margin, 0.05 / family as f64).unwrap();
        // One that differs among others that do not: the step of Holm's procedure it must pass.
        let mut factors = vec![1.0; family];
        factors[0] = factor;
        let found = slower(300, &factors, needed);
        assert!((0.7..=0.95).contains(&found), "{found} with {needed} blocks in {family}");
    }
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
