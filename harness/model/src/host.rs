//! The identity of what measured: host, toolchain, tools.
//! Owns the nouns; reading them from a machine belongs to the runner.

use serde::{Deserialize, Serialize};

use crate::Bytes;

/// The machine that a run was made on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// The CPU's model name.
    pub cpu: String,
    /// Logical processors that the process may use.
    pub cores: u32,
    /// Physical memory.
    pub memory: Bytes,
    /// Kernel name and release.
    pub kernel: String,
    /// The distribution's own name.
    pub system: String,
    /// Type of the filesystem that holds the scratch folder.
    pub filesystem: String,
    /// Load average of one minute when the run began.
    pub load: f64,
}

/// The Rust toolchain of every build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolchain {
    /// First line of `rustc -vV`.
    pub rustc: String,
    /// Output of `cargo -V`.
    pub cargo: String,
    /// The host triple.
    pub host: String,
}

/// A tool that a run used, always with its version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ToolIdentity {
    /// Its name.
    pub name: String,
    /// Its version, as it says itself.
    pub version: String,
    /// Where it was found: `--sccache`, `PATH`, `tool folder`.
    pub origin: String,
    /// SHA-256 of the executable, in hexadecimal.
    pub sha256: String,
}

/// Something that makes numbers worse, with advice; stored with the result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl Warning {
    /// A warning with its advice.
    pub fn new(what: impl Into<String>, advice: impl Into<String>) -> Warning {
        Warning { what: what.into(), advice: advice.into() }
    }
}
