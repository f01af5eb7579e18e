//! The fastest of each job, and what is tied with it, in a sentence.
//! Owns the sentence; who is fastest is `analysis`'s. It names ties as ties.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use lukewarm_analysis::{BestFew, Findings};
use lukewarm_model::listed;

use crate::sections::Section;

/// Who is fastest in the jobs after the first, or in an only job; absent where the fastest were not
/// compared with each other.
pub(crate) fn sentence(findings: &Findings, section: &Section<'_>) -> Option<String> {
    let found = of_later_jobs(findings, section);
    let all: Vec<Vec<&str>> = found.iter().map(|it| fastest(it)).collect();
    let mut distinct: Vec<&Vec<&str>> = Vec::new();
    for names in &all {
        if !distinct.contains(&names) {
            distinct.push(names);
        }
    }
    match distinct.as_slice() {
        [] => None,
        [one] => Some(match one.as_slice() {
            [alone] => format!("The fastest is {alone}."),
            tied => format!("The fastest are {}, which are tied.", listed(tied)),
        }),
        several => {
            let each = several.iter().map(|names| {
                let of = found.iter().zip(&all).filter(|(_, it)| **it == **names);
                let jobs: Vec<&str> = of.map(|(it, _)| it.job.as_str()).collect();
                let tied = if names.len() > 1 { " (tied)" } else { "" };
                format!("{}{tied} in {}", listed(*names), listed(&jobs))
            });
            Some(format!("The fastest: {}.", each.collect::<Vec<_>>().join("; ")))
        }
    }
}

/// Every scenario that is the fastest, or tied with it, in one of these jobs.
pub(crate) fn names<'a>(findings: &'a Findings, section: &Section<'_>) -> BTreeSet<&'a str> {
    of_later_jobs(findings, section).into_iter().flat_map(fastest).collect()
}

/// The fastest few of the jobs after the first, or of an only job.
fn of_later_jobs<'a>(findings: &'a Findings, section: &Section<'_>) -> Vec<&'a BestFew> {
    let jobs = &findings.run.plan.story.jobs;
    let first = jobs.first().filter(|_| jobs.len() > 1).map(|job| &job.name);
    let of_section = findings.best.iter().filter(|it| it.workspace == *section.workspace);
    of_section.filter(|it| Some(&it.job) != first && !it.rivals.is_empty()).collect()
}

/// The fastest scenario of a job with those that are not slower than it beyond doubt.
fn fastest(found: &BestFew) -> Vec<&str> {
    let tied = found.rivals.iter().filter(|it| it.verdict.direction() != Some(Ordering::Greater));
    let mut names: Vec<&str> = tied.map(|it| it.scenario.as_str()).collect();
    names.insert(0, found.best.as_str());
    names
}
