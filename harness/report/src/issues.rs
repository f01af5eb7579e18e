//! Doubts in words: jobs that cannot be trusted, once for all jobs with the same issue.
//! Owns the grouping and the sentences. Every report shows them before its numbers.

use std::collections::BTreeMap;

use lukewarm_analysis::{Findings, IssueKind, JobIssue};
use lukewarm_model::{Case, EnoughReason};

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
    groups.iter().map(|group| issue_group(group)).collect()
}

/// How many jobs are in doubt, failed or did not run, in one sentence; absent where all are valid.
pub(crate) fn sentence(findings: &Findings) -> Option<String> {
    let failed = findings.issues.iter().filter(|it| it.kind == IssueKind::Failed).count();
    let doubtful = findings.issues.len() - failed;
    let missing = findings.missing_jobs as usize;
    let phrases: Vec<String> = [
        (doubtful, if doubtful == 1 { "is in doubt" } else { "are in doubt" }),
        (failed, "failed"),
        (missing, "did not run"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, words)| format!("{count} {words}"))
    .collect();
    let planned = counted(findings.run.plan.job_count(), "job");
    (!phrases.is_empty()).then(|| format!("Of {planned}, {}.", phrases.join(", ")))
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
    let budget = match findings.end.as_ref()?.enough.as_ref()? {
        EnoughReason::Budget(no_room) => no_room.budget,
        EnoughReason::Decided { .. } | EnoughReason::Other(_) => findings.run.plan.budget?,
    };
    let without = findings.rows.chunk_by(|a, b| a.case == b.case).filter(|rows| {
        let failed = |case: &Case| findings.issues.iter().any(|it| it.case == *case);
        rows.iter().any(|row| row.measured.is_empty()) && !failed(&rows[0].case)
    });
    let names: Vec<String> = without.map(|rows| rows[0].case.to_string()).collect();
    (!names.is_empty())
        .then(|| format!("Left out, since {budget} had no room for them: {}.", names.join(", ")))
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
