//! Log times of a whole run, seeded: families of cases over blocks, with what real machines do to
//! them. The case in question is the second of the first family; the first of each is its
//! reference. Every other case after it takes 0.4 times as long, so that it is soon clear.

use lukewarm_analysis::trial::clear;
use lukewarm_model::ComparisonVerdict;
use rand::{Rng, RngExt};

use crate::noise::normal;

/// What the times of a run are made of; deviations are of the logarithm.
#[derive(Clone, Copy)]
pub struct Setting {
    pub cases: usize,
    pub jobs: usize,
    /// Of the case in question.
    pub own: f64,
    pub tails: Tails,
}

/// How far single builds go astray.
#[derive(Clone, Copy, PartialEq)]
pub enum Tails {
    /// Normal, but for 3 % of builds that take a quarter longer.
    Normal,
    /// Student's t with four degrees of freedom, and these.
    Heavy,
}

/// Deviations of the other cases, of the reference, of blocks, and of the drift within one.
const OTHERS: (f64, f64) = (0.04, 0.14);
const REFERENCE: f64 = 0.08;
const BLOCK: f64 = 0.06;
const DRIFT: f64 = 0.05;

/// The most blocks of a simulated run.
pub const BLOCKS: usize = 12;

/// The times of a run: by family, case and block.
pub fn run(random: &mut impl Rng, it: Setting, factor: f64, blocks: usize) -> Vec<Vec<Vec<f64>>> {
    let mut jobs = vec![family(random, it, Some(factor), blocks)];
    jobs.extend((1..it.jobs).map(|_| family(random, it, None, blocks)));
    jobs
}

/// The times of one family, by case and block; with the case in question where it has a factor.
fn family(random: &mut impl Rng, it: Setting, factor: Option<f64>, blocks: usize) -> Vec<Vec<f64>> {
    let deviations: Vec<f64> =
        (0..it.cases).map(|case| deviation(random, it, case, factor.is_some())).collect();
    let mut rows = vec![Vec::new(); it.cases];
    for _ in 0..blocks {
        let block = BLOCK * normal(random);
        let mut drift = DRIFT * normal(random);
        for case in order(random, it.cases) {
            drift = 0.9 * drift + DRIFT * (1.0f64 - 0.81).sqrt() * normal(random);
            let slow = if random.random::<f64>() < 0.03 { 1.25 } else { 1.0 };
            let own = match (case, factor) {
                (1, Some(factor)) => factor,
                (case, _) if case > 1 && case % 2 == 0 => 0.4,
                _ => 1.0,
            };
            let noise = deviations[case] * error(random, it.tails);
            rows[case].push(10.0 * own * slow * (block + drift + noise).exp());
        }
    }
    rows
}

fn deviation(random: &mut impl Rng, it: Setting, case: usize, first: bool) -> f64 {
    match case {
        0 => REFERENCE,
        1 if first => it.own,
        _ => OTHERS.0 + (OTHERS.1 - OTHERS.0) * random.random::<f64>(),
    }
}

/// One error of deviation 1.
fn error(random: &mut impl Rng, tails: Tails) -> f64 {
    let value = normal(random);
    match tails {
        Tails::Normal => value,
        Tails::Heavy => {
            let squares: f64 = (0..4).map(|_| normal(random).powi(2)).sum();
            value / (squares / 4.0).sqrt() / 2f64.sqrt()
        }
    }
}

fn order(random: &mut impl Rng, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, random.random_range(0..=last));
    }
    order
}

/// The verdict on the case in question, and the block after which it was said: it is looked at
/// after each, and what is clear is measured no further. None where it never is.
pub fn until_clear(times: &[Vec<Vec<f64>>]) -> Option<(usize, ComparisonVerdict)> {
    let mut ends: Vec<Vec<usize>> = times.iter().map(|it| vec![usize::MAX; it.len()]).collect();
    let blocks = times[0][0].len();
    for block in 2..=blocks {
        let cut = |(rows, ends): (&Vec<Vec<f64>>, &Vec<usize>)| -> Vec<Vec<f64>> {
            let cut = |(row, end): (&Vec<f64>, &usize)| row[..block.min(*end)].to_vec();
            rows.iter().zip(ends).map(cut).collect()
        };
        let seen: Vec<Vec<Vec<f64>>> = times.iter().zip(&ends).map(cut).collect();
        let said = clear(&seen);
        if let Some(verdict) = said[0][0] {
            return Some((block, verdict));
        }
        for (family, verdicts) in said.iter().enumerate() {
            for (case, _) in verdicts.iter().enumerate().filter(|(_, it)| it.is_some()) {
                let end = &mut ends[family][case + 1];
                *end = (*end).min(block);
            }
        }
    }
    None
}
