//! What varies between the jobs of a workspace in a test of soundness, and what its jobs leave
//! beside those of a measured one.
//! Owns their form.

use std::collections::BTreeMap;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};

use crate::mirrors;

/// One thing that varies between two jobs.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Variation {
    /// What surrounds the job that fills the cache.
    pub before: Surroundings,
    /// What surrounds the jobs after it.
    pub after: Surroundings,
    /// The bug that it stands for; absent where it stands for none that was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<PublishedBug>,
}

/// What surrounds the build of one job; absent fields are as usual.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Surroundings {
    /// Variables of the build command alone, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Further words for Cargo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// Files with a content of their own, by their path in the workspace.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// The name of the checkout's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<String>,
    /// The name of `CARGO_HOME`'s folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cargo_home: Option<String>,
    /// Whether a second toolchain builds.
    #[serde(default, skip_serializing_if = "is_false")]
    pub second_toolchain: bool,
    /// The file mode creation mask of the build, in octal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub umask: Option<String>,
    /// The modification time of every file of the checkout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_times: Option<Timestamp>,
}

/// A bug that somebody published.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct PublishedBug {
    /// Where it was published.
    pub sources: Vec<String>,
    /// What is expected of a tool without the bug.
    pub expected: String,
    /// The versions of tools in which it was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<String>,
    /// The versions of tools in which it was mended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mended: Vec<String>,
}

/// What the build of a job did once more.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct SettledFacts {
    /// Units that Cargo planned.
    pub units: u64,
    /// Those that were not fresh, as `package target`; absent where all were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_fresh: Vec<String>,
    /// Why they were not, in Cargo's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Wall-clock time, outside of the job's steps.
    pub wall: Seconds,
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

mirrors! {
    Variation { before: into, after: into, published: option }
    Surroundings {
        environment, arguments, files, checkout, cargo_home, second_toolchain, umask, file_times,
    }
    PublishedBug { sources, expected, seen, mended }
    SettledFacts { units, not_fresh, reasons, wall }
}
