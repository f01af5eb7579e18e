//! A wrapper that behaves like no other, through all that a tool goes through: its recipe, a job
//! that did what the recipe says, its evaluation, the verdict and the samples. It keeps the axis of
//! tools open: what it does must never need a line outside of this file.

use lukewarm_cache_tools::{
    Action, CacheTool, Compression, Counters, Folders, Invocation, JobContext, JobObservation,
    Outcomes, Program, Ready, Recipe, Server, Source, StatisticsError, StoredIn, ToolReport, Tools,
    VersionOutput, statement,
};
use lukewarm_model::{
    Bytes, Check, Counter, JobFacts, JobVerdict, Metric, Moment, RawRecord, RestoreScope, RunFacts,
    ToolDescription, ToolIdentity, ToolRole, ToolStatement, UnitKind,
};

use super::Evaluation;
use crate::examples::{self, UNITS};

/// Keeps executables too, speaks in lines and not in JSON, says its version in the fifth word, and
/// its server is ready when a command says so.
struct Shed;

static PROGRAM: Program = Program {
    name: "shed",
    companions: &["shed-keeper"],
    version_line: "A shed for artifacts, release {version}",
    minimum: "3.0.0",
    oldest: "3.0.0",
    pinned: "3.1.0",
    sources: &[Source::CargoInstall { typically: "a minute" }],
};

/// What only this tool counts.
const BORROWED: Counter = Counter::new("borrowed");

static DESCRIPTION: ToolDescription = ToolDescription {
    role: ToolRole::Wrapper,
    restores: RestoreScope::Units,
    versioned: true,
    caches: &[UnitKind::Lib, UnitKind::Bin, UnitKind::BuildScript],
    reserved_variables: &["SHED"],
    expected_counters: &[BORROWED],
    ..ToolDescription::new("shed", "a shed for artifacts")
};

impl CacheTool for Shed {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&PROGRAM)
    }

    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        let call = |word: &str| Invocation {
            program: job.program.map_or_else(|| "shed".into(), Into::into),
            args: vec![word.to_owned()],
            environment: [("SHED".to_owned(), job.folders.kept.display().to_string())].into(),
        };
        let mut environment = call("").environment;
        environment.insert("RUSTC_WRAPPER".to_owned(), call("").program.display().to_string());
        Recipe {
            survives: Some(job.folders.kept.clone()),
            environment,
            restore: vec![Action::StartServer(Server {
                start: call("keep"),
                ready: Ready::Succeeds(call("ready?")),
            })],
            statistics: Some(call("tell")),
            save: vec![Action::StopServer(call("close"))],
            ..Recipe::default()
        }
    }

    fn evaluate(&self, observed: &JobObservation<'_>) -> Result<ToolReport, StatisticsError> {
        let said = |moment| statement("shed", observed.job, moment, tally);
        let (before, after) = (said(Moment::Before)?, said(Moment::After)?);
        let since = |index: usize| after[index] - before[index];
        let counters: Counters =
            [(Counter::HITS, since(0)), (Counter::MISSES, since(1)), (BORROWED, since(2))]
                .into_iter()
                .collect();
        let kept = observed.job.kept_bytes.unwrap_or_default();
        Ok(ToolReport {
            outcomes: Outcomes::with_wrapper(&DESCRIPTION, &observed.job.units, &counters),
            counters,
            stored_in: Some(StoredIn { location: "its shed".to_owned(), is_wanted: true }),
            entries_written: None,
            version: None,
            checks: vec![Check {
                name: "shed is filled".to_owned(),
                held: Some(kept.0 > 0),
                seen: kept.to_string(),
            }],
        })
    }
}

/// Reads `taken 3, brought 4, borrowed 5`.
fn tally(text: &str) -> Result<[u64; 3], String> {
    let numbers = text.split(", ").map(|part| part.split(' ').nth(1)?.parse().ok());
    let numbers: Option<Vec<u64>> = numbers.collect();
    numbers.and_then(|it| it.try_into().ok()).ok_or_else(|| format!("no tally: {text}"))
}

fn tools() -> Tools {
    Tools::shipped().with(&Shed)
}

/// A job that did what the recipe says, as the runner would have left it.
fn job(name: &str, said: [&str; 2]) -> JobFacts {
    let mut job = examples::job("finder/shed", name, 1, 3.0);
    job.statements = Moment::ALL
        .into_iter()
        .zip(said)
        .map(|(moment, text)| ToolStatement { moment, text: text.to_owned() })
        .collect();
    job.kept_bytes = Some(Bytes(7_000_000));
    job
}

fn run() -> RunFacts {
    let scenario = examples::scenario("shed", "shed", None);
    let mut run = examples::run(vec![examples::none(), scenario], &["cold", "unchanged"], 1);
    let (name, version) = ("shed".to_owned(), "3.1.0".to_owned());
    let identity = ToolIdentity { name, version, origin: "PATH".to_owned(), sha256: String::new() };
    run.tools.insert("shed".to_owned(), identity);
    run
}

fn evaluated(run: RunFacts, job: JobFacts) -> (JobVerdict, Vec<(Metric, f64)>) {
    let record = RawRecord { run, jobs: vec![job], end: None };
    let tools = tools();
    let evaluation = Evaluation::with(&record, &tools);
    let job = &evaluation.jobs()[0];
    let whole = job.samples.iter().filter(|sample| sample.step.is_none());
    (job.verdict.clone(), whole.map(|sample| (sample.metric, sample.value)).collect())
}

const COLD: [&str; 2] = ["taken 0, brought 0, borrowed 0", "taken 0, brought 19, borrowed 2"];
const WARM: [&str; 2] = ["taken 0, brought 19, borrowed 2", "taken 19, brought 19, borrowed 4"];

#[test]
fn its_recipe_reaches_every_call_with_the_scenarios_variables() {
    let mut scenario = examples::scenario("shed", "shed", None);
    scenario.tool_env = [("SHED_SHELVES".to_owned(), "3".to_owned())].into();
    let folders = Folders {
        checkout: "/s/checkout".into(),
        cargo_home: "/s/cargo-home".into(),
        kept: "/s/kept".into(),
        temporary: "/s/temporary".into(),
    };
    let job = JobContext {
        scenario: &scenario,
        program: None,
        service: None,
        version: None,
        socket: None,
        port: 0,
        folders: &folders,
        git_ref: None,
        lock_hash: "",
        serial: 0,
        compression: Compression::Gzip,
    };
    let recipe = tools().recipe(&job).unwrap();
    let calls = recipe.restore.iter().chain(&recipe.save).flat_map(Action::calls);
    let calls: Vec<_> = calls.chain(&recipe.statistics).collect();
    let words: Vec<&str> = calls.iter().map(|call| call.args[0].as_str()).collect();
    assert_eq!(words, ["keep", "ready?", "close", "tell"]);
    for environment in calls.iter().map(|call| &call.environment).chain([&recipe.environment]) {
        assert_eq!((&*environment["SHED"], &*environment["SHED_SHELVES"]), ("/s/kept", "3"));
    }
    assert_eq!(tools().restore_scope(&scenario), Some(RestoreScope::Units));
    let said = PROGRAM.parse_version("A shed for artifacts, release 3.1.0 (2026)");
    assert!(matches!(said, VersionOutput::Version(version) if version.to_string() == "3.1.0"));
}

#[test]
fn its_job_is_valid_and_its_executables_are_hits() {
    let mut run = run();
    // The one macro of the twenty units is all that it cannot keep.
    let declared = [("cacheable-units", UNITS - 1), ("borrowed", 2)];
    let declared = declared.map(|(name, count)| (name.to_owned(), count)).into();
    run.plan.workspaces[0].expected.tools.insert("shed".to_owned(), declared);
    let (verdict, samples) = evaluated(run.clone(), job("unchanged", WARM));
    let JobVerdict::Valid(reasons) = &verdict else { panic!("{verdict:?}") };
    let reasons = reasons.join("\n");
    for wanted in [
        "19 cacheable units, 2 borrowed of shed, as the workspace declares",
        "19 of 19 cacheable units hit",
        "shed stored in its shed",
        "shed is filled: 7.00 MB",
    ] {
        assert!(reasons.contains(wanted), "{wanted}: {reasons}");
    }
    let value = |metric| samples.iter().find(|(it, _)| *it == metric).map(|(_, value)| *value);
    assert_eq!(value(Metric::UnitsHit), Some(19.0));
    assert_eq!(value(Metric::UnitsNoncacheable), Some(1.0));
    assert_eq!(value(Metric::WrapperHits), Some(19.0));
    assert_eq!(value(Metric::HitRatio), Some(1.0));
    assert_eq!(value(Metric::WrapperRequests), None, "it does not count its calls");
    let (verdict, samples) = evaluated(run, job("cold", COLD));
    assert!(matches!(verdict, JobVerdict::Valid(_)), "{verdict:?}");
    assert!(samples.contains(&(Metric::UnitsMiss, 19.0)), "{samples:?}");
}

#[test]
fn what_speaks_against_its_job_is_said_in_the_same_way() {
    let degraded = |run: RunFacts, job: JobFacts, wanted: &str| {
        let (verdict, _) = evaluated(run, job);
        let JobVerdict::Degraded(reasons) = &verdict else { panic!("{verdict:?}") };
        assert!(reasons.join("\n").contains(wanted), "{wanted}: {reasons:?}");
    };
    let same = "taken 5, brought 5, borrowed 0";
    degraded(run(), job("cold", [same, same]), "shed looked up nothing, though 19 units are");
    let mut empty = job("cold", COLD);
    empty.kept_bytes = Some(Bytes(0));
    degraded(run(), empty, "shed is filled: 0 B (did not hold)");
    let mut declared = run();
    let counters = [("borrowed".to_owned(), 3)].into();
    declared.plan.workspaces[0].expected.tools.insert("shed".to_owned(), counters);
    degraded(declared, job("cold", COLD), "2 borrowed of shed, but workspace `finder` declares 3");
    let (verdict, samples) = evaluated(run(), job("cold", ["", ""]));
    let wanted = "shed's statistics before the build cannot be read: no tally: ";
    assert_eq!(verdict, JobVerdict::Unchecked(vec![wanted.to_owned()]));
    assert!(samples.iter().all(|(metric, _)| *metric != Metric::UnitsHit));
}
