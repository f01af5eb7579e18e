//! What a job removes from the folders of its archive before it saves them, as data.
//! Owns which packages stay. It must not remove anything: the runner does.

use std::path::PathBuf;

/// What is removed before an archive is saved: from a target folder everything but what Cargo
/// compiled of some packages, and from `CARGO_HOME` what the workspace does not need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaning {
    /// The target folder.
    pub target: PathBuf,
    /// The packages of which compiled libraries stay in it.
    pub kept: KeptPackages,
    /// What is removed from `CARGO_HOME`; none where nothing is.
    pub cargo_home: Option<HomeCleaning>,
}

/// The packages of which compiled libraries stay in a target folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptPackages {
    /// Those whose manifests lie outside the workspace's folder.
    FromOutside,
    /// Those and the workspace's members.
    WithMembers,
}

/// What is removed from a `CARGO_HOME`: credentials, index files and repositories of packages that
/// the workspace does not need, and some of the registry's packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HomeCleaning {
    /// The `CARGO_HOME`.
    pub folder: PathBuf,
    /// Which of the registry's packages stay.
    pub crates: KeptCrates,
}

/// The packages of a registry that stay in a `CARGO_HOME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptCrates {
    /// The archives of those that the workspace needs, and the sources of `-sys` packages.
    Needed,
    /// All, with their sources.
    All,
}
