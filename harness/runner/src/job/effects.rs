//! The interface between the order of a job and its effects. Owns the trait: the real effects
//! change this machine, those of tests only record what they were called for. It must not know an
//! order.

use std::path::PathBuf;
use std::time::Duration;

use lukewarm_cache_services::Snapshot;
use lukewarm_model::{
    Bytes, Check, CommandFact, Failure, JobOutputs, RestoredFacts, ServiceFacts, SettledFacts,
    UnitFact, Warning,
};

use crate::error::RunnerError;
use crate::job::mtimes;
use crate::job::plan::Action;
use crate::process::LineListener;

/// The effects of the parts of one job. They do not measure anything: recorders do.
pub trait Effects {
    /// Sets up checkout, registry, kept folder and service as the predecessor left them.
    ///
    /// # Errors
    /// When a folder cannot be written, or the service cannot be restored.
    fn set_up(&mut self) -> Result<(), RunnerError>;

    /// Carries out one action of a step. Its remarks and checks go to `notes`, whether it fails or
    /// not.
    ///
    /// # Errors
    /// When it fails, or the run cannot go on.
    fn act(&mut self, action: &Action, notes: &mut Notes) -> Result<(), Stop>;

    /// Lists the files that an archive restored, if there was one.
    fn list_restored(&mut self);

    /// The cache tool's statistics, verbatim; none for a tool without.
    ///
    /// # Errors
    /// When the tool's program cannot be run.
    fn statistics(&mut self) -> Result<Option<String>, Stop>;

    /// Checks what was built.
    ///
    /// # Errors
    /// When the build's messages or files cannot be read.
    fn check_outputs(&mut self) -> Result<Outputs, Stop>;

    /// Builds once more, without the cache tool; none where that build failed.
    ///
    /// # Errors
    /// When it cannot be started, or its messages cannot be read.
    fn build_again(&mut self) -> Result<Option<SettledFacts>, Stop>;

    /// Ends every remaining process of the job, and returns what was unusual.
    fn end_processes(&mut self) -> CleanupReport;

    /// Saves what survives the job for its successor.
    ///
    /// # Errors
    /// When a folder cannot be moved or measured.
    fn save_state(&mut self) -> Result<KeptState, RunnerError>;

    /// Removes everything else that the job left.
    ///
    /// # Errors
    /// When a folder cannot be removed.
    fn tear_down(&mut self) -> Result<(), RunnerError>;

    /// Waits until the job is to start, for a time or until the run is cancelled. What was set up
    /// is then as if it had been just before.
    ///
    /// # Errors
    /// When a file cannot be dated.
    fn wait_for_start(&mut self, time: Duration) -> Result<(), RunnerError>;

    /// Whether the run was cancelled.
    fn is_cancelled(&self) -> bool;

    /// A folder of the run whose disk is full; none where no disk is.
    fn full_disk(&self) -> Option<PathBuf>;
}

/// Why a job stopped: a failure, which is a row of the result, or the end of the run.
#[derive(Debug)]
pub enum Stop {
    /// A part of the job failed.
    Failed(Failure),
    /// The machine, an observer or a cancellation ended the run.
    Run(RunnerError),
}

impl From<RunnerError> for Stop {
    fn from(error: RunnerError) -> Stop {
        Stop::Run(error)
    }
}

/// Remarks and checks of the actions of a step.
#[derive(Debug, Default)]
pub struct Notes {
    /// What the last of them did, as a short text; absent where there is nothing to remark.
    pub note: Option<String>,
    /// Checks of the job's validity.
    pub checks: Vec<Check>,
    /// What each command of the build took, in their order; empty where the plan has none.
    pub commands: Vec<CommandFact>,
    /// Listeners to the lines that the build prints; usually none.
    pub listeners: Vec<LineListener>,
}

/// The result of a build.
#[derive(Debug, Default)]
pub struct Outputs {
    /// The units that Cargo planned.
    pub units: Vec<UnitFact>,
    /// Checks of the job's validity.
    pub checks: Vec<Check>,
    /// How much of an archive the build used; absent without an archive.
    pub restored: Option<RestoredFacts>,
    /// What the build made; absent where nobody looked.
    pub made: Option<JobOutputs>,
    /// What the finished program printed, its beginning, in a test of soundness; absent elsewhere,
    /// and where none ran.
    pub printed: Option<String>,
}

/// What was unusual about the end of a job.
#[derive(Debug, Default)]
pub struct CleanupReport {
    /// Checks of the job's validity that failed.
    pub checks: Vec<Check>,
    /// What may disturb later jobs.
    pub warnings: Vec<Warning>,
}

/// What a successful job keeps.
#[derive(Debug, Default)]
pub struct KeptState {
    /// The state that its successor starts from.
    pub state: State,
    /// The content of the service; absent without a service.
    pub service: Option<ServiceFacts>,
    /// Size of the folders that survive; absent with a service.
    pub bytes: Option<Bytes>,
}

/// The state that a job's successor starts from.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The content of the service; none without a service.
    pub service: Option<Snapshot>,
    /// The folder that survived; none where nothing did.
    pub folder: Option<PathBuf>,
    /// Modification times of the checkout's files; empty where the story does not keep them.
    pub times: mtimes::ModificationTimes,
}
