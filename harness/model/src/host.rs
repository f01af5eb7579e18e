//! The identity of what measured: host, toolchain, tools.
//! Owns the nouns; reading them from a machine belongs to the runner.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Bytes;

/// The machine that a run was made on.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// What else holds a machine's speed in place; absent where nobody looked.
    pub details: Option<HostDetails>,
}

/// What holds a machine's speed in place, beside its parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostDetails {
    /// Whether files of the scratch folder can share blocks, as was tried there; absent where it
    /// could not be tried.
    pub reflinks: Option<bool>,
    /// Whether the filesystem of the scratch folder keeps a journal; absent where it does not say.
    pub journal: Option<bool>,
    /// Processors that the control group grants, where it grants fewer than there are.
    pub processor_limit: Option<f64>,
    /// Memory that the control group grants, where it grants less than there is.
    pub memory_limit: Option<Bytes>,
    /// What the machine is simulated by, `none` where by nothing; absent where nobody says.
    pub virtualisation: Option<String>,
    /// Driver and governor of the CPU's frequency, its upper bound, and whether it may be boosted;
    /// absent where the system does not say.
    pub frequency_policy: Option<String>,
    /// What the page cache holds when a job begins.
    pub page_cache: PageCache,
}

/// What the page cache holds when a job begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageCache {
    /// What earlier jobs read: it is never dropped, which would take privileges.
    #[default]
    Warm,
}

/// Something that was so in one run and is not in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What: `CPU`, `toolchain of cli`.
    pub what: String,
    /// In the other run, which came first.
    pub was: String,
    /// In this one.
    pub is: String,
}

impl Difference {
    /// A difference, where there is one.
    pub fn between(what: &str, is: String, was: String) -> Option<Difference> {
        (is != was).then(|| Difference { what: what.to_owned(), was, is })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was {} and is {}", self.what, self.was, self.is)
    }
}

impl Host {
    /// What differs from another machine, which came first. The load of the moment is no part of
    /// a machine, and what one of the two does not know is no difference.
    pub fn differences(&self, other: &Host) -> Vec<Difference> {
        let fields = [
            ("CPU", self.cpu.clone(), other.cpu.clone()),
            ("number of cores", self.cores.to_string(), other.cores.to_string()),
            ("memory", self.memory.to_string(), other.memory.to_string()),
            ("kernel", self.kernel.clone(), other.kernel.clone()),
            ("system", self.system.clone(), other.system.clone()),
            ("filesystem", self.filesystem.clone(), other.filesystem.clone()),
        ];
        let differs = |(what, is, was): (&str, String, String)| Difference::between(what, is, was);
        let mut found: Vec<Difference> = fields.into_iter().filter_map(differs).collect();
        if let (Some(here), Some(there)) = (&self.details, &other.details) {
            found.extend(here.differences(there));
        }
        found
    }
}

impl HostDetails {
    /// Each detail with its name and its value in words; none where it is not known.
    pub fn described(&self) -> [(&'static str, Option<String>); 7] {
        let limit = |limit: Option<String>| Some(limit.unwrap_or_else(|| "none".to_owned()));
        let reflinks = |can: bool| if can { "supported" } else { "not supported" };
        let journal = |kept: bool| if kept { "kept" } else { "none" };
        let page_cache = match self.page_cache {
            PageCache::Warm => "warm",
        };
        [
            ("reflinks", self.reflinks.map(|can| reflinks(can).to_owned())),
            ("journal of the filesystem", self.journal.map(|kept| journal(kept).to_owned())),
            ("processor limit", limit(self.processor_limit.map(|n| format!("{n} processors")))),
            ("memory limit", limit(self.memory_limit.map(|bytes| bytes.to_string()))),
            ("virtualisation", self.virtualisation.clone()),
            ("CPU frequency policy", self.frequency_policy.clone()),
            ("page cache", Some(page_cache.to_owned())),
        ]
    }

    fn differences(&self, other: &HostDetails) -> Vec<Difference> {
        let both = self.described().into_iter().zip(other.described());
        both.filter_map(|((what, is), (_, was))| Difference::between(what, is?, was?)).collect()
    }
}

/// The Rust toolchain of every build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toolchain {
    /// First line of `rustc -vV`.
    pub rustc: String,
    /// Output of `cargo -V`.
    pub cargo: String,
    /// The host triple.
    pub host: String,
}

/// A tool that a run used, always with its version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// Something that makes numbers worse, with advice; stored with the result.
#[derive(Clone, Debug, PartialEq)]
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

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> Host {
        Host {
            cpu: "Fast One".to_owned(),
            cores: 4,
            memory: Bytes(8_000_000_000),
            load: 0.1,
            details: Some(HostDetails {
                reflinks: Some(true),
                journal: Some(true),
                frequency_policy: Some("governor performance".to_owned()),
                ..HostDetails::default()
            }),
            ..Host::default()
        }
    }

    fn said(one: &Host, other: &Host) -> Vec<String> {
        one.differences(other).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_field_that_differs_is_named_with_both_values() {
        let mut other = host();
        other.cores = 2;
        let details = other.details.get_or_insert_default();
        details.reflinks = Some(false);
        details.journal = Some(false);
        details.processor_limit = Some(1.5);
        details.frequency_policy = Some("governor powersave".to_owned());
        let wanted = [
            "number of cores was 2 and is 4",
            "reflinks was not supported and is supported",
            "journal of the filesystem was none and is kept",
            "processor limit was 1.5 processors and is none",
            "CPU frequency policy was governor powersave and is governor performance",
        ];
        assert_eq!(said(&host(), &other), wanted);
    }

    #[test]
    fn the_load_and_what_is_not_known_make_no_other_machine() {
        let other = Host { load: 9.0, ..host() };
        assert_eq!(said(&host(), &other), Vec::<String>::new());
        let mut other = host();
        other.details.get_or_insert_default().reflinks = None;
        other.details.get_or_insert_default().journal = None;
        assert_eq!(said(&host(), &other), Vec::<String>::new());
        let older = Host { details: None, ..host() };
        assert_eq!(said(&host(), &older), Vec::<String>::new());
    }
}
