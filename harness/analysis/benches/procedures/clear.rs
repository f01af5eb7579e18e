//! How often *clearly* is said of alike cases and of different ones: on simulated runs, and on
//! recorded series of builds that are alike.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use lukewarm_analysis::trial::clear;
use lukewarm_model::ComparisonVerdict;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::cells::{self, BLOCKS, Setting, Tails};

/// Trials of a figure of alike cases: its standard error is 0.2 % at 0.5 %.
const ALIKE: u64 = 1500;
const DIFFERENT: u64 = 400;
const SIZES: [(usize, usize); 3] = [(2, 1), (4, 4), (8, 4)];
const FACTORS: [f64; 4] = [1.5, 1.75, 2.0, 2.5];

/// The tables.
pub fn clear_differences(text: &mut String) {
    alike(text);
    different(text);
    recorded(text);
}

/// The block after which each trial is clear, and how.
fn trials(
    it: Setting,
    factor: f64,
    blocks: usize,
    count: u64,
) -> Vec<Option<(usize, ComparisonVerdict)>> {
    let mut random = ChaCha8Rng::seed_from_u64(20_261_127);
    let mut one = |_| cells::until_clear(&cells::run(&mut random, it, factor, blocks));
    (0..count).map(&mut one).collect()
}

/// Alike cases called clearly different by the second, third, sixth and last block.
fn alike(text: &mut String) {
    writeln!(
        text,
        "\n### Alike cases called clearly different, looked at after each block, in %\n"
    )
    .unwrap();
    writeln!(text, "| cases × jobs | deviation of the case | tails | by 2 blocks | 3 | 6 | 12 |")
        .unwrap();
    writeln!(text, "|---|--:|---|--:|--:|--:|--:|").unwrap();
    for (cases, jobs) in SIZES {
        for (own, tails) in [0.08, 0.2]
            .into_iter()
            .flat_map(|own| [Tails::Normal, Tails::Heavy].map(|tails| (own, tails)))
        {
            eprintln!("clear, alike: {cases} × {jobs}, {own}");
            let found = trials(Setting { cases, jobs, own, tails }, 1.0, BLOCKS, ALIKE);
            let by = |block: usize| {
                let count = found.iter().flatten().filter(|it| it.0 <= block).count();
                format!("{:.2}", 100.0 * count as f64 / ALIKE as f64)
            };
            let tails = if tails == Tails::Heavy { "heavy (t, 4)" } else { "3 % slow by 1.25" };
            let cells = [2, 3, 6, BLOCKS].map(by).join(" | ");
            writeln!(text, "| {cases} × {jobs} | {own} | {tails} | {cells} |").unwrap();
        }
    }
}

/// Differences found by the second, third and fourth block.
fn different(text: &mut String) {
    writeln!(text, "\n### Slower cases called clearly slower by 2 / 3 / 4 blocks, in %\n").unwrap();
    let heads: Vec<String> = FACTORS.iter().map(|it| format!("{it} ×")).collect();
    writeln!(text, "| cases × jobs | deviation of the case | {} |", heads.join(" | ")).unwrap();
    writeln!(text, "|---|--:|{}", "--:|".repeat(FACTORS.len())).unwrap();
    for (cases, jobs) in SIZES {
        for own in [0.08, 0.1, 0.2] {
            eprintln!("clear, different: {cases} × {jobs}, {own}");
            let cells = FACTORS.map(|factor| {
                let it = Setting { cases, jobs, own, tails: Tails::Normal };
                let found = trials(it, factor, 4, DIFFERENT);
                let by = |block: usize| {
                    let is = |it: &&(usize, ComparisonVerdict)| {
                        it.0 <= block && it.1 == ComparisonVerdict::ClearlySlower
                    };
                    let count = found.iter().flatten().filter(is).count();
                    format!("{:.0}", 100.0 * count as f64 / DIFFERENT as f64)
                };
                [2, 3, 4].map(by).join(" / ")
            });
            writeln!(text, "| {cases} × {jobs} | {own} | {} |", cells.join(" | ")).unwrap();
        }
    }
}

/// Series of alike builds that were really measured, split by chance into pseudo-cases.
fn recorded(text: &mut String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    writeln!(text, "\n### Recorded builds that are alike, called clearly different, in %\n")
        .unwrap();
    writeln!(text, "| series | comparisons | clearly different |\n|---|--:|--:|").unwrap();
    let (count, wrong) = neighbours(&root.join("harness/docs/slowed.jsonl"));
    writeln!(
        text,
        "| `slowed.jsonl`: plain beside alike builds of `tiny`, two cases and one job, from every \
         block on until {BLOCKS} | {count} | {:.2} |",
        100.0 * wrong as f64 / count as f64
    )
    .unwrap();
    let (count, wrong) = resampled(&root.join("results/published/claims"));
    writeln!(
        text,
        "| claims on `cli`: rows of seven or more blocks without their own means, blocks drawn \
         with replacement, up to eight rows a job | {count} | {:.2} |",
        100.0 * wrong as f64 / count as f64
    )
    .unwrap();
}

/// Alike builds side by side, in the order in which they were measured.
fn neighbours(path: &Path) -> (usize, usize) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut rows = [Vec::new(), Vec::new()];
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(block) = line.get("block") else { continue };
        // Plain, alike, slowed.
        for (row, seconds) in rows.iter_mut().zip(block["seconds"].as_array().unwrap()) {
            row.push(seconds.as_f64().unwrap());
        }
    }
    let beginnings = 0..=rows[0].len() - BLOCKS;
    let wrong = beginnings.clone().filter(|from| {
        let cut = rows.each_ref().map(|row| row[*from..*from + BLOCKS].to_vec());
        cells::until_clear(&[cut.to_vec()]).is_some()
    });
    (beginnings.clone().count(), wrong.count())
}

/// The rows of recorded runs, each without its mean, so that all are alike: blocks are drawn by
/// chance, the same for all rows, and whatever is called different is so by noise alone.
fn resampled(folder: &Path) -> (usize, usize) {
    const DRAWS: usize = 500;
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut count, mut wrong) = (0, 0);
    for run in std::fs::read_dir(folder).unwrap() {
        let Ok(record) = lukewarm_record::read(&run.unwrap().path()) else { continue };
        let jobs = rows(&record);
        if jobs.is_empty() {
            continue;
        }
        for _ in 0..DRAWS {
            let drawn: Vec<Vec<Vec<f64>>> =
                jobs.iter().map(|rows| draw(rows, &mut random)).collect();
            let blocks = drawn[0][0].len();
            let mut said = vec![vec![false; 8]; drawn.len()];
            for block in 2..=blocks {
                let seen: Vec<Vec<Vec<f64>>> = drawn
                    .iter()
                    .map(|rows| rows.iter().map(|row| row[..block].to_vec()).collect())
                    .collect();
                for (family, verdicts) in clear(&seen).iter().enumerate() {
                    for (case, _) in verdicts.iter().enumerate().filter(|(_, it)| it.is_some()) {
                        said[family][case] = true;
                    }
                }
            }
            count += drawn.iter().map(|rows| rows.len() - 1).sum::<usize>();
            wrong += said.iter().flatten().filter(|it| **it).count();
        }
    }
    (count, wrong)
}

/// The log times of each job's rows without their means, block by block.
fn rows(record: &lukewarm_model::RawRecord) -> Vec<Vec<Vec<f64>>> {
    let mut found: BTreeMap<_, BTreeMap<_, BTreeMap<u32, f64>>> = BTreeMap::new();
    for job in record.jobs.iter().filter(|it| it.attempt.iteration > 0 && it.failure.is_none()) {
        let row = found.entry(&job.job).or_default().entry(&job.case).or_default();
        row.insert(job.attempt.iteration, job.wall().0.ln());
    }
    let blocks = found.values().flat_map(|rows| rows.values().map(BTreeMap::len)).max();
    let whole = |row: &BTreeMap<u32, f64>| {
        (Some(row.len()) == blocks && row.len() >= 7).then(|| {
            let mean = row.values().sum::<f64>() / row.len() as f64;
            row.values().map(|it| it - mean).collect::<Vec<f64>>()
        })
    };
    let jobs = found.into_values().map(|rows| rows.values().filter_map(whole).collect::<Vec<_>>());
    jobs.filter(|rows| rows.len() > 1).collect()
}

/// Up to eight of a job's rows, and as many blocks as there are, each by chance; what the mean of
/// so few took away is given back.
fn draw(rows: &[Vec<f64>], random: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    let blocks = rows[0].len();
    let back = (blocks as f64 / (blocks - 1) as f64).sqrt();
    let places: Vec<usize> = (0..blocks).map(|_| random.random_range(0..blocks)).collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, random.random_range(0..=last));
    }
    let of = |row: &usize| places.iter().map(|place| (back * rows[*row][*place]).exp()).collect();
    order.iter().take(8).map(of).collect()
}
