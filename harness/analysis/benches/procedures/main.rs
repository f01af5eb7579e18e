//! How often each way of comparing builds is right, by simulation: error on alike programs, power,
//! coverage, blocks used. `cargo bench -p lukewarm-analysis --bench procedures [-- --write]` prints
//! the tables, or puts them and the curves into `harness/docs/`; `-- pairs`, `-- looks`,
//! `-- clear`, `-- separate` or `-- machines` prints a part of them.
#![expect(clippy::print_stdout, reason = "the tables are what this program is for")]
#![expect(clippy::print_stderr, reason = "progress is said beside them")]
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

#[path = "../../tests/cells/mod.rs"]
mod cells;
mod claims;
mod clear;
mod curves;
mod machines;
mod methods;
mod noise;
mod separate;

use std::fmt::Write;
use std::path::Path;

use lukewarm_analysis::trial::{Method, Trial};

use curves::{Curve, Picture};
use methods::{FIXED, Procedure, Said, said};
use noise::{Machine, Noise};

const NOISES: [(&str, Noise); 3] = [
    ("3 % noise, 5 % drift", Noise { build: 0.03, drift: 0.05 }),
    ("5 % noise, 5 % drift", Noise { build: 0.05, drift: 0.05 }),
    ("10 % noise, 10 % drift", Noise { build: 0.10, drift: 0.10 }),
];
const COUNTS: [usize; 6] = [6, 10, 20, 30, 40, 60];
const LOOKS: [u32; 4] = [10, 20, 40, 60];
const FACTORS: [f64; 7] = [1.0, 1.02, 1.03, 1.05, 1.075, 1.10, 1.15];
/// Trials of one figure: their standard error is 0.5 % at 5 %, and 0.9 % at 80 %.
const TRIALS: u64 = 2000;

const BEGIN: &str = "<!-- simulation: made by `--bench procedures -- --write` -->\n";
const END: &str = "<!-- end of simulation -->";

fn main() {
    let write = std::env::args().any(|word| word == "--write");
    let mut text = String::new();
    let mut pictures = Vec::new();
    if is_wanted("pairs") || write {
        fixed(&mut text, &mut pictures);
        coverage(&mut text);
    }
    if is_wanted("looks") || write {
        sequential(&mut text, &mut pictures);
        families(&mut text);
    }
    if is_wanted("clear") || write {
        clear::clear_differences(&mut text);
    }
    if is_wanted("separate") || write {
        separate::runs(&mut text);
        separate::workspaces(&mut text);
    }
    if is_wanted("machines") || write {
        machines::machines(&mut text);
    }
    if is_wanted("claims") || write {
        claims::claims(&mut text);
    }
    if !write {
        print!("{text}");
        return;
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let page = std::fs::read_to_string(docs.join("methodology.md")).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    std::fs::write(docs.join("methodology.md"), format!("{before}{BEGIN}{text}{END}{after}"))
        .unwrap();
    for picture in pictures {
        std::fs::write(docs.join(picture.name), curves::draw(&picture)).unwrap();
    }
}

/// Whether a part was named on the command line, or none was.
fn is_wanted(part: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|word| !word.starts_with('-')).peekable();
    named.peek().is_none() || named.any(|word| word == part)
}

/// The share of trials in which a procedure says one of these things.
fn share(procedure: Procedure, noise: Noise, factor: f64, count: usize, wanted: &[Said]) -> f64 {
    let hits = (0..TRIALS).filter(|trial| {
        let said = procedure(&mut Machine::new(noise, *trial), factor, count);
        wanted.contains(&said)
    });
    hits.count() as f64 / TRIALS as f64
}

/// Alike programs called different, and a slowdown of 5 % found, by the number of builds.
fn fixed(text: &mut String, pictures: &mut Vec<Picture>) {
    for (title, factor, wanted, name, caption) in [
        (
            "False alarms: two alike programs called different, in %",
            1.0,
            &[Said::Faster, Said::Slower][..],
            "false-alarms.svg",
            "False alarms in % by builds of each program (5 % noise, 5 % drift)",
        ),
        (
            "Power: a slowdown of 5 % called slower, in %",
            1.05,
            &[Said::Slower][..],
            "power.svg",
            "A slowdown of 5 % found, in %, by builds of each program (5 % noise, 5 % drift)",
        ),
    ] {
        writeln!(text, "\n### {title}\n").unwrap();
        let heads: Vec<String> = COUNTS.iter().map(|count| format!("n = {count}")).collect();
        writeln!(text, "| noise | procedure | {} |", heads.join(" | ")).unwrap();
        writeln!(text, "|---|---|{}", "--:|".repeat(COUNTS.len())).unwrap();
        let mut curves = Vec::new();
        for (noise_name, noise) in NOISES {
            for (method, procedure) in FIXED {
                eprintln!("{title}: {noise_name}, {method}");
                let shares =
                    COUNTS.map(|count| 100.0 * share(procedure, noise, factor, count, wanted));
                let cells: Vec<String> = shares.iter().map(|it| format!("{it:.1}")).collect();
                writeln!(text, "| {noise_name} | {method} | {} |", cells.join(" | ")).unwrap();
                if noise_name == NOISES[1].0 {
                    let points = COUNTS.iter().map(|it| *it as f64).zip(shares).collect();
                    curves.push(Curve { name: method, points });
                }
            }
        }
        pictures.push(Picture { name, caption, curves });
        writeln!(text, "\n![{caption}]({name})").unwrap();
    }
}

/// How often the interval of a fixed number of blocks covers the truth.
fn coverage(text: &mut String) {
    writeln!(text, "\n### Coverage: the 95 % interval of our pairs covers the truth, in %\n")
        .unwrap();
    let heads: Vec<String> = COUNTS.iter().map(|count| format!("n = {count}")).collect();
    writeln!(text, "| noise | {} |", heads.join(" | ")).unwrap();
    writeln!(text, "|---|{}", "--:|".repeat(COUNTS.len())).unwrap();
    let method = Method::fixed(1);
    for (name, noise) in NOISES {
        let cells = COUNTS.map(|count| {
            let covers = |trial: &u64| {
                let rows = Machine::new(noise, *trial).blocks(&[1.0, 1.05], count);
                let ratio = method.compare(&rows[0], &[&rows[1]]).unwrap().remove(0).ratio;
                ratio.low <= 1.05 && 1.05 <= ratio.high
            };
            let covered = (0..TRIALS).filter(covers).count();
            format!("{:.1}", 100.0 * covered as f64 / TRIALS as f64)
        });
        writeln!(text, "| {name} | {} |", cells.join(" | ")).unwrap();
    }
}

/// What a run with looks came to over many trials.
struct Outcome {
    slower: f64,
    faster: f64,
    same: f64,
    covered: f64,
    blocks: f64,
}

fn until_decided(noise: Noise, factor: f64) -> Outcome {
    let method = Method::sequential(1, &LOOKS);
    let trials: Vec<Trial> = (0..TRIALS)
        .map(|trial| {
            let rows = Machine::new(noise, trial).blocks(&[1.0, factor], LOOKS[3] as usize);
            method.compare(&rows[0], &[&rows[1]]).unwrap().remove(0)
        })
        .collect();
    let share = |wanted: &dyn Fn(&Trial) -> bool| {
        100.0 * trials.iter().filter(|trial| wanted(trial)).count() as f64 / TRIALS as f64
    };
    Outcome {
        slower: share(&|it| said(it.verdict) == Said::Slower),
        faster: share(&|it| said(it.verdict) == Said::Faster),
        same: share(&|it| it.verdict == lukewarm_model::ComparisonVerdict::Same),
        covered: share(&|it| it.ratio.low <= factor && factor <= it.ratio.high),
        blocks: trials.iter().map(|it| it.blocks as f64).sum::<f64>() / TRIALS as f64,
    }
}

/// Looking after 10, 20, 40 and 60 blocks, by the size of the effect.
fn sequential(text: &mut String, pictures: &mut Vec<Picture>) {
    writeln!(text, "\n### Until decided: looks after 10, 20, 40 and 60 blocks, in %\n").unwrap();
    writeln!(
        text,
        "| noise | slower by | called slower | faster | same | interval covers | blocks used |"
    )
    .unwrap();
    writeln!(text, "|---|--:|--:|--:|--:|--:|--:|").unwrap();
    let (mut power, mut blocks) = (Vec::new(), Vec::new());
    for (name, noise) in NOISES {
        let (mut found, mut used) = (Vec::new(), Vec::new());
        for factor in FACTORS {
            eprintln!("until decided: {name}, {factor}");
            let it = until_decided(noise, factor);
            let effect = 100.0 * (factor - 1.0);
            writeln!(
                text,
                "| {name} | {effect:.1} % | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
                it.slower, it.faster, it.same, it.covered, it.blocks
            )
            .unwrap();
            found.push((effect, it.slower));
            used.push((effect, it.blocks));
        }
        power.push(Curve { name, points: found });
        blocks.push(Curve { name, points: used });
    }
    for (name, caption, curves) in [
        ("found.svg", "Called slower, in %, by how much slower it is in % (until decided)", power),
        ("blocks.svg", "Blocks used, by how much slower it is in % (until decided)", blocks),
    ] {
        pictures.push(Picture { name, caption, curves });
        writeln!(text, "\n![{caption}]({name})").unwrap();
    }
}

/// Seven alike scenarios against one reference: any false verdict in the whole family.
fn families(text: &mut String) {
    writeln!(text, "\n### A family of seven alike scenarios, until decided, in %\n").unwrap();
    writeln!(text, "| noise | any false verdict | intervals that cover |").unwrap();
    writeln!(text, "|---|--:|--:|").unwrap();
    let method = Method::sequential(7, &LOOKS);
    for (name, noise) in NOISES {
        eprintln!("families: {name}");
        let (mut wrong, mut covered) = (0, 0);
        for trial in 0..TRIALS {
            let rows = Machine::new(noise, trial).blocks(&[1.0; 8], LOOKS[3] as usize);
            let candidates: Vec<&[f64]> = rows[1..].iter().map(Vec::as_slice).collect();
            let trials = method.compare(&rows[0], &candidates).unwrap();
            wrong += u64::from(trials.iter().any(|it| said(it.verdict) != Said::Nothing));
            covered +=
                trials.iter().filter(|it| it.ratio.low <= 1.0 && 1.0 <= it.ratio.high).count();
        }
        let percent = |count: f64| 100.0 * count / TRIALS as f64;
        writeln!(
            text,
            "| {name} | {:.1} | {:.1} |",
            percent(wrong as f64),
            percent(covered as f64 / 7.0)
        )
        .unwrap();
    }
}
