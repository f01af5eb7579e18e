//! No cache: every job from nothing. The reference of every comparison.
//! Owns nothing to do.

use std::collections::BTreeMap;

use lukewarm_model::{Scenario, ToolDescription, ToolRole};

use crate::{Brings, CacheTool, Checkout, JobContext, Recipe};

/// No cache.
pub struct None;

static DESCRIPTION: ToolDescription = ToolDescription {
    name: "none",
    summary: "no cache: every job from nothing",
    role: ToolRole::Alone,
    services: &[],
    works_alone: true,
    versioned: false,
    refuses_incremental: false,
    settings: &[],
};

impl CacheTool for None {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn brings(&self, _scenario: &Scenario) -> Brings {
        Brings::Nothing
    }

    fn recipe(&self, _job: &JobContext<'_>) -> Recipe {
        Recipe {
            checkout: Checkout::Fresh,
            survives: Option::None,
            ballast: Option::None,
            environment: BTreeMap::new(),
            restore: Vec::new(),
            statistics: Option::None,
            save: Vec::new(),
        }
    }
}
