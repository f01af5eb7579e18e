//! zccache: a compiler wrapper with a daemon that keeps its index and file hashes in memory.
//! Owns its environment, the life of its daemon and the meaning of its status. It must not let a
//! client start a daemon of its own.

use std::collections::BTreeMap;
use std::path::Path;

use lukewarm_model::{
    Check, Counter, Moment, RestoreScope, Scenario, ToolDescription, ToolRole, UnitKind, Variable,
    WorkflowSteps,
};
use serde::Deserialize;

use crate::{
    Action, CacheTool, Counters, Invocation, JobContext, JobObservation, Outcomes, Program, Ready,
    Recipe, Server, Settings, Source, StatisticsError, StoredIn, ToolReport, statement,
};

/// zackees' local compiler cache.
pub struct Zccache;

/// The tool of this file.
pub static TOOL: Zccache = Zccache;

/// Compilations that failed.
const COMPILE_ERRORS: Counter = Counter::new("compile-errors");
/// Outputs that were copied to where Cargo wants them.
const COPIED: Counter = Counter::new("copied-outputs");
/// Outputs that were hard-linked there.
const HARDLINKED: Counter = Counter::new("hardlinked-outputs");
/// Outputs that share their blocks with the store.
const REFLINKED: Counter = Counter::new("reflinked-outputs");

static DESCRIPTION: ToolDescription = ToolDescription {
    role: ToolRole::Wrapper,
    restores: RestoreScope::Units,
    versioned: true,
    // Its README says that programs and procedural macros are passed through; 1.15.8 was seen to
    // answer both from its store.
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
            name: "ZCCACHE_CACHE_SIZE_BYTES",
            summary: "the most that its store keeps, in bytes",
        },
        Variable {
            name: "ZCCACHE_COMPILE_PRIORITY",
            summary: "the priority of the compilers that it starts",
        },
        Variable {
            name: "ZCCACHE_MODE",
            summary: "how a hit is delivered: AUTO, REFLINK, LINK, COPY or \
                      REFLINK_OR_LINK_OR_COPY",
        },
        Variable {
            name: "ZCCACHE_PATH_REMAP",
            summary: "auto: the checkout's path is no part of keys and outputs",
        },
        Variable {
            name: "ZCCACHE_STAGED_ARTIFACTS",
            summary: "off: outputs are not published by way of a folder of its own",
        },
    ],
    reserved_variables: &["RUSTC_WRAPPER", "ZCCACHE_CACHE_DIR", "ZCCACHE_ENDPOINT"],
    expected_counters: &[Counter::REQUESTS, Counter::NONCACHEABLE],
    caveats: &[
        "zccache hashes files once and watches them for changes. In CI each job starts its daemon \
         anew, which then knows nothing but what its store holds.",
    ],
    ..ToolDescription::new("zccache", "a compiler wrapper whose daemon keeps its index in memory")
};

static PROGRAM: Program = Program {
    name: "zccache",
    companions: &[],
    version_line: "zccache {version}",
    // The first version seen with `daemon-run`, which stays in the foreground.
    minimum: "1.15.8",
    oldest: "1.15.8",
    pinned: "1.15.8",
    sources: &[
        Source::PyPiWheel {
            version: "1.15.8",
            machine: "x86_64-linux",
            sha256: "2038c873e972f00d589baab153f17311ab84c63007e5868dc0611aa5aafd9cca",
        },
        Source::PyPiWheel {
            version: "1.15.8",
            machine: "aarch64-linux",
            sha256: "e1a1e2f2099e44371206585be1ccb3102053753d1c31e24c9fd4eb7db51f96fd",
        },
    ],
};

impl CacheTool for Zccache {
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
        let status = call(&["status", "--json"]);
        // `zccache start` would copy the program into its store and leave it in the background. In
        // the foreground the CPU time of its children is known, and nothing is left behind. The
        // daemon takes its socket from its arguments alone, its clients from their environment.
        let mut start = call(&["daemon-run", "--foreground", "--idle-timeout", "0"]);
        let ready = match job.socket {
            Some(path) => {
                start.args.extend(["--endpoint".to_owned(), path.display().to_string()]);
                Ready::Socket(path.to_owned())
            }
            None => Ready::Succeeds(status.clone()),
        };
        let server = Server { start, ready };
        Recipe {
            survives: Some(job.folders.kept.clone()),
            environment: build,
            restore: vec![Action::StartServer(server)],
            statistics: Some(status),
            save: vec![Action::StopServer(call(&["stop"]))],
            ..Recipe::default()
        }
    }

    fn workflow(&self, scenario: &Scenario, _settings: &Settings) -> WorkflowSteps {
        let version = scenario.tool.version.as_deref().unwrap_or(PROGRAM.pinned);
        WorkflowSteps {
            environment: vec![("RUSTC_WRAPPER".to_owned(), "zccache".to_owned())],
            notes: vec![
                format!(
                    "Install it in a step before, such as with `pip install zccache=={version}`, \
                     and start it with `zccache start`."
                ),
                "Its folder, ~/.zccache, must be there again in the next job: a runner of your own."
                    .to_owned(),
            ],
            ..WorkflowSteps::default()
        }
    }

    fn evaluate(&self, observed: &JobObservation<'_>) -> Result<ToolReport, StatisticsError> {
        let status = |moment| statement("zccache", observed.job, moment, parse_status);
        let (before, after) = (status(Moment::Before)?, status(Moment::After)?);
        let (counted, now) = (before.daemon.counters(), after.daemon.counters());
        let since = now.iter().map(|(counter, count)| {
            (counter, count.saturating_sub(counted.get(counter).unwrap_or_default()))
        });
        let counters: Counters = since.collect();
        Ok(ToolReport {
            outcomes: Outcomes::with_wrapper(&DESCRIPTION, &observed.job.units, &counters),
            checks: vec![one_daemon(&before.daemon, &after.daemon, observed)],
            entries_written: counters.get(Counter::MISSES),
            stored_in: Some(StoredIn {
                // It has no other store than a folder.
                is_wanted: observed.scenario.service.is_none(),
                location: after.daemon.cache_dir,
            }),
            version: Some(after.daemon.version),
            counters,
        })
    }
}

/// The variables of the daemon and of the wrapper.
fn environment(job: &JobContext<'_>) -> BTreeMap<String, String> {
    let mut pairs = vec![("ZCCACHE_CACHE_DIR", job.folders.kept.display().to_string())];
    pairs.extend(job.socket.map(|path| ("ZCCACHE_ENDPOINT", path.display().to_string())));
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Checks that the counters before and after the build are those of one daemon: a wrapper whose
/// daemon is gone starts another one, whose counts begin at zero.
fn one_daemon(before: &Daemon, after: &Daemon, observed: &JobObservation<'_>) -> Check {
    /// The daemon's age is given in whole seconds.
    const ROUNDING: f64 = 2.0;
    let steps = observed.job.steps.iter();
    let build = steps.filter(|it| it.step == lukewarm_model::Step::Build).map(|it| it.wall.0);
    let build: f64 = build.sum();
    let aged = after.uptime_secs as f64 - before.uptime_secs as f64;
    Check {
        name: "zccache's daemon ran through".to_owned(),
        held: Some(aged + ROUNDING >= build),
        seen: format!(
            "it was {} s old before the build and {} s after it",
            before.uptime_secs, after.uptime_secs
        ),
    }
}

/// The output of `zccache status --json`, as far as it is used.
#[derive(Deserialize)]
struct Status {
    daemon: Daemon,
}

#[derive(Deserialize)]
struct Daemon {
    version: String,
    cache_dir: String,
    uptime_secs: u64,
    total_compilations: u64,
    cache_hits: u64,
    cache_misses: u64,
    non_cacheable: u64,
    compile_errors: u64,
    materialization: Materialization,
}

#[derive(Deserialize)]
struct Materialization {
    copy: u64,
    hardlink: u64,
    reflink: u64,
}

fn parse_status(text: &str) -> Result<Status, serde_json::Error> {
    serde_json::from_str(text)
}

impl Daemon {
    /// Its counters since it was started.
    fn counters(&self) -> Counters {
        let counters = [
            (Counter::REQUESTS, self.total_compilations),
            (Counter::LOOKUPS, self.cache_hits + self.cache_misses),
            (Counter::HITS, self.cache_hits),
            (Counter::MISSES, self.cache_misses),
            (Counter::NONCACHEABLE, self.non_cacheable),
            (COMPILE_ERRORS, self.compile_errors),
            (COPIED, self.materialization.copy),
            (HARDLINKED, self.materialization.hardlink),
            (REFLINKED, self.materialization.reflink),
        ];
        counters.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{JobFacts, Seconds, Step, StepFacts};

    use super::*;
    use crate::testing::{context, folders, printed, scenario, tiny_job};

    /// The six units of the sample `tiny`, and what zccache said of a job that built them.
    fn job(name: &str) -> JobFacts {
        let statements = Moment::ALL.map(|it| (it, printed("zccache/1.15.8", name, it)));
        JobFacts {
            steps: vec![StepFacts::new(Step::Build, Seconds(3.5))],
            ..tiny_job("zccache-local", name, statements)
        }
    }

    fn report(job: &JobFacts) -> Result<ToolReport, StatisticsError> {
        Zccache.evaluate(&JobObservation { job, scenario: &scenario("zccache", &[]) })
    }

    #[test]
    fn every_unit_is_a_miss_at_first_and_a_hit_then() {
        let count = |report: &ToolReport, counter| report.counters.get(counter);
        let cold = report(&job("cold")).unwrap();
        assert_eq!((cold.outcomes.hits, cold.outcomes.misses), (0, 6));
        assert_eq!(count(&cold, Counter::REQUESTS), Some(9));
        // Questions to the compiler.
        assert_eq!(count(&cold, Counter::NONCACHEABLE), Some(3));
        assert_eq!((cold.version.as_deref(), cold.entries_written), (Some("1.15.8"), Some(6)));
        assert!(cold.stored_in.as_ref().unwrap().is_wanted);
        assert_eq!(cold.checks[0].held, Some(true), "{:?}", cold.checks);
        let mut warm = job("unchanged");
        warm.steps[0].wall = Seconds(0.5);
        let warm = report(&warm).unwrap();
        assert_eq!((warm.outcomes.hits, warm.outcomes.misses), (6, 0));
        assert_eq!((count(&warm, COPIED), count(&warm, HARDLINKED)), (Some(15), Some(0)));
    }

    #[test]
    fn a_daemon_that_is_younger_than_the_build_is_another_one() {
        let mut job = job("cold");
        job.steps[0].wall = Seconds(60.0);
        let check = report(&job).unwrap().checks.remove(0);
        assert_eq!(check.held, Some(false), "{check:?}");
        job.statements[1].text = "{}".to_owned();
        let error = report(&job).unwrap_err().to_string();
        assert_eq!(error, "zccache's statistics after the build cannot be read");
    }

    #[test]
    fn its_daemon_listens_where_its_clients_look() {
        let (scenario, folders) = (scenario("zccache", &[]), folders());
        let socket = Path::new("/scratch/server");
        let job = JobContext { socket: Some(socket), ..context(&scenario, None, &folders) };
        let recipe = Zccache.recipe(&job);
        let [Action::StartServer(server)] = &recipe.restore[..] else { panic!("no server") };
        assert_eq!(server.start.args.last().map(String::as_str), socket.to_str());
        assert_eq!(server.ready, Ready::Socket(socket.to_owned()));
        assert_eq!(recipe.environment["ZCCACHE_ENDPOINT"], "/scratch/server");
        assert_eq!(recipe.survives, Some(folders.kept.clone()));
        let without = Zccache.recipe(&JobContext { socket: None, ..job });
        let [Action::StartServer(server)] = &without.restore[..] else { panic!("no server") };
        assert!(matches!(server.ready, Ready::Succeeds(_)));
        assert!(!without.environment.contains_key("ZCCACHE_ENDPOINT"));
    }
}
