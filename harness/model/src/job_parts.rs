//! What the facts of a job are made of: its steps, units, checks, what an archive brought, and why
//! it has no result. Owns these nouns; a whole job belongs to `facts`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Bytes, LedgerSummary, Seconds, Step};

/// What one step left.
#[derive(Clone, Debug, PartialEq)]
pub struct StepFacts {
    /// Which step.
    pub step: Step,
    /// Wall-clock time.
    pub wall: Seconds,
    /// CPU time of the whole child tree, a tool's server included; absent where the system does
    /// not say.
    pub cpu: Option<Seconds>,
    /// Largest resident memory of the child tree seen at once.
    pub peak_rss: Option<Bytes>,
    /// CPU time of the emulated service.
    pub service_cpu: Option<Seconds>,
    /// Requests that the service saw during the step.
    pub ledger: Option<LedgerSummary>,
    /// What the step did, where that is worth a word: `saved 12 MB`, `key exists, not saved`.
    pub note: Option<String>,
}

impl StepFacts {
    /// The facts of a step of which only the time is known: every recorder adds its own.
    pub fn new(step: Step, wall: Seconds) -> StepFacts {
        StepFacts {
            step,
            wall,
            cpu: None,
            peak_rss: None,
            service_cpu: None,
            ledger: None,
            note: None,
        }
    }
}

/// What one command of the build step took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CommandFact {
    /// Wall-clock time.
    pub wall: Seconds,
    /// CPU time of Cargo and of all that it waited for; absent where the system does not say.
    pub cpu: Option<Seconds>,
}

/// One compiler invocation that Cargo planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitFact {
    /// The package's name.
    pub package: String,
    /// The target's name.
    pub target: String,
    /// What it makes.
    pub kind: UnitKind,
    /// Whether the package comes from a registry or repository, and not from the workspace.
    pub external: bool,
    /// Whether Cargo skipped it.
    pub fresh: bool,
}

/// What a unit makes; it decides whether a wrapper can cache it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum UnitKind {
    /// `lib` or `rlib`: wrappers can cache it.
    Lib,
    /// A program; a harness of tests or benchmarks is one.
    Bin,
    /// A procedural macro.
    ProcMacro,
    /// A build script.
    BuildScript,
    /// `staticlib`, alone or beside a library for Rust.
    Staticlib,
    /// Documentation: rustdoc makes it, which no wrapper of the compiler sees.
    Doc,
    /// `cdylib`, `dylib` and whatever else Cargo builds.
    Other,
}

/// What the service held when the job had ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceFacts {
    /// Entries that can be read.
    pub objects: u64,
    /// Their bytes.
    pub bytes: Bytes,
    /// Entries that the quota pushed out during the job.
    pub evicted: u64,
}

/// What an archive's restore unpacked, and how much of that the build used. A file is used when
/// its path has the hash of a unit that Cargo found fresh, or lies in the output of such a build
/// script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoredFacts {
    /// Files in the target folder before the build.
    pub files: u64,
    /// Their bytes.
    pub bytes: Bytes,
    /// Those of them that were used.
    pub used_files: u64,
    /// Their bytes.
    pub used_bytes: Bytes,
}

/// Something that was looked at to believe a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at, in a few words.
    pub name: String,
    /// Whether it held; absent when it could not be looked at.
    pub held: Option<bool>,
    /// What was seen.
    pub seen: String,
}

/// Why a job has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The step that failed; absent when the job could not be prepared.
    pub step: Option<Step>,
    /// What kind of failure.
    pub kind: FailureKind,
    /// What went wrong, in one line.
    pub message: String,
    /// The last lines of what the process printed.
    pub last_lines: Vec<String>,
}

/// What kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The workspace does not build.
    Build,
    /// The cache tool or the archive client failed.
    Tool,
    /// The harness could not do its part: a full disk, a missing program.
    Environment,
    /// A predecessor failed, so there is no state to start from.
    Predecessor,
}
