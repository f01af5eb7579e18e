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

impl Host {
    /// What differs from another machine, each with both values, for people. The load of the
    /// moment is no part of a machine.
    pub fn differences(&self, other: &Host) -> Vec<String> {
        let fields = [
            ("CPU", self.cpu.clone(), other.cpu.clone()),
            ("number of cores", self.cores.to_string(), other.cores.to_string()),
            ("memory", self.memory.to_string(), other.memory.to_string()),
            ("kernel", self.kernel.clone(), other.kernel.clone()),
            ("system", self.system.clone(), other.system.clone()),
            ("filesystem", self.filesystem.clone(), other.filesystem.clone()),
        ];
        let differs = |(what, here, there): (&str, String, String)| {
            (here != there).then(|| format!("{what} was {there} and is {here}"))
        };
        fields.into_iter().filter_map(differs).collect()
    }
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
