//! Doubts in words: jobs that cannot be trusted, once for all jobs with the same issue.
//! Owns the grouping and the sentences. Every report shows them before its numbers.

use std::collections::BTreeMap;

use lukewarm_analysis::{Findings, IssueKind, JobIssue, Row};
use lukewarm_model::{Case, EnoughReason, JobName, Seconds};

use crate::format::counted;

/// Jobs of one case with the same kind of issue and the same reasons.
pub(crate) struct IssueGroup<'a> {
    pub(crate) case: &'a Case,
    pub(crate) kind: IssueKind,
    /// The jobs, each with its passes: `cold (priming, iterations 1, 2)`.
    pub(crate) jobs: String,
    pub(crate) reasons: &'a [String],
    pub(crate) last_lines: &'a [String],
}

/// The issues of a run, grouped, in the order in which each was first seen.
pub(crate) fn issue_groups(findings: &Findings) -> Vec<IssueGroup<'_>> {
    let mut index = BTreeMap::new();
    let mut groups: Vec<Vec<&JobIssue>> = Vec::new();
    for issue in &findings.issues {
        let place = *index.entry((&issue.case, issue.kind, &issue.reasons)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(issue);
    }
    // What is wrong comes first, and mere remarks last.
    groups.sort_by_key(|group| match group[0].kind {
        IssueKind::Wrong => 0,
        IssueKind::Failed | IssueKind::Degraded => 1,
        IssueKind::Unchecked => 2,
    });
    groups.iter().map(|group| issue_group(group)).collect()
}

/// How many jobs are wrong, in doubt, failed, did not run or have a remark, in one sentence; absent
/// where all are valid.
pub(crate) fn sentence(findings: &Findings) -> Option<String> {
    let count = |kind| findings.issues.iter().filter(|it| it.kind == kind).count();
    let [wrong, failed] = [IssueKind::Wrong, IssueKind::Failed].map(count);
    let [doubtful, remarked] = [IssueKind::Degraded, IssueKind::Unchecked].map(count);
    let missing = findings.missing_jobs as usize;
    let phrases: Vec<String> = [
        (wrong, if wrong == 1 { "has a WRONG OUTPUT" } else { "have a WRONG OUTPUT" }),
        (doubtful, if doubtful == 1 { "is in doubt" } else { "are in doubt" }),
        (failed, "failed"),
        (missing, "did not run"),
        (remarked, if remarked == 1 { "has a remark" } else { "have remarks" }),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, words)| format!("{count} {words}"))
    .collect();
    // Where fewer were enough, what was planned at most says nothing.
    let is_enough = findings.end.as_ref().is_some_and(|end| end.enough.is_some());
    let jobs = match is_enough {
        true => "its jobs".to_owned(),
        false => counted(findings.run.portion().job_count(&findings.run.plan), "job"),
    };
    (!phrases.is_empty()).then(|| format!("Of {jobs}, {}.", phrases.join(", ")))
}

/// Why a run ended early, where it did.
pub(crate) fn ending(findings: &Findings) -> Option<String> {
    match &findings.end {
        None => Some("The run was interrupted before its end.".to_owned()),
        Some(end) => end.stopped.as_ref().map(|why| format!("The run ended early: {why}.")),
    }
}

/// Which cases a budget had no room for, where there are any.
pub(crate) fn left_out(findings: &Findings) -> Option<String> {
    let budget = budget(findings)?;
    let cases = cases_left_out(findings).into_iter().map(Case::to_string);
    let jobs = jobs_left_out(findings).map(|it| format!("job {it}"));
    let names: Vec<String> = cases.chain(jobs).collect();
    (!names.is_empty())
        .then(|| format!("Left out, since {budget} had no room for them: {}.", names.join(", ")))
}

/// The budget that ended a run.
fn budget(findings: &Findings) -> Option<Seconds> {
    match findings.end.as_ref()?.enough.as_ref()? {
        EnoughReason::Budget(no_room) => Some(no_room.budget),
        EnoughReason::Decided { .. } | EnoughReason::Most { .. } | EnoughReason::Other(_) => {
            findings.run.plan.budget
        }
    }
}

/// Whether a run had no time for another block.
pub(crate) fn is_ended_by_budget(findings: &Findings) -> bool {
    let end = findings.end.as_ref();
    end.is_some_and(|end| matches!(end.enough, Some(EnoughReason::Budget(_))))
}

/// The cases of which a budget left jobs out that others have.
pub(crate) fn cases_left_out(findings: &Findings) -> Vec<&Case> {
    if budget(findings).is_none() {
        return Vec::new();
    }
    let jobs: Vec<&JobName> = jobs_left_out(findings).collect();
    let without = findings.rows.chunk_by(|a, b| a.case == b.case).filter(|rows| {
        let failed = |case: &Case| findings.issues.iter().any(|it| it.case == *case);
        let is_empty = |row: &Row| row.measured.is_empty() && !jobs.contains(&&row.job);
        rows.iter().any(is_empty) && !failed(&rows[0].case)
    });
    without.map(|rows| &rows[0].case).collect()
}

/// The jobs of the story that no case has, in a run that a budget ended.
pub(crate) fn jobs_left_out(findings: &Findings) -> impl Iterator<Item = &JobName> {
    let has =
        |job: &JobName| findings.rows.iter().any(|row| row.job == *job && !row.measured.is_empty());
    let any = findings.rows.iter().any(|row| !row.measured.is_empty());
    let jobs = findings.run.plan.story.jobs.iter().map(|it| &it.name);
    jobs.filter(move |job| any && !has(job))
}

fn issue_group<'a>(group: &[&'a JobIssue]) -> IssueGroup<'a> {
    let first = group[0];
    IssueGroup {
        case: &first.case,
        kind: first.kind,
        jobs: jobs(group),
        reasons: &first.reasons,
        last_lines: &first.last_lines,
    }
}

fn jobs(group: &[&JobIssue]) -> String {
    let mut names: Vec<(&str, Vec<u32>)> = Vec::new();
    for issue in group {
        match names.iter_mut().find(|(name, _)| *name == issue.job) {
            Some((_, passes)) => passes.push(issue.iteration),
            None => names.push((&issue.job, vec![issue.iteration])),
        }
    }
    let named = names.into_iter().map(|(name, found)| format!("{name} ({})", passes(&found)));
    named.collect::<Vec<_>>().join(", ")
}

/// `priming, iterations 1, 2`, or a count where there are many.
fn passes(found: &[u32]) -> String {
    let numbers: Vec<String> = found.iter().filter(|n| **n > 0).map(|n| n.to_string()).collect();
    let iterations = match numbers.as_slice() {
        [] => None,
        [one] => Some(format!("iteration {one}")),
        some if some.len() <= 6 => Some(format!("iterations {}", some.join(", "))),
        many => Some(format!("{} iterations", many.len())),
    };
    let priming = found.contains(&0).then(|| "priming".to_owned());
    [priming, iterations].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
