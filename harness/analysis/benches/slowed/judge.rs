//! Judges the series: how often each procedure was right, after how many builds, and what the
//! difference really was. Owns the text for `harness/docs/methodology.md`.

use std::fmt::Write;

use lukewarm_analysis::trial::Method;

use crate::repetitions::{self, Repetition, Said};
use crate::series::{Arm, Series};
use crate::workshop::Tools;

/// The tables, and what must be known to read them.
pub fn judge(series: &Series, tools: &Tools) -> String {
    let mut text = String::new();
    let difference = |first: &[f64], second: &[f64]| tools.differ(first, second);
    let each = series.runs.first().map_or(0, |run| run.times.len());
    truth(series, &mut text);
    writeln!(
        text,
        "| procedure | candidate | repetitions | slower | faster | same | undecided | builds of \
         each: mean (quartiles) |\n|---|---|--:|--:|--:|--:|--:|--:|"
    )
    .unwrap();
    let slowed = format!("rustc {} % slower", series.head.percent);
    for (name, arm) in [(slowed.as_str(), Arm::Slowed), ("alike", Arm::Alike)] {
        row("lukewarm, until decided", name, &repetitions::gate(series, arm), &mut text);
        if each > 0 {
            let pairs = format!("lukewarm, {each} pairs");
            row(&pairs, name, &repetitions::pairs(series, arm, each), &mut text);
            let welch = format!("{}, `welch_ttest.py`", series.head.hyperfine);
            let runs = repetitions::hyperfine(series, arm, difference);
            row(&welch, name, &runs, &mut text);
        }
    }
    overlap(series, &mut text);
    text
}

/// What was measured, and what the difference is over all of it.
fn truth(series: &Series, text: &mut String) {
    let plain = series.row(Arm::Plain);
    let mean = |row: &[f64]| row.iter().sum::<f64>() / row.len() as f64;
    let change = |arm: Arm| {
        let row = series.row(arm);
        let ratio = &Method::fixed(1).compare(&plain, &[&row]).unwrap()[0].ratio;
        let percent = |ratio: f64| 100.0 * (ratio - 1.0);
        format!(
            "{:+.1} % by means, {:+.1} % by pairs ({:+.1} to {:+.1} %)",
            percent(mean(&row) / mean(&plain)),
            percent(ratio.point),
            percent(ratio.low),
            percent(ratio.high)
        )
    };
    writeln!(
        text,
        "\n{} blocks of three clean builds of `tiny` (a plain build took {:.2} s), then {} runs of \
         hyperfine; {}, {} cores. Over the whole series the builds with the slowed compiler took \
         {}; the alike ones {}. A single build differed from the next by {:.1} % in the middle.\n",
        series.blocks.len(),
        mean(&plain),
        series.runs.len(),
        series.head.rustc,
        series.head.cores,
        change(Arm::Slowed),
        change(Arm::Alike),
        100.0 * typical_difference(&plain, &series.row(Arm::Alike)),
    )
    .unwrap();
}

/// The median of what two alike builds of one block differ by, as a share.
fn typical_difference(first: &[f64], second: &[f64]) -> f64 {
    let mut all: Vec<f64> = first.iter().zip(second).map(|(a, b)| (b / a).ln().abs()).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn row(procedure: &str, candidate: &str, all: &[Repetition], text: &mut String) {
    if all.is_empty() {
        return;
    }
    let share = |said: Said| {
        let count = all.iter().filter(|it| it.said == said).count();
        format!("{:.0} %", 100.0 * count as f64 / all.len() as f64)
    };
    let mut builds: Vec<usize> = all.iter().map(|it| it.builds).collect();
    builds.sort_unstable();
    let quartile = |part: usize| builds[(builds.len() - 1) * part / 4];
    writeln!(
        text,
        "| {procedure} | {candidate} | {} | {} | {} | {} | {} | {:.1} ({}, {}, {}) |",
        all.len(),
        share(Said::Slower),
        share(Said::Faster),
        share(Said::Same),
        share(Said::Undecided),
        builds.iter().sum::<usize>() as f64 / builds.len() as f64,
        quartile(1),
        quartile(2),
        quartile(3)
    )
    .unwrap();
}

/// How much the gate's repetitions share, so that nobody takes them for independent.
fn overlap(series: &Series, text: &mut String) {
    let count = repetitions::beginnings(series).len();
    let blocks = series.blocks.len();
    let apart = |arm: Arm| {
        let builds: usize = repetitions::gate(series, arm).iter().map(|it| it.builds).sum();
        blocks as f64 * count as f64 / builds as f64
    };
    writeln!(
        text,
        "\nThe {count} repetitions of the gate are drawn from one series: they begin at evenly \
         spaced blocks and overlap. Without overlap the series has room for {:.0} that look for \
         the slowed compiler and for {:.0} on alike ones: the shares are as uncertain as those of \
         so few. hyperfine's repetitions are neighbouring runs of it, each run part of two; its \
         script calls the same whatever it does not call different.",
        apart(Arm::Slowed),
        apart(Arm::Alike)
    )
    .unwrap();
}
