//! A workspace in a plan.
//! Owns its form; figures that earlier versions recorded without a tool's name are `earlier`'s.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{MutationKind, Origin, Place, Seconds, UncommittedChanges, WorkspaceName};
use serde::{Deserialize, Deserializer, Serialize};

use super::earlier;
use super::story::Change;
use super::variation::Variation;
use crate::mirrors;

/// A Cargo workspace that jobs build.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct SampleWorkspace {
    /// Its folder's name; cases and reports use it.
    pub name: WorkspaceName,
    /// One line for lists.
    pub title: String,
    /// Why it is here, in Markdown.
    pub essay: String,
    /// The folder it is copied from; never built in place, never changed.
    pub folder: PathBuf,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether a checkout of it has what is not committed; absent where it has.
    #[serde(default, skip_serializing_if = "UncommittedChanges::are_taken")]
    pub changes: UncommittedChanges,
    /// Files and folders, relative to its folder, that a checkout has although they are ignored;
    /// absent without any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<PathBuf>,
    /// Wall-clock of a build from nothing on 2 cores, for estimates of a run's length only.
    pub typical_build: Option<Seconds>,
    /// What a build from nothing must look like, where that is known.
    pub expected: Expected,
    /// How the finished program proves that it works, where that is known.
    pub verify: Option<Verify>,
    /// The changes it offers. A foreign workspace has none written down: its edits are made
    /// from its crate graph.
    pub mutations: Vec<Mutation>,
    /// What is reused after a change, where that is known; absent in records of versions that did
    /// not check it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reuse: Vec<Reuse>,
    /// What varies between its jobs beside its sources; absent in a workspace that is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<Variation>,
    /// Packages of crates.io whose sources belong to it; absent where all lie in its folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<PublishedPackage>,
}

/// A package of crates.io whose sources are laid into a workspace.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct PublishedPackage {
    /// Its name on crates.io.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its archive, in lower-case hexadecimal.
    pub sha256: String,
    /// Where its sources are laid, relative to the workspace's folder.
    pub folder: PathBuf,
}

/// What a build from nothing must look like; every known figure is checked.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Expected {
    /// Units: compiler invocations planned by Cargo.
    pub units: Option<u64>,
    /// Units of packages from a registry: fresh when a target folder is restored.
    pub registry_units: Option<u64>,
    /// Counters of each tool in a job that compiles everything, by the tool's name and the
    /// counter's; a tool that is not here is not checked for the workspace.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<String, BTreeMap<String, u64>>,
}

/// A run of the finished program, from the root of the checkout.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Verify {
    /// The binary target's name.
    pub bin: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// A text that its standard output must contain.
    pub stdout_contains: String,
}

/// A change that a workspace offers, as a patch. `@TOKEN@` in the patch becomes a text that is
/// new in every iteration, so that no earlier result can hit by accident.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Mutation {
    /// What kind of change.
    pub kind: MutationKind,
    /// Where it is made, for kinds that have a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The package it changes; after the build, its artifact must contain the token. For a
    /// dependency it has a version, `itoa@1.0.18`, which must be what was built.
    pub package: String,
    /// The text of the patch, as a unified diff against the workspace's root.
    pub patch: String,
}

/// What is reused of a build when one thing changed since the job that filled the cache: units, in
/// the dev profile on Linux. Every known figure is checked.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Reuse {
    /// What changed.
    pub change: Change,
    /// Units that each wrapper hits on a machine without a target folder, by the tool's name; a
    /// tool that is not here is not checked.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "earlier::hits"
    )]
    pub hit: BTreeMap<String, u64>,
    /// Units that are fresh where a target folder was restored into a new checkout.
    pub fresh: Option<u64>,
    /// Units that are fresh where unchanged files keep their modification times too.
    pub kept: Option<u64>,
}

mirrors! {
    SampleWorkspace {
        name, title, essay, folder, origin, changes, include, typical_build, expected: into,
        verify: option, mutations: list, reuse: list, variation: option,
        packages: list,
    }
    PublishedPackage { name, version, sha256, folder }
    Expected { units, registry_units, tools }
    Verify { bin, args, stdout_contains }
    Mutation { kind, place, package, patch }
    Reuse { change: into, hit, fresh, kept }
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Expected, D::Error> {
        let it = earlier::RecordedExpected::deserialize(deserializer)?;
        let (units, registry_units) = (it.units, it.registry_units);
        Ok(Expected { units, registry_units, tools: it.tools() })
    }
}
