//! The effects of a job on this machine: its folders, its tool's recipe, its environment, and what
//! of it goes on. Owns no order: that is the plan's. The parts themselves are in the files beside.

use std::path::PathBuf;

use lukewarm_cache_services::Service;
use lukewarm_cache_tools::{Checkout, Folders, Recipe};
use lukewarm_model::{Check, SampleWorkspace, Scenario, Seconds, Warning};

use crate::error::RunnerError;
use crate::files::guarded::Root;
use crate::files::names::case_folder;
use crate::job::checkout::Sources;
use crate::job::effects::{Effects, KeptState, Notes, Oddities, Outputs, State, Stop};
use crate::job::plan::{Action, JobPlan};
use crate::job::recipe::{Ingredients, endpoint};
use crate::job::restored::Restored;
use crate::job::scheduled_job::ScheduledJob;
use crate::prepare::configuration::Incremental;
use crate::prepare::edits::Edit;
use crate::prepare::environment::Environment;
use crate::prepare::toolchain::ResolvedToolchain;
use crate::prepare::workspace::{self, PreparedWorkspace};
use crate::prepare::{Prepared, Served};
use crate::process::{Child, MemoryWatch, Processes};

/// What all jobs of a run share.
pub struct RunContext<'a> {
    /// What was prepared.
    pub prepared: &'a Prepared,
    /// Where the jobs' logs go.
    pub logs: PathBuf,
    /// Watches the memory of all children.
    pub watch: MemoryWatch,
}

/// One job on this machine.
pub struct RealEffects<'a> {
    pub context: &'a RunContext<'a>,
    pub slot: &'a ScheduledJob,
    pub before: &'a State,
    pub workspace: &'a SampleWorkspace,
    pub scenario: &'a Scenario,
    pub shop: &'a PreparedWorkspace,
    pub folders: Folders,
    /// None where the story asks for a second one and none is installed.
    pub toolchain: Option<&'a ResolvedToolchain>,
    pub ingredients: Ingredients<'a>,
    pub recipe: Recipe,
    pub environment: Environment,
    /// What adds flags to those of the workspace, as Cargo's arguments.
    pub flags: Vec<String>,
    pub edits: Vec<Edit>,
    pub sources: Sources,
    pub logs: PathBuf,
    /// The tool's server, while it runs beside the build.
    pub server: Option<Child>,
    pub restored_key: Option<String>,
    pub restored: Option<Restored>,
    /// How long everything had stood still before the job began.
    pub still: Seconds,
}

impl<'a> RealEffects<'a> {
    /// A job of a run, which starts from the state that its predecessor left.
    ///
    /// # Errors
    /// When its sources, its recipe or its folder for logs cannot be made.
    pub fn new(
        context: &'a RunContext<'a>,
        slot: &'a ScheduledJob,
        before: &'a State,
    ) -> Result<RealEffects<'a>, RunnerError> {
        let prepared = context.prepared;
        let spec = &prepared.plan.story.jobs[slot.job];
        let scenario = prepared.plan.scenario(&slot.case);
        let shop = &prepared.workshops[&slot.case.workspace];
        let workspace = prepared.plan.workspace(&slot.case);
        let around = workspace::around(&prepared.plan, slot.job, slot.edition(&prepared.plan));
        let folders = shop.folders(&around);
        let edits =
            shop.edits(&prepared.plan, workspace, slot.job, slot.edition(&prepared.plan))?;
        let sources = Sources::of(shop, &prepared.plan, workspace, slot, &edits)?;
        let service = prepared.services.get(&scenario.name);
        let ingredients = Ingredients {
            tools: &prepared.settings.tools,
            scenario,
            program: prepared.programs.get(&scenario.tool.to_string()),
            endpoint: service.map(|it| endpoint(&it.service, &around)),
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
        let folder =
            case_folder(&slot.case).join(format!("{:04}-{}", slot.attempt.position, spec.name));
        // Empty: what a job that was cut off printed is no part of this one's logs.
        let logs = Root::make(&context.logs)?.make_empty_folder(&folder)?;
        Ok(RealEffects {
            context,
            slot,
            before,
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
            server: None,
            restored_key: None,
            restored: None,
            still: Seconds(0.0),
        })
    }

    /// What the job does.
    pub fn plan(&self) -> JobPlan {
        JobPlan::of(&self.recipe)
    }

    /// A file for what some process of the job prints.
    pub fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    pub fn keeps_checkout(&self) -> bool {
        self.recipe.checkout == Checkout::Kept
    }

    /// Where the job's processes are started.
    pub fn processes(&self) -> &'a Processes {
        &self.context.prepared.settings.processes
    }

    /// The scenario's service.
    pub fn service(&self) -> Option<&'a Service> {
        self.served().map(|served| &served.service)
    }

    /// The same with what it held before the first job.
    pub fn served(&self) -> Option<&'a Served> {
        self.context.prepared.services.get(&self.scenario.name)
    }
}

impl Effects for RealEffects<'_> {
    fn set_up(&mut self) -> Result<(), RunnerError> {
        self.set_up_machine()?;
        self.still = self.context.watch.stood_still();
        Ok(())
    }

    fn act(&mut self, action: &Action, notes: &mut Notes) -> Result<(), Stop> {
        match action {
            Action::RestoreArchive(archive) => self.restore_archive(archive, notes),
            Action::SaveArchive(archive) => self.save_archive(archive, notes),
            Action::StartServer => self.start_server(notes),
            Action::StopServer => self.stop_server(),
            Action::Command { step, number } => self.run_command(*step, *number),
            Action::Build => self.build(notes),
        }
    }

    fn list_restored(&mut self) {
        let target = self.folders.checkout.join("target");
        self.restored = self.restored_key.is_some().then(|| Restored::look(&target));
    }

    fn statistics(&mut self) -> Result<Option<String>, Stop> {
        self.ask_tool()
    }

    fn check_outputs(&mut self) -> Result<Outputs, Stop> {
        self.look_at_outputs()
    }

    fn end_processes(&mut self) -> Oddities {
        let still = self.context.watch.stood_still() - self.still;
        // A server that still runs is stopped here.
        self.server = None;
        let processes = self.processes();
        processes.stop_strays();
        Oddities {
            checks: ran_through(still).into_iter().collect(),
            warnings: immortal(&processes.take_immortal()).into_iter().collect(),
        }
    }

    fn keep(&mut self) -> Result<KeptState, RunnerError> {
        self.keep_state()
    }

    fn tear_down(&mut self) -> Result<(), RunnerError> {
        self.clear_machine()
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
