//! The description of a cache tool, by which definition files are checked without the tool.
//! Owns the description only; a tool's behaviour belongs to `cache-tools`.

use crate::{Counter, ServiceKind, UnitKind};

/// One cache tool, as files and command line may name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolDescription {
    /// Its name in scenario files.
    pub name: &'static str,
    /// One line for lists.
    pub summary: &'static str,
    /// Its role next to other tools.
    pub role: ToolRole,
    /// What it restores of earlier jobs where a scenario gives it no settings.
    pub restores: RestoreScope,
    /// The services it can talk to.
    pub services: &'static [ServiceKind],
    /// Whether it works without any service.
    pub works_alone: bool,
    /// Whether a version may be asked for.
    pub versioned: bool,
    /// Whether it must run with incremental compilation off.
    pub refuses_incremental: bool,
    /// The settings that a scenario may give it.
    pub settings: &'static [SettingDescription],
    /// The kinds of units that it can answer from its cache; none for a tool that wraps no
    /// compiler.
    pub caches: &'static [UnitKind],
    /// Environment variables of the tool that a scenario may set in `[tool.env]`.
    pub variables: &'static [Variable],
    /// Environment variables that lukewarm sets itself for this tool, and no scenario may.
    pub reserved_variables: &'static [&'static str],
    /// Counters of its own statistics that are equal in every job that compiles everything, so that
    /// a workspace may declare them in `[expected.NAME]`.
    pub expected_counters: &'static [Counter],
    /// What a run with this tool cannot show, one sentence each; `{cores}` is the machine's.
    pub caveats: &'static [&'static str],
}

impl ToolDescription {
    /// A tool that works alone, has no program of its own and nothing to set.
    pub const fn new(name: &'static str, summary: &'static str) -> ToolDescription {
        ToolDescription {
            name,
            summary,
            role: ToolRole::Alone,
            restores: RestoreScope::Nothing,
            services: &[],
            works_alone: true,
            versioned: false,
            refuses_incremental: false,
            settings: &[],
            caches: &[],
            variables: &[],
            reserved_variables: &[],
            expected_counters: &[],
            caveats: &[],
        }
    }

    /// Whether it wraps the compiler, so that units have hits and misses.
    pub fn is_wrapper(&self) -> bool {
        self.role == ToolRole::Wrapper
    }

    /// Whether it can answer units of a kind from its cache.
    pub fn can_cache(&self, kind: UnitKind) -> bool {
        self.caches.contains(&kind)
    }
}

/// The role of a tool next to other tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolRole {
    /// Cannot be combined with another tool.
    Alone,
    /// Wraps the compiler; an archive may be kept in addition.
    Wrapper,
    /// Keeps an archive of folders.
    Archive,
}

/// What a tool restores of earlier jobs: what a job can reuse follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreScope {
    /// Nothing.
    Nothing,
    /// Single units, when the compiler is called for them.
    Units,
    /// The target folder of the newest job whose entry the job may read.
    NewestTarget,
    /// The target folder of the first job with the same lock file.
    TargetOfLock,
    /// What was compiled of packages from outside the workspace, from the newest job with the same
    /// compiler, flags and paths whose entry the job may read: members are rebuilt.
    NewestDependencies,
    /// The same, and the libraries of the workspace's members.
    NewestLibraries,
    /// The checkout with its target folder, as the previous job left it.
    Checkout,
}

/// One setting of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingDescription {
    /// The key in a scenario's `[settings]`.
    pub name: &'static str,
    /// What value it takes.
    pub kind: SettingKind,
    /// What it does, in one line, with `Left out: …` at its end: the reference of keys has both.
    pub summary: &'static str,
}

/// What kind of value a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// `true` or `false`.
    Flag,
    /// A text.
    Text,
    /// A size such as `200 MB`.
    Size,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// One environment variable of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
}
