//! What the emulated service saw of a job, beside what it should have seen.
//! Owns the rules of requests and of what is stored; the tool's own words belong to `tool`.

use lukewarm_model::{Counter, LedgerSummary, Step};

use super::super::job_under_test::{JobUnderTest, failed};
use super::evidence::{JobEvidence, has_rate_limit};

/// The service must have been asked, and must have answered.
pub(super) fn service(job: &JobUnderTest<'_>, evidence: &mut JobEvidence) {
    if job.scenario.service.is_none() {
        return;
    }
    let Some(ledger) = &job.ledger else {
        evidence.unknown.push("the request ledger of a step is missing".to_owned());
        return;
    };
    match ledger.requests {
        0 => evidence.wrong.push("the service saw no request in the whole job".to_owned()),
        requests => evidence.held.push(format!("the service saw {requests} requests")),
    }
    statuses(job, ledger, evidence);
    lookups(job, evidence);
    stored(job, ledger, evidence);
}

/// A limit that refuses is what a throttled scenario measures; any other failure is not.
fn statuses(job: &JobUnderTest<'_>, ledger: &LedgerSummary, evidence: &mut JobEvidence) {
    // What the scenario makes go wrong on purpose is what it measures.
    let faulted = if job.scenario.faults.is_empty() { 0 } else { ledger.faults };
    if faulted > 0 {
        evidence.held.push(format!("the scenario's faults hit {faulted} requests"));
    }
    let ledger = without_faults(job, ledger);
    let limited = ledger.limited();
    if limited > 0 && has_rate_limit(&job.scenario.limits) {
        evidence.held.push(format!(
            "the scenario's limits refused {limited} requests (429), which is what it measures"
        ));
    } else if limited > 0 {
        evidence.wrong.push(format!("{limited} requests were refused (429) without any limit set"));
    }
    let failed = failed(&ledger);
    if failed > 0 {
        evidence.wrong.push(format!("{failed} requests failed at the service or were broken off"));
    }
    // 404, 405 and 409 are ordinary answers of a cache; these say that the client is wrong.
    let refused = [400, 401, 403].map(|status| ledger.by_status.get(&status).copied());
    let refused: u64 = refused.into_iter().flatten().sum();
    if refused > 0 {
        evidence.wrong.push(format!("the service refused {refused} requests (400, 401 or 403)"));
    }
}

/// A ledger without the answers that the scenario's faults gave.
fn without_faults(job: &JobUnderTest<'_>, ledger: &LedgerSummary) -> LedgerSummary {
    let mut ledger = ledger.clone();
    let mut faulted = ledger.faults;
    for status in job.scenario.faults.iter().filter_map(|fault| fault.kind.status()) {
        if let Some(count) = ledger.by_status.get_mut(&status) {
            let made = (*count).min(faulted);
            (*count, faulted) = (*count - made, faulted - made);
        }
    }
    ledger
}

/// A wrapper that looks units up does so at the service, during the build.
fn lookups(job: &JobUnderTest<'_>, evidence: &mut JobEvidence) {
    let Some(report) = job.wrapper() else { return };
    let mut builds = job.facts.steps.iter().filter(|step| step.step == Step::Build);
    let silent = builds.all(|step| step.ledger.as_ref().is_some_and(|l| l.requests == 0));
    let both = [Counter::HITS, Counter::MISSES];
    // What a disk before the service answers is never asked of it.
    let local = report.counters.get(Counter::LOCAL_HITS).unwrap_or_default();
    let looked_up = report.counters.sum(&both).unwrap_or_default().saturating_sub(local);
    if silent && looked_up > 0 {
        evidence.wrong.push(format!(
            "{} looked up {looked_up} units, but the service saw no request during the build",
            job.scenario.tool
        ));
    }
}

/// After a first job all that the tool wrote must lie in the store, unless a limit or the quota
/// took it.
fn stored(job: &JobUnderTest<'_>, ledger: &LedgerSummary, evidence: &mut JobEvidence) {
    let written = job.wrapper().and_then(|report| report.entries_written);
    let (Some(written), Some(service)) = (written, &job.facts.service) else { return };
    let explained = ledger.limited() > 0 || service.evicted > 0 || ledger.faults > 0;
    if job.is_first() && !explained && service.objects < written {
        evidence.wrong.push(format!(
            "{written} units were compiled to be stored, but the service holds {} entries",
            service.objects
        ));
    }
}
