//! A laptop: checkout, target folder and incremental state survive between jobs.
//! Owns that the whole checkout is kept, so that unchanged files keep their times.

use lukewarm_model::{Scenario, ToolDescription, ToolRole};

use crate::{Brings, CacheTool, Checkout, JobContext, Recipe, none};

/// A target folder that stays where it is.
pub struct PersistentTarget;

static DESCRIPTION: ToolDescription = ToolDescription {
    name: "persistent-target",
    summary: "a laptop: checkout and target folder survive between jobs",
    role: ToolRole::Alone,
    services: &[],
    works_alone: true,
    versioned: false,
    refuses_incremental: false,
    settings: &[],
};

impl CacheTool for PersistentTarget {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn brings(&self, _scenario: &Scenario) -> Brings {
        Brings::Checkout
    }

    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        Recipe { checkout: Checkout::Kept, ..none::None.recipe(job) }
    }
}
