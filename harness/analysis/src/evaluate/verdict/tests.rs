//! The verdict on jobs that are sound, and on those that are spoiled in one place.
//! Owns no rule.

use lukewarm_model::{
    Case, Change, Check, Failure, FailureKind, JobFacts, JobVerdict, Limits, RawRecord, Reuse,
    RunFacts, Scenario, Step,
};

use super::tool::is_version;
use crate::evaluate::Evaluation;
use crate::examples::{self, Fresh, Said, WEBDAV, said, statements};

fn judge(run: &RunFacts, job: &JobFacts) -> JobVerdict {
    let record = RawRecord { run: run.clone(), jobs: vec![job.clone()], end: None };
    Evaluation::of(&record).jobs()[0].verdict.clone()
}

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
fn what_a_fault_makes_on_purpose_is_no_failure_and_the_rest_is() {
    let judged = |fault: &str, statuses: &[(u16, u64)], faults: u64| {
        let mut scenario = examples::webdav();
        scenario.faults = vec![fault.parse().unwrap()];
        let mut job = warm();
        let mut ledger = examples::ledger(&[&[(200, 14)][..], statuses].concat(), 0, 9_000);
        ledger.faults = faults;
        job.steps[1].ledger = Some(ledger);
        judged(scenario, &job)
    };
    for (fault, status) in [("403/write", 403), ("429/write", 429), ("503/read=2%", 503)] {
        let (word, reasons) = judged(fault, &[(status, 3)], 3);
        assert_eq!(word, "valid", "{fault}: {reasons}");
        assert!(reasons.contains("the scenario's faults hit 3 requests"), "{reasons}");
        assert_eq!(
            judged(fault, &[(status, 4)], 3).0,
            "degraded",
            "{fault}: one more than it made"
        );
    }
    assert_eq!(judged("reset@64 KiB", &[(0, 2)], 2).0, "valid");
    assert_eq!(judged("token-expiry@1 s", &[(401, 2)], 2).0, "valid");
    // A flipped bit is no reason for a failure.
    assert_eq!(judged("flip/read", &[(503, 2)], 2).0, "degraded");
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
    let reason = "called 24 times and looked up nothing, though 14 units";
    expect(examples::webdav(), &job, "degraded", reason);
    job.units.retain(|unit| unit.kind != lukewarm_model::UnitKind::Lib);
    let (_, reasons) = judged(examples::webdav(), &job);
    assert!(!reasons.contains("looked up nothing"), "{reasons}");
}

#[test]
fn another_store_than_the_scenarios_degrades() {
    let mut job = warm();
    let local = "Local disk: \"/tmp/cache\"";
    job.statements = statements(&Said { location: local, hits: 14, misses: 0, ..said() });
    expect(examples::webdav(), &job, "degraded", "not in the webdav service: it fell back");
    // The very same place is right for a scenario without a service.
    let alone = examples::scenario("sccache-local", "sccache", None);
    let mut job = JobFacts { case: Case::new("finder", "sccache-local"), ..job };
    expect(alone.clone(), &job, "valid", "sccache stored in Local disk");
    job.statements = statements(&Said { location: WEBDAV, hits: 14, misses: 0, ..said() });
    expect(alone, &job, "degraded", "not in its local disk: it fell back");
}

#[test]
fn lookups_that_never_reached_the_service_degrade() {
    let mut job = warm();
    job.steps[1].ledger = Some(examples::ledger(&[], 0, 0));
    let reason = "looked up 14 units, but the service saw no request during the build";
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
    let samples = Evaluation::of(&record).into_samples().remove(0);
    assert_eq!(samples.value(lukewarm_model::Metric::UnitsHit, None), Some(10.0));
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
fn writes_that_a_branch_may_not_make_are_what_its_scenario_measures() {
    use lukewarm_model::{Change, MutationKind, SettingValue};
    let mut scenario = examples::webdav();
    let read_only = SettingValue::Text("read-only".to_owned());
    scenario.settings.insert("pull-requests".to_owned(), read_only);
    let mut job = cold();
    job.job = "unchanged".into();
    job.statements = statements(&Said { write_errors: 14, ..said() });
    let mut run = examples::run(vec![examples::none(), scenario], &["cold", "unchanged"], 2);
    let verdict = judge(&run, &job);
    assert_eq!(verdict.word(), "degraded", "the default branch may write: {verdict:?}");
    run.plan.story.jobs[1].change = Change { kind: MutationKind::PullRequest, place: None };
    let verdict = judge(&run, &job);
    let reasons = verdict.reasons().join("\n");
    assert!(reasons.contains("14 failed writes: jobs of this branch only read"), "{reasons}");
    job.statements = statements(&Said { write_errors: 14, read_errors: 1, ..said() });
    assert_eq!(judge(&run, &job).word(), "degraded");
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
        (503, "1 requests failed at the service or were broken off"),
        (0, "1 requests failed at the service or were broken off"),
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
fn other_systems_profiles_and_commands_have_other_units() {
    let mut run = examples::run(vec![examples::webdav()], &["cold", "unchanged"], 2);
    let mut job = warm();
    job.units.pop();
    assert_eq!(judge(&run, &job).word(), "degraded");
    run.plan.cargo_profile = "release".to_owned();
    assert_eq!(judge(&run, &job).word(), "valid");
    run.plan.cargo_profile = "dev".to_owned();
    run.plan.commands = vec![lukewarm_model::CargoCommand {
        toolchain: None,
        task: lukewarm_model::CargoTask::Check,
        args: Vec::new(),
    }];
    assert_eq!(judge(&run, &job).word(), "valid");
    run.plan.commands.clear();
    run.host.kernel = "Darwin 24.1.0".to_owned();
    assert_eq!(judge(&run, &job).word(), "valid");
}

#[test]
fn a_first_job_starts_from_nothing() {
    let mut job = examples::job("finder/none", "cold", 1, 12.0);
    job.units = examples::units(Fresh::External);
    expect(examples::webdav(), &job, "degraded", "14 units were fresh in a job that starts");
    job.job = "unchanged".into();
    expect(examples::webdav(), &job, "valid", "6 of 20 units compiled, 14 fresh");
}

#[test]
fn what_cannot_be_looked_at_is_unchecked() {
    let mut job = warm();
    job.statements.pop();
    expect(examples::webdav(), &job, "unchecked", "sccache printed no statistics after the build");
    job.statements = statements(&said());
    job.statements[1].text = "{".to_owned();
    expect(examples::webdav(), &job, "unchecked", "cannot be read: EOF while parsing");
    let mut job = warm();
    job.units.clear();
    expect(examples::webdav(), &job, "unchecked", "Cargo reported no unit");
    let newer = Scenario {
        tool: lukewarm_model::ToolChoice { name: "later".to_owned(), version: None },
        ..examples::webdav()
    };
    expect(newer, &warm(), "unchecked", "this lukewarm does not know `later`");
    let stray = JobFacts { case: Case::new("finder", "other"), ..warm() };
    expect(examples::webdav(), &stray, "unchecked", "the plan has no case `finder/other`");
}
