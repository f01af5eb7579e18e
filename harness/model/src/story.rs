//! Stories: the ordered jobs of one case, and what changes between them.
//! Owns the vocabulary of changes; applying one to files belongs to the runner.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The ordered jobs of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// The file's stem, as it is selected.
    pub name: String,
    /// One line for lists.
    pub title: String,
    /// What the story shows, in Markdown.
    pub essay: String,
    /// The jobs, in order. The first starts from an empty cache.
    pub jobs: Vec<JobSpec>,
}

/// One job of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// Its name in tables, unique in the story: `cold`, `unchanged`, `leaf-body`.
    pub name: String,
    /// What changed in the checkout since the job before.
    pub change: Change,
}

/// What changed since the job before: nothing, or a mutation at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Change {
    /// What kind of change.
    pub kind: MutationKind,
    /// Where it is made; `None` changes nothing anywhere.
    pub place: Option<Place>,
}

/// What a mutation does to a crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MutationKind {
    /// Nothing changes.
    None,
    /// A comment.
    Comment,
    /// The body of a function.
    Body,
    /// A public signature, so that dependents must be compiled again.
    Signature,
}

/// The crate that a mutation changes, by its place in the dependency graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A member that no other member depends on.
    Leaf,
    /// The member that most other members depend on.
    Core,
}

impl Change {
    /// No change.
    pub const NONE: Change = Change { kind: MutationKind::None, place: None };
}

impl fmt::Display for Change {
    /// `leaf body`, `core signature`, or `none`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(place) => f.pad(&format!("{place} {}", self.kind)),
            None => f.pad("none"),
        }
    }
}

impl MutationKind {
    /// Every kind, in the order of lists.
    pub const ALL: [MutationKind; 4] =
        [MutationKind::None, MutationKind::Comment, MutationKind::Body, MutationKind::Signature];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            MutationKind::None => "none",
            MutationKind::Comment => "comment",
            MutationKind::Body => "body",
            MutationKind::Signature => "signature",
        }
    }
}

impl Place {
    /// Every place, in the order of lists.
    pub const ALL: [Place; 2] = [Place::Leaf, Place::Core];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Place::Leaf => "leaf",
            Place::Core => "core",
        }
    }
}

impl fmt::Display for MutationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
