//! Doubts in words: what may not be believed, once for all jobs with the same trouble.
//! Owns the grouping and the sentences. Every report tells them before its numbers mean much.

use std::collections::BTreeMap;

use lukewarm_analysis::{Doubt, Findings};

use crate::words::counted;

/// Jobs of one case with the same word and the same reasons.
pub(crate) struct Trouble<'a> {
    pub(crate) case: &'a str,
    pub(crate) word: &'a str,
    /// The jobs, each with its iterations: `cold (priming, 1, 2)`.
    pub(crate) jobs: String,
    pub(crate) reasons: &'a [String],
    pub(crate) last_lines: &'a [String],
}

/// The doubts of a run, grouped, in the order in which each trouble was first seen.
pub(crate) fn troubles(findings: &Findings) -> Vec<Trouble<'_>> {
    let mut index = BTreeMap::new();
    let mut groups: Vec<Vec<&Doubt>> = Vec::new();
    for doubt in &findings.doubts {
        let place = *index.entry((&doubt.case, &doubt.word, &doubt.reasons)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(doubt);
    }
    groups.iter().map(|group| trouble(group)).collect()
}

/// How many jobs are in doubt, failed or did not run, in one sentence; nothing where all are
/// sound.
pub(crate) fn sentence(findings: &Findings) -> Option<String> {
    let failed = findings.doubts.iter().filter(|doubt| doubt.word == "failed").count();
    let doubtful = findings.doubts.len() - failed;
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
        None => Some("The run was cut off before its end.".to_owned()),
        Some(end) => end.stopped.as_ref().map(|why| format!("The run ended early: {why}.")),
    }
}

fn trouble<'a>(group: &[&'a Doubt]) -> Trouble<'a> {
    let first = group[0];
    Trouble {
        case: &first.case,
        word: &first.word,
        jobs: jobs(group),
        reasons: &first.reasons,
        last_lines: &first.last_lines,
    }
}

fn jobs(group: &[&Doubt]) -> String {
    let mut names: Vec<(&str, Vec<String>)> = Vec::new();
    for doubt in group {
        let pass = match doubt.iteration {
            0 => "priming".to_owned(),
            n => n.to_string(),
        };
        match names.iter_mut().find(|(name, _)| *name == doubt.job) {
            Some((_, passes)) => passes.push(pass),
            None => names.push((&doubt.job, vec![pass])),
        }
    }
    let told = names.into_iter().map(|(name, passes)| match passes.len() {
        0..=6 => format!("{name} ({})", passes.join(", ")),
        count => format!("{name} ({count} times)"),
    });
    told.collect::<Vec<_>>().join(", ")
}
