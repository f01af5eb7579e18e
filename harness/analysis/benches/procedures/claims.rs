//! How often claims are decided rightly: bounds that lie where the truth does, several bounds of
//! one claim, sweeps.

use std::fmt::Write;

use lukewarm_analysis::{ClaimMethod, Decision};
use lukewarm_model::Bound;

use super::noise::{Machine, Noise};
use super::{NOISES, TRIALS};

/// The looks of a claim's run. The first is for what repeats, and decides no time.
const LOOKS: [u32; 3] = [2, 8, 16];
/// What the claims below must be.
const MOST: f64 = 0.9;

/// The tables.
pub fn claims(text: &mut String) {
    one_bound(text);
    two_bounds(text);
    sweeps(text);
}

fn bound() -> Bound {
    Bound { at_least: None, at_most: Some(MOST) }
}

/// What one bound over these true ratios, a sweep's points, comes to in each trial.
fn decisions(noise: Noise, tests: usize, truth: &[f64], seed: u64) -> Vec<(Decision, usize)> {
    let method = ClaimMethod::new(&LOOKS, tests, truth.len());
    let factors: Vec<f64> = std::iter::once(1.0).chain(truth.iter().copied()).collect();
    let trial = |trial: u64| {
        let mut rows = Machine::new(noise, seed + trial).blocks(&factors, LOOKS[2] as usize);
        let points = rows.split_off(1);
        method.decide(bound(), &rows[0], &points)
    };
    (0..TRIALS).map(trial).collect()
}

fn percent(count: usize) -> f64 {
    100.0 * count as f64 / TRIALS as f64
}

fn share(decided: &[(Decision, usize)], wanted: impl Fn(&Decision) -> bool) -> f64 {
    percent(decided.iter().filter(|(it, _)| wanted(it)).count())
}

/// The share that was decided on a part of the sweep, this way.
fn partly(decided: &[(Decision, usize)], holds: bool) -> f64 {
    share(decided, |it| matches!(it, Decision::Partly(part) if part.holds == holds))
}

fn holds(it: &Decision) -> bool {
    *it == Decision::Holds
}

fn fails(it: &Decision) -> bool {
    *it == Decision::Fails
}

fn one_bound(text: &mut String) {
    writeln!(text, "\n### A claim of one bound, at most {MOST}, by the true ratio, in %\n")
        .unwrap();
    writeln!(text, "| noise | true ratio | holds | does not hold | open | blocks used |").unwrap();
    writeln!(text, "|---|--:|--:|--:|--:|--:|").unwrap();
    for (name, noise) in NOISES {
        for truth in [0.75, 0.85, 0.9, 0.95, 1.05] {
            eprintln!("claims: one bound, {name}, {truth}");
            let decided = decisions(noise, 1, &[truth], 0);
            let (holds, fails) = (share(&decided, holds), share(&decided, fails));
            let blocks = decided.iter().map(|(_, blocks)| *blocks as f64).sum::<f64>();
            let (open, blocks) = (100.0 - holds - fails, blocks / TRIALS as f64);
            writeln!(
                text,
                "| {name} | {truth} | {holds:.1} | {fails:.1} | {open:.1} | {blocks:.1} |"
            )
            .unwrap();
        }
    }
}

/// Two bounds that both lie on the truth: a claim of two that must both hold.
fn two_bounds(text: &mut String) {
    writeln!(text, "\n### A claim of two bounds, both on the truth, in %\n").unwrap();
    let (held, failed) = ("falsely reproduced (both hold)", "falsely contradicted (any fails)");
    writeln!(text, "| noise | {held} | {failed} |").unwrap();
    writeln!(text, "|---|--:|--:|").unwrap();
    for (name, noise) in NOISES {
        eprintln!("claims: two bounds, {name}");
        let first = decisions(noise, 2, &[MOST], 0);
        let second = decisions(noise, 2, &[MOST], 1_000_000);
        let pairs = first.iter().zip(&second);
        let both = pairs.clone().filter(|((a, _), (b, _))| holds(a) && holds(b)).count();
        let any = pairs.filter(|((a, _), (b, _))| fails(a) || fails(b)).count();
        writeln!(text, "| {name} | {:.1} | {:.1} |", percent(both), percent(any)).unwrap();
    }
}

/// Sweeps of four points.
fn sweeps(text: &mut String) {
    writeln!(text, "\n### A claim along a sweep of four points, at most {MOST} at each, in %\n")
        .unwrap();
    writeln!(
        text,
        "| noise | true ratios | holds | holds on a part | turns | fails, or on a part |"
    )
    .unwrap();
    writeln!(text, "|---|---|--:|--:|--:|--:|").unwrap();
    for (name, noise) in NOISES {
        for truth in [
            [0.9, 0.9, 0.9, 0.9],
            [0.6, 0.7, 0.8, 0.9],
            [0.6, 0.65, 0.7, 0.75],
            [0.6, 0.75, 1.05, 1.2],
        ] {
            eprintln!("claims: sweep, {name}, {truth:?}");
            let decided = decisions(noise, 1, &truth, 0);
            let (held, failed) = (partly(&decided, true), partly(&decided, false));
            let fail = share(&decided, fails) + failed;
            writeln!(
                text,
                "| {name} | {} | {:.1} | {:.1} | {:.1} | {fail:.1} |",
                truth.map(|it| it.to_string()).join(", "),
                share(&decided, holds),
                held,
                share(&decided, |it| *it == Decision::Turns),
            )
            .unwrap();
        }
    }
}
