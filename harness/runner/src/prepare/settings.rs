//! The folders, tools and environment of a run. It must not decide what is run: the plan does.

use std::path::PathBuf;

use lukewarm_cache_tools::Tools;
use lukewarm_model::{JobVariables, Seconds};

use crate::prepare::environment::UserEnvironment;
use crate::prepare::tools::NamedTool;
use crate::process::Processes;

/// The folders, tools and environment of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// lukewarm's folder under the user's cache directory: tools, fetched registries.
    pub cache: PathBuf,
    /// The folder below which runs have their scratch folders, as [`crate::scratch_place`] has it.
    pub scratch: PathBuf,
    /// The cache tools that scenarios can name.
    pub tools: Tools,
    /// The executables that the user named, each for one tool.
    pub named_tools: Vec<NamedTool>,
    /// The variables that jobs have beside the harness's own.
    pub variables: JobVariables,
    /// The environment that the harness was started in.
    pub user: UserEnvironment,
    /// The most that one job may take; absent where the runner's own rule holds.
    pub job_timeout: Option<Seconds>,
    /// The child processes of the run, through which it is cancelled.
    pub processes: Processes,
}
