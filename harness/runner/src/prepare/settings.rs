//! Where and with what a run works. It must not say what the run does: that is the plan's.

use std::path::PathBuf;

use lukewarm_cache_tools::Tools;

use crate::prepare::environment::UserEnvironment;
use crate::prepare::tools::NamedTool;
use crate::process::Processes;

/// Where and with what a run works; nothing about what it does.
#[derive(Clone, Debug)]
pub struct Settings {
    /// lukewarm's folder under the user's cache directory: tools, fetched registries.
    pub cache: PathBuf,
    /// The folder below which runs have their scratch folders, as [`crate::scratch_place`] has it.
    pub scratch: PathBuf,
    /// The cache tools that scenarios may name.
    pub tools: Tools,
    /// The executables that the user named, each for one tool.
    pub named_tools: Vec<NamedTool>,
    /// The environment that the harness was started in.
    pub user: UserEnvironment,
    /// Every child of the run, for whoever may cancel it.
    pub processes: Processes,
}
