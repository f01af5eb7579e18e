//! The overhead of a wrapper: pairs of one call, directly and through the wrapper.
//! Owns what is measured; the statistic of it belongs to the analysis.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Seconds, ToolIdentity};

/// What is called, directly and through the wrapper.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum WrappedCall {
    /// `rustc -vV`, which compiles nothing: Cargo and build scripts ask it of every compiler.
    Version,
    /// The compilation of an empty library that the wrapper has in its store. Where the wrapper is
    /// quicker than the compiler, the difference is negative.
    Hit,
    /// The compilation of an empty library that no store has: look-up, compiler and storing.
    Miss,
    /// A Cargo command in a package where everything is fresh, for a program that is called in
    /// place of Cargo.
    FreshCommand,
}

/// One call, done twice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallPair {
    /// Wall-clock without the wrapper.
    pub direct: Seconds,
    /// Wall-clock through the wrapper.
    pub wrapped: Seconds,
}

/// The pairs of one call with one tool, in the order in which they were measured.
#[derive(Clone, Debug, PartialEq)]
pub struct OverheadPairs {
    /// The tool's program.
    pub tool: ToolIdentity,
    /// What was called.
    pub call: WrappedCall,
    /// The pairs.
    pub pairs: Vec<CallPair>,
}

impl WrappedCall {
    /// What is called, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            WrappedCall::Version => "rustc -vV",
            WrappedCall::Hit => "an empty library, hit",
            WrappedCall::Miss => "an empty library, miss",
            WrappedCall::FreshCommand => "cargo check, all fresh",
        }
    }
}
