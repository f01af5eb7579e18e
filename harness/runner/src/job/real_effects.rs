//! The effects of a job on this machine: its folders, its tool's recipe, its environment and its
//! running server. The parts are implemented in the neighbouring modules. It must not decide their
//! order, which is the plan's.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use lukewarm_cache_tools::{Archive, Checkout, Folders, Recipe};
use lukewarm_model::{
    Bytes, Check, ErrorChain, Failure, FailureKind, SampleWorkspace, Scenario, Seconds,
    SettledFacts, Surroundings, Warning,
};

use crate::error::RunnerError;
use crate::files::guarded::Root;
use crate::files::names::case_folder;
use crate::job::checkout::Sources;
use crate::job::copy::{self, CopyPlace};
use crate::job::effects::{CleanupReport, Effects, KeptState, Notes, Outputs, State, Stop};
use crate::job::plan::{Action, JobPlan};
use crate::job::recipe::{Ingredients, endpoint};
use crate::job::restored::Restored;
use crate::job::scheduled_job::ScheduledJob;
use crate::job::time_limit::JobTimes;
use crate::job::written;
use crate::prepare::Prepared;
use crate::prepare::configuration::Incremental;
use crate::prepare::edits::Edit;
use crate::prepare::environment::Environment;
use crate::prepare::origin::OriginServer;
use crate::prepare::services::Served;
use crate::prepare::toolchain::ResolvedToolchain;
use crate::prepare::workspace::{self, PreparedWorkspace};
use crate::process::{Child, MemoryWatch, Processes, TimeLimit};

/// What all jobs of a run share.
pub struct RunContext<'a> {
    /// The prepared plan.
    pub prepared: &'a Prepared,
    /// The folder of the jobs' logs.
    pub logs: PathBuf,
    /// The memory of all children.
    pub watch: MemoryWatch,
    /// How long jobs may take.
    pub times: JobTimes,
}

/// One job on this machine.
pub struct RealEffects<'a> {
    pub context: &'a RunContext<'a>,
    pub slot: &'a ScheduledJob,
    pub before: &'a State,
    pub workspace: &'a SampleWorkspace,
    pub scenario: &'a Scenario,
    pub prepared_workspace: &'a PreparedWorkspace,
    pub folders: Folders,
    /// None where the story needs a second toolchain and none is installed.
    pub toolchain: Option<&'a ResolvedToolchain>,
    pub ingredients: Ingredients<'a>,
    pub recipe: Recipe,
    pub environment: Environment,
    /// Flags for the compiler that the story adds; none where it adds none.
    pub story_flags: Option<String>,
    /// What surrounds the build in a test of soundness; none in a job that is measured.
    pub surroundings: Option<&'a Surroundings>,
    pub edits: Vec<Edit>,
    pub sources: Sources,
    pub logs: PathBuf,
    /// The tool's server, while it is running.
    pub server: Option<Child>,
    /// The archive with its whole key; none before it is restored.
    pub archive: Option<Archive>,
    pub restored_key: Option<String>,
    pub restored: Option<Restored>,
    /// Which of several copies this is; none for a job that runs alone.
    pub copy: Option<&'a CopyPlace>,
    /// Total time of suspension before the job began: lukewarm stopped, or the machine asleep.
    pub suspended: Seconds,
    /// When the checkout was complete; none before.
    pub laid: Option<SystemTime>,
}

impl<'a> RealEffects<'a> {
    /// The effects of a job, or of one of several copies, that starts from its predecessor's
    /// state.
    ///
    /// # Errors
    /// When its sources, its recipe or its folder of logs cannot be made.
    pub fn new(
        context: &'a RunContext<'a>,
        slot: &'a ScheduledJob,
        before: &'a State,
        copy: Option<&'a CopyPlace>,
    ) -> Result<RealEffects<'a>, RunnerError> {
        let prepared = context.prepared;
        let spec = &prepared.plan.story.jobs[slot.job];
        let scenario = prepared.plan.scenario(&slot.case);
        let prepared_workspace = &prepared.workspaces[&slot.case.workspace];
        let workspace = prepared.plan.workspace(&slot.case);
        let surroundings = workspace.surroundings(slot.job);
        let variation =
            workspace::variation(&prepared.plan, slot.job, slot.edition(&prepared.plan))
                .with(surroundings);
        let folders = prepared_workspace.folders(&variation);
        let edits = prepared_workspace.edits(
            &prepared.plan,
            workspace,
            slot.job,
            slot.edition(&prepared.plan),
        )?;
        let sources = Sources::of(prepared_workspace, &prepared.plan, workspace, slot, &edits)?;
        let service = prepared.services.get(&scenario.name);
        let ingredients = Ingredients {
            tools: &prepared.settings.tools,
            scenario,
            program: prepared.programs.get(&scenario.tool.to_string()),
            endpoint: service.map(|it| endpoint(&it.service, &variation, copy)),
            socket: copy::socket(&prepared.scratch, copy),
            git_ref: variation.git_ref.clone(),
            lock_hash: sources.lock_hash().unwrap_or_else(|| prepared_workspace.lock_hash.clone()),
            serial: slot.attempt.position,
            compression: prepared.compression,
        };
        // No server is started before the restore step.
        let recipe = ingredients.recipe(&folders, 0)?;
        let toolchain = prepared_workspace.toolchain(&variation);
        let bin = &toolchain.unwrap_or(&prepared_workspace.toolchain).bin;
        let environment = environment(prepared, prepared_workspace, scenario, (&folders, bin));
        let folder = log_folder(slot, &spec.name, copy);
        // Emptied, since an interrupted attempt at this job may have left logs.
        let logs = Root::make(&context.logs)?.make_empty_folder(&folder)?;
        Ok(RealEffects {
            context,
            slot,
            before,
            workspace,
            scenario,
            prepared_workspace,
            folders,
            toolchain,
            ingredients,
            recipe,
            environment,
            story_flags: variation.flags,
            surroundings,
            edits,
            sources,
            logs,
            server: None,
            archive: None,
            restored_key: None,
            restored: None,
            copy,
            suspended: Seconds(0.0),
            laid: None,
        })
    }

    /// The job's plan.
    pub fn plan(&self) -> JobPlan {
        let plan = JobPlan::of(&self.recipe);
        if self.looks_whether_settled() { plan.and_again() } else { plan }
    }

    pub fn keeps_checkout(&self) -> bool {
        self.recipe.checkout == Checkout::Kept
    }

    /// A remark about files that the build wrote among its sources; none without any.
    fn written(&self) -> Option<Warning> {
        let root = self.prepared_workspace.checkout_root(&self.folders);
        let target = self.folders.checkout.join("target");
        written::warning(&written::since(root, &target, self.laid?))
    }

    /// Gives the job its time, from now on.
    fn limit_time(&self) {
        let job = &self.context.prepared.plan.story.jobs[self.slot.job];
        let given = self.context.times.limit(&job.name);
        let at = Instant::now() + Duration::from_secs_f64(given.0);
        self.processes().set_limit(Some(TimeLimit { at, given }));
    }

    /// The running processes of the run, with the limits of its runner.
    pub fn processes(&self) -> &'a Processes {
        let alone = || self.context.prepared.limits.job_processes();
        self.copy.map_or_else(alone, |copy| &copy.processes)
    }

    /// Carries out one action of a step.
    fn carry_out(&mut self, action: &Action, notes: &mut Notes) -> Result<(), Stop> {
        match action {
            Action::RestoreArchive(archive) => self.restore_archive(archive, notes),
            Action::RemoveOld(cleaning) => {
                self.remove_old(cleaning);
                Ok(())
            }
            Action::Clean(cleaning) => self.clean(cleaning, notes),
            Action::SaveArchive(archive) => self.save_archive(archive, notes),
            Action::StartServer => self.start_server(notes),
            Action::StopServer => self.stop_server(notes),
            Action::Command { step, number } => self.run_command(*step, *number),
            Action::Build => self.build(notes),
        }
    }

    /// The scenario's service with its initial content; none without a service.
    pub fn served(&self) -> Option<&'a Served> {
        self.context.prepared.services.get(&self.scenario.name)
    }
}

/// The folder of a job's logs, below that of all logs. A build for comparison has the place of a
/// job, which has logs of its own, and so has each copy of a job.
fn log_folder(slot: &ScheduledJob, name: &str, copy: Option<&CopyPlace>) -> PathBuf {
    let kind = if slot.is_for_comparison() { "-uncached" } else { "" };
    let copied = copy.map(|it| format!("-copy-{}", it.number)).unwrap_or_default();
    let folder = format!("{:04}-{name}{kind}{copied}", slot.attempt.position);
    case_folder(&slot.case).join(folder)
}

/// The environment of a job's processes with the toolchain in `bin`.
pub fn environment(
    prepared: &Prepared,
    workspace: &PreparedWorkspace,
    scenario: &Scenario,
    (folders, bin): (&Folders, &Path),
) -> Environment {
    let (user, home) = (&prepared.settings.user, prepared.scratch.home());
    let mut environment = user.for_job(bin, &home, folders, scenario);
    let variables = prepared.settings.variables.iter();
    environment.extend(variables.map(|(name, it)| (name.into(), it.value.clone().into())));
    let (own, incremental) = (&workspace.configuration, Incremental::of(scenario));
    environment.extend(own.environment(&folders.checkout, bin, incremental));
    environment
}

impl Effects for RealEffects<'_> {
    fn set_up(&mut self) -> Result<(), RunnerError> {
        self.set_up_machine()?;
        self.suspended = self.context.watch.suspended();
        self.limit_time();
        self.laid = Some(SystemTime::now());
        Ok(())
    }

    fn act(&mut self, action: &Action, notes: &mut Notes) -> Result<(), Stop> {
        let limits = &self.context.prepared.limits;
        let before = limits.killed();
        let done = self.carry_out(action, notes);
        let done = match limits.memory().filter(|_| limits.killed() > before) {
            Some(memory) => out_of_memory(memory, done, notes),
            None => done,
        };
        let origin = self.served().and_then(|served| served.origin.as_ref());
        match origin.and_then(OriginServer::ended) {
            Some(ended) => service_ended(&ended, done),
            None => done,
        }
    }

    fn list_restored(&mut self) {
        let target = self.folders.checkout.join("target");
        self.restored = self.restored_key.is_some().then(|| Restored::look(&target));
    }

    fn statistics(&mut self) -> Result<Option<String>, Stop> {
        self.read_statistics()
    }

    fn check_outputs(&mut self) -> Result<Outputs, Stop> {
        self.verify_outputs()
    }

    fn build_again(&mut self) -> Result<Option<SettledFacts>, Stop> {
        RealEffects::build_again(self)
    }

    fn end_processes(&mut self) -> CleanupReport {
        let suspended = self.context.watch.suspended() - self.suspended;
        // Dropping a running server stops it.
        self.server = None;
        self.processes().set_limit(None);
        // What a copy left is ended when all have come to their end.
        let strays = match self.copy {
            None => end_strays(self.processes(), &self.scenario.tool.name),
            Some(_) => Vec::new(),
        };
        CleanupReport {
            checks: suspension_check(suspended).into_iter().collect(),
            warnings: strays.into_iter().chain(self.written()).collect(),
        }
    }

    fn save_state(&mut self) -> Result<KeptState, RunnerError> {
        self.save_survivors()
    }

    fn tear_down(&mut self) -> Result<(), RunnerError> {
        self.clear_machine()
    }

    fn wait_for_start(&mut self, time: Duration) -> Result<(), RunnerError> {
        self.processes().sleep(time);
        // Waiting for its start is no time of the job.
        self.limit_time();
        if time.is_zero() { Ok(()) } else { self.renew_checkout() }
    }

    fn is_cancelled(&self) -> bool {
        self.processes().is_cancelled()
    }

    fn full_disk(&self) -> Option<PathBuf> {
        const NEARLY_NOTHING: u64 = 10_000_000;
        let is_full =
            |it: &&PathBuf| fs4::available_space(it).is_ok_and(|free| free < NEARLY_NOTHING);
        let folders = [&self.context.prepared.settings.scratch, &self.context.logs];
        folders.into_iter().find(is_full).cloned()
    }
}

/// What an action is that ended while processes of it were killed for want of memory: its failure
/// with the reason, or a failed check where it went on without them.
fn out_of_memory(memory: Bytes, done: Result<(), Stop>, notes: &mut Notes) -> Result<(), Stop> {
    let killed = format!("it needs more than {memory} of memory, the limit of this runner");
    match done {
        Err(Stop::Failed(failure)) => {
            let message = format!("the build was killed: {killed} ({})", failure.message);
            Err(Stop::Failed(Failure { message, ..failure }))
        }
        Ok(()) => {
            let seen = format!("a process of the job was killed: {killed}");
            let name = "enough memory".to_owned();
            notes.checks.push(Check { name, held: Some(false), seen });
            Ok(())
        }
        done => done,
    }
}

/// What an action is during which the server behind the job's service ended: a failure, whatever
/// the build made of it.
fn service_ended(ended: &str, done: Result<(), Stop>) -> Result<(), Stop> {
    let message = format!("the cache service broke down: {ended}");
    let kind = FailureKind::Environment;
    Err(match done {
        Err(Stop::Failed(failure)) => {
            let message = format!("{message} ({})", failure.message);
            Stop::Failed(Failure { kind, message, ..failure })
        }
        Err(Stop::Run(error)) if !error.is_cancelled() => {
            let message = format!("{message} ({})", ErrorChain(&error));
            Stop::Failed(Failure { step: None, kind, message, last_lines: Vec::new() })
        }
        Err(stop) => stop,
        Ok(()) => Stop::Failed(Failure { step: None, kind, message, last_lines: Vec::new() }),
    })
}

/// Ends what a job's processes left running; gives warnings about it.
pub fn end_strays(processes: &Processes, tool: &str) -> Vec<Warning> {
    processes.stop_strays();
    let warnings =
        [unkillable(&processes.take_unkillable()), went_on(processes.take_ended_strays(), tool)];
    warnings.into_iter().flatten().collect()
}

/// A failed check of a job during which lukewarm or the machine was suspended: its times are wrong.
fn suspension_check(suspended: Seconds) -> Option<Check> {
    (suspended.0 > 0.0).then(|| Check {
        name: "ran through".to_owned(),
        held: Some(false),
        seen: format!("lukewarm was stopped, or the machine slept, for {suspended} of the job"),
    })
}

/// A warning about processes that a build had left running, other than the cache tool's own.
fn went_on(names: Vec<String>, tool: &str) -> Option<Warning> {
    let others: Vec<String> = names.into_iter().filter(|name| !name.starts_with(tool)).collect();
    (!others.is_empty()).then(|| {
        Warning::new(
            format!("{} kept running after the job and was ended", others.join(", ")),
            "a build script or a tool starts it in the background: on a CI machine it would be \
             gone for the next job too",
        )
    })
}

/// A warning about processes of a job that could not be ended.
fn unkillable(names: &[String]) -> Option<Warning> {
    (!names.is_empty()).then(|| {
        Warning::new(
            format!("{} kept running after a job and could not be ended", names.join(", ")),
            "end it by hand: it waits for a disk, or runs as another user, and disturbs \
             later jobs",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_job_with_a_suspension_fails_the_check() {
        assert_eq!(suspension_check(Seconds(0.0)), None);
        let check = suspension_check(Seconds(12.0)).unwrap();
        assert_eq!((check.held, check.seen.contains("12.0 s")), (Some(false), true), "{check:?}");
    }

    #[test]
    fn what_went_on_is_named_unless_it_is_the_tools_own() {
        let names = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(went_on(names(&["sccache"]), "sccache"), None);
        let warning = went_on(names(&["gpg-agent", "sccache"]), "sccache").unwrap();
        assert_eq!(warning.what, "gpg-agent kept running after the job and was ended");
    }

    #[test]
    fn what_was_killed_for_want_of_memory_says_how_much_there_was() {
        let failed = || {
            Stop::Failed(Failure {
                step: None,
                kind: FailureKind::Build,
                message: "`cargo build` ended with code 101".to_owned(),
                last_lines: Vec::new(),
            })
        };
        let mut notes = Notes::default();
        let stop = out_of_memory(Bytes(2_000_000_000), Err(failed()), &mut notes).unwrap_err();
        let Stop::Failed(failure) = stop else { panic!("{stop:?}") };
        assert!(failure.message.contains("more than 2.00 GB"), "{}", failure.message);
        assert!(failure.message.contains("code 101") && notes.checks.is_empty());
        out_of_memory(Bytes(2_000_000_000), Ok(()), &mut notes).unwrap();
        assert_eq!(notes.checks[0].held, Some(false));
    }

    #[test]
    fn what_could_not_be_ended_is_named() {
        assert_eq!(unkillable(&[]), None);
        let warning = unkillable(&["rustc (7)".to_owned(), "cc (9)".to_owned()]).unwrap();
        let wanted = "rustc (7), cc (9) kept running after a job and could not be ended";
        assert_eq!(warning.what, wanted);
    }
}
