//! What each procedure says, repetition by repetition. Those of the gate begin at evenly spaced
//! blocks of the series and overlap; those of hyperfine are neighbouring runs of it.

use lukewarm_analysis::trial::{Method, Trial};
use lukewarm_model::ComparisonVerdict;

use crate::series::{Arm, Series};

/// When the gate looks, as a run does where nothing else is said.
const LOOKS: [u32; 4] = [10, 20, 40, 60];
/// Repetitions of the gate, where there are blocks for so many beginnings.
const REPETITIONS: usize = 100;

/// What one repetition came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repetition {
    pub said: Said,
    /// Builds of each side.
    pub builds: usize,
}

/// What is said of the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Slower,
    Faster,
    Same,
    Undecided,
}

/// The blocks at which repetitions begin, all of which have room for the last look.
///
/// # Panics
/// Where there are fewer blocks than the last look needs.
pub fn beginnings(series: &Series) -> Vec<usize> {
    let (blocks, needed) = (series.blocks.len(), LOOKS[LOOKS.len() - 1] as usize);
    assert!(blocks >= needed, "{blocks} blocks: the gate may need {needed}");
    let last = blocks - needed;
    let count = REPETITIONS.min(last + 1);
    (0..count).map(|number| number * last / (count - 1).max(1)).collect()
}

/// The gate until it is decided, on a candidate.
pub fn gate(series: &Series, candidate: Arm) -> Vec<Repetition> {
    repeat(series, candidate, &Method::sequential(1, &LOOKS), usize::MAX)
}

/// The gate's pairs with a fixed number of builds.
pub fn pairs(series: &Series, candidate: Arm, builds: usize) -> Vec<Repetition> {
    repeat(series, candidate, &Method::fixed(1), builds)
}

/// Builds of each side that the gate needed to find the slowed compiler, on average.
pub fn builds_needed(series: &Series) -> usize {
    let all = gate(series, Arm::Slowed);
    let sum: usize = all.iter().map(|it| it.builds).sum();
    (sum as f64 / all.len() as f64).round() as usize
}

/// Neighbouring runs of hyperfine, one of which is the candidate; `differ` is its script.
pub fn hyperfine(
    series: &Series,
    candidate: Arm,
    differ: impl Fn(&[f64], &[f64]) -> bool,
) -> Vec<Repetition> {
    let mut all = Vec::new();
    for pair in series.runs.windows(2) {
        let [first, second] = pair else { continue };
        let is_slowed = first.arm == Arm::Slowed || second.arm == Arm::Slowed;
        if is_slowed != (candidate == Arm::Slowed) {
            continue;
        }
        let [before, after] = [first, second].map(|run| run.times.iter().sum::<f64>());
        let candidate_is_longer = (before < after) == (second.arm == candidate);
        let said = match (differ(&first.times, &second.times), candidate_is_longer) {
            (false, _) => Said::Same,
            (true, true) => Said::Slower,
            (true, false) => Said::Faster,
        };
        all.push(Repetition { said, builds: first.times.len() });
    }
    all
}

fn repeat(series: &Series, candidate: Arm, method: &Method, most: usize) -> Vec<Repetition> {
    let (reference, candidate) = (series.row(Arm::Plain), series.row(candidate));
    let one = |begin: usize| {
        let cut = |row: &[f64]| row[begin..row.len().min(begin.saturating_add(most))].to_vec();
        let trials = method.compare(&cut(&reference), &[&cut(&candidate)]).unwrap();
        let Trial { verdict, blocks, .. } = trials[0];
        let said = match verdict {
            ComparisonVerdict::ClearlySlower | ComparisonVerdict::Slower => Said::Slower,
            ComparisonVerdict::ClearlyFaster | ComparisonVerdict::Faster => Said::Faster,
            ComparisonVerdict::Same => Said::Same,
            _ => Said::Undecided,
        };
        Repetition { said, builds: blocks }
    };
    beginnings(series).into_iter().map(one).collect()
}
