//! Hand-made records for this room's tests: small, believable, and easy to spoil in one place.
//! Owns no rule; every example is what a sound run would leave.

use std::collections::BTreeMap;

use lukewarm_model::{
    Attempt, Bytes, Case, Change, Check, Expected, Host, JobFacts, JobSpec, LedgerSummary, Limits,
    Moment, Mtime, Network, Operation, Origin, Plan, RunFacts, SampleWorkspace, Scenario, Seconds,
    ServiceFacts, ServiceKind, Step, StepFacts, Story, Timestamp, ToolIdentity, ToolStatement,
    Toolchain, UnitFact, UnitKind,
};

/// What sccache says of one job.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub requests: u64,
    pub executed: u64,
    pub hits: u64,
    pub misses: u64,
    pub write_errors: u64,
    pub read_errors: u64,
    pub timeouts: u64,
    pub location: &'static str,
}

/// Which units Cargo skips.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fresh {
    Nothing,
    External,
    Everything,
}

pub(crate) const WEBDAV: &str = "webdav, name: webdav, prefix: /";
/// Units of the example workspace: 14 libraries, 3 build scripts, 1 macro, 2 programs.
pub(crate) const UNITS: u64 = 20;
pub(crate) const LIBRARIES: u64 = 14;
pub(crate) const EXTERNAL: u64 = 14;

pub(crate) fn scenario(name: &str, tool: &str, service: Option<ServiceKind>) -> Scenario {
    Scenario {
        title: format!("{name}, as an example"),
        essay: format!("Why `{name}` is here.\n"),
        service,
        network: service.map(|_| Network::unlimited()),
        incremental: tool != "sccache",
        ..Scenario::of_tool(name, tool)
    }
}

pub(crate) fn none() -> Scenario {
    scenario("none", "none", None)
}

pub(crate) fn webdav() -> Scenario {
    scenario("sccache-webdav", "sccache", Some(ServiceKind::WEBDAV))
}

pub(crate) fn throttled() -> Scenario {
    let limits = Limits { uploads_per_minute: Some(10), ..Limits::default() };
    Scenario { limits, ..scenario("sccache-throttled", "sccache", Some(ServiceKind::WEBDAV)) }
}

pub(crate) fn archive() -> Scenario {
    scenario("actions-cache", "actions-cache", Some(ServiceKind::GITHUB_ACTIONS))
}

pub(crate) fn laptop() -> Scenario {
    scenario("persistent-target", "persistent-target", None)
}

pub(crate) fn workspace(name: &str) -> SampleWorkspace {
    let counters = [("cacheable-units", LIBRARIES), ("requests", UNITS + 4)];
    let counters = counters.map(|(name, count)| (name.to_owned(), count)).into();
    SampleWorkspace {
        name: name.into(),
        title: "A line finder with a library of its own".to_owned(),
        essay: "Twenty units, fourteen of them from a registry.\n".to_owned(),
        folder: format!("sample-workspaces/{name}").into(),
        origin: Origin::Sample,
        changes: Default::default(),
        include: Vec::new(),
        typical_build: Some(Seconds(12.0)),
        expected: Expected {
            units: Some(UNITS),
            registry_units: Some(EXTERNAL),
            tools: [("sccache".to_owned(), counters)].into(),
        },
        verify: None,
        mutations: Vec::new(),
        reuse: Vec::new(),
        variation: None,
        packages: Vec::new(),
    }
}

/// A run of these scenarios on one workspace; the jobs are `cold`, `unchanged`, and so on.
pub(crate) fn run(scenarios: Vec<Scenario>, jobs: &[&str], iterations: u32) -> RunFacts {
    let case = |scenario: &Scenario| Case::new("finder", scenario.name.clone());
    let job = |name: &&str| JobSpec::alone(*name, Change::NONE);
    let plan = Plan {
        name: "example".to_owned(),
        seed: 7,
        cases: scenarios.iter().map(case).collect(),
        reference: scenarios.first().map(|scenario| scenario.name.clone()),
        scenarios,
        workspaces: vec![workspace("finder")],
        story: Story {
            name: "default".to_owned(),
            title: "What a repository sees in a day".to_owned(),
            essay: "From an empty cache to an edit.\n".to_owned(),
            mtime: Mtime::Fresh,
            jobs: jobs.iter().map(job).collect(),
        },
        ..lukewarm_testing::plan(&[], &[], iterations)
    };
    let sccache = ToolIdentity {
        name: "sccache".to_owned(),
        version: "0.16.0".to_owned(),
        origin: "PATH".to_owned(),
        sha256: "6b0c".repeat(16),
    };
    let toolchain = Toolchain {
        rustc: "rustc 1.95.0 (example)".to_owned(),
        cargo: "cargo 1.95.0 (example)".to_owned(),
        host: "x86_64-unknown-linux-gnu".to_owned(),
    };
    RunFacts {
        id: "2026-11-23T101500-example-0000c0de".to_owned(),
        started: time("2026-11-23T10:15:00Z"),
        lukewarm: "0.1.0".to_owned(),
        executable: None,
        command: vec!["lukewarm".to_owned(), "run".to_owned()],
        plan,
        decided_by: None,
        host: Host {
            cpu: "Example CPU at 2.5 GHz".to_owned(),
            cores: 2,
            memory: Bytes(8_000_000_000),
            kernel: "Linux 6.8.0".to_owned(),
            system: "Debian GNU/Linux 13".to_owned(),
            filesystem: "ext4".to_owned(),
            load: 0.12,
            details: None,
        },
        toolchains: BTreeMap::from([("finder".to_owned(), toolchain)]),
        tools: BTreeMap::from([("sccache".to_owned(), sccache)]),
        sources: BTreeMap::new(),
        variables: BTreeMap::new(),
        configuration: BTreeMap::new(),
        edits: BTreeMap::new(),
        warnings: Vec::new(),
        shard: None,
        first_block: None,
        parts: Vec::new(),
    }
}

pub(crate) fn units(fresh: Fresh) -> Vec<UnitFact> {
    let unit = |package: String, kind: UnitKind, external: bool| UnitFact {
        target: match kind {
            UnitKind::BuildScript => "build-script-build".to_owned(),
            _ => package.clone(),
        },
        package,
        kind,
        external,
        fresh: match fresh {
            Fresh::Nothing => false,
            Fresh::External => external,
            Fresh::Everything => true,
        },
    };
    let mut units: Vec<UnitFact> =
        (1..=10).map(|n| unit(format!("dependency-{n}"), UnitKind::Lib, true)).collect();
    units.extend((1..=3).map(|n| unit(format!("dependency-{n}"), UnitKind::BuildScript, true)));
    units.push(unit("dependency-macro".to_owned(), UnitKind::ProcMacro, true));
    for name in ["finder-core", "finder-globs", "finder-print", "finder-walk"] {
        units.push(unit(name.to_owned(), UnitKind::Lib, false));
    }
    for name in ["finder", "finder-bench"] {
        units.push(unit(name.to_owned(), UnitKind::Bin, false));
    }
    units
}

pub(crate) fn step(step: Step, wall: f64) -> StepFacts {
    StepFacts {
        cpu: Some(Seconds(wall * 1.7)),
        peak_rss: Some(Bytes(280_000_000)),
        ..StepFacts::new(step, Seconds(wall))
    }
}

/// Requests answered with these statuses.
pub(crate) fn ledger(by_status: &[(u16, u64)], down: u64, up: u64) -> LedgerSummary {
    let requests = by_status.iter().map(|(_, count)| count).sum();
    LedgerSummary {
        requests,
        by_status: by_status.iter().copied().collect(),
        by_operation: BTreeMap::from([(Operation::Read, requests)]),
        bytes_down: Bytes(down),
        bytes_up: Bytes(up),
        wire_down: Bytes(down + 200 * requests),
        wire_up: Bytes(up + 300 * requests),
        waiting: Seconds(0.004 * requests as f64),
        latency: BTreeMap::new(),
        faults: 0,
    }
}

/// A sound job without any cache: one build step.
pub(crate) fn job(case: &str, name: &str, iteration: u32, wall: f64) -> JobFacts {
    let attempt = Attempt { iteration, position: u64::from(iteration), repeat: 0 };
    let mut job =
        JobFacts::new(case.parse().expect("it is a case"), name.into(), attempt, time(AT));
    job.steps.push(step(Step::Build, wall));
    job.units = units(Fresh::Nothing);
    job.checks.push(Check {
        name: "token of the edit".to_owned(),
        held: Some(true),
        seen: "found in the artifact".to_owned(),
    });
    job
}

/// A sound job of a scenario with a service: restore, build and save, each with its ledger.
pub(crate) fn service_job(case: &str, name: &str, iteration: u32, wall: f64) -> JobFacts {
    let mut job = job(case, name, iteration, wall);
    job.steps.insert(0, step(Step::Restore, 0.3));
    job.steps.push(step(Step::Save, 0.2));
    for step in &mut job.steps {
        step.service_cpu = Some(Seconds(0.05));
        step.ledger = Some(ledger(&[], 0, 0));
    }
    job.steps[0].ledger = Some(ledger(&[(200, 1)], 20, 0));
    job.service = Some(ServiceFacts { objects: 15, bytes: Bytes(9_000_000), evicted: 0 });
    job
}

/// A sound job of `sccache-webdav`: every library asked for, `hits` of them found.
pub(crate) fn sccache_job(case: &str, name: &str, iteration: u32, hits: u64) -> JobFacts {
    let misses = LIBRARIES - hits;
    let wall = 4.0 + 0.6 * misses as f64;
    let mut job = service_job(case, name, iteration, wall);
    let statuses = [(200, hits), (201, misses), (404, misses)];
    let present: Vec<_> = statuses.into_iter().filter(|(_, count)| *count > 0).collect();
    job.steps[1].ledger = Some(ledger(&present, 640_000 * hits, 640_000 * misses));
    job.statements = statements(&Said { hits, misses, ..said() });
    job
}

/// What sccache says of a cold job, every library stored.
pub(crate) fn said() -> Said {
    Said {
        requests: UNITS + 4,
        executed: LIBRARIES,
        hits: 0,
        misses: LIBRARIES,
        write_errors: 0,
        read_errors: 0,
        timeouts: 0,
        location: WEBDAV,
    }
}

/// When every job began.
const AT: &str = "2026-11-23T10:16:00Z";

/// A point in time.
pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().expect("it is RFC 3339")
}

/// The statements around a build, in sccache's own words.
pub(crate) fn statements(said: &Said) -> Vec<ToolStatement> {
    let nothing = Said { requests: 0, executed: 0, hits: 0, misses: 0, ..said.clone() };
    let nothing = Said { write_errors: 0, read_errors: 0, timeouts: 0, ..nothing };
    let statement = |moment: Moment, said: &Said| {
        let by_language = |count: u64| match count {
            0 => serde_json::json!({ "counts": {}, "adv_counts": {} }),
            _ => {
                serde_json::json!({ "counts": { "Rust": count }, "adv_counts": { "rust": count } })
            }
        };
        let refused = said.requests.saturating_sub(said.executed);
        let text = serde_json::json!({
            "stats": {
                "compile_requests": said.requests,
                "requests_not_compile": 0,
                "requests_not_cacheable": refused,
                "requests_executed": said.executed,
                "cache_hits": by_language(said.hits),
                "cache_misses": by_language(said.misses),
                "cache_timeouts": said.timeouts,
                "cache_read_errors": said.read_errors,
                "cache_write_errors": said.write_errors,
                "not_cached": { "crate-type": refused },
            },
            "cache_location": said.location,
            "version": "0.16.0",
        });
        ToolStatement { moment, text: text.to_string() }
    };
    vec![statement(Moment::Before, &nothing), statement(Moment::After, said)]
}
