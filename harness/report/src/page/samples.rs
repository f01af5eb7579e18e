//! Every sample of a run, as text short enough for one page.
//! Owns the choice: every metric of the whole job for small runs, wall-clock for large ones;
//! `samples.csv` has all of them always.

use std::collections::BTreeMap;

use lukewarm_analysis::Findings;
use lukewarm_model::{Metric, Sample, Unit};

use super::tables::whole;
use crate::words::{bytes, percent, seconds};

/// Jobs up to which each is told in full.
const IN_FULL: usize = 200;
/// Jobs of one row whose wall-clock is told; the file has the others.
const MOST: usize = 2_000;

/// The samples of each job of a row, by iteration and place in the run.
type ByJob<'a> = BTreeMap<(u32, u64), Vec<&'a Sample>>;

/// The samples of one row.
pub(super) struct Sampled {
    pub(super) case: String,
    pub(super) job: String,
    pub(super) lines: Vec<String>,
}

/// The samples by row, in the order of the rows' names.
pub(super) fn sampled(findings: &Findings) -> Vec<Sampled> {
    let mut rows: BTreeMap<(&str, &str), ByJob<'_>> = BTreeMap::new();
    for sample in findings.samples.iter().filter(|sample| sample.step.is_none()) {
        let row = rows.entry((&sample.case, &sample.job)).or_default();
        row.entry((sample.iteration, sample.position)).or_default().push(sample);
    }
    let jobs: usize = rows.values().map(BTreeMap::len).sum();
    let lines = |row: &ByJob<'_>| match jobs <= IN_FULL {
        true => row.iter().map(|((iteration, _), samples)| full(*iteration, samples)).collect(),
        false => vec![walls(row)],
    };
    // The plan's order, as in every other table.
    let told = findings.rows.iter().filter_map(|row| {
        let key = (row.case.as_str(), row.job.as_str());
        let samples = rows.get(&key)?;
        Some(Sampled { case: row.case.clone(), job: row.job.clone(), lines: lines(samples) })
    });
    told.collect()
}

/// `iteration 1: wall 12.4 s, cpu 20.1 s, …`.
fn full(iteration: u32, samples: &[&Sample]) -> String {
    let values: Vec<String> = samples
        .iter()
        .map(|sample| {
            let name = sample.metric.name().replace('_', " ");
            format!("{name} {}", value(sample.metric, sample.value))
        })
        .collect();
    let pass = match iteration {
        0 => "priming".to_owned(),
        number => format!("iteration {number}"),
    };
    let verdict = samples.first().map_or("", |sample| sample.verdict.as_str());
    format!("{pass} ({verdict}): {}", values.join(", "))
}

fn walls(row: &ByJob<'_>) -> String {
    let walls = row.values().flatten().filter(|sample| sample.metric == Metric::Wall);
    let told: Vec<String> = walls
        .filter(|sample| sample.iteration > 0)
        .take(MOST)
        .map(|sample| format!("{:.3}", sample.value))
        .collect();
    let more = row.len().saturating_sub(MOST);
    let rest = if more > 0 { format!(", and {more} in samples.csv") } else { String::new() };
    format!("wall in s, by iteration: {}{rest}", told.join(" "))
}

fn value(metric: Metric, value: f64) -> String {
    match metric.unit() {
        Unit::Seconds => seconds(value),
        Unit::Bytes => bytes(value),
        Unit::Count => whole(value),
        Unit::Ratio => percent(value),
    }
}
