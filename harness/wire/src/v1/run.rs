//! The line `run`: what was to be done, where and with what.
//! Owns the head of a record, toolchains and tools; the machine is `host`'s, the plan `plan`'s.

use std::collections::BTreeMap;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{MutationKind, Place, Timestamp, Treatment, WorkspaceName};
use serde::{Deserialize, Serialize};

use super::command::VariableValue;
use super::decided_by::DecidedBy;
use super::host::{Host, Warning};
use super::plan::Plan;
use super::shard::{PartFacts, Shard};
use crate::{FORMAT_VERSION, converted, mirrors};

/// What was to be done, where and with what.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct RunFacts {
    /// Version of the format of the whole record.
    pub format: u32,
    /// The results folder's name.
    pub id: String,
    /// When the run began, RFC 3339 in UTC.
    pub started: Timestamp,
    /// lukewarm's own version.
    pub lukewarm: String,
    /// SHA-256 of the executable that measured, in hexadecimal; absent in records of versions
    /// that did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executable: Option<String>,
    /// The command line, as it was typed.
    pub command: Vec<String>,
    /// What was to be done.
    pub plan: Plan,
    /// What decides, at a planned analysis, whether it has enough; absent where the comparisons
    /// with the reference do, and in records of versions that did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<DecidedBy>,
    /// The machine.
    pub host: Host,
    /// The Rust toolchain, by workspace.
    pub toolchains: BTreeMap<String, Toolchain>,
    /// The tools, by the name that scenarios choose them with.
    pub tools: BTreeMap<String, ToolIdentity>,
    /// What stands for the content of each workspace: SHA-256 over its files' paths and bytes;
    /// absent in records of versions that did not look.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<WorkspaceName, String>,
    /// The variables that jobs have beside the harness's own, by name; absent where there are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, VariableValue>,
    /// What each workspace's own Cargo configuration sets, and what jobs make of it; workspaces
    /// without any are left out, and so is all in records of versions that did not look.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub configuration: BTreeMap<WorkspaceName, Vec<ConfigurationSetting>>,
    /// The edits that were chosen for each workspace that offers none; workspaces without any are
    /// left out, and so is all in records of versions that did not try edits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub edits: BTreeMap<WorkspaceName, Vec<EditChoice>>,
    /// What made numbers worse when the run began.
    pub warnings: Vec<Warning>,
    /// Which shard of the plan it was; absent where it was all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The first block that it had to measure; absent means the plan's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_block: Option<u32>,
    /// What it was merged from; absent where one machine measured it in one sitting.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartFacts>,
}

/// The Rust toolchain of every build.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Toolchain {
    /// First line of `rustc -vV`.
    pub rustc: String,
    /// Output of `cargo -V`.
    pub cargo: String,
    /// The host triple.
    pub host: String,
}

/// A tool that a run used, always with its version.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ToolIdentity {
    /// Its name.
    pub name: String,
    /// Its version, as it says itself.
    pub version: String,
    /// Where it was found: `named by the user`, `PATH`, `tool folder`.
    pub origin: String,
    /// SHA-256 of the executable, in hexadecimal.
    pub sha256: String,
}

/// One setting of a Cargo configuration file, and what jobs make of it. Its value is not recorded:
/// it may be a secret, and what is kept is part of the workspace's content.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct ConfigurationSetting {
    /// Its key, such as `build.rustc-wrapper`.
    pub key: String,
    /// The file, relative to the workspace's root, or `$CARGO_HOME/config.toml`.
    pub file: String,
    /// What jobs make of it.
    pub treatment: Treatment,
    /// What holds in its place, where it is overridden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

/// The edit that was chosen for one change of a workspace that offers none.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct EditChoice {
    /// What kind of change it makes.
    pub kind: MutationKind,
    /// Where, for kinds that have a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The package that it changes.
    pub package: String,
    /// What the edit is, as a phrase.
    pub form: String,
    /// Why this package was chosen, as a phrase.
    pub reason: String,
    /// What was tried before it, each with what was wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
}

mirrors! {
    Toolchain { rustc, cargo, host }
    ToolIdentity { name, version, origin, sha256 }
    ConfigurationSetting { key, file, treatment, instead }
    EditChoice { kind, place, package, form, reason, refused }
}

impl From<lukewarm_model::RunFacts> for RunFacts {
    fn from(it: lukewarm_model::RunFacts) -> RunFacts {
        let lukewarm_model::RunFacts {
            id,
            started,
            lukewarm,
            executable,
            command,
            plan,
            decided_by,
            host,
            toolchains,
            tools,
            sources,
            variables,
            configuration,
            edits,
            warnings,
            shard,
            first_block,
            parts,
        } = it;
        RunFacts {
            format: FORMAT_VERSION,
            id,
            started,
            lukewarm,
            executable,
            command,
            plan: plan.into(),
            decided_by: converted!(decided_by, option),
            host: host.into(),
            toolchains: converted!(toolchains, map),
            tools: converted!(tools, map),
            sources,
            variables: converted!(variables, map),
            configuration: converted!(configuration, map_of_lists),
            edits: converted!(edits, map_of_lists),
            warnings: converted!(warnings, list),
            shard: converted!(shard, option),
            first_block,
            parts: converted!(parts, list),
        }
    }
}

impl From<RunFacts> for lukewarm_model::RunFacts {
    fn from(it: RunFacts) -> lukewarm_model::RunFacts {
        let RunFacts {
            // Each line says it too, and there it is looked at.
            format: _,
            id,
            started,
            lukewarm,
            executable,
            command,
            plan,
            decided_by,
            host,
            toolchains,
            tools,
            sources,
            variables,
            configuration,
            edits,
            warnings,
            shard,
            first_block,
            parts,
        } = it;
        lukewarm_model::RunFacts {
            id,
            started,
            lukewarm,
            executable,
            command,
            plan: plan.into(),
            decided_by: converted!(decided_by, option),
            host: host.into(),
            toolchains: converted!(toolchains, map),
            tools: converted!(tools, map),
            sources,
            variables: converted!(variables, map),
            configuration: converted!(configuration, map_of_lists),
            edits: converted!(edits, map_of_lists),
            warnings: converted!(warnings, list),
            shard: converted!(shard, option),
            first_block,
            parts: converted!(parts, list),
        }
    }
}
