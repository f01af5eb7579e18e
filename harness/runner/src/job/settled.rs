//! The build of a job once more, when everything of the job has been measured: nothing should be
//! left to do. Owns in which jobs this is looked at. It must not change what a later job starts
//! from: it compiles without the cache tool, in a checkout that is thrown away.

use std::path::PathBuf;
use std::time::Instant;

use lukewarm_model::{CargoCommand, CargoTask, Seconds, SettledFacts, UnitFact};

use crate::error::RunnerError;
use crate::job::effects::Stop;
use crate::job::real_effects::RealEffects;
use crate::job::{build, commands};
use crate::process::Output;

/// Reasons that are kept of one build.
const MOST_REASONS: usize = 20;

/// The variables by which a tool stands before the compiler. Cargo calls what is fresh by neither,
/// and a tool that is not asked stores nothing.
const WRAPPERS: [&str; 2] = ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"];

impl RealEffects<'_> {
    /// Whether the job's build is looked at once more: where that costs next to nothing in a whole
    /// run, and where nobody starts from what it leaves.
    pub fn looks_whether_settled(&self) -> bool {
        let (slot, plan) = (self.slot, &self.context.prepared.plan);
        let is_last = slot.job + 1 == plan.story.jobs.len();
        let is_kept = self.keeps_checkout() || self.recipe.survives.is_some();
        let is_passed_on = slot.first_pass && !is_last && is_kept;
        let is_first = slot.attempt.iteration == 1 && slot.attempt.repeat == 0;
        let only_compiles = commands::of(plan).iter().all(only_compiles);
        is_first && only_compiles && !is_passed_on && !slot.is_for_comparison()
    }

    /// Builds once more, and says what was not fresh; none where that build fails or does not run.
    pub fn build_again(&self) -> Result<Option<SettledFacts>, Stop> {
        let plan = &self.context.prepared.plan;
        let began = Instant::now();
        let mut messages: Vec<PathBuf> = Vec::new();
        let all = commands::of(plan);
        for (number, command) in (all.len()..).zip(&all) {
            let file = self.folders.temporary.join(format!("messages-again-{number}.json"));
            let mut spec = self.cargo(command, number, Output::Append(file.clone()))?;
            for name in WRAPPERS {
                spec.environment.remove(std::ffi::OsStr::new(name));
            }
            // An empty text also overrules the workspace's own configuration.
            spec.environment.insert("RUSTC_WRAPPER".into(), "".into());
            spec.environment.insert("CARGO_TERM_VERBOSE".into(), "true".into());
            spec.stderr = self.log_output("again");
            let exit = spec.run(self.processes()).map_err(RunnerError::from)?;
            if exit.code != Some(0) {
                return Ok(None);
            }
            messages.push(file);
        }
        let built = build::read(&messages)?;
        let log = std::fs::read(self.log("again")).unwrap_or_default();
        Ok(Some(SettledFacts {
            units: built.units.len() as u64,
            not_fresh: built.units.iter().filter(|unit| !unit.fresh).map(name).collect(),
            reasons: reasons(&String::from_utf8_lossy(&log)),
            wall: Seconds::from(began.elapsed()),
        }))
    }
}

/// Whether a command compiles and runs nothing of the workspace's.
fn only_compiles(command: &CargoCommand) -> bool {
    match command.task {
        CargoTask::Test | CargoTask::Bench => command.has("--no-run"),
        CargoTask::Nextest => false,
        _ => true,
    }
}

fn name(unit: &UnitFact) -> String {
    format!("{} {}", unit.package, unit.target)
}

/// Cargo's words on what it does anew: `Dirty app v0.1.0 (/path): the file … has changed`.
fn reasons(log: &str) -> Vec<String> {
    let said = log.lines().filter_map(|line| line.trim_start().strip_prefix("Dirty "));
    said.take(MOST_REASONS).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_reasons_are_its_own_words() {
        let log = "       Fresh core v0.1.0 (/w/core)\n       Dirty app v0.1.0 (/w): the file \
                   `src/main.rs` has changed\n   Compiling app v0.1.0 (/w)\n";
        assert_eq!(reasons(log), ["app v0.1.0 (/w): the file `src/main.rs` has changed"]);
        assert!(reasons("").is_empty());
    }

    #[test]
    fn what_runs_tests_is_not_built_again() {
        let command = |task, args: &[&str]| CargoCommand {
            toolchain: None,
            task,
            args: args.iter().map(|word| (*word).to_owned()).collect(),
        };
        assert!(only_compiles(&command(CargoTask::Clippy, &[])));
        assert!(only_compiles(&command(CargoTask::Test, &["--no-run"])));
        assert!(!only_compiles(&command(CargoTask::Test, &[])));
        assert!(!only_compiles(&command(CargoTask::Nextest, &["run"])));
    }
}
