//! Findings: samples grouped into rows, rows compared with the reference, doubts named.
//! Owns which jobs count and in which order things are told. It must not estimate by itself:
//! `statistics` does.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{
    Case, ComparisonVerdict, JobFacts, JobVerdict, Metric, RawRecord, RunFacts, Sample, Step,
};

use crate::compare::{ByIteration, MARGIN, Ratio, ratio, verdicts};
use crate::findings::{Comparison, Doubt, Estimate, Estimator, Findings, Measured, Row};
use crate::judge::judge;
use crate::statistics::{median, range};

/// The values of every row that counts, by metric and step.
type Grid<'a> = BTreeMap<(&'a str, &'a str), BTreeMap<(Option<Step>, Metric), ByIteration>>;

/// The jobs of every row, each with its verdict.
type Judged<'a> = BTreeMap<(&'a str, &'a str), Vec<(&'a JobFacts, JobVerdict)>>;

/// What a run shows. Iteration 0 is priming and counts in no estimate; a degraded or unchecked
/// job counts, and its row says so; a failed job has no samples. Where an iteration of a job is
/// recorded twice, the later one counts.
pub fn analyse(record: &RawRecord, samples: &[Sample]) -> Findings {
    let run = &record.run;
    let verdicts: Vec<JobVerdict> = record.jobs.iter().map(|job| judge(run, job)).collect();
    let grid = grid(samples);
    let mut judged: Judged<'_> = BTreeMap::new();
    for (job, verdict) in record.jobs.iter().zip(&verdicts) {
        let row = (job.case.as_str(), job.job.as_str());
        judged.entry(row).or_default().push((job, verdict.clone()));
    }
    let at_end = record.end.iter().flat_map(|end| &end.warnings);
    Findings {
        run: run.clone(),
        end: record.end.clone(),
        rows: rows(record, &grid, &judged),
        doubts: record.jobs.iter().zip(&verdicts).filter_map(|(j, v)| doubt(j, v)).collect(),
        missing_jobs: missing_jobs(record),
        warnings: run.warnings.iter().chain(at_end).cloned().collect(),
        samples: samples.to_vec(),
    }
}

fn grid(samples: &[Sample]) -> Grid<'_> {
    let mut grid: Grid<'_> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| sample.iteration > 0) {
        let row = grid.entry((&sample.case, &sample.job)).or_default();
        let values = row.entry((sample.step, sample.metric)).or_default();
        values.insert(sample.iteration, sample.value);
    }
    grid
}

/// One row for each case and job: workspace, then scenario, then job, as the plan has them.
fn rows(record: &RawRecord, grid: &Grid<'_>, judged: &Judged<'_>) -> Vec<Row> {
    let plan = &record.run.plan;
    let mut rows = Vec::new();
    for workspace in &plan.workspaces {
        let cases: Vec<&Case> =
            plan.cases.iter().filter(|c| c.workspace == workspace.name).collect();
        let mut comparisons: BTreeMap<(&str, &str), Comparison> = BTreeMap::new();
        for job in &plan.story.jobs {
            let family = comparisons_of(&record.run, &cases, &job.name, grid);
            comparisons
                .extend(family.into_iter().map(|(case, found)| ((case, job.name.as_str()), found)));
        }
        for case in cases {
            for job in &plan.story.jobs {
                let key = (case.id.as_str(), job.name.as_str());
                rows.push(Row {
                    case: case.id.clone(),
                    scenario: case.scenario.clone(),
                    workspace: case.workspace.clone(),
                    job: job.name.clone(),
                    verdict: worst(judged.get(&key).map_or(&[], Vec::as_slice)),
                    failure: no_result(record, judged.get(&key).map_or(&[], Vec::as_slice)),
                    measured: grid.get(&key).map(measured).unwrap_or_default(),
                    comparison: comparisons.remove(&key),
                });
            }
        }
    }
    rows
}

fn measured(values: &BTreeMap<(Option<Step>, Metric), ByIteration>) -> Vec<Measured> {
    let estimates = values.iter().filter_map(|((step, metric), by_iteration)| {
        let values: Vec<f64> = by_iteration.values().copied().collect();
        let (low, high) = range(&values)?;
        let point = median(&values)?;
        let estimator = Estimator::MedianWithRange;
        let estimate = Estimate { point, low, high, estimator, count: values.len() };
        Some(Measured { metric: *metric, step: *step, estimate })
    });
    estimates.collect()
}

/// The comparisons of one workspace and job: one family for the correction of verdicts.
fn comparisons_of<'a>(
    run: &RunFacts,
    cases: &[&'a Case],
    job: &'a str,
    grid: &'a Grid<'_>,
) -> Vec<(&'a str, Comparison)> {
    let Some(name) = &run.plan.reference else { return Vec::new() };
    let Some(reference) = cases.iter().find(|case| case.scenario == *name) else {
        return Vec::new();
    };
    let Some(divisor) = wall(grid, reference, job) else { return Vec::new() };
    let others = cases.iter().filter(|case| case.scenario != *name);
    let (found, ratios): (Vec<&str>, Vec<Ratio>) = others
        .filter_map(|case| Some((case.id.as_str(), ratio(wall(grid, case, job)?, divisor)?)))
        .unzip();
    let verdicts: Vec<ComparisonVerdict> = verdicts(&ratios);
    let comparisons = ratios.into_iter().zip(verdicts).map(|(ratio, verdict)| Comparison {
        reference: name.clone(),
        ratio: ratio.estimate,
        verdict,
        margin: MARGIN,
    });
    found.into_iter().zip(comparisons).collect()
}

/// Wall-clock of a case's whole job, by iteration.
fn wall<'a>(grid: &'a Grid<'_>, case: &'a Case, job: &'a str) -> Option<&'a ByIteration> {
    grid.get(&(case.id.as_str(), job))?.get(&(None, Metric::Wall))
}

/// The worst verdict among a row's jobs that count, with its distinct reasons in the order seen.
fn worst(jobs: &[(&JobFacts, JobVerdict)]) -> Option<JobVerdict> {
    let rank = |verdict: &JobVerdict| match verdict {
        JobVerdict::Valid(_) => 0,
        JobVerdict::Unchecked(_) => 1,
        JobVerdict::Degraded(_) => 2,
    };
    let counted = || jobs.iter().filter(|(job, _)| counts(job)).map(|(_, verdict)| verdict);
    let worst = counted().map(rank).max()?;
    let mut reasons: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for reason in counted().filter(|v| rank(v) == worst).flat_map(JobVerdict::reasons) {
        if seen.insert(reason) {
            reasons.push(reason.clone());
        }
    }
    Some(match worst {
        0 => JobVerdict::Valid(reasons),
        1 => JobVerdict::Unchecked(reasons),
        _ => JobVerdict::Degraded(reasons),
    })
}

/// Why a row has no result: its first failure, or that it never ran.
fn no_result(record: &RawRecord, jobs: &[(&JobFacts, JobVerdict)]) -> Option<String> {
    if jobs.iter().any(|(job, _)| counts(job)) {
        return None;
    }
    let failed = jobs.iter().find_map(|(job, _)| job.failure.as_ref());
    let stopped = record.end.as_ref().and_then(|end| end.stopped.as_ref());
    Some(match (failed, stopped) {
        (Some(failure), _) => failure.message.clone(),
        (None, Some(reason)) => format!("did not run: {reason}"),
        (None, None) => "did not run: the run was cut off".to_owned(),
    })
}

/// Whether a job counts in estimates: it is not priming, and it has a result.
fn counts(job: &JobFacts) -> bool {
    job.attempt.iteration > 0 && job.failure.is_none()
}

fn doubt(job: &JobFacts, verdict: &JobVerdict) -> Option<Doubt> {
    let (word, last_lines) = match (&job.failure, verdict) {
        (Some(failure), _) => ("failed", failure.last_lines.clone()),
        (None, JobVerdict::Valid(_)) => return None,
        (None, doubtful) => (doubtful.word(), Vec::new()),
    };
    Some(Doubt {
        case: job.case.clone(),
        job: job.job.clone(),
        iteration: job.attempt.iteration,
        word: word.to_owned(),
        reasons: verdict.reasons().to_vec(),
        last_lines,
    })
}

/// Jobs of the plan that the record does not have, whatever became of them.
fn missing_jobs(record: &RawRecord) -> u64 {
    let planned = record.run.plan.job_count() as u64;
    let ran: BTreeSet<(&str, &str, u32)> = record
        .jobs
        .iter()
        .map(|j| (j.case.as_str(), j.job.as_str(), j.attempt.iteration))
        .collect();
    planned.saturating_sub(ran.len() as u64)
}
