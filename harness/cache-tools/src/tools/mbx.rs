//! mbx (mr boxington): a program that is called in place of Cargo and wraps its compiler.
//! Owns its environment and the meaning of its build reports. It must not let the tool keep target
//! folders from job to job: that would be another way of caching.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lukewarm_model::{
    Check, Counter, Moment, RestoreScope, Scenario, ToolDescription, ToolRole, UnitKind, Variable,
    WorkflowSteps,
};
use serde::Deserialize;

use crate::{
    CacheTool, Counters, Folders, Invocation, JobContext, JobObservation, Outcomes, Program,
    Recipe, Settings, Source, StatisticsError, ToolReport, statement,
};

/// jdx's build cache.
pub struct Mbx;

/// The tool of this file.
pub static TOOL: Mbx = Mbx;

/// Keys that it looked for: one compilation may have several.
const PROBED_KEYS: Counter = Counter::new("probed-keys");
/// Misses for which there was no key to look for: what a crate reads is known only from an earlier
/// compilation of it.
const UNCONSULTED: Counter = Counter::new("unconsulted");

static DESCRIPTION: ToolDescription = ToolDescription {
    role: ToolRole::Wrapper,
    restores: RestoreScope::Units,
    versioned: true,
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
            name: "MBX_BUILD_SCRIPT_EXECUTION",
            summary: "false: runs of build scripts are not cached",
        },
        Variable { name: "MBX_CACHE_LINKS", summary: "false: what is linked is not cached" },
        Variable { name: "MBX_CC", summary: "false: C of build scripts is not cached" },
        Variable { name: "MBX_RESTORE_HARDLINK", summary: "false: restored files are copies" },
        Variable { name: "MBX_SCHEDULER", summary: "false: compilations are not scheduled by it" },
        Variable {
            name: "MBX_SHARE_OUT_DIR",
            summary: "false: crates with generated code keep Cargo's OUT_DIR",
        },
        Variable {
            name: "MBX_SHARE_WORKSPACE_ROOT",
            summary: "true: the checkout's path is no part of what is compiled",
        },
        Variable {
            name: "MBX_VERIFY",
            summary: "true: everything is compiled and compared with its store",
        },
    ],
    reserved_variables: &[
        "MBX_CACHE_DIR",
        "MBX_GC_AUTO",
        "MBX_STATS_REPORT",
        "MBX_SUMMARY",
        "MBX_TARGET_VIEWS",
    ],
    expected_counters: &[],
    caveats: &[
        "mbx also restores runs of build scripts: they are part of its times and are not counted \
         as units.",
        "mbx would also keep target folders below its own folder from one build to the next. Here \
         that is off (MBX_TARGET_VIEWS): each job has a new target folder, as with every other \
         tool, and only its store survives.",
    ],
    ..ToolDescription::new("mbx", "a program in place of Cargo that caches what the compiler makes")
};

static PROGRAM: Program = Program {
    name: "mbx",
    companions: &[],
    version_line: "mbx {version}",
    // The first version seen: its report has the form of version 5.
    minimum: "1.29.1",
    oldest: "1.29.1",
    pinned: "1.29.1",
    sources: &[Source::CargoInstall { typically: "about 6 minutes on 2 cores" }],
};

/// The start of the names of build reports, one for each Cargo command of a job.
const REPORT: &str = "mbx-report-";

impl CacheTool for Mbx {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&PROGRAM)
    }

    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        let program = job.program.unwrap_or(Path::new(PROGRAM.name));
        let environment = environment(job);
        // Each command starts an agent of its own, which ends with it: there is nothing to ask
        // afterwards but what it wrote.
        let folder = job.folders.temporary.display().to_string();
        let script = format!("cat -- \"$0\"/{REPORT}*.json");
        let reports = Invocation::of(Path::new("sh"), &["-c", &script, &folder], &environment);
        Recipe {
            survives: Some(job.folders.kept.clone()),
            launcher: Some(program.to_owned()),
            environment,
            statistics: Some(reports),
            ..Recipe::default()
        }
    }

    fn own_socket(&self, folders: &Folders) -> Option<PathBuf> {
        // `spawn_server` in its session/server.rs; six signs of its folder are random.
        Some(folders.temporary.join("mbx-session-123456/cache-agent.sock"))
    }

    fn workflow(&self, scenario: &Scenario, _settings: &Settings) -> WorkflowSteps {
        let version = scenario.tool.version.as_deref().unwrap_or(PROGRAM.pinned);
        WorkflowSteps {
            notes: vec![
                format!(
                    "Install it in a step before, such as with `cargo install mbx@{version} \
                     --locked`, and write `mbx` in place of `cargo`."
                ),
                "Its folder, ~/.cache/mbx, must be there again in the next job: a runner of your \
                 own."
                    .to_owned(),
            ],
            ..WorkflowSteps::default()
        }
    }

    fn evaluate(&self, observed: &JobObservation<'_>) -> Result<ToolReport, StatisticsError> {
        // Before the build there is no report.
        let reports = statement("mbx", observed.job, Moment::After, parse_reports)?;
        let counters = counters(&reports);
        Ok(ToolReport {
            outcomes: Outcomes::with_wrapper(&DESCRIPTION, &observed.job.units, &counters),
            checks: store_check(observed, &counters).into_iter().collect(),
            entries_written: counters.get(Counter::MISSES),
            counters,
            // It reports neither its store nor its version.
            stored_in: None,
            version: None,
        })
    }
}

/// Checks that its folder holds something after misses, since it does not report its store.
fn store_check(observed: &JobObservation<'_>, counters: &Counters) -> Option<Check> {
    let size = observed.job.kept_bytes?;
    (counters.get(Counter::MISSES)? > 0).then(|| Check {
        name: "mbx's store in its folder".to_owned(),
        held: Some(size.0 > 0),
        seen: size.to_string(),
    })
}

/// The variables of the launched Cargo commands.
fn environment(job: &JobContext<'_>) -> BTreeMap<String, String> {
    let report = job.folders.temporary.join(format!("{REPORT}{{command}}.json"));
    let pairs = [
        ("MBX_CACHE_DIR", job.folders.kept.display().to_string()),
        ("MBX_STATS_REPORT", report.display().to_string()),
        // Its collector would go on in the background after the build.
        ("MBX_GC_AUTO", "false".to_owned()),
        ("MBX_SUMMARY", "off".to_owned()),
        ("MBX_TARGET_VIEWS", "false".to_owned()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// One build report of `MBX_STATS_REPORT` (version 5), as far as it is used.
#[derive(Deserialize)]
struct BuildReport {
    version: u32,
    lookups: u64,
    hits: u64,
    misses: u64,
    unconsulted: u64,
    /// Calls that it passed on to the compiler, by the reason.
    bypasses: BTreeMap<String, u64>,
}

impl BuildReport {
    /// Calls that compile nothing of the workspace: questions to the compiler, and what is given on
    /// standard input.
    fn probes(&self) -> u64 {
        self.passed_on(true)
    }

    /// Calls that it could not cache.
    fn refused(&self) -> u64 {
        self.passed_on(false)
    }

    fn passed_on(&self, wanted: bool) -> u64 {
        let is_probe =
            |reason: &str| reason.ends_with("compiler-query") || reason.ends_with("standard-input");
        let of_kind = self.bypasses.iter().filter(|(reason, _)| is_probe(reason) == wanted);
        of_kind.map(|(_, count)| count).sum()
    }
}

/// Why build reports cannot be read.
#[derive(Debug, thiserror::Error)]
enum InvalidReports {
    #[error("there is no report: mbx wrote none")]
    None,
    #[error("a report has the form of version {0}, and version 5 is known")]
    OtherVersion(u32),
    #[error(transparent)]
    Syntax(#[from] serde_json::Error),
}

/// Reads the reports of a job's commands, one behind the other.
fn parse_reports(text: &str) -> Result<Vec<BuildReport>, InvalidReports> {
    let reports = serde_json::Deserializer::from_str(text).into_iter::<BuildReport>();
    let reports = reports.collect::<Result<Vec<BuildReport>, serde_json::Error>>()?;
    match reports.iter().find(|report| report.version != 5) {
        Some(other) => Err(InvalidReports::OtherVersion(other.version)),
        None if reports.is_empty() => Err(InvalidReports::None),
        None => Ok(reports),
    }
}

/// The counters of a job: the sums over its commands.
fn counters(reports: &[BuildReport]) -> Counters {
    let sum = |read: fn(&BuildReport) -> u64| reports.iter().map(read).sum::<u64>();
    let (hits, unconsulted) = (sum(|it| it.hits), sum(|it| it.unconsulted));
    let misses = sum(|it| it.misses) + unconsulted;
    let (refused, probes) = (sum(BuildReport::refused), sum(BuildReport::probes));
    let counters = [
        (Counter::REQUESTS, hits + misses + refused + probes),
        (PROBED_KEYS, sum(|it| it.lookups)),
        (Counter::HITS, hits),
        (Counter::MISSES, misses),
        (Counter::NONCACHEABLE, refused),
        (Counter::NONCOMPILATIONS, probes),
        (UNCONSULTED, unconsulted),
    ];
    counters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Bytes, JobFacts};

    use super::*;
    use crate::testing::{self, context, folders, scenario, tiny_job};

    /// What mbx reported of a build of the sample `tiny`.
    fn printed(name: &str) -> String {
        testing::printed("mbx/1.29.1", name, Moment::After)
    }

    /// The six units of `tiny`, and what was reported of a job that built them.
    fn job(text: String) -> JobFacts {
        let statements = [(Moment::Before, String::new()), (Moment::After, text)];
        JobFacts {
            kept_bytes: Some(Bytes(17_000_000)),
            ..tiny_job("mbx-local", "cold", statements)
        }
    }

    fn report(job: &JobFacts) -> Result<ToolReport, StatisticsError> {
        Mbx.evaluate(&JobObservation { job, scenario: &scenario("mbx", &[]) })
    }

    #[test]
    fn what_it_could_not_even_look_up_is_a_miss_and_runs_of_build_scripts_are_no_units() {
        let count = |report: &ToolReport, counter| report.counters.get(counter);
        let cold = report(&job(printed("cold"))).unwrap();
        assert_eq!((cold.outcomes.hits, cold.outcomes.misses), (0, 6));
        // Six units and the run of a build script, none of which had a key.
        assert_eq!(count(&cold, UNCONSULTED), Some(7));
        assert_eq!((cold.counters.lookups(), count(&cold, PROBED_KEYS)), (Some(7), Some(0)));
        assert_eq!(count(&cold, Counter::NONCOMPILATIONS), Some(3));
        assert_eq!(count(&cold, Counter::NONCACHEABLE), Some(0));
        assert_eq!(cold.checks[0].held, Some(true));
        let warm = report(&job(printed("unchanged"))).unwrap();
        assert_eq!((warm.outcomes.hits, warm.outcomes.misses), (6, 0));
        assert_eq!(count(&warm, Counter::HITS), Some(7));
        assert!(warm.checks.is_empty(), "{:?}", warm.checks);
    }

    #[test]
    fn a_job_of_several_commands_is_the_sum_of_their_reports() {
        let both = report(&job(printed("cold") + &printed("unchanged"))).unwrap();
        let count = |counter| both.counters.get(counter);
        assert_eq!((count(Counter::HITS), count(Counter::MISSES)), (Some(7), Some(7)));
    }

    #[test]
    fn no_report_and_one_of_another_form_are_told() {
        let told = |text: &str| {
            let error = report(&job(text.to_owned())).unwrap_err();
            assert_eq!(error.to_string(), "mbx's statistics after the build cannot be read");
            std::error::Error::source(&error).unwrap().to_string()
        };
        assert_eq!(told(""), "there is no report: mbx wrote none");
        assert!(told("{").contains("EOF"));
        let other = printed("cold").replacen("\"version\": 5", "\"version\": 6", 1);
        let wanted = "a report has the form of version 6, and version 5 is known";
        assert_eq!(told(&other), wanted);
    }

    #[test]
    fn it_is_called_in_place_of_cargo_and_keeps_no_target_folder() {
        let (scenario, folders) = (scenario("mbx", &[]), folders());
        let program = Some(Path::new("/bin/mbx"));
        let job = JobContext { program, ..context(&scenario, None, &folders) };
        let recipe = Mbx.recipe(&job);
        assert_eq!(recipe.launcher.as_deref(), program);
        assert!(recipe.restore.is_empty() && recipe.save.is_empty(), "it has no daemon");
        assert_eq!(recipe.environment["MBX_TARGET_VIEWS"], "false");
        let report = "/scratch/temporary/mbx-report-{command}.json";
        assert_eq!(recipe.environment["MBX_STATS_REPORT"], report);
        assert!(!recipe.environment.contains_key("RUSTC_WRAPPER"));
        assert_eq!(recipe.survives, Some(folders.kept));
    }
}
