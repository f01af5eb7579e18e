//! Every sample of a run, as a table short enough for one page.
//! Owns the choice: every metric of the whole job for small runs, wall-clock for large ones;
//! `samples.csv` has all of them always.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::{Case, JobName, JobSamples, Metric, Sample, Unit};

use super::anchors::Anchors;
use super::limits::{Budget, IN_FULL, ROWS, WALLS};
use crate::columns::NOTHING;
use crate::format::{bytes, percent, plain_count, seconds};

/// The jobs of a row with their samples, by iteration and place in the run.
type ByJob<'a> = BTreeMap<(u32, u64), &'a JobSamples>;

/// The samples, in full or shortened.
pub(super) enum Samples<'a> {
    /// One line for each job, one column for each metric.
    Full { metrics: Vec<String>, lines: Vec<Job<'a>> },
    /// One line for each row: the wall-clock times of its jobs.
    Walls { lines: Vec<Walls<'a>>, more: usize },
}

/// One job with every metric.
pub(super) struct Job<'a> {
    pub(super) id: String,
    pub(super) case: &'a Case,
    pub(super) job: &'a str,
    /// `priming`, or the iteration's number.
    pub(super) pass: String,
    pub(super) verdict: &'static str,
    pub(super) values: Vec<String>,
}

/// The wall-clock of one row's jobs, in seconds, by iteration.
pub(super) struct Walls<'a> {
    pub(super) id: String,
    pub(super) case: &'a Case,
    pub(super) job: &'a str,
    pub(super) count: usize,
    pub(super) values: String,
}

/// The samples of the whole jobs, in the plan's order as in every other table.
pub(super) fn samples<'a>(findings: &'a Findings, anchors: &mut Anchors) -> Samples<'a> {
    let mut rows: BTreeMap<(&Case, &JobName), ByJob<'_>> = BTreeMap::new();
    for job in &findings.samples {
        let row = rows.entry((&job.case, &job.job)).or_default();
        row.insert((job.iteration, job.position), job);
    }
    let jobs: usize = rows.values().map(BTreeMap::len).sum();
    let measured =
        findings.rows.iter().filter_map(|row| Some((row, rows.get(&(&row.case, &row.job))?)));
    match jobs <= IN_FULL {
        true => full(measured.collect(), anchors),
        false => walls(measured.collect(), anchors),
    }
}

fn full<'a>(rows: Vec<(&'a Row, &ByJob<'_>)>, anchors: &mut Anchors) -> Samples<'a> {
    let every = rows.iter().flat_map(|(_, jobs)| jobs.values().flat_map(|job| job.whole_job()));
    let metrics: Vec<Metric> =
        every.map(|sample| sample.metric).collect::<BTreeSet<_>>().into_iter().collect();
    let lines = rows.iter().flat_map(|(row, jobs)| {
        jobs.iter().map(|((iteration, _), samples)| (*row, *iteration, samples))
    });
    let lines = lines.map(|(row, iteration, samples)| {
        let pass = if iteration == 0 { "priming".to_owned() } else { iteration.to_string() };
        let of = |metric: &Metric| samples.whole_job().find(|sample| sample.metric == *metric);
        let written = |metric| of(metric).map_or_else(|| NOTHING.to_owned(), value);
        Job {
            id: anchors.id("sample", &[&row.case.to_string(), &row.job, &pass]),
            case: &row.case,
            job: &row.job,
            verdict: samples.verdict.name(),
            values: metrics.iter().map(written).collect(),
            pass,
        }
    });
    let lines = lines.collect();
    Samples::Full { metrics: metrics.iter().map(|it| it.name().replace('_', " ")).collect(), lines }
}

fn walls<'a>(rows: Vec<(&'a Row, &ByJob<'_>)>, anchors: &mut Anchors) -> Samples<'a> {
    let mut room = Budget::new(WALLS);
    let mut all = 0;
    let mut shown = 0;
    let mut lines = Vec::new();
    for (row, jobs) in rows {
        let measured = jobs.values().filter(|job| job.iteration > 0);
        let walls: Vec<f64> = measured.filter_map(|job| job.value(Metric::Wall, None)).collect();
        all += walls.len();
        let fits = if lines.len() < ROWS { room.take(walls.len()) } else { 0 };
        if fits > 0 {
            shown += fits;
            let values: Vec<String> = walls[..fits].iter().map(|v| format!("{v:.3}")).collect();
            lines.push(Walls {
                id: anchors.id("sample", &[&row.case.to_string(), &row.job]),
                case: &row.case,
                job: &row.job,
                count: walls.len(),
                values: values.join(" "),
            });
        }
    }
    Samples::Walls { lines, more: all - shown }
}

fn value(sample: &Sample) -> String {
    match sample.metric.unit() {
        Unit::Seconds => seconds(sample.value),
        Unit::Bytes => bytes(sample.value),
        Unit::Count => plain_count(sample.value),
        Unit::Ratio => percent(sample.value),
    }
}
