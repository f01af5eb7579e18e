//! Findings: samples grouped into rows, rows compared with the reference, issues of jobs named.
//! Owns which jobs count and in which order things are told. It must not estimate by itself:
//! `statistics` does.

use std::collections::BTreeMap;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{
    Case, JobName, JobSamples, RawRecord, RunEnd, RunFacts, ToolDescription, Warning,
};
use serde::Serialize;

use super::across_parts::decide_heterogeneity;
use super::best::{BestFew, best_few};
use super::comparisons::{Family, Rule, comparisons, noise};
use super::copies::{self, CopiesRow};
use super::cross_workspace::{CrossWorkspace, cross_workspace};
use super::estimates::{Estimates, Measured};
use super::issues::{JobIssue, issue, missing_jobs, no_result, worst};
use super::latency::latency;
use super::merged::{self, MergedRun, merged};
use super::open::{cases_on, levels};
use super::outputs::{OutputCoverage, coverage};
use super::row::{Comparison, Row};
use super::run_warnings::{first_pass, warnings};
use super::states::States;
use super::swept::{Swept, swept};
use crate::estimate::Estimate;
use crate::evaluate::{ByIteration, EvaluatedJob, Evaluation, RowSamples};
use crate::statistics::{median, outliers};

/// The results of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// The run's plan, machine and tools.
    pub run: RunFacts,
    /// How it ended; absent when it was interrupted.
    pub end: Option<RunEnd>,
    /// The tools of the plan's scenarios, those of their archives included, as this lukewarm
    /// describes them; one that it does not know is left out.
    pub tools: Vec<ToolDescription>,
    /// One row for each case and job, in the plan's order: workspace, then scenario, then job.
    pub rows: Vec<Row>,
    /// The fastest scenarios of each workspace and job beside each other; empty without a
    /// reference, and before there are two blocks.
    pub best: Vec<BestFew>,
    /// The ratio over all workspaces, where there are several: by scenario, then job.
    pub cross_workspace: Vec<CrossWorkspace>,
    /// The results of a sweep, by workspace and job.
    pub swept: Vec<Swept>,
    /// The machines or sittings that the record was merged from; absent where it was not.
    pub merged: Option<MergedRun>,
    /// The jobs that ran several times at once, in the plan's order; empty where each ran alone.
    pub copies: Vec<CopiesRow>,
    /// Wall-clock times far from the others of their row; they count like all others.
    pub outliers: Vec<Outlier>,
    /// Jobs that are not valid, or have no result, in the order they ran.
    pub issues: Vec<JobIssue>,
    /// How many jobs had their outputs compared with those of builds without a cache.
    pub outputs: OutputCoverage,
    /// Jobs of the plan that did not run.
    pub missing_jobs: u64,
    /// Warnings, from the run's start to its end.
    pub warnings: Vec<Warning>,
    /// Every sample by job, in the order they ran; priming is included, failed jobs are not.
    pub samples: Vec<JobSamples>,
}

/// A time far from the others of its row.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Outlier {
    /// The case's id.
    pub case: Case,
    /// The job's name in the story.
    pub job: JobName,
    /// The iteration.
    pub iteration: u32,
    /// Wall-clock, in seconds.
    pub wall: f64,
    /// The median of the row, in seconds.
    pub median: f64,
}

/// The jobs of every row whose attempts count.
type JobsByRow<'e, 'a> = BTreeMap<(&'a Case, &'a JobName), Vec<&'e EvaluatedJob<'a>>>;

/// The results of a run. A job that is not valid counts, and its row says so; a failed job has no
/// samples.
pub fn analyse(evaluation: Evaluation<'_>) -> Findings {
    let record = evaluation.record();
    let mut by_row: JobsByRow<'_, '_> = BTreeMap::new();
    for job in evaluation.jobs().iter().filter(|job| !evaluation.rows().is_superseded(job)) {
        by_row.entry(job.row()).or_default().push(job);
    }
    let levels = levels(&record.run);
    let noise = noise(&record.run.plan, evaluation.rows());
    let rule = Rule { levels: &levels, noise, looks: &[], parts: evaluation.parts() };
    let mut rows = rows(&evaluation, &by_row, &rule);
    let mut merged = merged(&evaluation);
    let of_rows = rows.iter_mut().filter_map(|row| row.comparison.as_mut());
    let others = merged.iter_mut().flat_map(|it| &mut it.kinds).flat_map(|it| &mut it.comparisons);
    let compared = of_rows.chain(others.map(|it| &mut it.comparison));
    decide_heterogeneity(compared.filter_map(|it| it.across.as_mut()));
    Findings {
        run: record.run.clone(),
        end: record.end.clone(),
        tools: evaluation.tools().to_vec(),
        swept: swept(&record.run.plan, &rows),
        best: best(&evaluation, &rule),
        rows,
        cross_workspace: cross_workspace(&record.run, evaluation.rows(), evaluation.parts()),
        merged,
        copies: several_at_once(record, &by_row),
        outliers: far(&evaluation),
        issues: evaluation.jobs().iter().filter_map(issue).collect(),
        outputs: coverage(evaluation.jobs()),
        missing_jobs: missing_jobs(record),
        warnings: all_warnings(&evaluation),
        samples: evaluation.into_samples(),
    }
}

/// The warnings of a run, those that its machines brought after its own.
fn all_warnings(evaluation: &Evaluation<'_>) -> Vec<Warning> {
    let record = evaluation.record();
    let mut found = warnings(record);
    found.extend(merged::warnings(record, evaluation.parts()));
    found.extend(first_pass(evaluation.rows()));
    found
}

/// One row for each case and job: workspace, then scenario, then job, as the plan has them.
fn rows(evaluation: &Evaluation<'_>, by_row: &JobsByRow<'_, '_>, rule: &Rule<'_>) -> Vec<Row> {
    let record = evaluation.record();
    let plan = &record.run.plan;
    let states = States::of(record);
    let mut rows = Vec::new();
    for workspace in &plan.workspaces {
        let cases = cases_on(plan, &workspace.name);
        let mut compared: BTreeMap<(&Case, &JobName), Comparison> = BTreeMap::new();
        for job in plan.story.jobs.iter().map(|job| &job.name) {
            let family = Family { plan, cases: &cases, job };
            let found = comparisons(&family, evaluation.rows(), rule);
            compared.extend(found.into_iter().map(|(case, found)| ((case, job), found)));
        }
        for (case, job) in
            cases.iter().flat_map(|case| plan.story.jobs.iter().map(move |job| (case, &job.name)))
        {
            let key = (*case, job);
            let jobs = by_row.get(&key).map_or(&[][..], Vec::as_slice);
            let facts = || jobs.iter().map(|job| job.facts);
            rows.push(Row {
                case: (*case).clone(),
                scenario: case.scenario.clone(),
                workspace: case.workspace.clone(),
                job: job.clone(),
                verdict: worst(jobs),
                failure: no_result(record, jobs),
                measured: evaluation.rows().row(key.0, key.1).map(measured).unwrap_or_default(),
                comparison: compared.remove(&key),
                states: states.of_row(facts()),
                latency: latency(facts()),
            });
        }
    }
    rows
}

/// The jobs that ran several times at once, in the plan's order.
fn several_at_once(record: &RawRecord, by_row: &JobsByRow<'_, '_>) -> Vec<CopiesRow> {
    let plan = &record.run.plan;
    let rows = plan.workspaces.iter().flat_map(|workspace| cases_on(plan, &workspace.name));
    let rows = rows.flat_map(|case| plan.story.jobs.iter().map(move |job| (case, &job.name)));
    let jobs = |key| by_row.get(&key).map_or(&[][..], Vec::as_slice);
    rows.filter_map(|(case, job)| copies::row(jobs((case, job)), plan.scenario(case).service))
        .collect()
}

/// The fastest few of every workspace and job, in the plan's order.
fn best(evaluation: &Evaluation<'_>, rule: &Rule<'_>) -> Vec<BestFew> {
    let plan = &evaluation.record().run.plan;
    let rows = evaluation.rows();
    let mut found = Vec::new();
    for workspace in &plan.workspaces {
        let cases = cases_on(plan, &workspace.name);
        for job in plan.story.jobs.iter().map(|job| &job.name) {
            let family = Family { plan, cases: &cases, job };
            let sound = |case: &Case| evaluation.is_sound(case, job);
            found.extend(best_few(&family, rows, rule, sound));
        }
    }
    found
}

fn measured(values: &RowSamples) -> Estimates {
    let estimates = values.iter().filter_map(|((step, metric), by_iteration)| {
        let estimate = Estimate::median_with_range(by_iteration.values().copied())?;
        Some(Measured { metric: *metric, step: *step, estimate })
    });
    estimates.collect()
}

/// Times far from the others of their row, in the plan's order.
fn far(evaluation: &Evaluation<'_>) -> Vec<Outlier> {
    let plan = &evaluation.record().run.plan;
    let mut found = Vec::new();
    for (case, job) in
        plan.cases.iter().flat_map(|case| plan.story.jobs.iter().map(move |job| (case, job)))
    {
        let Some(times) = evaluation.rows().wall(case, &job.name) else { continue };
        for part in by_part(times, evaluation) {
            let values: Vec<f64> = part.iter().map(|(_, value)| *value).collect();
            let median = median(&values).unwrap_or_default();
            found.extend(outliers(&values).into_iter().map(|place| Outlier {
                case: (*case).clone(),
                job: job.name.clone(),
                iteration: part[place].0,
                wall: values[place],
                median,
            }));
        }
    }
    found
}

/// The times of a row by the part of a merged record that measured them: a slower machine is no
/// outlier.
fn by_part(times: &ByIteration, evaluation: &Evaluation<'_>) -> Vec<Vec<(u32, f64)>> {
    let mut found: BTreeMap<u32, Vec<(u32, f64)>> = BTreeMap::new();
    for (iteration, value) in times {
        let part = evaluation.parts().of_block(*iteration);
        found.entry(part).or_default().push((*iteration, *value));
    }
    found.into_values().collect()
}
