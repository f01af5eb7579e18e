//! What a build made, in a line `job`. Owns the form of a manifest: whole, or as what differs from
//! one that an earlier line has.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Bytes, Case, ContentDigest, JobName, Seconds};
use serde::{Deserialize, Serialize};

use crate::converted;

/// The outputs of one build: the files that Cargo named, and those that build scripts wrote.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct JobOutputs {
    /// What stands for all of them, XXH3 with 128 bits: two builds with the same made the same.
    pub digest: ContentDigest,
    /// Their number.
    pub files: u64,
    /// Their size.
    pub bytes: Bytes,
    /// The time that reading them took, outside of the job's steps.
    pub took: Seconds,
    /// The outputs; absent where an earlier line has those of the same digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<OutputManifest>,
}

/// The outputs of a build, in the order of their paths: those of an earlier line with what differs.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct OutputManifest {
    /// The digest of the outputs that the places below count in, from 0; absent where all files are
    /// among those that were added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<ContentDigest>,
    /// Files with another content: their place, digest and size.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<(usize, ContentDigest, Bytes)>,
    /// The places of files that are not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<usize>,
    /// Other files: their path below the target folder, digest and size.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<(String, ContentDigest, Bytes)>,
}

/// A build that was made only to compare with: the sources of a job, from an empty cache.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct UncachedBuild {
    /// The case whose settings it was built with.
    pub case: Case,
    /// The job whose sources it built.
    pub job: JobName,
    /// The iteration of its edits.
    pub iteration: u32,
    /// Wall-clock time of its steps.
    pub wall: Seconds,
    /// What it made; absent where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<JobOutputs>,
    /// Why it has no outputs; absent where it has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

// Without the manifest: the journal knows which are there already.
impl From<lukewarm_model::JobOutputs> for JobOutputs {
    fn from(it: lukewarm_model::JobOutputs) -> JobOutputs {
        let lukewarm_model::JobOutputs { digest, manifest: _, files, bytes, took } = it;
        JobOutputs { digest, files, bytes, took, manifest: None }
    }
}

impl From<JobOutputs> for lukewarm_model::JobOutputs {
    fn from(it: JobOutputs) -> lukewarm_model::JobOutputs {
        let JobOutputs { digest, files, bytes, took, manifest: _ } = it;
        lukewarm_model::JobOutputs { digest, manifest: None, files, bytes, took }
    }
}

impl From<lukewarm_model::UncachedBuild> for UncachedBuild {
    fn from(it: lukewarm_model::UncachedBuild) -> UncachedBuild {
        let lukewarm_model::UncachedBuild { case, job, iteration, wall, outputs, failure } = it;
        let outputs = converted!(outputs, option);
        UncachedBuild { case, job, iteration, wall, outputs, failure }
    }
}

impl From<UncachedBuild> for lukewarm_model::UncachedBuild {
    fn from(it: UncachedBuild) -> lukewarm_model::UncachedBuild {
        let UncachedBuild { case, job, iteration, wall, outputs, failure } = it;
        let outputs = converted!(outputs, option);
        lukewarm_model::UncachedBuild { case, job, iteration, wall, outputs, failure }
    }
}
