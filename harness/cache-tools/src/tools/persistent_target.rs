//! A laptop: checkout, target folder and incremental state survive between jobs.
//! Owns that the whole checkout survives, so that unchanged files keep their modification times.

use lukewarm_model::ToolDescription;

use crate::{CacheTool, Checkout, JobContext, Recipe, RestoreScope, Settings};

/// A target folder that stays where it is.
pub struct PersistentTarget;

/// The tool of this file.
pub static TOOL: PersistentTarget = PersistentTarget;

static DESCRIPTION: ToolDescription = ToolDescription::new(
    "persistent-target",
    "a laptop: checkout and target folder survive between jobs",
);

impl CacheTool for PersistentTarget {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn restore_scope(&self, _settings: &Settings) -> RestoreScope {
        RestoreScope::Checkout
    }

    fn recipe(&self, _job: &JobContext<'_>) -> Recipe {
        Recipe { checkout: Checkout::Kept, ..Recipe::default() }
    }
}
