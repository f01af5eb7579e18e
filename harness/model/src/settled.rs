//! What the build of a job did once more.
//! Owns the noun only.

use crate::Seconds;

/// What the build of a job did once more, when all of the job had been measured: nothing, where the
/// first one left everything fresh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SettledFacts {
    /// Units that Cargo planned.
    pub units: u64,
    /// Those that were not fresh, as `package target`.
    pub not_fresh: Vec<String>,
    /// Why they were not, in Cargo's words; empty where it gave no reason.
    pub reasons: Vec<String>,
    /// Wall-clock time, outside of the job's steps.
    pub wall: Seconds,
}

impl SettledFacts {
    /// Whether nothing was left to do.
    pub fn is_settled(&self) -> bool {
        self.not_fresh.is_empty()
    }
}
