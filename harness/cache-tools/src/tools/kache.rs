//! kache: a compiler wrapper that keeps executables and runs of build scripts too.
//! Owns its environment, its daemon's life and the meaning of its report. A run of a build script
//! that it answers is no unit: it must not be counted as one.

use std::collections::BTreeMap;
use std::path::Path;

use lukewarm_model::{Check, Counter, Moment, ToolDescription, ToolRole, UnitKind, Variable};
use serde::Deserialize;

use crate::{
    Action, RestoreScope, CacheTool, Counters, Invocation, JobContext, JobObservation, Outcomes, Program,
    Ready, Recipe, Server, Settings, Source, StatisticsError, ToolReport, statement,
};

/// kunobi's build cache, with its store on the local disk.
pub struct Kache;

/// The tool of this file.
pub static TOOL: Kache = Kache;

/// Misses whose output was in the store already, under another key.
const DUPLICATES: Counter = Counter::new("duplicates");
/// Runs of build scripts that it answered.
const BUILD_SCRIPT_HITS: Counter = Counter::new("build-script-run-hits");
/// Runs of build scripts that were carried out, and kept.
const BUILD_SCRIPT_MISSES: Counter = Counter::new("build-script-run-misses");

/// What it calls a run of a build script in its report.
const BUILD_SCRIPT_RUN: &str = "build_script_run";

static DESCRIPTION: ToolDescription = ToolDescription {
    role: ToolRole::Wrapper,
    versioned: true,
    // Executables too, on Linux and macOS (`KACHE_CACHE_EXECUTABLES`).
    caches: &[
        UnitKind::Lib,
        UnitKind::Bin,
        UnitKind::ProcMacro,
        UnitKind::BuildScript,
        UnitKind::Other,
    ],
    variables: &[
        Variable {
            name: "KACHE_ADAPTIVE_INCREMENTAL",
            summary: "0: no incremental state of its own",
        },
        Variable {
            name: "KACHE_AUTO_GC",
            summary: "0: it collects garbage only when it is told to",
        },
        Variable { name: "KACHE_BASE_DIR", summary: "a folder that is taken off paths in keys" },
        Variable { name: "KACHE_COMPRESSION_LEVEL", summary: "zstd's level, 1 to 22" },
        Variable { name: "KACHE_KEY_SALT", summary: "a part of each key" },
        Variable { name: "KACHE_LOG", summary: "what it logs" },
        Variable {
            name: "KACHE_MAX_SIZE",
            summary: "the most that its store keeps, such as 10GiB",
        },
        Variable {
            name: "KACHE_MIN_STORE_COMPILE_MS",
            summary: "quicker compilations are not kept",
        },
        Variable { name: "KACHE_VERIFY_RESTORES", summary: "off, sampled or always" },
    ],
    reserved_variables: &[
        "KACHE_CACHE_DIR",
        "KACHE_CONFIG",
        "KACHE_LOCAL_ONLY",
        "KACHE_RUNTIME_DIR",
        "KACHE_SOCKET_PATH",
        "RUSTC_WRAPPER",
    ],
    expected_counters: &[Counter::REQUESTS, Counter::NONCACHEABLE, Counter::NONCOMPILATIONS],
    caveats: &[
        "kache brings back runs of build scripts too: they are in its times, and no units.",
        "kache links what it brings back to its store where the file system can, and copies it \
         where that lies on another file system than the checkout.",
    ],
    ..ToolDescription::new(
        "kache",
        "a compiler wrapper that keeps executables and build scripts too",
    )
};

static PROGRAM: Program = Program {
    name: "kache",
    // Without it `kache` ends with an error.
    companions: &["kache-engine"],
    says: "kache {version}",
    // The first whose events are apart from its store (`KACHE_RUNTIME_DIR`), as far as was seen.
    minimum: "2.0.0",
    oldest: "2.0.0",
    pinned: "2.0.0",
    sources: &[Source::CargoInstall { typically: "about 13 minutes on 2 cores" }],
};

impl CacheTool for Kache {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&PROGRAM)
    }

    fn brings(&self, _settings: &Settings) -> RestoreScope {
        RestoreScope::Units
    }

    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        let program = job.program.unwrap_or(Path::new(PROGRAM.name));
        let environment = environment(job);
        let call = |args: &[&str]| Invocation::of(program, args, &environment);
        let mut build = environment.clone();
        build.insert("RUSTC_WRAPPER".to_owned(), program.display().to_string());
        // The wrapper would start one by itself, which nobody would stop. In the foreground its
        // children's CPU time is known, and nothing is left behind.
        let server = Server {
            start: call(&["daemon", "run"]),
            ready: job.socket.map_or(Ready::Started, |path| Ready::Socket(path.to_owned())),
        };
        Recipe {
            survives: Some(job.folders.kept.clone()),
            environment: build,
            restore: vec![Action::StartServer(server)],
            statistics: Some(call(&["report", "--format", "json", "--top", "1"])),
            save: vec![Action::StopServer(call(&["daemon", "stop"]))],
            ..Recipe::default()
        }
    }

    fn evaluate(&self, observed: &JobObservation<'_>) -> Result<ToolReport, StatisticsError> {
        let said = |moment| statement("kache", observed.job, moment, understand);
        let (before, after) = (said(Moment::Before)?, said(Moment::After)?);
        let (before, now) = (before.counters(), after.counters());
        let since = now.iter().map(|(counter, count)| {
            (counter, count.saturating_sub(before.get(counter).unwrap_or_default()))
        });
        let counters: Counters = since.collect();
        let outcomes = Outcomes::with_wrapper(&DESCRIPTION, &observed.job.units, &counters);
        Ok(ToolReport {
            outcomes,
            checks: kept(observed, &counters).into_iter().collect(),
            counters,
            // It does not say where it stores, and nothing is written to any service.
            stored_in: None,
            entries_written: None,
            version: Some(after.meta.kache_version),
        })
    }
}

/// What it compiled must lie in its folder afterwards, which is looked at since it does not say
/// where it stores.
fn kept(observed: &JobObservation<'_>, counters: &Counters) -> Option<Check> {
    let kept = observed.job.kept_bytes?;
    (counters.get(Counter::MISSES)? > 0).then(|| Check {
        name: "kache's store in its folder".to_owned(),
        held: Some(kept.0 > 0),
        seen: kept.to_string(),
    })
}

/// What daemon and wrapper alike are told.
fn environment(job: &JobContext<'_>) -> BTreeMap<String, String> {
    let temporary = |name: &str| job.folders.temporary.join(name).display().to_string();
    let mut pairs = vec![
        ("KACHE_CACHE_DIR", job.folders.kept.display().to_string()),
        // What it did is counted for this job alone.
        ("KACHE_RUNTIME_DIR", temporary("kache")),
        // A file that does not exist: the user's own configuration must not be read.
        ("KACHE_CONFIG", temporary("no-kache.toml")),
        ("KACHE_LOCAL_ONLY", "1".to_owned()),
    ];
    pairs.extend(job.socket.map(|path| ("KACHE_SOCKET_PATH", path.display().to_string())));
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What `kache report --format json` prints (schema 1), as far as it is used.
#[derive(Deserialize)]
struct Report {
    meta: Meta,
    summary: Summary,
    all_events: Vec<Event>,
}

#[derive(Deserialize)]
struct Meta {
    kache_version: String,
}

#[derive(Default, Deserialize)]
struct Summary {
    passthroughs: u64,
    probes: u64,
    skipped: u64,
    errors: u64,
    store_failures: u64,
}

#[derive(Deserialize)]
struct Event {
    crate_name: String,
    result: String,
}

fn understand(text: &str) -> Result<Report, serde_json::Error> {
    serde_json::from_str(text)
}

impl Report {
    /// What it counts, runs of build scripts apart from compilations.
    fn counters(&self) -> Counters {
        let count = |of_scripts: bool, results: &[&str]| {
            let events = self.all_events.iter().filter(|event| {
                (event.crate_name == BUILD_SCRIPT_RUN) == of_scripts
                    && results.contains(&event.result.as_str())
            });
            events.count() as u64
        };
        let hit = ["local_hit", "prefetch_hit", "remote_hit"];
        let miss = ["miss", "dup"];
        let (hits, misses) = (count(false, &hit), count(false, &miss));
        let Summary { passthroughs, probes, skipped, errors, store_failures } = self.summary;
        let refused = passthroughs + skipped;
        let counters = [
            (Counter::REQUESTS, hits + misses + refused + probes + errors),
            (Counter::LOOKUPS, hits + misses),
            (Counter::HITS, hits),
            (Counter::MISSES, misses),
            (DUPLICATES, count(false, &["dup"])),
            (Counter::NONCACHEABLE, refused),
            (Counter::NONCOMPILATIONS, probes),
            (Counter::READ_ERRORS, errors),
            (Counter::WRITE_ERRORS, store_failures),
            (BUILD_SCRIPT_HITS, count(true, &hit)),
            (BUILD_SCRIPT_MISSES, count(true, &miss)),
        ];
        counters.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Attempt, Bytes, Case, JobFacts, Timestamp, ToolStatement, UnitFact};

    use super::*;
    use crate::testing::{context, folders, scenario};

    /// The six units of the sample `tiny`, and what kache said of a job that built them.
    fn job(name: &str) -> JobFacts {
        let kinds = [
            UnitKind::BuildScript,
            UnitKind::Lib,
            UnitKind::ProcMacro,
            UnitKind::Lib,
            UnitKind::Lib,
            UnitKind::Bin,
        ];
        let attempt = Attempt { iteration: 1, position: 1, repeat: 0 };
        let mut job = JobFacts::new(Case::new("tiny", "kache-local"), name.into(), attempt, Timestamp::default());
        let unit = |kind| UnitFact {
            package: "tally".to_owned(),
            target: "tally".to_owned(),
            kind,
            external: false,
            fresh: false,
        };
        job.units = kinds.map(unit).to_vec();
        job.kept_bytes = Some(Bytes(17_000_000));
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/kache/2.0.0");
        job.statements = Moment::ALL
            .map(|moment| {
                let path = format!("{folder}/{name}-{moment}.json");
                let text = std::fs::read_to_string(&path).expect(&path);
                ToolStatement { moment, text }
            })
            .to_vec();
        job
    }

    fn report(job: &JobFacts) -> Result<ToolReport, StatisticsError> {
        Kache.evaluate(&JobObservation { job, scenario: &scenario("kache", &[]) })
    }

    #[test]
    fn executables_are_hits_and_runs_of_build_scripts_are_no_units() {
        let count = |report: &ToolReport, counter| report.counters.get(counter);
        let cold = report(&job("cold")).unwrap();
        let wanted = Outcomes { units: 6, fresh: 0, hits: 0, misses: 6, noncacheable: 0 };
        assert_eq!(cold.outcomes, wanted);
        assert_eq!(count(&cold, BUILD_SCRIPT_MISSES), Some(1));
        assert_eq!(count(&cold, Counter::NONCOMPILATIONS), Some(3), "Cargo's own questions");
        assert_eq!(count(&cold, Counter::REQUESTS), Some(9), "as many as with sccache");
        assert_eq!(cold.version.as_deref(), Some("2.0.0"));
        assert_eq!(cold.checks[0].held, Some(true));
        let warm = report(&job("warm")).unwrap();
        assert_eq!((warm.outcomes.hits, warm.outcomes.misses), (6, 0));
        assert_eq!(count(&warm, Counter::HITS), Some(6));
        assert_eq!(count(&warm, BUILD_SCRIPT_HITS), Some(1));
        assert_eq!(warm.counters.hit_ratio(), Some(1.0));
    }

    #[test]
    fn a_store_that_stays_empty_and_a_report_that_is_none_are_said() {
        let mut job = job("cold");
        job.kept_bytes = Some(Bytes(0));
        assert_eq!(report(&job).unwrap().checks[0].held, Some(false));
        job.statements[1].text = "{}".to_owned();
        let said = report(&job).unwrap_err().to_string();
        assert_eq!(said, "kache's statistics after the build cannot be read");
    }

    #[test]
    fn its_daemon_is_ready_when_its_socket_is_there_and_its_events_are_the_jobs_own() {
        let (scenario, folders) = (scenario("kache", &[]), folders());
        let socket = Path::new("/scratch/server");
        let job = JobContext { socket: Some(socket), ..context(&scenario, None, &folders) };
        let recipe = Kache.recipe(&job);
        let [Action::StartServer(server)] = &recipe.restore[..] else { panic!("no server") };
        assert_eq!(server.ready, Ready::Socket(socket.to_owned()));
        assert_eq!(recipe.survives, Some(folders.kept.clone()));
        assert_eq!(recipe.environment["KACHE_CACHE_DIR"], folders.kept.display().to_string());
        let events = Path::new(&recipe.environment["KACHE_RUNTIME_DIR"]);
        assert!(events.starts_with(&folders.temporary), "{events:?}");
        let without = Kache.recipe(&JobContext { socket: None, ..job });
        assert!(!without.environment.contains_key("KACHE_SOCKET_PATH"));
    }
}
