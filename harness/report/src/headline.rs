//! The headline: one line that says what was found and how sure it is.
//! It must never claim more than the verdicts do.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::ComparisonVerdict;

use crate::words;

/// How many scenarios a job's part of the headline names.
const NAMED: usize = 3;

/// What was found and how sure it is, in one line.
pub fn headline(findings: &Findings) -> String {
    let mut parts = Vec::new();
    let failed = findings.doubts.iter().filter(|doubt| doubt.word == "failed").count();
    let doubtful = findings.doubts.len() - failed;
    if failed > 0 {
        parts.push(format!("{failed} jobs failed."));
    }
    if doubtful > 0 {
        parts.push(format!("{doubtful} jobs may not be fully believed."));
    }
    if findings.missing_jobs > 0 {
        parts.push(format!("{} jobs did not run.", findings.missing_jobs));
    }
    let workspaces = words::workspaces(findings);
    for workspace in &workspaces {
        parts.extend(of_workspace(findings, workspace));
    }
    parts.push(certainty(findings));
    parts.join(" ")
}

/// The fastest scenarios of each job but the first, which has no cache to use yet.
fn of_workspace(findings: &Findings, workspace: &str) -> Option<String> {
    let reference = findings.run.plan.reference.as_deref()?;
    let jobs = words::jobs(findings);
    let later = if jobs.len() > 1 { &jobs[1..] } else { &jobs[..] };
    let parts: Vec<String> = later
        .iter()
        .filter_map(|job| Some(format!("{job}: {}", fastest(findings, workspace, job)?)))
        .collect();
    (!parts.is_empty())
        .then(|| format!("On {workspace}, against {reference} – {}.", parts.join("; ")))
}

fn fastest(findings: &Findings, workspace: &str, job: &str) -> Option<String> {
    let is = |row: &&Row| row.workspace == workspace && row.job == job;
    let mut compared: Vec<(&Row, f64)> = findings
        .rows
        .iter()
        .filter(is)
        .filter_map(|row| Some((row, row.comparison.as_ref()?.ratio.point)))
        .collect();
    compared.sort_by(|a, b| a.1.total_cmp(&b.1));
    let named: Vec<String> = compared
        .iter()
        .take(NAMED)
        .map(|(row, ratio)| format!("{} {}", row.scenario, words::factor(*ratio)))
        .collect();
    (!named.is_empty()).then(|| named.join(", "))
}

/// How sure all this is.
fn certainty(findings: &Findings) -> String {
    let verdicts: Vec<ComparisonVerdict> =
        findings.rows.iter().filter_map(|row| Some(row.comparison.as_ref()?.verdict)).collect();
    let few = verdicts.iter().filter(|it| **it == ComparisonVerdict::TooFewSamples).count();
    let open = verdicts.iter().filter(|it| **it == ComparisonVerdict::Inconclusive).count();
    let most = findings
        .rows
        .iter()
        .filter_map(|row| Some(row.comparison.as_ref()?.ratio.count))
        .max()
        .unwrap_or(0);
    match (verdicts.len(), few, open) {
        (0, ..) => "Nothing was compared.".to_owned(),
        (all, few, _) if few == all => {
            let samples = if most == 1 { "sample" } else { "samples" };
            format!("{most} {samples} a job: too few to say for certain; see the spread.")
        }
        (all, few, open) => {
            let decided = all - few - open;
            format!("{decided} of {all} comparisons are decided at 5 %, {open} are inconclusive.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn few_samples_are_no_verdict_and_doubts_come_first() {
        let text = headline(&examples::findings());
        assert!(text.contains("jobs failed."), "{text}");
        assert!(text.ends_with("2 samples a job: too few to say for certain; see the spread."));
        assert!(!text.contains('\n'));
        assert!(text.find("failed") < text.find("against none"), "{text}");
    }

    #[test]
    fn nothing_compared_is_said() {
        let mut findings = examples::findings();
        findings.rows.clear();
        findings.doubts.clear();
        assert_eq!(headline(&findings), "Nothing was compared.");
    }
}
