//! What the comparison of outputs showed, in sentences: what is wrong, how many jobs were compared
//! and with what, and what that took. Owns these words; `analysis` counts.

use lukewarm_analysis::{Findings, IssueKind, OutputCoverage};

use crate::format::percent;
use crate::issues;

/// The first wrong output, by name; absent where none is wrong.
pub(crate) fn wrong(findings: &Findings) -> Option<String> {
    let issue = findings.issues.iter().find(|it| it.kind == IssueKind::Wrong)?;
    let why = issue.reasons.first().map_or("", String::as_str);
    Some(format!("WRONG OUTPUT of {} in {}: {why}.", issue.case, issue.job))
}

/// How many jobs were compared, and with what; absent where nobody looked at outputs.
pub(crate) fn sentence(findings: &Findings) -> Option<String> {
    let found = &findings.outputs;
    if !found.is_known() {
        return None;
    }
    let OutputCoverage {
        jobs, as_uncached, as_own, by_state, not_compared, unproven, wrong, ..
    } = found;
    let compared = as_uncached + as_own + by_state + wrong + unproven;
    let mut parts = Vec::new();
    let mut say = |count: &u64, words: &str| {
        if *count > 0 {
            parts.push(format!("{count} {words}"));
        }
    };
    say(as_uncached, "made what a build without a cache makes");
    say(as_own, "what their own tool or settings make from an empty cache");
    say(by_state, "the same programs from libraries in other bytes (incremental compilation)");
    say(wrong, "something WRONG");
    say(unproven, "something that nobody knows to be right");
    if *not_compared > 0 {
        parts.push(format!("{not_compared} could not be compared"));
    }
    let parts = parts.join(", ");
    let advice = match compared == 0 && found.builds == 0 && issues::is_ended_by_budget(findings) {
        true => " A longer `--budget` has room for a build to compare them with.",
        false => "",
    };
    let of = format!("{compared} of {jobs} jobs that could use a cache");
    Some(format!("Outputs of {of} were compared: {parts}.{advice}"))
}

/// What the comparison took; absent where nobody looked at outputs.
pub(crate) fn cost(findings: &Findings) -> Option<String> {
    let OutputCoverage { builds, build_time, reading_time, job_time, varying, .. } =
        findings.outputs;
    if !findings.outputs.is_known() || job_time.0 <= 0.0 {
        return None;
    }
    let share = |time: lukewarm_model::Seconds| percent(time.0 / job_time.0);
    Some(format!(
        "Reading outputs took {reading_time} ({} of the jobs’ time), and {builds} builds that were \
         made only to compare with {build_time} ({}). {varying} outputs differ between builds \
         without a cache, and say nothing.",
        share(reading_time),
        share(build_time)
    ))
}
