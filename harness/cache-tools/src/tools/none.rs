//! No cache: every job from nothing. The reference of every comparison.
//! Owns an empty recipe. It must not set anything.

use lukewarm_model::ToolDescription;

use crate::CacheTool;

/// No cache.
pub struct NoCache;

/// The tool of this file.
pub static TOOL: NoCache = NoCache;

static DESCRIPTION: ToolDescription =
    ToolDescription::new("none", "no cache: every job from nothing");

impl CacheTool for NoCache {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }
}
