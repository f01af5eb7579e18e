//! A laptop: checkout, target folder and incremental state survive between jobs.
//! Owns that the whole checkout survives, so that unchanged files keep their modification times.

use lukewarm_model::{RestoreScope, Scenario, ToolDescription, WorkflowSteps};

use crate::{CacheTool, Checkout, JobContext, Recipe, Settings};

/// A target folder that stays where it is.
pub struct PersistentTarget;

/// The tool of this file.
pub static TOOL: PersistentTarget = PersistentTarget;

static DESCRIPTION: ToolDescription = ToolDescription {
    restores: RestoreScope::Checkout,
    ..ToolDescription::new(
        "persistent-target",
        "a laptop: checkout and target folder survive between jobs",
    )
};

impl CacheTool for PersistentTarget {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn recipe(&self, _job: &JobContext<'_>) -> Recipe {
        Recipe { checkout: Checkout::Kept, ..Recipe::default() }
    }

    fn workflow(&self, _scenario: &Scenario, _settings: &Settings) -> WorkflowSteps {
        WorkflowSteps {
            notes: vec![
                "The checkout must be there again in the next job: a runner of your own, and \
                 `clean: false` of actions/checkout, which else removes `target`."
                    .to_owned(),
            ],
            ..WorkflowSteps::default()
        }
    }
}
