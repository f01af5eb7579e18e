//! Whether a job may be believed, and why.
//! Owns every rule of `valid`, `degraded` and `unchecked`. Each verdict is explained: a valid one
//! by what held. It must not look at times: a slow job is a result, not a doubt.

use lukewarm_model::{Counts, JobFacts, JobVerdict, LedgerSummary, Limits, RunFacts, Step};

use crate::outcomes::cacheable;
use crate::reading::{Reading, failed};

/// What speaks for and against a job.
#[derive(Default)]
struct Evidence {
    held: Vec<String>,
    wrong: Vec<String>,
    unknown: Vec<String>,
}

/// Whether a job of the run may be believed. A job that failed is degraded, with its failure as
/// the reason.
pub fn judge(run: &RunFacts, job: &JobFacts) -> JobVerdict {
    match Reading::of(run, job) {
        Some(reading) => verdict(&reading),
        None => JobVerdict::Unchecked(vec![format!("the plan has no case `{}`", job.case)]),
    }
}

/// The same for a job that is read already.
pub(crate) fn verdict(reading: &Reading<'_>) -> JobVerdict {
    if let Some(failure) = &reading.job.failure {
        return JobVerdict::Degraded(vec![failure.message.clone()]);
    }
    let mut evidence = Evidence::default();
    units(reading, &mut evidence);
    tool(reading, &mut evidence);
    service(reading, &mut evidence);
    checks(reading, &mut evidence);
    evidence.conclude()
}

impl Evidence {
    /// Anything wrong degrades; else anything unknown leaves unchecked.
    fn conclude(self) -> JobVerdict {
        match (self.wrong.is_empty(), self.unknown.is_empty()) {
            (false, _) => JobVerdict::Degraded(self.wrong),
            (true, false) => JobVerdict::Unchecked(self.unknown),
            (true, true) => JobVerdict::Valid(self.held),
        }
    }
}

/// The units must be those that the workspace declares, and a first job has nothing to reuse.
fn units(reading: &Reading<'_>, evidence: &mut Evidence) {
    let units = &reading.job.units;
    if units.is_empty() {
        evidence.unknown.push("Cargo named no unit".to_owned());
        return;
    }
    let fresh = units.iter().filter(|unit| unit.fresh).count();
    let first = reading.run.plan.story.jobs.first().is_some_and(|job| job.name == reading.job.job);
    if first && fresh > 0 {
        evidence.wrong.push(format!(
            "{fresh} units were fresh in a job that starts from an empty cache: \
             its machine was not clean"
        ));
    }
    if !reading.is_wrapper() {
        let compiled = units.len() - fresh;
        evidence.held.push(format!("{compiled} of {} units compiled, {fresh} fresh", units.len()));
    }
    // Other systems have other dependencies: the figures are declared for Linux.
    if reading.run.host.kernel.starts_with("Linux") {
        declared(reading, fresh, evidence);
    }
}

/// Compares with what the workspace declares. What a fresh unit hides can be counted only when
/// none is fresh.
fn declared(reading: &Reading<'_>, fresh: usize, evidence: &mut Evidence) {
    let (units, expected) = (&reading.job.units, &reading.workspace.expected);
    let external = units.iter().filter(|unit| unit.external).count() as u64;
    let mut figures = vec![("units", Some(units.len() as u64), expected.units)];
    if fresh == 0 {
        figures.push(("units from a registry", Some(external), expected.registry_units));
        figures.push(("cacheable units", Some(cacheable(units)), expected.cacheable_units));
        let requests = reading.counts.as_ref().ok().and_then(|counts| counts.as_ref());
        let requests = requests.map(|counts| counts.requests);
        figures.push(("calls of the wrapper", requests, expected.wrapper_requests));
    }
    for (what, seen, declared) in figures {
        match (seen, declared) {
            (Some(seen), Some(declared)) if seen == declared => {
                evidence.held.push(format!("{seen} {what}, as the workspace declares"));
            }
            (Some(seen), Some(declared)) => evidence.wrong.push(format!(
                "{seen} {what}, but workspace `{}` declares {declared}",
                reading.workspace.name
            )),
            _ => {}
        }
    }
}

/// A wrapper must have been asked, and must have stored where its scenario says.
fn tool(reading: &Reading<'_>, evidence: &mut Evidence) {
    let name = &reading.scenario.tool;
    match (&reading.counts, reading.is_wrapper()) {
        (Err(error), _) => evidence.unknown.push(error.clone()),
        (Ok(None), true) => evidence.unknown.push(format!("{name} gave no statistics")),
        (Ok(Some(counts)), true) => {
            asked(reading, counts, evidence);
            same_tool(reading, counts, evidence);
            tool_errors(reading, counts, evidence);
        }
        (Ok(_), false) => {}
    }
}

fn asked(reading: &Reading<'_>, counts: &Counts, evidence: &mut Evidence) {
    let (name, units) = (&reading.scenario.tool, &reading.job.units);
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
        let hits = counts.hits.min(cacheable);
        evidence.held.push(format!("{hits} of {cacheable} cacheable units hit"));
    } else {
        evidence.held.push("no cacheable unit had to be compiled".to_owned());
    }
}

/// The tool that answered must be the scenario's: its store, and the version that was named.
fn same_tool(reading: &Reading<'_>, counts: &Counts, evidence: &mut Evidence) {
    let Reading { scenario, run, .. } = reading;
    let name = &scenario.tool;
    let wanted =
        scenario.service.map_or("its local disk".to_owned(), |s| format!("the {s} service"));
    if reading.tool.is_some_and(|tool| tool.stores_in(&counts.location, scenario.service)) {
        evidence.held.push(format!("{name} stored in {}", counts.location));
    } else {
        evidence.wrong.push(format!(
            "{name} stored in `{}` and not in {wanted}: it fell back silently",
            counts.location
        ));
    }
    if let Some(identity) = run.tools.get(&name.to_string())
        && !identity.version.contains(&counts.version)
    {
        evidence.wrong.push(format!(
            "version {} answered, but the run's {name} is {}",
            counts.version, identity.version
        ));
    }
}

fn tool_errors(reading: &Reading<'_>, counts: &Counts, evidence: &mut Evidence) {
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
    let text = format!("{} counts {}", reading.scenario.tool, seen.join(", "));
    let limited = reading.ledger().is_some_and(|ledger| ledger.limited() > 0);
    if limited && has_rate_limit(&reading.scenario.limits) {
        evidence.held.push(format!("{text}: requests that the scenario's limits refused"));
    } else {
        evidence.wrong.push(text);
    }
}

/// The service must have been asked, and must have answered.
fn service(reading: &Reading<'_>, evidence: &mut Evidence) {
    if reading.scenario.service.is_none() {
        return;
    }
    let Some(ledger) = reading.ledger() else {
        evidence.unknown.push("the service's ledger of a step is missing".to_owned());
        return;
    };
    match ledger.requests {
        0 => evidence.wrong.push("the service saw no request in the whole job".to_owned()),
        requests => evidence.held.push(format!("the service saw {requests} requests")),
    }
    statuses(reading, &ledger, evidence);
    lookups(reading, evidence);
    stored(reading, &ledger, evidence);
}

/// A limit that refuses is what a throttled scenario measures; any other failure is not.
fn statuses(reading: &Reading<'_>, ledger: &LedgerSummary, evidence: &mut Evidence) {
    let limited = ledger.limited();
    if limited > 0 && has_rate_limit(&reading.scenario.limits) {
        evidence.held.push(format!(
            "the scenario's limits refused {limited} requests (429), which is what it measures"
        ));
    } else if limited > 0 {
        evidence.wrong.push(format!("{limited} requests were refused (429) without any limit set"));
    }
    if failed(ledger) > 0 {
        let failed = failed(ledger);
        evidence.wrong.push(format!("{failed} requests failed at the service or broke off"));
    }
    // 404, 405 and 409 are ordinary answers of a cache; these say that the client is wrong.
    let refused = [400, 401, 403].map(|status| ledger.by_status.get(&status).copied());
    let refused: u64 = refused.into_iter().flatten().sum();
    if refused > 0 {
        evidence.wrong.push(format!("the service refused {refused} requests (400, 401 or 403)"));
    }
}

/// A wrapper that looks units up does so at the service, during the build.
fn lookups(reading: &Reading<'_>, evidence: &mut Evidence) {
    let Ok(Some(counts)) = &reading.counts else { return };
    let mut builds = reading.job.steps.iter().filter(|step| step.step == Step::Build);
    let silent = builds.all(|step| step.ledger.as_ref().is_some_and(|l| l.requests == 0));
    let looked_up = counts.hits + counts.misses;
    if silent && looked_up > 0 {
        evidence.wrong.push(format!(
            "{} looked {looked_up} units up, but the service saw no request during the build",
            reading.scenario.tool
        ));
    }
}

/// After a first job every miss must lie in the store, unless a limit or the quota took it.
fn stored(reading: &Reading<'_>, ledger: &LedgerSummary, evidence: &mut Evidence) {
    let (Ok(Some(counts)), Some(service)) = (&reading.counts, &reading.job.service) else { return };
    let first = reading.run.plan.story.jobs.first().is_some_and(|job| job.name == reading.job.job);
    let explained = ledger.limited() > 0 || service.evicted > 0;
    if first && !explained && service.objects < counts.misses {
        evidence.wrong.push(format!(
            "{} units were compiled to be stored, but the service holds {} entries",
            counts.misses, service.objects
        ));
    }
}

fn checks(reading: &Reading<'_>, evidence: &mut Evidence) {
    for check in &reading.job.checks {
        let text = format!("{}: {}", check.name, check.seen);
        match check.held {
            Some(true) => evidence.held.push(text),
            Some(false) => evidence.wrong.push(format!("{text} (did not hold)")),
            None => evidence.unknown.push(format!("{text} (could not be checked)")),
        }
    }
}

fn has_rate_limit(limits: &Limits) -> bool {
    limits.uploads_per_minute.is_some() || limits.downloads_per_minute.is_some()
}
