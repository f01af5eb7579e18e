//! One file a cache tool: what it can cache, its environment, steps and statistics, and how its own
//! job is evaluated, as data and parsing. A new one is a file in `src/tools` with a `pub static
//! TOOL`, which `build.rs` lists, and what it really printed in `testdata/`.
//! Owns what a tool needs and what its words mean. It must not start a process or open a file:
//! the runner carries recipes out.

mod archive;
mod evaluation;
mod program;
mod recipe;
#[cfg(test)]
mod testing;
mod tools;

use lukewarm_model::{Endpoint, RestoreScope, Scenario, ToolDescription};

pub use archive::{ArchiveLayout, ArchivedPath, Settings};
pub use evaluation::{
    Counters, JobObservation, Outcomes, StatisticsError, StoredIn, ToolReport, statement,
};
pub use program::{Program, Said, Source};
pub use recipe::{
    Action, Archive, Checkout, Compression, Folders, Invocation, JobContext, Ready, Recipe, Server,
};
pub use tools::Tools;

/// A cache tool: what it is, what its jobs do, and how they are evaluated.
pub trait CacheTool: Sync {
    /// How definition files may name it, and what it can do.
    fn description(&self) -> &'static ToolDescription;

    /// The program it runs; none where it runs none.
    fn program(&self) -> Option<&'static Program> {
        None
    }

    /// What it restores of earlier jobs, with a scenario's settings.
    fn restores(&self, settings: &Settings) -> RestoreScope {
        let _ = settings;
        self.description().restores
    }

    /// What one job does: pure data, carried out by the runner. The archive of [`Self::archive`]
    /// is no part of it.
    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        let _ = job;
        Recipe::default()
    }

    /// The archive that it keeps with these settings; none for a tool that keeps none.
    fn archive(&self, job: &JobContext<'_>, settings: &Settings) -> Option<ArchiveLayout> {
        let _ = (job, settings);
        None
    }

    /// What became of one job's units, and what the tool's own statements say of it.
    ///
    /// # Errors
    /// When a statement cannot be read, with the place at which it stops making sense.
    fn evaluate(&self, observed: &JobObservation<'_>) -> Result<ToolReport, StatisticsError> {
        Ok(ToolReport::without_wrapper(&observed.job.units))
    }

    /// The folders that its objects go to in a store with folders, parents first: what is there
    /// when many jobs have used it.
    fn folders(&self) -> Vec<String> {
        Vec::new()
    }

    /// The environment that tells it of a service: empty for one that it cannot use, or that it is
    /// told of in another way.
    fn client_environment(&self, endpoint: &Endpoint) -> Vec<(&'static str, String)> {
        let _ = endpoint;
        Vec::new()
    }
}

/// What every tool of this lukewarm says of itself, for judging definition files.
pub fn descriptions() -> Vec<ToolDescription> {
    Tools::shipped().descriptions()
}

/// The environment that tells every tool of this lukewarm of a service, each variable once.
pub fn client_environment(endpoint: &Endpoint) -> Vec<(&'static str, String)> {
    let mut all: Vec<(&str, String)> = Vec::new();
    for (name, value) in Tools::shipped().iter().flat_map(|it| it.client_environment(endpoint)) {
        if !all.iter().any(|(known, _)| *known == name) {
            all.push((name, value));
        }
    }
    all
}

/// Whether a scenario keeps an archive: its tool does, or one beside it.
pub fn keeps_archive(tools: &Tools, scenario: &Scenario) -> bool {
    let of_tool = tools.find(&scenario.tool.name).map(|tool| tool.description().role);
    scenario.archive.is_some() || of_tool == Some(lukewarm_model::ToolRole::Archive)
}
