//! Checks of a job's cache tool by the tool's own statistics.
//! Owns the rules for a wrapper: it was called, it is the scenario's, it had no errors. Parsing its
//! statistics belongs to `cache-tools`.

use lukewarm_cache_tools::ToolReport;
use lukewarm_model::Counter;
use semver::Version;

use super::super::job_under_test::JobUnderTest;
use super::evidence::{JobEvidence, has_rate_limit};

/// A wrapper must have been called, and must have stored where its scenario says.
pub(super) fn tool(job: &JobUnderTest<'_>, evidence: &mut JobEvidence) {
    if let Err(error) = &job.report {
        evidence.unknown.push(error.clone());
    }
    if let Some(report) = job.wrapper() {
        asked(job, report, evidence);
        same_tool(job, report, evidence);
        tool_errors(job, report, evidence);
    }
    if let Some(report) = job.report() {
        evidence.take(&report.checks);
    }
}

/// What the workspace declares of the wrapper's own counters, beside what it counted: only of a job
/// in which nothing was fresh.
pub(super) fn declared(
    job: &JobUnderTest<'_>,
    fresh: usize,
) -> Vec<(String, Option<u64>, Option<u64>)> {
    let (Some(report), Some(tool)) = (job.wrapper(), job.tool) else { return Vec::new() };
    if fresh > 0 {
        return Vec::new();
    }
    let description = tool.description();
    let own = description.expected_counters.iter();
    let own = own.map(|counter| (*counter, report.counters.get(*counter)));
    let cacheable = (Counter::CACHEABLE_UNITS, Some(report.outcomes.cacheable()));
    let figures = [cacheable].into_iter().chain(own).map(|(counter, seen)| {
        let declared = job.workspace.expected.counter(description.name, counter);
        (words(counter, description.name), seen, declared)
    });
    figures.collect()
}

/// What a tool's counter is called in a sentence.
fn words(counter: Counter, tool: &str) -> String {
    match counter {
        Counter::CACHEABLE_UNITS => "cacheable units".to_owned(),
        Counter::REQUESTS => "calls of the wrapper".to_owned(),
        _ => format!("{counter} of {tool}"),
    }
}

fn asked(job: &JobUnderTest<'_>, report: &ToolReport, evidence: &mut JobEvidence) {
    let (name, units) = (&job.scenario.tool, &job.facts.units);
    let compiled = units.iter().filter(|unit| !unit.fresh).count();
    let cacheable = report.outcomes.cacheable();
    let requests = report.counters.get(Counter::REQUESTS);
    if compiled > 0 && requests == Some(0) {
        evidence.wrong.push(format!(
            "{name} was never called, though {compiled} units were compiled: it was bypassed"
        ));
    } else if cacheable > 0 && report.counters.lookups() == Some(0) {
        let called = requests.map(|count| format!("was called {count} times and "));
        let called = called.unwrap_or_default();
        evidence.wrong.push(format!(
            "{name} {called}looked up nothing, though {cacheable} units are cacheable: it fell \
             back silently"
        ));
    } else if cacheable > 0 {
        let hits = report.outcomes.hits;
        evidence.held.push(format!("{hits} of {cacheable} cacheable units hit"));
    } else {
        evidence.held.push("no cacheable unit had to be compiled".to_owned());
    }
}

/// The tool that answered must be the scenario's: its store, and the version that was named.
fn same_tool(job: &JobUnderTest<'_>, report: &ToolReport, evidence: &mut JobEvidence) {
    let JobUnderTest { scenario, run, .. } = job;
    let name = &scenario.tool;
    let wanted =
        scenario.service.map_or("its local disk".to_owned(), |s| format!("the {s} service"));
    match &report.stored_in {
        Some(stored) if stored.is_wanted => {
            evidence.held.push(format!("{name} stored in {}", stored.location));
        }
        Some(stored) => evidence.wrong.push(format!(
            "{name} stored in `{}` and not in {wanted}: it fell back silently",
            stored.location
        )),
        None => {}
    }
    if let (Some(identity), Some(answered)) = (run.tools.get(&name.to_string()), &report.version)
        && !is_version(&identity.version, answered)
    {
        evidence.wrong.push(format!(
            "version {answered} answered, but the run's {name} is {}",
            identity.version
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

fn tool_errors(job: &JobUnderTest<'_>, report: &ToolReport, evidence: &mut JobEvidence) {
    let kinds = [
        (Counter::READ_ERRORS, "failed reads"),
        (Counter::WRITE_ERRORS, "failed writes"),
        (Counter::TIMEOUTS, "lookups that took too long"),
    ];
    let count = |counter| report.counters.get(counter).unwrap_or_default();
    let taken = job.beside.map_or(0, |it| it.taken);
    let only_writes = [Counter::READ_ERRORS, Counter::TIMEOUTS].map(count) == [0, 0];
    let kinds = kinds.map(|(counter, what)| (count(counter), what));
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
        evidence.held.push(format!("{text}: requests that the scenario's faults hit"));
    } else if only_writes && count(Counter::WRITE_ERRORS) <= taken {
        evidence.held.push(format!("{text}: keys that another copy had stored or reserved"));
    } else if only_writes && !job.may_save() {
        evidence.held.push(format!("{text}: jobs of this branch only read in this scenario"));
    } else {
        evidence.wrong.push(text);
    }
}
