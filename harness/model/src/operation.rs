//! The operations of a cache service: what a request does to the store.
//! Owns their names; which request is which operation belongs to each service.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a request does to the store.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Asks whether and where an entry is, without its bytes.
    Lookup,
    /// Reads an entry's bytes.
    Read,
    /// Stores bytes, or a part of them.
    Write,
    /// Reserves, finalises, makes folders: everything around a write that carries no bytes of it.
    Manage,
    /// Anything else: no route, refused credentials.
    Other,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Operation; 5] =
        [Operation::Lookup, Operation::Read, Operation::Write, Operation::Manage, Operation::Other];

    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Lookup => "lookup",
            Operation::Read => "read",
            Operation::Write => "write",
            Operation::Manage => "manage",
            Operation::Other => "other",
        }
    }
}
