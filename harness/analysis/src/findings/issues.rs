//! Issues of a row or a run: jobs that are not valid, failed, or did not run.
//! Owns which of them are named; `evaluate` decides whether a job is valid.

use std::collections::BTreeSet;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Case, JobFacts, JobName, JobVerdict, RawRecord, VerdictKind};
use serde::Serialize;

use crate::evaluate::EvaluatedJob;

/// A job that is not valid, or has no result.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct JobIssue {
    /// The case's id.
    pub case: Case,
    /// The job's name in the story.
    pub job: JobName,
    /// The iteration; 0 is priming.
    pub iteration: u32,
    /// The kind of issue.
    #[serde(rename = "word")]
    pub kind: IssueKind,
    /// Why.
    pub reasons: Vec<String>,
    /// The last lines of what the failing process printed.
    pub last_lines: Vec<String>,
}

/// The kind of issue of a job that is not valid, or has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueKind {
    /// It has no result.
    Failed,
    /// It ran, but not as its scenario defines it.
    Degraded,
    /// It ran, but a required check was not possible.
    Unchecked,
    /// It ran, and what it made is not what its sources make.
    Wrong,
}

impl IssueKind {
    /// The word used in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            IssueKind::Failed => "failed",
            IssueKind::Degraded => VerdictKind::Degraded.name(),
            IssueKind::Unchecked => VerdictKind::Unchecked.name(),
            IssueKind::Wrong => VerdictKind::Wrong.name(),
        }
    }
}

/// The worst verdict among a row's jobs that count, with its distinct reasons in the order seen.
pub(super) fn worst(jobs: &[&EvaluatedJob<'_>]) -> Option<JobVerdict> {
    let counted = || jobs.iter().filter(|job| job.counts()).map(|job| &job.verdict);
    let worst = counted().map(JobVerdict::kind).max()?;
    let mut reasons: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for reason in counted().filter(|it| it.kind() == worst).flat_map(JobVerdict::reasons) {
        if seen.insert(reason) {
            reasons.push(reason.clone());
        }
    }
    Some(worst.because(reasons))
}

/// Why a row has no result: its first failure, or that it never ran.
pub(super) fn no_result(record: &RawRecord, jobs: &[&EvaluatedJob<'_>]) -> Option<String> {
    if jobs.iter().any(|job| job.counts()) {
        return None;
    }
    let failed = jobs.iter().find_map(|job| job.facts.failure.as_ref());
    let stopped = record.end.as_ref().and_then(|end| end.stopped.as_ref());
    let is_enough = record.end.as_ref().is_some_and(|end| end.enough.is_some());
    Some(match (failed, stopped) {
        (Some(failure), _) => failure.message.clone(),
        (None, Some(reason)) => format!("did not run: {reason}"),
        (None, None) if is_enough => "left out: the budget had no room for it".to_owned(),
        (None, None) => "did not run: the run was interrupted".to_owned(),
    })
}

/// The issue of a job; absent for a valid one.
pub(super) fn issue(job: &EvaluatedJob<'_>) -> Option<JobIssue> {
    let EvaluatedJob { facts, verdict, .. } = job;
    let (kind, last_lines) = match (&facts.failure, verdict.kind()) {
        (Some(failure), _) => (IssueKind::Failed, failure.last_lines.clone()),
        (None, VerdictKind::Valid) => return None,
        (None, VerdictKind::Degraded) => (IssueKind::Degraded, Vec::new()),
        (None, VerdictKind::Unchecked) => (IssueKind::Unchecked, Vec::new()),
        (None, VerdictKind::Wrong) => (IssueKind::Wrong, Vec::new()),
    };
    Some(JobIssue {
        case: facts.case.clone(),
        job: facts.job.clone(),
        iteration: facts.attempt.iteration,
        kind,
        reasons: verdict.reasons().to_vec(),
        last_lines,
    })
}

/// The number of the plan's jobs that are missing in the record.
pub(super) fn missing_jobs(record: &RawRecord) -> u64 {
    let plan = &record.run.plan;
    if record.end.as_ref().is_some_and(|end| end.enough.is_some()) {
        return 0;
    }
    let planned = record.run.portion().job_count(plan) as u64;
    let last = plan.story.jobs.last().map(|job| &job.name);
    // Priming leaves the last job out; a record that has it nevertheless has one too many.
    let is_planned = |j: &&JobFacts| j.attempt.iteration > 0 || Some(&j.job) != last;
    let ran: BTreeSet<(&Case, &JobName, u32)> = record
        .jobs
        .iter()
        .filter(is_planned)
        .map(|j| (&j.case, &j.job, j.attempt.iteration))
        .collect();
    planned.saturating_sub(ran.len() as u64)
}
