//! Whether a run as a whole may be believed: what its exit code says.
//! Owns that rule alone; the doubts themselves are `analysis`'s, and a row's standing `sections`'.

use lukewarm_analysis::{Findings, IssueKind};

use crate::sections::{RowStatus, sections};

/// How far a run as a whole may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It came to its end, and each of its jobs may be believed; an unchecked one is a remark.
    Sound,
    /// It was cut off, stopped early, or lacks jobs of its plan.
    Incomplete,
    /// A job failed, priming included.
    Failed,
    /// A job is degraded, priming included; or nothing that was to be compared can be.
    Doubtful,
}

/// How far a run as a whole may be believed; the first that applies.
pub fn trust(findings: &Findings) -> Trust {
    let has = |kind| findings.issues.iter().any(|issue| issue.kind == kind);
    let stopped = findings.end.as_ref().is_none_or(|end| end.stopped.is_some());
    match () {
        () if has(IssueKind::Failed) => Trust::Failed,
        () if stopped || findings.missing_jobs > 0 => Trust::Incomplete,
        () if has(IssueKind::Degraded) || says_nothing(findings) => Trust::Doubtful,
        () => Trust::Sound,
    }
}

/// Whether doubts left nothing over: of the comparisons, where there were to be any, or else of
/// the rows.
fn says_nothing(findings: &Findings) -> bool {
    let sections = sections(findings);
    let rows = sections.iter().flat_map(|section| {
        let rows = section.groups.iter().flat_map(|group| group.rows);
        rows.map(|row| (row, section.standing(findings, row)))
    });
    let rows: Vec<_> = rows.collect();
    let doubted = |it: &RowStatus<'_>| matches!(it, RowStatus::Doubtful(_) | RowStatus::NoResult);
    let reference = findings.run.plan.reference.as_ref();
    let others: Vec<_> = rows.iter().filter(|(row, _)| Some(&row.scenario) != reference).collect();
    match others.is_empty() {
        true => !rows.is_empty() && rows.iter().all(|(_, it)| doubted(it)),
        false => others.iter().all(|(_, it)| doubted(it)),
    }
}
