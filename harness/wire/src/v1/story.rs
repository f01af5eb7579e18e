//! The story in a plan.
//! Owns the form of its jobs and changes.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{JobName, Mtime, MutationKind, Place};
use serde::{Deserialize, Serialize};

use super::at_once::AtOnce;
use crate::mirrors;

/// The ordered jobs of one case.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Story {
    /// The file's stem, as it is selected.
    pub name: String,
    /// One line for lists.
    pub title: String,
    /// What the story shows, in Markdown.
    pub essay: String,
    /// What modification times checkouts have; absent means `fresh`, which is what records of
    /// earlier versions knew.
    #[serde(default, skip_serializing_if = "Mtime::is_fresh")]
    pub mtime: Mtime,
    /// The jobs, in order. The first starts from an empty cache.
    pub jobs: Vec<JobSpec>,
}

/// One job of a story.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct JobSpec {
    /// Its name in tables, unique in the story: `cold`, `unchanged`, `leaf-body`.
    pub name: JobName,
    /// What changed in the checkout since the job before.
    pub change: Change,
    /// How often it runs at once; absent means alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_once: Option<AtOnce>,
}

/// What changed since the job before: nothing, or a mutation, for some kinds at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Change {
    /// What kind of change.
    pub kind: MutationKind,
    /// Where it is made; only comments, bodies and signatures have a place.
    pub place: Option<Place>,
}

mirrors! {
    Story { name, title, essay, mtime, jobs: list }
    JobSpec { name, change: into, at_once: option }
    Change { kind, place }
}
