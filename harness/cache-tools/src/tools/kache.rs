//! kache: a compiler wrapper that keeps executables and runs of build scripts too.
//! Owns its environment, the life of its daemon and the meaning of its report. It must not count a
//! cached run of a build script as a unit.

use std::collections::BTreeMap;
use std::path::Path;

use lukewarm_model::{
    Access, Check, Counter, Endpoint, Moment, RestoreScope, Scenario, ServiceDescription,
    ServiceKind, ToolDescription, ToolRole, UnitKind, Variable, WorkflowStep, WorkflowSteps,
};
use serde::Deserialize;

use crate::{
    Action, CacheTool, Counters, Invocation, JobContext, JobObservation, KACHE_ACTION, Outcomes,
    Program, Ready, Recipe, Server, Settings, Source, StatisticsError, ToolReport, statement,
};

/// kunobi's build cache.
pub struct Kache;

/// The tool of this file.
pub static TOOL: Kache = Kache;

/// Misses whose output was already in the store, under another key.
const DUPLICATES: Counter = Counter::new("duplicates");
/// Runs of build scripts that were restored.
const BUILD_SCRIPT_HITS: Counter = Counter::new("build-script-run-hits");
/// Runs of build scripts that were executed and stored.
const BUILD_SCRIPT_MISSES: Counter = Counter::new("build-script-run-misses");

/// S3 without further properties.
const S3: ServiceKind = ServiceKind::new(&ServiceDescription::ordinary("s3"));

/// The crate name of a build script's run in its report.
const BUILD_SCRIPT_RUN: &str = "build_script_run";

static DESCRIPTION: ToolDescription = ToolDescription {
    role: ToolRole::Wrapper,
    restores: RestoreScope::Units,
    services: &[S3],
    versioned: true,
    // Executables too, on Linux and macOS (`KACHE_CACHE_EXECUTABLES`).
    caches: &[
        UnitKind::Lib,
        UnitKind::Bin,
        UnitKind::ProcMacro,
        UnitKind::BuildScript,
        UnitKind::Staticlib,
        UnitKind::Other,
    ],
    variables: &[
        Variable {
            name: "KACHE_ADAPTIVE_INCREMENTAL",
            summary: "0: no incremental state of its own",
        },
        Variable { name: "KACHE_AUTO_GC", summary: "0: it collects garbage only on request" },
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
        "KACHE_HOST_CONFIG",
        "KACHE_LOCAL_ONLY",
        "KACHE_RUNTIME_DIR",
        "KACHE_S3_ACCESS_KEY",
        "KACHE_S3_BUCKET",
        "KACHE_S3_ENDPOINT",
        "KACHE_S3_REGION",
        "KACHE_S3_SECRET_KEY",
        "KACHE_SOCKET_PATH",
        "RUSTC_WRAPPER",
    ],
    expected_counters: &[Counter::REQUESTS, Counter::NONCACHEABLE, Counter::NONCOMPILATIONS],
    caveats: &[
        "kache also restores runs of build scripts: they are part of its times and are not counted \
         as units.",
        "kache links restored files to its store where the file system supports it, and copies \
         them where the store is on another file system than the checkout.",
        "kache uploads in the background. `kache daemon stop`, the save step, waits up to 30 \
         seconds for the uploads that are left. Runs of build scripts are never uploaded.",
    ],
    ..ToolDescription::new(
        "kache",
        "a compiler wrapper that keeps executables and build scripts too",
    )
};

static PROGRAM: Program = Program {
    name: "kache",
    // `kache` fails without it.
    companions: &["kache-engine"],
    version_line: "kache {version}",
    // The first version seen to keep its events outside its store (`KACHE_RUNTIME_DIR`).
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

    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        let program = job.program.unwrap_or(Path::new(PROGRAM.name));
        let environment = environment(job);
        let call = |args: &[&str]| Invocation::of(program, args, &environment);
        let mut build = environment.clone();
        build.insert("RUSTC_WRAPPER".to_owned(), program.display().to_string());
        // The wrapper would start a daemon by itself, which nothing would stop. In the foreground
        // the CPU time of its children is known, and nothing is left behind.
        let server = Server {
            start: call(&["daemon", "run"]),
            ready: job.socket.map_or(Ready::Started, |path| Ready::Socket(path.to_owned())),
        };
        Recipe {
            survives: job.service.is_none().then(|| job.folders.kept.clone()),
            environment: build,
            restore: vec![Action::StartServer(server)],
            statistics: Some(call(&["report", "--format", "json", "--top", "1"])),
            save: vec![Action::StopServer(call(&["daemon", "stop"]))],
            ..Recipe::default()
        }
    }

    fn workflow(&self, scenario: &Scenario, _settings: &Settings) -> WorkflowSteps {
        let version = scenario.tool.version.as_deref().unwrap_or(PROGRAM.pinned);
        let input = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut with = vec![
            input("version", &format!("v{version}")),
            // The action's own default is not the program's, which was measured.
            input("cache-executables", "true"),
            input("pr-comment", "false"),
        ];
        let note = match scenario.service {
            Some(_) => {
                with.push(input("s3-bucket", "${{ vars.KACHE_S3_BUCKET }}"));
                with.push(input("s3-access-key-id", "${{ secrets.S3_ACCESS_KEY_ID }}"));
                with.push(input("s3-secret-access-key", "${{ secrets.S3_SECRET_ACCESS_KEY }}"));
                "Set the variable KACHE_S3_BUCKET and the secrets S3_ACCESS_KEY_ID and \
                 S3_SECRET_ACCESS_KEY of the repository. The action also fetches before the build, \
                 which was not measured."
            }
            None => {
                with.push(input("github-cache", "false"));
                "Its folder, ~/.cache/kache, must be there again in the next job: a runner of your \
                 own."
            }
        };
        WorkflowSteps {
            before: vec![WorkflowStep {
                name: "Install kache".to_owned(),
                action: KACHE_ACTION,
                with,
            }],
            notes: vec![note.to_owned()],
            ..WorkflowSteps::default()
        }
    }

    fn evaluate(&self, observed: &JobObservation<'_>) -> Result<ToolReport, StatisticsError> {
        let reports = |moment| statement("kache", observed.job, moment, parse_report);
        let (before, after) = (reports(Moment::Before)?, reports(Moment::After)?);
        let (before, now) = (before.counters(), after.counters());
        let since = now.iter().map(|(counter, count)| {
            (counter, count.saturating_sub(before.get(counter).unwrap_or_default()))
        });
        let counters: Counters = since.collect();
        let outcomes = Outcomes::with_wrapper(&DESCRIPTION, &observed.job.units, &counters);
        Ok(ToolReport {
            outcomes,
            checks: store_check(observed, &counters).into_iter().collect(),
            // Each is a manifest and a pack of its own.
            entries_written: counters.get(Counter::MISSES),
            counters,
            // It does not report its store.
            stored_in: None,
            version: Some(after.meta.kache_version),
        })
    }

    /// The variables of the user's guide
    /// (<https://docs.rs/crate/kache/2.0.0/source/docs/remote-cache/s3-setup.mdx>).
    fn client_environment(&self, endpoint: &Endpoint) -> Vec<(&'static str, String)> {
        match (endpoint.kind.name(), &endpoint.access) {
            ("s3", Access::Keys { bucket, region, access_key, secret_key }) => vec![
                ("KACHE_S3_BUCKET", bucket.clone()),
                ("KACHE_S3_ENDPOINT", endpoint.url.clone()),
                ("KACHE_S3_REGION", region.clone()),
                ("KACHE_S3_ACCESS_KEY", access_key.clone()),
                ("KACHE_S3_SECRET_KEY", secret_key.clone()),
            ],
            _ => Vec::new(),
        }
    }
}

/// Checks that its folder holds something after misses, since it does not report its store.
fn store_check(observed: &JobObservation<'_>, counters: &Counters) -> Option<Check> {
    let size = observed.job.kept_bytes?;
    (counters.get(Counter::MISSES)? > 0).then(|| Check {
        name: "kache's store in its folder".to_owned(),
        held: Some(size.0 > 0),
        seen: size.to_string(),
    })
}

/// The variables of the daemon and of the wrapper.
fn environment(job: &JobContext<'_>) -> BTreeMap<String, String> {
    let temporary = |name: &str| job.folders.temporary.join(name).display().to_string();
    let mut pairs = vec![
        ("KACHE_CACHE_DIR", job.folders.kept.display().to_string()),
        // Its events must be those of this job alone.
        ("KACHE_RUNTIME_DIR", temporary("kache")),
        // A file that does not exist: the user's own configuration must not be read.
        ("KACHE_CONFIG", temporary("no-kache.toml")),
        // Empty, the machine's configuration is not read either.
        ("KACHE_HOST_CONFIG", String::new()),
    ];
    match job.service {
        Some(service) => pairs.extend(Kache.client_environment(service)),
        None => pairs.push(("KACHE_LOCAL_ONLY", "1".to_owned())),
    }
    pairs.extend(job.socket.map(|path| ("KACHE_SOCKET_PATH", path.display().to_string())));
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The output of `kache report --format json` (schema 1), as far as it is used.
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

fn parse_report(text: &str) -> Result<Report, serde_json::Error> {
    serde_json::from_str(text)
}

impl Report {
    /// Its counters, with runs of build scripts apart from compilations.
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
    use lukewarm_model::{Bytes, JobFacts};

    use super::*;
    use crate::testing::{context, endpoint, folders, printed, scenario, signed, tiny_job};

    /// The six units of the sample `tiny`, and what kache reported of a job that built them.
    fn job(name: &str) -> JobFacts {
        let statements = Moment::ALL.map(|it| (it, printed("kache/2.0.0", name, it)));
        JobFacts {
            kept_bytes: Some(Bytes(17_000_000)),
            ..tiny_job("kache-local", name, statements)
        }
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
    fn what_a_bucket_gave_is_a_hit_and_runs_of_build_scripts_are_not_in_it() {
        let mut job = job("bucket");
        job.kept_bytes = None;
        let warm = report(&job).unwrap();
        assert_eq!((warm.outcomes.hits, warm.outcomes.misses), (6, 0));
        assert_eq!(warm.counters.get(BUILD_SCRIPT_MISSES), Some(1));
        assert_eq!(warm.entries_written, Some(0));
        assert!(warm.checks.is_empty(), "its folder is not what it stores in: {:?}", warm.checks);
    }

    #[test]
    fn a_store_that_stays_empty_and_a_report_that_is_none_are_said() {
        let mut job = job("cold");
        job.kept_bytes = Some(Bytes(0));
        assert_eq!(report(&job).unwrap().checks[0].held, Some(false));
        job.statements[1].text = "{}".to_owned();
        let error = report(&job).unwrap_err().to_string();
        assert_eq!(error, "kache's statistics after the build cannot be read");
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

    #[test]
    fn with_a_bucket_its_store_is_empty_at_first_and_only_s3_is_spoken() {
        let (scenario, folders) = (scenario("kache", &[]), folders());
        let bucket = signed(S3);
        let recipe = Kache.recipe(&context(&scenario, Some(&bucket), &folders));
        assert_eq!(recipe.survives, None);
        let value = |name: &str| recipe.environment.get(name).map(String::as_str);
        assert_eq!(value("KACHE_S3_BUCKET"), Some("bucket"));
        assert_eq!(value("KACHE_S3_SECRET_KEY"), Some("secret"));
        assert_eq!(value("KACHE_S3_ENDPOINT"), Some(bucket.url.as_str()));
        assert_eq!(value("KACHE_LOCAL_ONLY"), None);
        assert!(Kache.client_environment(&endpoint(ServiceKind::WEBDAV)).is_empty());
    }
}
