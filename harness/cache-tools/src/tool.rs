//! The interface of a cache tool.
//! Owns what every tool must provide. It must not know a particular tool.

use std::path::PathBuf;

use lukewarm_model::{Endpoint, RestoreScope, Scenario, ToolDescription, WorkflowSteps};

use crate::archive::{ArchiveLayout, Settings};
use crate::evaluation::{JobObservation, StatisticsError, ToolReport};
use crate::program::Program;
use crate::recipe::{Folders, JobContext, Recipe};

/// A cache tool: its description, the recipe of its jobs, and how they are evaluated.
pub trait CacheTool: Sync {
    /// Its name, settings and abilities, which definition files are checked against.
    fn description(&self) -> &'static ToolDescription;

    /// The program that it runs; none where it runs none.
    fn program(&self) -> Option<&'static Program> {
        None
    }

    /// What it restores of earlier jobs, with a scenario's settings.
    fn restore_scope(&self, settings: &Settings) -> RestoreScope {
        let _ = settings;
        self.description().restores
    }

    /// The recipe of one job: pure data, carried out by the runner. The archive of
    /// [`Self::archive`] is not part of it.
    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        let _ = job;
        Recipe::default()
    }

    /// The path of a socket that it makes by itself below a job's folders, as long as it may
    /// become; none for a tool that makes none, or does without where it does not fit.
    fn own_socket(&self, folders: &Folders) -> Option<PathBuf> {
        let _ = folders;
        None
    }

    /// The archive that it keeps with these settings; none for a tool without archives.
    fn archive(&self, job: &JobContext<'_>, settings: &Settings) -> Option<ArchiveLayout> {
        let _ = (job, settings);
        None
    }

    /// The outcomes of one job's units and the tool's counters, read from its own statistics.
    ///
    /// # Errors
    /// When the statistics are missing or cannot be parsed, with the position of the problem.
    fn evaluate(&self, observed: &JobObservation<'_>) -> Result<ToolReport, StatisticsError> {
        Ok(ToolReport::without_wrapper(&observed.job.units))
    }

    /// What it adds to a job of a GitHub Actions workflow, so that the job caches as a scenario
    /// does, with these settings of the tool. Nothing for a tool without a cache.
    fn workflow(&self, scenario: &Scenario, settings: &Settings) -> WorkflowSteps {
        let _ = (scenario, settings);
        WorkflowSteps::default()
    }

    /// The folders of its objects in a store with folders, parents first: those that exist once
    /// many jobs have used the store. Empty for a tool without such folders.
    fn folders(&self) -> Vec<String> {
        Vec::new()
    }

    /// The variables by which it finds a service; empty for a service that it cannot use, or one
    /// that it is not configured for by variables.
    fn client_environment(&self, endpoint: &Endpoint) -> Vec<(&'static str, String)> {
        let _ = endpoint;
        Vec::new()
    }
}
