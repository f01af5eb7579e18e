//! Advice as data: what a rule found, and what changing it could save.
//! Owns the kinds; which hold is `advice`'s, their words are `report`'s.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Bytes, JobName, ScenarioName, UnitKind};
use serde::Serialize;

/// One thing to improve.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Advice {
    /// What the data show.
    pub finding: AdviceFinding,
    /// What changing it could save.
    pub potential: Potential,
}

/// What the data show.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum AdviceFinding {
    /// Incremental compilation is on, and its state is in the archive.
    IncrementalArchived {
        /// Bytes that a restore brought.
        restored: Bytes,
        /// A scenario of the record that differs in nothing else; absent where there is none.
        without: Option<ScenarioName>,
    },
    /// A restore brings much that the build does not use.
    UnusedArchive {
        /// Bytes that a restore brought.
        restored: Bytes,
        /// The share of them that was used.
        used: f64,
    },
    /// A job in which nothing changed saves all the same.
    SavesUnchanged {
        /// The job.
        job: JobName,
        /// Bytes that it sent.
        sent: Bytes,
    },
    /// The first job, which has no cache yet, spends long on saving.
    LongFirstSave {
        /// The job.
        job: JobName,
        /// The share of its time.
        share: f64,
    },
    /// A cold job takes longer than without a cache.
    SlowerCold {
        /// The job.
        job: JobName,
        /// Its time over the reference's.
        ratio: f64,
    },
    /// Nothing is reused although nothing changed.
    NothingReused {
        /// The job.
        job: JobName,
        /// Whether an archive was restored: then it holds what the job cannot use, else no key
        /// was found.
        restored: bool,
    },
    /// The quota pushed entries out.
    Evictions {
        /// The job with most of them.
        job: JobName,
        /// How many.
        entries: f64,
        /// Whether two caches share the quota.
        stacked: bool,
    },
    /// The service refused requests, because there were too many.
    RateLimited {
        /// The job with most of them.
        job: JobName,
        /// How many.
        requests: f64,
    },
    /// Much of what is compiled cannot be cached by the tool.
    Uncacheable {
        /// The job in which nothing changed.
        job: JobName,
        /// Units that cannot be cached.
        units: f64,
        /// All units.
        of: f64,
        /// What these units make, each with how many there are.
        kinds: Vec<(UnitKind, usize)>,
    },
    /// Moving the archive takes a notable part of the time, and it holds debug information.
    DebugInformation {
        /// Bytes of the archive.
        bytes: Bytes,
        /// The share of the time that is restoring and saving.
        share: f64,
    },
    /// Hits fall where only a path changed.
    UnstablePath {
        /// The job with another path.
        job: JobName,
        /// Its share of hits.
        hits: f64,
        /// The share of hits where nothing changed.
        before: f64,
    },
}

/// What changing something could save.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Potential {
    /// Seconds of a job of the mix on average; absent where the record does not say.
    pub seconds: Option<f64>,
    /// How that is known.
    pub by: PotentialBasis,
}

/// How a potential is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PotentialBasis {
    /// Both ways are in the record.
    Measured,
    /// It cannot be more, since the part that would go took no longer.
    AtMost,
    /// The record does not say.
    Unknown,
}

impl Potential {
    /// No more than so many.
    pub(super) fn at_most(seconds: f64) -> Potential {
        Potential { seconds: Some(seconds), by: PotentialBasis::AtMost }
    }

    /// Nothing is known.
    pub(super) const UNKNOWN: Potential = Potential { seconds: None, by: PotentialBasis::Unknown };
}
