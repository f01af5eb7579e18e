//! What carrying out a job needs of the world. Owns the seam: the real effects are this machine's,
//! and tests of the order have effects that only tell what they were asked for.

use std::path::PathBuf;

use lukewarm_cache_services::Snapshot;
use lukewarm_model::{Bytes, Check, Failure, RestoredFacts, ServiceFacts, UnitFact, Warning};

use crate::error::RunnerError;
use crate::job::mtimes;
use crate::job::plan::Action;
use crate::process::LineListener;

/// Carries out the parts of one job. Time is none of its business: recorders have that.
pub trait Effects {
    /// Sets up checkout, registry, kept folder and service as the predecessor left them.
    ///
    /// # Errors
    /// When the machine does not let us.
    fn set_up(&mut self) -> Result<(), RunnerError>;

    /// Carries out one action of a step; what is worth a word goes to `notes`, whether it fails or
    /// not.
    ///
    /// # Errors
    /// When it fails, or the run cannot go on.
    fn act(&mut self, action: &Action, notes: &mut Notes) -> Result<(), Stop>;

    /// Lists what an archive brought, where it brought something.
    fn list_restored(&mut self);

    /// The cache tool's statistics, word for word; none where it has none.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn statistics(&mut self) -> Result<Option<String>, Stop>;

    /// Looks at what was built.
    ///
    /// # Errors
    /// When it cannot be read.
    fn check_outputs(&mut self) -> Result<Outputs, Stop>;

    /// Ends every process that is left of the job, and says what was odd about it.
    fn end_processes(&mut self) -> Oddities;

    /// Puts what survives the job aside for its successor.
    ///
    /// # Errors
    /// When the machine does not let us.
    fn keep(&mut self) -> Result<KeptState, RunnerError>;

    /// Clears away what the job leaves and nobody needs.
    ///
    /// # Errors
    /// When the machine does not let us.
    fn tear_down(&mut self) -> Result<(), RunnerError>;

    /// Whether the run was cancelled.
    fn is_cancelled(&self) -> bool;

    /// A folder of the run whose disk is full.
    fn full_disk(&self) -> Option<PathBuf>;
}

/// Why a job stopped: a row of the result, or the end of the run.
#[derive(Debug)]
pub enum Stop {
    /// Something of the job failed.
    Failed(Failure),
    /// The machine, a listener or whoever may cancel the run stopped it.
    Run(RunnerError),
}

impl From<RunnerError> for Stop {
    fn from(error: RunnerError) -> Stop {
        Stop::Run(error)
    }
}

/// What the actions of a step leave beside their time.
#[derive(Debug, Default)]
pub struct Notes {
    /// What the last of them did, where that is worth a word.
    pub note: Option<String>,
    /// What speaks for or against the job.
    pub checks: Vec<Check>,
    /// Who hears what the build prints, line by line; nobody has to.
    pub listeners: Vec<LineListener>,
}

/// What was built.
#[derive(Debug, Default)]
pub struct Outputs {
    /// The units that Cargo planned.
    pub units: Vec<UnitFact>,
    /// What speaks for or against it.
    pub checks: Vec<Check>,
    /// How much of an archive the build used, where there was one.
    pub restored: Option<RestoredFacts>,
}

/// What was odd about a job.
#[derive(Debug, Default)]
pub struct Oddities {
    /// What speaks against it.
    pub checks: Vec<Check>,
    /// What disturbs the jobs after it.
    pub warnings: Vec<Warning>,
}

/// What is left of a job that went well.
#[derive(Debug, Default)]
pub struct KeptState {
    /// What its successor starts from.
    pub state: State,
    /// What the service holds, where there is one.
    pub service: Option<ServiceFacts>,
    /// Bytes of the folders that survive without a service.
    pub bytes: Option<Bytes>,
}

/// What a job leaves to its successor.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What the service held.
    pub service: Option<Snapshot>,
    /// The folder that survived.
    pub folder: Option<PathBuf>,
    /// The times of the checkout's files, where the story keeps them.
    pub times: mtimes::ModificationTimes,
}
