//! How often a job of a story runs at once.
//! Owns the form.

use lukewarm_model::Seconds;
use lukewarm_model::described::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::mirrors;

/// How often a job runs at once.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct AtOnce {
    /// The number of copies.
    pub copies: u32,
    /// How much later each copy starts than the one before it; 0 starts all together.
    pub stagger: Seconds,
}

mirrors! {
    AtOnce { copies, stagger }
}
