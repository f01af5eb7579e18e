//! A laptop: checkout, target folder and incremental state survive between jobs.
//! Owns that the whole checkout survives, so that unchanged files keep their modification times.

use lukewarm_model::{RestoreScope, ToolDescription};

use crate::{CacheTool, Checkout, JobContext, Recipe};

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
}
