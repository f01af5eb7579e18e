//! The interface between the loop of a run and its jobs. Owns the trait: real jobs run processes,
//! those of tests only return facts. It must not know an order.

use std::path::{Path, PathBuf};

use lukewarm_cache_tools::Tools;
use lukewarm_model::{BuildTraits, JobFacts, Probe, Scenario, Warning};

use crate::error::RunnerError;
use crate::job::event::Observer;
use crate::job::scheduled_job::ScheduledJob;
use crate::job::{self, JobOutcome, JobTimes, RunContext, State};
use crate::prepare::Prepared;
use crate::prepare::probe::{self, Load};
use crate::prepare::settings::Settings;
use crate::process::MemoryWatch;

/// Runs single jobs.
pub trait Jobs {
    /// Runs a job from the state that its predecessor left.
    ///
    /// # Errors
    /// Only when the run cannot go on.
    fn run(
        &mut self,
        slot: &ScheduledJob,
        before: &State,
        observer: &mut dyn Observer,
    ) -> Result<JobOutcome, RunnerError>;

    /// The facts of a job that cannot run because its predecessor failed.
    fn skipped(&mut self, slot: &ScheduledJob) -> JobFacts;

    /// Does the calibration load; none where there is none.
    ///
    /// # Errors
    /// When it cannot be done, or the run is cancelled.
    fn calibrate(&mut self) -> Result<Option<Probe>, RunnerError>;

    /// What makes numbers worse on the machine.
    fn warnings(&self) -> Vec<Warning>;

    /// What the outputs of a scenario's builds depend on.
    fn build_traits(&self, scenario: &Scenario) -> BuildTraits {
        Tools::shipped().build_traits(scenario)
    }
}

/// The jobs of a prepared plan on this machine.
pub struct RealJobs<'a> {
    context: RunContext<'a>,
    /// None where nothing is built.
    load: Option<Load>,
}

impl RealJobs<'_> {
    /// Begins to watch the processes of a run whose logs go below a folder, and makes the
    /// calibration load, with the compiler of the first workspace.
    ///
    /// # Errors
    /// When the load cannot be made.
    pub fn new(prepared: &Prepared, logs: PathBuf) -> Result<RealJobs<'_>, RunnerError> {
        let Settings { user, processes, .. } = &prepared.settings;
        let watch = MemoryWatch::start(processes);
        let load = prepared.workspaces.values().next().map(|workspace| {
            probe::set_up(&prepared.scratch.probe(), &workspace.toolchain.bin, user, processes)
        });
        let times = JobTimes::new(prepared.settings.job_timeout);
        let context = RunContext { prepared, logs, watch, times };
        Ok(RealJobs { context, load: load.transpose()? })
    }
}

impl Jobs for RealJobs<'_> {
    fn run(
        &mut self,
        slot: &ScheduledJob,
        before: &State,
        observer: &mut dyn Observer,
    ) -> Result<JobOutcome, RunnerError> {
        let outcome = job::run(&self.context, slot, before, observer)?;
        self.context.times.saw(&outcome.facts);
        Ok(outcome)
    }

    fn skipped(&mut self, slot: &ScheduledJob) -> JobFacts {
        job::skipped(&self.context, slot)
    }

    fn calibrate(&mut self) -> Result<Option<Probe>, RunnerError> {
        let processes = &self.context.prepared.settings.processes;
        self.load.as_ref().map(|load| probe::run(load, Path::new("/"), processes)).transpose()
    }

    fn warnings(&self) -> Vec<Warning> {
        self.context.prepared.warnings().to_vec()
    }

    fn build_traits(&self, scenario: &Scenario) -> BuildTraits {
        self.context.prepared.settings.tools.build_traits(scenario)
    }
}
