//! What is not one run of pairs: two separate runs with their calibration loads, and a mean over
//! few workspaces.

use std::fmt::Write;

use lukewarm_analysis::ChangeVerdict;
use lukewarm_analysis::trial::{apart, mean_over_groups};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::noise::{Machine, Noise};
use crate::{NOISES, TRIALS};

/// Builds of each run.
const BUILDS: usize = 20;
/// What a calibration load varies by of its own; the drift it shares with the builds.
const LOAD: f64 = 0.02;

/// Two runs some time apart; the second on a machine that takes `machine` times as long.
fn two_runs(noise: Noise, factor: f64, machine: f64, seed: u64) -> ChangeVerdict {
    let side = |factor: f64, machine: f64, seed: u64| {
        let mut at = Machine::new(noise, seed);
        let pairs = (0..BUILDS).map(|_| {
            let load = 0.35 * machine * at.load(LOAD);
            (at.build(factor * machine), load)
        });
        pairs.unzip::<f64, f64, Vec<f64>, Vec<f64>>()
    };
    let (before, now) = (side(1.0, 1.0, 2 * seed), side(factor, machine, 2 * seed + 1));
    apart([&before.0, &now.0], [&before.1, &now.1])
}

/// What `compare RUN RUN` says of alike and of slower programs.
pub fn runs(text: &mut String) {
    writeln!(text, "\n### Two separate runs of {BUILDS} builds each, in %\n").unwrap();
    writeln!(
        text,
        "| noise | the second machine takes | slower by | worse | better | same | not decided |"
    )
    .unwrap();
    writeln!(text, "|---|--:|--:|--:|--:|--:|--:|").unwrap();
    let settings = [(1.0, 1.0), (1.04, 1.0), (1.1, 1.0), (1.6, 1.0), (1.0, 1.15)];
    for (name, noise) in NOISES {
        for (machine, factor) in settings.into_iter().chain([(1.0, 1.3)]) {
            eprintln!("separate runs: {name}, {machine}, {factor}");
            let said: Vec<ChangeVerdict> =
                (0..TRIALS).map(|trial| two_runs(noise, factor, machine, trial)).collect();
            let share = |wanted: &[ChangeVerdict]| {
                let hits = said.iter().filter(|it| wanted.contains(it)).count();
                100.0 * hits as f64 / TRIALS as f64
            };
            writeln!(
                text,
                "| {name} | {machine:.2} × | {:.0} % | {:.1} | {:.1} | {:.1} | {:.1} |",
                100.0 * (factor - 1.0),
                share(&[ChangeVerdict::Worse]),
                share(&[ChangeVerdict::Better]),
                share(&[ChangeVerdict::Same]),
                share(&[ChangeVerdict::Inconclusive, ChangeVerdict::TooFewSamples]),
            )
            .unwrap();
        }
    }
}

/// How often the interval over workspaces covers the mean of all that there are, beside that of a
/// percentile bootstrap over workspaces and pairs.
pub fn workspaces(text: &mut String) {
    const COUNTS: [usize; 5] = [2, 3, 4, 5, 8];
    writeln!(text, "\n### Over workspaces: the 95 % interval covers the truth, in %\n").unwrap();
    let heads: Vec<String> = COUNTS.iter().map(|count| format!("{count} workspaces")).collect();
    writeln!(text, "| interval | {} |", heads.join(" | ")).unwrap();
    writeln!(text, "|---|{}", "--:|".repeat(COUNTS.len())).unwrap();
    let t = COUNTS.map(|count| {
        covered(count, |groups, _| {
            let means: Vec<f64> = groups.iter().map(|it| mean(it)).collect();
            mean_over_groups(&means).map(|[_, low, high]| (low, high))
        })
    });
    let bootstrap =
        COUNTS.map(|count| covered(count, |groups, random| Some(resampled(groups, random))));
    for (name, shares) in [("t, as reported", t), ("percentile bootstrap, not used", bootstrap)] {
        let cells = shares.map(|it| it.map_or("none given".to_owned(), |it| format!("{it:.1}")));
        writeln!(text, "| {name} | {} |", cells.join(" | ")).unwrap();
    }
}

type Groups = [Vec<f64>];
type Interval = Option<(f64, f64)>;

/// Workspaces differ by 5 %, pairs by 5 %; ten pairs each.
fn covered(count: usize, interval: impl Fn(&Groups, &mut ChaCha8Rng) -> Interval) -> Option<f64> {
    eprintln!("over {count} workspaces");
    let mut random = ChaCha8Rng::seed_from_u64(count as u64);
    let mut hits = 0;
    for _ in 0..TRIALS {
        let groups: Vec<Vec<f64>> = (0..count)
            .map(|_| {
                let own = 0.05 * crate::noise::normal(&mut random);
                (0..10).map(|_| own + 0.05 * crate::noise::normal(&mut random)).collect()
            })
            .collect();
        let (low, high) = interval(&groups, &mut random)?;
        hits += u64::from(low <= 0.0 && 0.0 <= high);
    }
    Some(100.0 * hits as f64 / TRIALS as f64)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn resampled(groups: &Groups, random: &mut impl Rng) -> (f64, f64) {
    const RESAMPLES: usize = 200;
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let picked = (0..groups.len()).map(|_| {
                let group = &groups[random.random_range(0..groups.len())];
                let values = (0..group.len()).map(|_| group[random.random_range(0..group.len())]);
                values.sum::<f64>() / group.len() as f64
            });
            picked.sum::<f64>() / groups.len() as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    (means[RESAMPLES / 40], means[RESAMPLES - 1 - RESAMPLES / 40])
}
