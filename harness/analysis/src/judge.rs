//! Whether a job may be believed, and why.
//! Owns every rule of `valid`, `degraded` and `unchecked`. Each verdict is explained: a valid one
//! by what held. It must not look at times: a slow job is a result, not a doubt.

use lukewarm_cache_tools::{ToolReport, Tools};
use lukewarm_model::{Check, Counter, JobFacts, JobVerdict, LedgerSummary, Limits, RunFacts, Step};
use semver::Version;

use crate::reading::{Reading, failed};
use crate::reused::{Expectation, expectation};

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
    match Reading::of(run, job, &Tools::shipped()) {
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
    // Other systems have other dependencies and other profiles other units: the figures are
    // declared for Linux and the profile that is built where nothing else is said.
    let declared_for =
        reading.run.host.kernel.starts_with("Linux") && reading.run.plan.cargo_profile == "dev";
    if declared_for {
        declared(reading, fresh, evidence);
        reused(reading, evidence);
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
    }
    let figures = figures.into_iter().map(|(what, seen, it)| (what.to_owned(), seen, it));
    let counted = counters(reading, fresh);
    let mut alike = Vec::new();
    for (what, seen, declared) in figures.chain(counted) {
        match (seen, declared) {
            (Some(seen), Some(declared)) if seen == declared => {
                alike.push(format!("{seen} {what}"))
            }
            (Some(seen), Some(declared)) => evidence.wrong.push(format!(
                "{seen} {what}, but workspace `{}` declares {declared}",
                reading.workspace.name
            )),
            _ => {}
        }
    }
    if !alike.is_empty() {
        evidence.held.push(format!("{}, as the workspace declares", alike.join(", ")));
    }
}

/// What the workspace declares of the wrapper's own counters, beside what it counted: only in a job
/// in which nothing was fresh.
fn counters(reading: &Reading<'_>, fresh: usize) -> Vec<(String, Option<u64>, Option<u64>)> {
    let (Some(report), Some(tool)) = (reading.wrapper(), reading.tool) else { return Vec::new() };
    if fresh > 0 {
        return Vec::new();
    }
    let description = tool.description();
    let expected = &reading.workspace.expected;
    let own = description.expected_counters.iter();
    let own = own.map(|counter| (*counter, report.counters.get(*counter)));
    let cacheable = (Counter::CACHEABLE_UNITS, Some(report.outcomes.cacheable()));
    let figures = [cacheable].into_iter().chain(own).map(|(counter, seen)| {
        (words(counter, description.name), seen, expected.counter(description.name, counter))
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

/// Compares with what the workspace declares of the change before the job.
fn reused(reading: &Reading<'_>, evidence: &mut Evidence) {
    let Some(Expectation { change, outcome, seen, declared }) = expectation(reading) else {
        return;
    };
    let workspace = &reading.workspace.name;
    if seen == declared {
        let text = format!("{seen} units {outcome} after `{change}`, as the workspace declares");
        evidence.held.push(text);
    } else {
        evidence.wrong.push(format!(
            "{seen} units {outcome}, but workspace `{workspace}` declares {declared} after \
             `{change}`"
        ));
    }
}

/// A wrapper must have been asked, and must have stored where its scenario says.
fn tool(reading: &Reading<'_>, evidence: &mut Evidence) {
    if let Err(error) = &reading.report {
        evidence.unknown.push(error.clone());
    }
    if let Some(report) = reading.wrapper() {
        asked(reading, report, evidence);
        same_tool(reading, report, evidence);
        tool_errors(reading, report, evidence);
    }
    if let Some(report) = reading.report() {
        said(&report.checks, evidence);
    }
}

fn asked(reading: &Reading<'_>, report: &ToolReport, evidence: &mut Evidence) {
    let (name, units) = (&reading.scenario.tool, &reading.job.units);
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
            "{name} {called}looked nothing up, though {cacheable} units are cacheable: it fell \
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
fn same_tool(reading: &Reading<'_>, report: &ToolReport, evidence: &mut Evidence) {
    let Reading { scenario, run, .. } = reading;
    let name = &scenario.tool;
    let wanted =
        scenario.service.map_or("its local disk".to_owned(), |s| format!("the {s} service"));
    match &report.stored_in {
        Some(stored) if stored.is_wanted => {
            evidence.held.push(format!("{name} stored in {}", stored.place));
        }
        Some(stored) => evidence.wrong.push(format!(
            "{name} stored in `{}` and not in {wanted}: it fell back silently",
            stored.place
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
fn is_version(named: &str, answered: &str) -> bool {
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

fn tool_errors(reading: &Reading<'_>, report: &ToolReport, evidence: &mut Evidence) {
    let kinds = [
        (Counter::READ_ERRORS, "failed reads"),
        (Counter::WRITE_ERRORS, "failed writes"),
        (Counter::TIMEOUTS, "lookups that took too long"),
    ];
    let count = |counter| report.counters.get(counter).unwrap_or_default();
    let kinds = kinds.map(|(counter, what)| (count(counter), what));
    let seen: Vec<String> = kinds
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if seen.is_empty() {
        return;
    }
    let text = format!("{} counts {}", reading.scenario.tool, seen.join(", "));
    let ledger = reading.ledger().unwrap_or_default();
    if ledger.limited() > 0 && has_rate_limit(&reading.scenario.limits) {
        evidence.held.push(format!("{text}: requests that the scenario's limits refused"));
    } else if ledger.faults > 0 && !reading.scenario.faults.is_empty() {
        evidence.held.push(format!("{text}: requests that the scenario's faults struck"));
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
    // What the scenario makes go wrong on purpose is what it measures.
    let struck = if reading.scenario.faults.is_empty() { 0 } else { ledger.faults };
    if struck > 0 {
        evidence.held.push(format!("the scenario's faults struck {struck} requests"));
    }
    let failed = failed(ledger).saturating_sub(struck);
    if failed > 0 {
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
    let Some(report) = reading.wrapper() else { return };
    let mut builds = reading.job.steps.iter().filter(|step| step.step == Step::Build);
    let silent = builds.all(|step| step.ledger.as_ref().is_some_and(|l| l.requests == 0));
    let both = [Counter::HITS, Counter::MISSES];
    let looked_up = report.counters.sum(&both).unwrap_or_default();
    if silent && looked_up > 0 {
        evidence.wrong.push(format!(
            "{} looked {looked_up} units up, but the service saw no request during the build",
            reading.scenario.tool
        ));
    }
}

/// After a first job all that the tool wrote must lie in the store, unless a limit or the quota took it.
fn stored(reading: &Reading<'_>, ledger: &LedgerSummary, evidence: &mut Evidence) {
    let written = reading.wrapper().and_then(|report| report.entries_written);
    let (Some(written), Some(service)) = (written, &reading.job.service) else { return };
    let first = reading.run.plan.story.jobs.first().is_some_and(|job| job.name == reading.job.job);
    let explained = ledger.limited() > 0 || service.evicted > 0 || ledger.faults > 0;
    if first && !explained && service.objects < written {
        evidence.wrong.push(format!(
            "{written} units were compiled to be stored, but the service holds {} entries",
            service.objects
        ));
    }
}

fn checks(reading: &Reading<'_>, evidence: &mut Evidence) {
    said(&reading.job.checks, evidence);
}

fn said(checks: &[Check], evidence: &mut Evidence) {
    for check in checks {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{self, Fresh, Said, WEBDAV, said, statements};
    use lukewarm_model::{Change, Failure, FailureKind, Reuse, Scenario};

    /// The verdict's word and its reasons in one text.
    fn judged(scenario: Scenario, job: &JobFacts) -> (&'static str, String) {
        let run = examples::run(vec![examples::none(), scenario], &["cold", "unchanged"], 2);
        let verdict = judge(&run, job);
        (verdict.word(), verdict.reasons().join("\n"))
    }

    fn warm() -> JobFacts {
        examples::sccache_job("finder/sccache-webdav", "unchanged", 1, 14)
    }

    fn cold() -> JobFacts {
        examples::sccache_job("finder/sccache-webdav", "cold", 1, 0)
    }

    /// A throttled job: 9 objects stored, 5 refused.
    fn throttled() -> JobFacts {
        let mut job = examples::sccache_job("finder/sccache-throttled", "cold", 1, 0);
        job.steps[1].ledger = Some(examples::ledger(&[(201, 9), (404, 14), (429, 5)], 0, 9_000));
        job.statements = statements(&Said { write_errors: 5, ..said() });
        job.service.as_mut().unwrap().objects = 9;
        job
    }

    #[track_caller]
    fn expect(scenario: Scenario, job: &JobFacts, word: &str, reason: &str) {
        let (found, reasons) = judged(scenario, job);
        assert_eq!(found, word, "{reasons}");
        assert!(reasons.contains(reason), "`{reason}` is not among:\n{reasons}");
    }

    #[test]
    fn valid_jobs_say_what_held() {
        let (word, reasons) = judged(examples::webdav(), &warm());
        assert_eq!(word, "valid");
        // What the workspace declares is looked at below, in a shorter line.
        let (declared, others) = reasons.split_once('\n').unwrap();
        assert!(declared.contains("24 calls of the wrapper, as the workspace"), "{declared}");
        insta::assert_snapshot!(others, @r"
        14 of 14 cacheable units hit
        sccache stored in webdav, name: webdav, prefix: /
        the service saw 15 requests
        token of the edit: found in the artifact
        ");
        let none = examples::job("finder/none", "cold", 1, 12.0);
        insta::assert_snapshot!(judged(examples::webdav(), &none).1, @r"
        20 of 20 units compiled, 0 fresh
        20 units, 14 units from a registry, as the workspace declares
        token of the edit: found in the artifact
        ");
        expect(examples::webdav(), &cold(), "valid", "0 of 14 cacheable units hit");
    }

    #[test]
    fn what_is_reused_must_be_what_the_workspace_declares_of_the_change() {
        let mut run = examples::run(vec![examples::webdav()], &["cold", "unchanged"], 1);
        run.plan.workspaces[0].reuse = vec![Reuse {
            change: Change::NONE,
            hit: [("sccache".to_owned(), 14)].into(),
            fresh: Some(14),
            kept: Some(20),
        }];
        let verdict = |run: &RunFacts, hits| {
            let job = examples::sccache_job("finder/sccache-webdav", "unchanged", 1, hits);
            let verdict = judge(run, &job);
            (verdict.word(), verdict.reasons().join("\n"))
        };
        let (word, reasons) = verdict(&run, 14);
        assert_eq!(word, "valid");
        assert!(reasons.contains("14 units hit after `none`, as the workspace declares"));
        let wanted = "13 units hit, but workspace `finder` declares 14 after `none`";
        assert_eq!(verdict(&run, 13), ("degraded", wanted.to_owned()));
        // Where something else decides too, nothing is declared: the first job may have lost one.
        run.plan.scenarios[0].limits.uploads_per_minute = Some(10);
        assert_eq!(verdict(&run, 13).0, "valid");
        run.plan.scenarios[0].limits.uploads_per_minute = Some(200);
        assert_eq!(verdict(&run, 13).0, "degraded");
        run.plan.scenarios[0].faults = vec!["503/read=2%".parse().unwrap()];
        assert_eq!(verdict(&run, 13).0, "valid");
    }

    #[test]
    fn a_failure_is_its_own_reason() {
        let mut job = warm();
        job.failure = Some(Failure {
            step: Some(Step::Build),
            kind: FailureKind::Build,
            message: "cargo build ended with exit code 101".to_owned(),
            last_lines: Vec::new(),
        });
        let reason = "cargo build ended with exit code 101";
        assert_eq!(judged(examples::webdav(), &job), ("degraded", reason.to_owned()));
    }

    #[test]
    fn a_service_that_was_never_asked_degrades() {
        let mut job = examples::service_job("finder/actions-cache", "unchanged", 1, 5.0);
        expect(examples::archive(), &job, "valid", "the service saw 1 requests");
        job.steps[0].ledger = Some(examples::ledger(&[], 0, 0));
        expect(examples::archive(), &job, "degraded", "saw no request in the whole job");
        job.steps[0].ledger = None;
        expect(examples::archive(), &job, "unchecked", "ledger of a step is missing");
    }

    #[test]
    fn a_wrapper_that_was_bypassed_degrades() {
        let mut job = warm();
        let nothing = Said { requests: 0, executed: 0, hits: 0, misses: 0, ..said() };
        job.statements = statements(&nothing);
        expect(examples::webdav(), &job, "degraded", "never called, though 20 units");
        job.units = examples::units(Fresh::Everything);
        expect(examples::webdav(), &job, "valid", "no cacheable unit had to be compiled");
    }

    #[test]
    fn a_wrapper_that_looked_nothing_up_degrades() {
        let mut job = warm();
        job.statements = statements(&Said { executed: 0, hits: 0, misses: 0, ..said() });
        let reason = "called 24 times and looked nothing up, though 14 units";
        expect(examples::webdav(), &job, "degraded", reason);
        job.units.retain(|unit| unit.kind != lukewarm_model::UnitKind::Lib);
        let (_, reasons) = judged(examples::webdav(), &job);
        assert!(!reasons.contains("looked nothing up"), "{reasons}");
    }

    #[test]
    fn another_store_than_the_scenarios_degrades() {
        let mut job = warm();
        let local = "Local disk: \"/tmp/cache\"";
        job.statements = statements(&Said { location: local, hits: 14, misses: 0, ..said() });
        expect(examples::webdav(), &job, "degraded", "not in the webdav service: it fell back");
        // The very same place is right for a scenario without a service.
        let alone = examples::scenario("sccache-local", "sccache", None);
        let mut job = JobFacts { case: "finder/sccache-local".to_owned(), ..job };
        expect(alone.clone(), &job, "valid", "sccache stored in Local disk");
        job.statements = statements(&Said { location: WEBDAV, hits: 14, misses: 0, ..said() });
        expect(alone, &job, "degraded", "not in its local disk: it fell back");
    }

    #[test]
    fn lookups_that_never_reached_the_service_degrade() {
        let mut job = warm();
        job.steps[1].ledger = Some(examples::ledger(&[], 0, 0));
        let reason = "looked 14 units up, but the service saw no request during the build";
        expect(examples::webdav(), &job, "degraded", reason);
    }

    #[test]
    fn another_version_than_the_runs_degrades() {
        let mut run = examples::run(vec![examples::webdav()], &["cold", "unchanged"], 2);
        assert_eq!(judge(&run, &warm()).word(), "valid");
        run.tools.get_mut("sccache").unwrap().version = "0.10.0".to_owned();
        let verdict = judge(&run, &warm());
        assert_eq!(verdict.word(), "degraded");
        assert_eq!(verdict.reasons(), ["version 0.16.0 answered, but the run's sccache is 0.10.0"]);
    }

    #[test]
    fn versions_are_compared_as_versions() {
        for (named, answered, alike) in [
            ("0.16.0", "0.16.0", true),
            ("sccache 0.16.0", "0.16.0", true),
            ("v0.16.0", "sccache 0.16.0", true),
            // The one text lies in the other.
            ("0.10.0", "0.1.0", false),
            ("0.10.0", "0.1", false),
            ("0.16.0", "0.16.0-rc.1", false),
            ("10.16.0", "0.16.0", false),
            ("0.16.0", "", false),
            ("nightly", "nightly", true),
        ] {
            assert_eq!(is_version(named, answered), alike, "{named} {answered}");
        }
    }

    #[test]
    fn the_reason_counts_hits_as_the_table_does() {
        // Two probes of build scripts hit beside four units that were changed.
        let mut job = warm();
        job.statements = statements(&Said { hits: 12, misses: 4, ..said() });
        let run = examples::run(vec![examples::webdav()], &["cold", "unchanged"], 2);
        let record = lukewarm_model::RawRecord { run, jobs: vec![job.clone()], end: None };
        let hit = crate::measure(&record)
            .into_iter()
            .find(|it| it.metric == lukewarm_model::Metric::UnitsHit && it.step.is_none());
        assert_eq!(hit.unwrap().value, 10.0);
        let (_, reasons) = judged(examples::webdav(), &job);
        assert!(reasons.contains("10 of 14 cacheable units hit"), "{reasons}");
    }

    #[test]
    fn the_tools_own_errors_degrade_unless_limits_explain_them() {
        let mut job = cold();
        let errors = Said { read_errors: 1, write_errors: 2, timeouts: 3, ..said() };
        job.statements = statements(&errors);
        let reason = "1 failed reads, 2 failed writes, 3 lookups that took too long";
        expect(examples::webdav(), &job, "degraded", reason);
        expect(examples::throttled(), &throttled(), "valid", "5 failed writes: requests that");
        // A limit that refused nothing explains nothing.
        let mut job = throttled();
        job.steps[1].ledger = Some(examples::ledger(&[(201, 9), (404, 14)], 0, 9_000));
        expect(examples::throttled(), &job, "degraded", "5 failed writes");
    }

    #[test]
    fn refusals_are_a_result_where_limits_are_set_and_a_doubt_elsewhere() {
        let reason = "limits refused 5 requests (429), which is what it measures";
        expect(examples::throttled(), &throttled(), "valid", reason);
        let open = Scenario { limits: Limits::default(), ..examples::throttled() };
        expect(open, &throttled(), "degraded", "5 requests were refused (429) without any limit");
    }

    #[test]
    fn other_failed_requests_degrade_whatever_the_limits() {
        for (status, reason) in [
            (503, "1 requests failed at the service or broke off"),
            (0, "1 requests failed at the service or broke off"),
            (401, "refused 1 requests (400, 401 or 403)"),
        ] {
            let mut job = throttled();
            let ledger = job.steps[1].ledger.as_mut().unwrap();
            ledger.by_status.insert(status, 1);
            expect(examples::throttled(), &job, "degraded", reason);
        }
        let mut job = warm();
        let ledger = job.steps[1].ledger.as_mut().unwrap();
        ledger.by_status.extend([(404, 3), (405, 2), (409, 1)]);
        expect(examples::webdav(), &job, "valid", "the service saw");
    }

    #[test]
    fn misses_that_were_not_stored_degrade() {
        let mut job = cold();
        job.service.as_mut().unwrap().objects = 13;
        let reason = "14 units were compiled to be stored, but the service holds 13 entries";
        expect(examples::webdav(), &job, "degraded", reason);
        job.service.as_mut().unwrap().evicted = 1;
        expect(examples::webdav(), &job, "valid", "0 of 14");
    }

    #[test]
    fn checks_decide_by_what_was_seen() {
        let check = |held| Check { name: "token".to_owned(), held, seen: "in finder".to_owned() };
        for (held, word, reason) in [
            (Some(true), "valid", "token: in finder"),
            (Some(false), "degraded", "token: in finder (did not hold)"),
            (None, "unchecked", "token: in finder (could not be checked)"),
        ] {
            let mut job = warm();
            job.checks = vec![check(held)];
            expect(examples::webdav(), &job, word, reason);
        }
        let mut job = warm();
        job.checks = vec![check(None), check(Some(false))];
        expect(examples::webdav(), &job, "degraded", "did not hold");
    }

    #[test]
    fn units_must_be_those_that_the_workspace_declares() {
        let mut job = warm();
        job.units.pop();
        let reason = "19 units, but workspace `finder` declares 20";
        expect(examples::webdav(), &job, "degraded", reason);
        let mut job = warm();
        job.units[0].external = false;
        let reason = "13 units from a registry, but workspace `finder` declares 14";
        expect(examples::webdav(), &job, "degraded", reason);
        let mut job = warm();
        job.units[0].kind = lukewarm_model::UnitKind::Other;
        expect(examples::webdav(), &job, "degraded", "13 cacheable units, but");
        let mut job = warm();
        job.statements = statements(&Said { requests: 23, hits: 14, misses: 0, ..said() });
        expect(examples::webdav(), &job, "degraded", "23 calls of the wrapper, but");
        job.units = examples::units(Fresh::External);
        expect(examples::webdav(), &job, "valid", "20 units, as the workspace declares");
    }

    #[test]
    fn other_systems_and_profiles_have_other_units() {
        let mut run = examples::run(vec![examples::webdav()], &["cold", "unchanged"], 2);
        let mut job = warm();
        job.units.pop();
        assert_eq!(judge(&run, &job).word(), "degraded");
        run.plan.cargo_profile = "release".to_owned();
        assert_eq!(judge(&run, &job).word(), "valid");
        run.plan.cargo_profile = "dev".to_owned();
        run.host.kernel = "Darwin 24.1.0".to_owned();
        assert_eq!(judge(&run, &job).word(), "valid");
    }

    #[test]
    fn a_first_job_starts_from_nothing() {
        let mut job = examples::job("finder/none", "cold", 1, 12.0);
        job.units = examples::units(Fresh::External);
        expect(examples::webdav(), &job, "degraded", "14 units were fresh in a job that starts");
        job.job = "unchanged".to_owned();
        expect(examples::webdav(), &job, "valid", "6 of 20 units compiled, 14 fresh");
    }

    #[test]
    fn what_cannot_be_looked_at_is_unchecked() {
        let mut job = warm();
        job.statements.pop();
        expect(examples::webdav(), &job, "unchecked", "sccache made no statement after the build");
        job.statements = statements(&said());
        job.statements[1].text = "{".to_owned();
        expect(examples::webdav(), &job, "unchecked", "cannot be read: EOF while parsing");
        let mut job = warm();
        job.units.clear();
        expect(examples::webdav(), &job, "unchecked", "Cargo named no unit");
        let newer = Scenario {
            tool: lukewarm_model::ToolChoice { name: "later".to_owned(), version: None },
            ..examples::webdav()
        };
        expect(newer, &warm(), "unchecked", "this lukewarm does not know `later`");
        let stray = JobFacts { case: "finder/other".to_owned(), ..warm() };
        expect(examples::webdav(), &stray, "unchecked", "the plan has no case `finder/other`");
    }
}
