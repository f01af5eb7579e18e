//! Doubts in words: what may not be believed, once for all jobs with the same trouble.
//! Owns the grouping and the sentences. Every report tells them before its numbers mean much.

use std::collections::BTreeMap;

use lukewarm_analysis::{Doubt, Findings};

use crate::words::counted;

/// Jobs of one case with the same word and the same reasons.
pub(crate) struct Trouble<'a> {
    pub(crate) case: &'a str,
    pub(crate) word: &'a str,
    /// The jobs, each with its passes: `cold (priming, iterations 1, 2)`.
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
    let mut names: Vec<(&str, Vec<u32>)> = Vec::new();
    for doubt in group {
        match names.iter_mut().find(|(name, _)| *name == doubt.job) {
            Some((_, passes)) => passes.push(doubt.iteration),
            None => names.push((&doubt.job, vec![doubt.iteration])),
        }
    }
    let told = names.into_iter().map(|(name, found)| format!("{name} ({})", passes(&found)));
    told.collect::<Vec<_>>().join(", ")
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
