//! Findings: samples grouped into rows, rows compared with the reference, issues of jobs named.
//! Owns which jobs count and in which order things are told. It must not estimate by itself:
//! `statistics` does.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{
    Case, JobName, JobSamples, Plan, RunEnd, RunFacts, ToolDescription, Warning, WorkspaceName,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::comparisons::{Family, comparisons};
use super::cross_workspace::{CrossWorkspace, cross_workspace};
use super::estimates::{Estimates, Measured};
use super::issues::{JobIssue, issue, missing_jobs, no_result, worst};
use super::latency::latency;
use super::outputs::{OutputCoverage, coverage};
use super::row::{Comparison, Row};
use super::run_warnings::warnings;
use super::states::States;
use super::swept::{Swept, swept};
use crate::compare::{Levels, worth_more};
use crate::estimate::Estimate;
use crate::evaluate::{EvaluatedJob, Evaluation, RowSamples};
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
    /// The ratio over all workspaces, where there are several: by scenario, then job.
    pub cross_workspace: Vec<CrossWorkspace>,
    /// The results of a sweep, by workspace and job.
    pub swept: Vec<Swept>,
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
    let rows = rows(&evaluation, &by_row);
    Findings {
        run: record.run.clone(),
        end: record.end.clone(),
        tools: evaluation.tools().to_vec(),
        swept: swept(&record.run.plan, &rows),
        rows,
        cross_workspace: cross_workspace(&record.run, evaluation.rows()),
        outliers: far(&evaluation),
        issues: evaluation.jobs().iter().filter_map(issue).collect(),
        outputs: coverage(evaluation.jobs()),
        missing_jobs: missing_jobs(record),
        warnings: warnings(record),
        samples: evaluation.into_samples(),
    }
}

/// The jobs of cases that should be measured further. A comparison goes on until it is decided, or
/// its interval is as narrow as the margin, and so does its reference. A case that is compared with
/// nothing needs one measurement.
pub fn open(evaluation: &Evaluation<'_>) -> BTreeSet<(Case, JobName)> {
    let plan = &evaluation.record().run.plan;
    let levels = levels(plan);
    let mut open = BTreeSet::new();
    for (workspace, job) in plan
        .workspaces
        .iter()
        .flat_map(|it| plan.story.jobs.iter().map(move |job| (&it.name, &job.name)))
    {
        let cases = cases_on(plan, workspace);
        let family = Family { plan, cases: &cases, job };
        for (case, comparison) in comparisons(&family, evaluation.rows(), &levels) {
            let more = worth_more(Some(&comparison.ratio), &comparison.rule());
            if more && !comparison.verdict.is_decided() {
                let is_reference = |it: &&&Case| it.scenario == comparison.reference;
                let reference = cases.iter().find(is_reference).copied();
                let both = reference.into_iter().chain([case]);
                open.extend(both.map(|case| (case.clone(), job.clone())));
            }
        }
    }
    open
}

/// The levels of a plan's comparisons with its reference.
fn levels(plan: &Plan) -> Levels {
    Levels::of(&plan.stopping, plan.scenarios.len().saturating_sub(1))
}

fn cases_on<'a>(plan: &'a Plan, workspace: &WorkspaceName) -> Vec<&'a Case> {
    plan.cases.iter().filter(|case| case.workspace == *workspace).collect()
}

/// One row for each case and job: workspace, then scenario, then job, as the plan has them.
fn rows(evaluation: &Evaluation<'_>, by_row: &JobsByRow<'_, '_>) -> Vec<Row> {
    let record = evaluation.record();
    let plan = &record.run.plan;
    let levels = levels(plan);
    let states = States::of(record);
    let mut rows = Vec::new();
    for workspace in &plan.workspaces {
        let cases = cases_on(plan, &workspace.name);
        let mut compared: BTreeMap<(&Case, &JobName), Comparison> = BTreeMap::new();
        for job in plan.story.jobs.iter().map(|job| &job.name) {
            let family = Family { plan, cases: &cases, job };
            let found = comparisons(&family, evaluation.rows(), &levels);
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
        let values: Vec<f64> = times.values().copied().collect();
        let iterations: Vec<u32> = times.keys().copied().collect();
        let median = median(&values).unwrap_or_default();
        found.extend(outliers(&values).into_iter().map(|place| Outlier {
            case: (*case).clone(),
            job: job.name.clone(),
            iteration: iterations[place],
            wall: values[place],
            median,
        }));
    }
    found
}
