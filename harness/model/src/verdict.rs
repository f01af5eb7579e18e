//! Verdicts, and the steps that jobs are timed by.
//! Owns the words; deciding them belongs to `analysis`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A timed part of a job.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Bringing the cache to the machine: unpacking an archive, starting a server.
    Restore,
    /// `cargo build`.
    Build,
    /// Taking the cache away again: packing an archive, waiting for writes, stopping a server.
    Save,
}

/// Whether a job may be believed.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verdict", content = "reasons")]
pub enum JobVerdict {
    /// Everything that was checked held; the checks are named.
    Valid(Vec<String>),
    /// It ran, but not as its scenario means it.
    Degraded(Vec<String>),
    /// It ran, and something that should have been checked could not be.
    Unchecked(Vec<String>),
}

/// The kind of a job's verdict, without its reasons, from the best to the worst.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    /// Everything that was checked held.
    Valid,
    /// It ran, and something that should have been checked could not be.
    Unchecked,
    /// It ran, but not as its scenario means it.
    Degraded,
}

/// What a comparison with the reference says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComparisonVerdict {
    /// Faster, and so far beyond the noise of the whole run that few blocks are enough to say so.
    ClearlyFaster,
    /// Slower, and so far beyond the noise of the whole run that few blocks are enough to say so.
    ClearlySlower,
    /// Faster, beyond the margin and the noise.
    Faster,
    /// Slower, beyond the margin and the noise.
    Slower,
    /// The whole interval lies inside the margin.
    Same,
    /// The interval does not decide.
    Inconclusive,
    /// Fewer blocks than any two-sided verdict at 5 % needs.
    TooFewSamples,
}

impl Step {
    /// Every step, in the order of a job.
    pub const ALL: [Step; 3] = [Step::Restore, Step::Build, Step::Save];

    /// The name used in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Step::Restore => "restore",
            Step::Build => "build",
            Step::Save => "save",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl VerdictKind {
    /// The word used in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            VerdictKind::Valid => "valid",
            VerdictKind::Unchecked => "unchecked",
            VerdictKind::Degraded => "degraded",
        }
    }

    /// A verdict of this kind, for these reasons.
    pub fn because(self, reasons: Vec<String>) -> JobVerdict {
        match self {
            VerdictKind::Valid => JobVerdict::Valid(reasons),
            VerdictKind::Unchecked => JobVerdict::Unchecked(reasons),
            VerdictKind::Degraded => JobVerdict::Degraded(reasons),
        }
    }
}

impl fmt::Display for VerdictKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl JobVerdict {
    /// The verdict without its reasons.
    pub fn kind(&self) -> VerdictKind {
        match self {
            JobVerdict::Valid(_) => VerdictKind::Valid,
            JobVerdict::Unchecked(_) => VerdictKind::Unchecked,
            JobVerdict::Degraded(_) => VerdictKind::Degraded,
        }
    }

    /// The word without its reasons.
    pub fn word(&self) -> &'static str {
        self.kind().name()
    }

    /// Why: the checks that held, or what was wrong.
    pub fn reasons(&self) -> &[String] {
        match self {
            JobVerdict::Valid(reasons)
            | JobVerdict::Degraded(reasons)
            | JobVerdict::Unchecked(reasons) => reasons,
        }
    }
}

impl ComparisonVerdict {
    /// Whether it says that there is a difference, clear or not, and in which direction: less than
    /// equal is faster. Absent where it says that there is none, or nothing.
    pub fn direction(self) -> Option<std::cmp::Ordering> {
        match self {
            ComparisonVerdict::ClearlyFaster | ComparisonVerdict::Faster => {
                Some(std::cmp::Ordering::Less)
            }
            ComparisonVerdict::ClearlySlower | ComparisonVerdict::Slower => {
                Some(std::cmp::Ordering::Greater)
            }
            ComparisonVerdict::Same
            | ComparisonVerdict::Inconclusive
            | ComparisonVerdict::TooFewSamples => None,
        }
    }

    /// Whether it says that a difference is clear.
    pub fn is_clear(self) -> bool {
        matches!(self, ComparisonVerdict::ClearlyFaster | ComparisonVerdict::ClearlySlower)
    }

    /// Whether it says something for certain.
    pub fn is_decided(self) -> bool {
        !matches!(self, ComparisonVerdict::Inconclusive | ComparisonVerdict::TooFewSamples)
    }

    /// The verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            ComparisonVerdict::ClearlyFaster => "clearly faster",
            ComparisonVerdict::ClearlySlower => "clearly slower",
            ComparisonVerdict::Faster => "faster",
            ComparisonVerdict::Slower => "slower",
            ComparisonVerdict::Same => "same",
            ComparisonVerdict::Inconclusive => "inconclusive",
            ComparisonVerdict::TooFewSamples => "too few samples to say",
        }
    }
}
