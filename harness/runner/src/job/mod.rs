//! One job: lay a clean machine, restore, build, save, and tell what was seen.
//! Owns the order of a job and its failures, which are rows and never end the run. It must not
//! judge: facts and checks are all it leaves.

mod archive;
mod build;
pub mod event;
mod lay;
mod mtimes;
mod recipe;
mod restored;
mod server;
pub mod slot;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use lukewarm_cache_services::Snapshot;
use lukewarm_cache_tools::{Checkout, Folders, Recipe};
use lukewarm_model::{
    Case, Check, ErrorChain, Failure, FailureKind, JobFacts, Plan, SampleWorkspace, Scenario,
    Seconds, Step, Warning,
};

use crate::error::RunnerError;
use crate::files::guarded::Root;
use crate::job::event::{Event, Observer};
use crate::job::slot::Slot;
use crate::prepare::Prepared;
use crate::prepare::cargo_home;
use crate::prepare::configuration::Incremental;
use crate::prepare::edits::Edit;
use crate::prepare::environment::Environment;
use crate::prepare::toolchain::Found;
use crate::prepare::workshop::{self, Workshop};
use crate::process::MemoryWatch;

use recipe::Ingredients;

/// What a job leaves to its successor.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What the service held.
    pub service: Option<Snapshot>,
    /// The folder that survived.
    pub folder: Option<PathBuf>,
    /// The times of the checkout's files, where the story keeps them.
    pub times: mtimes::Times,
}

/// What all jobs of a run share.
pub struct Bench<'a> {
    /// What was prepared.
    pub prepared: &'a Prepared,
    /// Where the jobs' logs go.
    pub logs: PathBuf,
    /// Watches the memory of all children.
    pub watch: MemoryWatch,
}

/// A job's facts, what it left, and the time its laying took.
pub struct Outcome {
    /// What was seen.
    pub facts: JobFacts,
    /// What its successor starts from; none when it failed.
    pub state: Option<State>,
    /// Time for laying the machine and clearing it away.
    pub laying: Seconds,
}

/// One job on its way.
struct Job<'a> {
    bench: &'a Bench<'a>,
    workspace: &'a SampleWorkspace,
    scenario: &'a Scenario,
    shop: &'a Workshop,
    folders: Folders,
    /// None where the story asks for a second one and none is installed.
    toolchain: Option<&'a Found>,
    ingredients: Ingredients<'a>,
    recipe: Recipe,
    environment: Environment,
    /// What adds flags to those of the workspace, as Cargo's arguments.
    flags: Vec<String>,
    edits: Vec<Edit>,
    sources: Sources,
    logs: PathBuf,
    /// The step that is under way, or that failed.
    at: Option<Step>,
    server: Option<server::Server>,
    restored_key: Option<String>,
    restored: Option<restored::Restored>,
    facts: JobFacts,
}

/// What is in a job's checkout.
struct Sources {
    /// The files that its edits change, with their content.
    changed: BTreeMap<PathBuf, String>,
    /// The files whose content is another than in the job before.
    new: BTreeSet<PathBuf>,
    /// The times of its files, where the story keeps them.
    times: mtimes::Times,
}

/// Why a job stopped: a row of the result, or the end of the run.
enum Stop {
    Failed(Failure),
    Run(RunnerError),
}

impl From<RunnerError> for Stop {
    fn from(error: RunnerError) -> Stop {
        Stop::Run(error)
    }
}

/// Runs one job from the state that its predecessor left.
///
/// # Errors
/// Only when the run cannot go on: cancelled, a full disk, a listener that fails.
pub fn run(
    bench: &Bench<'_>,
    slot: &Slot,
    before: &State,
    observer: &mut dyn Observer,
) -> Result<Outcome, RunnerError> {
    let plan = &bench.prepared.plan;
    let mut job = Job::new(bench, slot)?;
    let began = Instant::now();
    job.lay(before)?;
    let laying = Seconds::from(began.elapsed());
    let still = bench.watch.stood_still();
    let stopped = job.carry_out(observer);
    job.facts.checks.extend(ran_through(bench.watch.stood_still() - still));
    // A server that still runs is stopped here, whatever happened.
    job.server = None;
    let processes = &bench.prepared.settings.processes;
    processes.stop_strays();
    job.facts.warnings.extend(immortal(&processes.take_immortal()));
    if let Err(stop) = stopped {
        job.facts.failure = Some(job.as_row(stop)?);
    }
    let began = Instant::now();
    let last = slot.job + 1 == plan.story.jobs.len();
    let state = match job.facts.failure {
        None => Some(job.keep(slot, last)?),
        Some(_) => None,
    };
    job.clear()?;
    let laying = laying + Seconds::from(began.elapsed());
    Ok(Outcome { facts: job.facts, state, laying })
}

/// The facts of a job that cannot run because its predecessor failed.
pub fn skipped(bench: &Bench<'_>, slot: &Slot) -> JobFacts {
    let spec = &bench.prepared.plan.story.jobs[slot.job];
    let mut facts = JobFacts::new(&slot.case.id, &spec.name, slot.attempt, now());
    facts.failure = Some(Failure {
        step: None,
        kind: FailureKind::Predecessor,
        message: "the job before it failed, so there is no state to start from".to_owned(),
        last_lines: Vec::new(),
    });
    facts
}

/// This moment, RFC 3339 in UTC.
pub fn now() -> String {
    jiff::Timestamp::now().to_string()
}

impl<'a> Job<'a> {
    fn new(bench: &'a Bench<'a>, slot: &Slot) -> Result<Job<'a>, RunnerError> {
        let prepared = bench.prepared;
        let Case { id, workspace, .. } = &slot.case;
        let spec = &prepared.plan.story.jobs[slot.job];
        let scenario = prepared.plan.scenario(&slot.case);
        let shop = &prepared.workshops[workspace];
        let workspace = prepared.plan.workspace(&slot.case);
        let around = workshop::around(&prepared.plan, slot.job, slot.edition(&prepared.plan));
        let folders = shop.folders(&around);
        let edits =
            shop.edits(&prepared.plan, workspace, slot.job, slot.edition(&prepared.plan))?;
        let sources = Sources::of(shop, &prepared.plan, workspace, slot, &edits)?;
        let service = prepared.services.get(&scenario.name);
        let ingredients = Ingredients {
            scenario,
            program: prepared.programs.get(&scenario.tool.to_string()),
            endpoint: service.map(|it| recipe::endpoint(&it.service, &around)),
            socket: prepared.scratch.server(),
            lock_hash: sources.lock_hash().unwrap_or_else(|| shop.lock_hash.clone()),
            serial: slot.attempt.position,
            compression: prepared.compression,
        };
        // No server is started before the restore step.
        let recipe = ingredients.recipe(&folders, 0)?;
        let toolchain = shop.toolchain(&around);
        let bin = &toolchain.unwrap_or(&shop.toolchain).bin;
        let (user, home) = (&prepared.settings.user, prepared.scratch.home());
        let mut environment = user.for_job(bin, &home, &folders, scenario);
        let (own, incremental) = (&shop.configuration, Incremental::of(scenario));
        environment.extend(own.environment(&folders.checkout, bin, incremental));
        let flags = around.flags.map(|flags| shop.added_flags(&flags)).unwrap_or_default();
        let name = format!("{:04}-{}", slot.attempt.position, spec.name);
        // Empty: what a job that was cut off printed is no part of this one's logs.
        let logs = Root::make(&bench.logs)?.make_empty_folder(&Path::new(id).join(name))?;
        let facts = JobFacts::new(id, &spec.name, slot.attempt, now());
        Ok(Job {
            bench,
            workspace,
            scenario,
            shop,
            folders,
            toolchain,
            ingredients,
            recipe,
            environment,
            flags,
            edits,
            sources,
            logs,
            at: None,
            server: None,
            restored_key: None,
            restored: None,
            facts,
        })
    }

    /// The order of a job: restore, build, save, with the tool asked before and after the build.
    fn carry_out(&mut self, observer: &mut dyn Observer) -> Result<(), Stop> {
        let restore = std::mem::take(&mut self.recipe.restore);
        if !restore.is_empty() {
            self.step(Step::Restore, observer, |job, done| job.act(&restore, done))?;
        }
        if self.restored_key.is_some() {
            let target = self.folders.checkout.join("target");
            self.restored = Some(restored::Restored::look(&target));
        }
        self.ask_tool("before")?;
        let messages = self.folders.temporary.join("messages.json");
        self.step(Step::Build, observer, |job, done| job.build(&messages, done))?;
        self.ask_tool("after")?;
        self.check(&messages)?;
        let save = std::mem::take(&mut self.recipe.save);
        if !save.is_empty() {
            self.step(Step::Save, observer, |job, done| job.act(&save, done))?;
        }
        Ok(())
    }

    /// Looks whether what was built is what was to be built.
    fn check(&mut self, messages: &Path) -> Result<(), Stop> {
        let built = build::read(messages)?;
        self.facts.restored = self.restored.take().map(|restored| restored.used(&built));
        let checks = self.edits.iter().filter_map(|it| built.check_edit(&it.package, &it.proof));
        self.facts.checks.extend(checks);
        match &self.workspace.verify {
            Some(verify) => {
                let processes = &self.bench.prepared.settings.processes;
                let checkout = &self.folders.checkout;
                let check = built.check_program(verify, checkout, &self.environment, processes)?;
                self.facts.checks.push(check);
            }
            None => self.facts.checks.push(Check {
                name: "program works".to_owned(),
                held: None,
                seen: "the workspace names no program that could prove itself".to_owned(),
            }),
        }
        self.facts.units = built.units;
        Ok(())
    }

    /// A stop as a row, where it is one.
    fn as_row(&self, stop: Stop) -> Result<Failure, RunnerError> {
        let error = match stop {
            Stop::Failed(failure) => {
                return self.unless_disk_full(Failure { step: self.at, ..failure });
            }
            Stop::Run(error) => error,
        };
        if self.bench.prepared.settings.processes.is_cancelled() || error.is_cancelled() {
            return Err(RunnerError::Cancelled);
        }
        match error {
            RunnerError::Observer(_) | RunnerError::Cancelled => Err(error),
            error => self.unless_disk_full(Failure {
                step: self.at,
                kind: FailureKind::Environment,
                message: ErrorChain(&error).to_string(),
                last_lines: Vec::new(),
            }),
        }
    }

    /// A failure on a full disk ends the run: every job after it would fail too.
    fn unless_disk_full(&self, failure: Failure) -> Result<Failure, RunnerError> {
        const NEARLY_NOTHING: u64 = 10_000_000;
        let scratch = &self.bench.prepared.settings.scratch;
        let full = [scratch, &self.bench.logs]
            .into_iter()
            .find(|folder| fs4::available_space(folder).is_ok_and(|free| free < NEARLY_NOTHING));
        match full {
            None => Ok(failure),
            Some(folder) => Err(RunnerError::Environment(format!(
                "the disk of {} is full ({}); free some space, or choose other folders with \
                 `--scratch DIR` and `--out DIR`",
                folder.display(),
                failure.message
            ))),
        }
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    fn keeps_checkout(&self) -> bool {
        self.recipe.checkout == Checkout::Kept
    }
}

impl Sources {
    fn of(
        shop: &Workshop,
        plan: &Plan,
        workspace: &SampleWorkspace,
        slot: &Slot,
        edits: &[Edit],
    ) -> Result<Sources, RunnerError> {
        let changed = shop.changed(edits)?;
        let before = match slot.job.checked_sub(1) {
            Some(earlier) => {
                let edits = shop.edits(plan, workspace, earlier, workshop::first_pass(plan))?;
                shop.changed(&edits)?
            }
            None => BTreeMap::new(),
        };
        let new = workshop::differing(&before, &changed);
        Ok(Sources { changed, new, times: mtimes::Times::new() })
    }

    /// Hash of the lock file, where the edits change it.
    fn lock_hash(&self) -> Option<String> {
        let lock = self.changed.get(Path::new("Cargo.lock"))?;
        Some(cargo_home::hash(lock.as_bytes()))
    }
}

/// Speaks against a job in whose midst everything stood still: its times say nothing.
fn ran_through(still: Seconds) -> Option<Check> {
    (still.0 > 0.0).then(|| Check {
        name: "ran through".to_owned(),
        held: Some(false),
        seen: format!("lukewarm was stopped, or the machine slept, for {still} of the job"),
    })
}

/// What a job left that could not be ended.
fn immortal(names: &[String]) -> Option<Warning> {
    (!names.is_empty()).then(|| {
        Warning::new(
            format!("{} went on after a job and could not be ended", names.join(", ")),
            "end it by hand: it waits for a disk, or runs as another user, and disturbs what \
             comes after it",
        )
    })
}

/// Tells a listener something.
pub fn tell(observer: &mut dyn Observer, event: &Event) -> Result<(), RunnerError> {
    observer.observe(event).map_err(RunnerError::Observer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_job_in_whose_midst_all_stood_still_is_doubted() {
        assert_eq!(ran_through(Seconds(0.0)), None);
        let check = ran_through(Seconds(12.0)).unwrap();
        assert_eq!((check.held, check.seen.contains("12.0 s")), (Some(false), true), "{check:?}");
    }

    #[test]
    fn what_could_not_be_ended_is_named() {
        assert_eq!(immortal(&[]), None);
        let warning = immortal(&["rustc (7)".to_owned(), "cc (9)".to_owned()]).unwrap();
        let wanted = "rustc (7), cc (9) went on after a job and could not be ended";
        assert_eq!(warning.what, wanted);
    }
}
