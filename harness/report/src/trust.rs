//! Whether a run as a whole can be trusted, which its exit code says.
//! Owns that rule alone; `analysis` finds the issues, and `sections` has a row's status.

use lukewarm_analysis::{Findings, IssueKind};

use crate::sections::{RowStatus, sections};

/// How far a run as a whole can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is complete, and each of its jobs is valid or, with a remark, unchecked.
    Sound,
    /// It was interrupted, stopped early, or lacks jobs of its plan.
    Incomplete,
    /// A job failed, priming included.
    Failed,
    /// A job is degraded, priming included; or none of the planned comparisons is valid.
    Doubtful,
    /// A job made something else than its sources, priming included.
    WrongOutput,
}

/// How far a run as a whole can be trusted; the first that applies.
pub fn trust(findings: &Findings) -> Trust {
    let has = |kind| findings.issues.iter().any(|issue| issue.kind == kind);
    let stopped = findings.end.as_ref().is_none_or(|end| end.stopped.is_some());
    match () {
        () if has(IssueKind::Wrong) => Trust::WrongOutput,
        () if has(IssueKind::Failed) => Trust::Failed,
        () if stopped || findings.missing_jobs > 0 => Trust::Incomplete,
        () if has(IssueKind::Degraded) || has_no_valid_result(findings) => Trust::Doubtful,
        () => Trust::Sound,
    }
}

/// Whether no comparison is valid or, in a run without comparisons, no row.
fn has_no_valid_result(findings: &Findings) -> bool {
    let sections = sections(findings);
    let rows = sections.iter().flat_map(|section| {
        let rows = section.groups.iter().flat_map(|group| group.rows);
        rows.map(|row| (row, section.status(findings, row)))
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
