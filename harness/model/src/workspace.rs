//! Sample workspaces: what is built, what is expected of it, and how it can be changed.
//! Owns the resolved form of `workspace.toml`, and of a folder given with `--workspace PATH`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Change, Counter, MutationKind, Place, Seconds, Surroundings, Variation, WorkspaceName,
};

/// A Cargo workspace that jobs build.
#[derive(Clone, Debug, PartialEq)]
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
    /// Whether a checkout of it has what is not committed.
    pub changes: UncommittedChanges,
    /// Files and folders, relative to its folder, that a checkout has although they are ignored.
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
    /// What is reused after a change, where that is known.
    pub reuse: Vec<Reuse>,
    /// What varies between its jobs beside its sources, in a test of soundness; absent in a
    /// workspace that is measured.
    pub variation: Option<Variation>,
    /// Packages of crates.io whose sources belong to it; empty where all lie in its folder.
    pub packages: Vec<PublishedPackage>,
}

/// A package of crates.io whose sources are laid into a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Where a workspace comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// One of ours, with a `workspace.toml`.
    Sample,
    /// A folder of the user's.
    Foreign,
}

/// Whether a checkout of a foreign workspace has what its repository has not committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UncommittedChanges {
    /// It has: changed and new files as they are on disk.
    #[default]
    Taken,
    /// It has exactly what the commit has.
    LeftOut,
}

impl UncommittedChanges {
    /// Whether they are taken.
    pub fn are_taken(&self) -> bool {
        *self == UncommittedChanges::Taken
    }
}

/// What a build from nothing must look like; every known figure is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Units: compiler invocations planned by Cargo.
    pub units: Option<u64>,
    /// Units of packages from a registry: fresh when a target folder is restored.
    pub registry_units: Option<u64>,
    /// Counters of each tool in a job that compiles everything, by the tool's name and the
    /// counter's; a tool that is not here is not checked for the workspace.
    pub tools: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Expected {
    /// What a workspace declares of one counter of a tool; absent where nothing is declared.
    pub fn counter(&self, tool: &str, counter: Counter) -> Option<u64> {
        self.tools.get(tool)?.get(counter.name()).copied()
    }
}

/// A run of the finished program, from the root of the checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// What kind of change.
    pub kind: MutationKind,
    /// Where it is made, for kinds that have a place.
    pub place: Option<Place>,
    /// The package it changes; after the build, its artifact must contain the token. For a
    /// dependency it has a version, `itoa@1.0.18`, which must be what was built.
    pub package: String,
    /// The text of the patch, as a unified diff against the workspace's root.
    pub patch: String,
}

/// What is reused of a build when one thing changed since the job that filled the cache: units, in
/// the dev profile on Linux. Every known figure is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reuse {
    /// What changed.
    pub change: Change,
    /// Units that each wrapper hits on a machine without a target folder, by the tool's name; a
    /// tool that is not here is not checked.
    pub hit: BTreeMap<String, u64>,
    /// Units that are fresh where a target folder was restored into a new checkout.
    pub fresh: Option<u64>,
    /// Units that are fresh where unchanged files keep their modification times too.
    pub kept: Option<u64>,
}

impl SampleWorkspace {
    /// What surrounds the build of a job, by its index in the story; absent in a workspace that is
    /// measured.
    pub fn surroundings(&self, job: usize) -> Option<&Surroundings> {
        Some(self.variation.as_ref()?.of_job(job))
    }

    /// The written mutation that makes a change, where there is one.
    pub fn mutation(&self, change: Change) -> Option<&Mutation> {
        self.mutation_after(change, 0)
    }

    /// The same for a change that a story has made so many times before: of several written for
    /// one change each has its turn.
    pub fn mutation_after(&self, change: Change, before: usize) -> Option<&Mutation> {
        let fits = |it: &&Mutation| (it.kind, it.place) == (change.kind, change.place);
        let count = self.mutations.iter().filter(fits).count();
        self.mutations.iter().filter(fits).nth(before.checked_rem(count)?)
    }
}
