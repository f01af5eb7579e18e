//! What a cache tool says of itself, so that scenario files can be judged without it.
//! Owns the description only; what a tool does belongs to `cache-tools`.

use crate::ServiceKind;

/// One cache tool, as files and command line may name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolDescription {
    /// Its name in scenario files.
    pub name: &'static str,
    /// One line for lists.
    pub summary: &'static str,
    /// What it is beside other tools.
    pub role: ToolRole,
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
}

/// What a tool is beside other tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolRole {
    /// Goes with no other.
    Alone,
    /// Wraps the compiler; an archive may be kept beside it.
    Wrapper,
    /// Keeps an archive of folders.
    Archive,
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
