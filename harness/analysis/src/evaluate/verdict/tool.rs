//! What a job's cache tool says of itself, beside what its scenario means.
//! Owns the rules of a wrapper: it was asked, it is the scenario's, it made no errors. What its
//! words mean belongs to `cache-tools`.

use lukewarm_model::Counts;
use semver::Version;

use super::super::job_under_test::JobUnderTest;
use super::super::outcomes::cacheable;
use super::evidence::{Evidence, has_rate_limit};

/// A wrapper must have been asked, and must have stored where its scenario says.
pub(super) fn tool(job: &JobUnderTest<'_>, evidence: &mut Evidence) {
    let name = &job.scenario.tool;
    match (&job.counts, job.is_wrapper()) {
        (Err(error), _) => evidence.unknown.push(error.clone()),
        (Ok(None), true) => evidence.unknown.push(format!("{name} gave no statistics")),
        (Ok(Some(counts)), true) => {
            asked(job, counts, evidence);
            same_tool(job, counts, evidence);
            tool_errors(job, counts, evidence);
        }
        (Ok(_), false) => {}
    }
}

fn asked(job: &JobUnderTest<'_>, counts: &Counts, evidence: &mut Evidence) {
    let (name, units) = (&job.scenario.tool, &job.facts.units);
    let compiled = units.iter().filter(|unit| !unit.fresh).count();
    let cacheable = cacheable(units);
    if compiled > 0 && counts.requests == 0 {
        evidence.wrong.push(format!(
            "{name} was never called, though {compiled} units were compiled: it was bypassed"
        ));
    } else if cacheable > 0 && counts.executed == 0 {
        evidence.wrong.push(format!(
            "{name} was called {} times and looked nothing up, though {cacheable} units are \
             cacheable: it fell back silently",
            counts.requests
        ));
    } else if cacheable > 0 {
        let hits = job.outcomes.map_or(0, |outcomes| outcomes.hits);
        evidence.held.push(format!("{hits} of {cacheable} cacheable units hit"));
    } else {
        evidence.held.push("no cacheable unit had to be compiled".to_owned());
    }
}

/// The tool that answered must be the scenario's: its store, and the version that was named.
fn same_tool(job: &JobUnderTest<'_>, counts: &Counts, evidence: &mut Evidence) {
    let JobUnderTest { scenario, run, .. } = job;
    let name = &scenario.tool;
    let wanted =
        scenario.service.map_or("its local disk".to_owned(), |s| format!("the {s} service"));
    if job.tool.is_some_and(|tool| tool.stores_in(&counts.location, scenario.service)) {
        evidence.held.push(format!("{name} stored in {}", counts.location));
    } else {
        evidence.wrong.push(format!(
            "{name} stored in `{}` and not in {wanted}: it fell back silently",
            counts.location
        ));
    }
    if let Some(identity) = run.tools.get(&name.to_string())
        && !is_version(&identity.version, &counts.version)
    {
        evidence.wrong.push(format!(
            "version {} answered, but the run's {name} is {}",
            counts.version, identity.version
        ));
    }
}

/// Whether two texts name one version. What is no version must be the same text.
pub(super) fn is_version(named: &str, answered: &str) -> bool {
    match (version(named), version(answered)) {
        (Some(named), Some(answered)) => named == answered,
        _ => named.trim() == answered.trim(),
    }
}

/// The first version in a text such as `sccache 0.16.0`.
fn version(text: &str) -> Option<Version> {
    let words = text.split_whitespace().map(|word| word.trim_start_matches('v'));
    words.filter_map(|word| Version::parse(word).ok()).next()
}

fn tool_errors(job: &JobUnderTest<'_>, counts: &Counts, evidence: &mut Evidence) {
    let kinds = [
        (counts.read_errors, "failed reads"),
        (counts.write_errors, "failed writes"),
        (counts.timeouts, "lookups that took too long"),
    ];
    let seen: Vec<String> = kinds
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if seen.is_empty() {
        return;
    }
    let text = format!("{} counts {}", job.scenario.tool, seen.join(", "));
    let ledger = job.ledger.as_ref();
    let limited = ledger.is_some_and(|it| it.limited() > 0);
    let faulty = ledger.is_some_and(|it| it.faults > 0);
    if limited && has_rate_limit(&job.scenario.limits) {
        evidence.held.push(format!("{text}: requests that the scenario's limits refused"));
    } else if faulty && !job.scenario.faults.is_empty() {
        evidence.held.push(format!("{text}: requests that the scenario's faults struck"));
    } else {
        evidence.wrong.push(text);
    }
}
