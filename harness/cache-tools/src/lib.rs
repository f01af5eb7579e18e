//! Cache tools, one file each: what a tool can cache, its environment, steps and statistics, and
//! how its job is evaluated, as data and parsing. A new tool is a file in `src/tools` with a
//! `pub static TOOL`, which `build.rs` lists, and the real program's output in `testdata/`.
//! Owns what a tool needs and how its output is read. It must not start a process or open a file:
//! the runner carries out recipes.

mod archive;
mod branches;
mod cleaning;
mod evaluation;
mod key_inputs;
mod program;
mod recipe;
#[cfg(test)]
mod testing;
mod tool;
mod tools;
mod workflow;

use lukewarm_model::{Endpoint, Scenario, ToolDescription, ToolRole};

pub use archive::{ArchiveLayout, ArchivedPath, Saving, Settings};
pub use branches::{PULL_REQUESTS, only_default_branch_saves, only_default_saves};
pub use cleaning::{Cleaning, HomeCleaning, KeptCrates, KeptPackages};
pub use evaluation::{
    Counters, JobObservation, Outcomes, StatisticsError, StoredIn, ToolReport, statement,
};
pub use key_inputs::KeyInputs;
pub use program::{Program, Source, VersionOutput};
pub use recipe::{
    Action, Archive, Checkout, Compression, Folders, Invocation, JobContext, Ready, Recipe, Server,
};
pub use tool::CacheTool;
pub use tools::{InvalidSetting, Tools};
pub use workflow::{CACHE_ACTION, CACHE_ACTIONS, KACHE_ACTION, RUST_CACHE_ACTION, SCCACHE_ACTION};

/// The description of every shipped tool; definition files are checked against these.
pub fn descriptions() -> Vec<ToolDescription> {
    Tools::shipped().descriptions()
}

/// The variables by which every shipped tool finds a service, each variable once.
pub fn client_environment(endpoint: &Endpoint) -> Vec<(&'static str, String)> {
    let mut all: Vec<(&str, String)> = Vec::new();
    for (name, value) in Tools::shipped().iter().flat_map(|it| it.client_environment(endpoint)) {
        if !all.iter().any(|(known, _)| *known == name) {
            all.push((name, value));
        }
    }
    all
}

/// Whether a scenario keeps an archive: either its tool does, or a second tool beside it.
pub fn keeps_archive(tools: &Tools, scenario: &Scenario) -> bool {
    let of_tool = tools.find(&scenario.tool.name).map(|tool| tool.description().role);
    scenario.archive.is_some() || of_tool == Some(ToolRole::Archive)
}
