//! Stories: the ordered jobs of one case, and what changes between them.
//! Owns the vocabulary of changes; applying one to files belongs to the runner.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AtOnce, JobName};

/// The ordered jobs of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// The file's stem, as it is selected.
    pub name: String,
    /// One line for lists.
    pub title: String,
    /// What the story shows, in Markdown.
    pub essay: String,
    /// What modification times checkouts have.
    pub mtime: Mtime,
    /// The jobs, in order. The first starts from an empty cache.
    pub jobs: Vec<JobSpec>,
}

/// One job of a story.
#[derive(Clone, Debug, PartialEq)]
pub struct JobSpec {
    /// Its name in tables, unique in the story: `cold`, `unchanged`, `leaf-body`.
    pub name: JobName,
    /// What changed in the checkout since the job before.
    pub change: Change,
    /// How often it runs at once; absent means alone.
    pub at_once: Option<AtOnce>,
}

/// What modification times the files of a checkout have. Cargo judges the crates of a workspace
/// by them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mtime {
    /// The moment of the checkout, as `git checkout` leaves them.
    #[default]
    Fresh,
    /// The moment of the commit that last changed the file, as `git restore-mtime` sets them: one
    /// time for each content, long ago for what no job of the story changed.
    CommitTime,
    /// What they were in the job before, for files whose content is the same.
    Restored,
}

/// What changed since the job before: nothing, or a mutation, for some kinds at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    /// What kind of change.
    pub kind: MutationKind,
    /// Where it is made; only comments, bodies and signatures have a place.
    pub place: Option<Place>,
}

/// What a mutation changes: the sources, or what stands around them. It stays changed in the jobs
/// that follow.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
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
    /// The version of one registry crate in Cargo.lock.
    Dependency,
    /// A build script, and what it makes.
    BuildScript,
    /// The features of a crate, in its manifest.
    Features,
    /// The compiler's flags: one is added to the workspace's own.
    Flags,
    /// The Rust toolchain: a second one that is installed.
    Toolchain,
    /// The folder of the checkout.
    Path,
    /// The folder of `CARGO_HOME`, with the registry's sources in it.
    CargoHome,
    /// The branch: a new one beside all others, made from the default branch's caches.
    Branch,
    /// The ref: a pull request's merge ref, with the default branch as its base.
    PullRequest,
}

/// The crate that a mutation changes, by its place in the dependency graph.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A member that no other member depends on.
    Leaf,
    /// The member that most other members depend on.
    Core,
}

impl Story {
    /// The most copies of a job that run at once; 1 where each runs alone.
    pub fn most_at_once(&self) -> u32 {
        let copies = self.jobs.iter().filter_map(|job| job.at_once);
        copies.map(|it| it.copies).max().unwrap_or(1)
    }

    /// Which jobs run several times at once, in words: `cold 4 at once, unchanged alone`.
    pub fn at_once_in_words(&self) -> String {
        if self.jobs.iter().all(|job| job.at_once.is_none()) {
            return "each alone".to_owned();
        }
        let words = |job: &JobSpec| {
            let often = job.at_once.map_or_else(|| "alone".to_owned(), |it| it.to_string());
            format!("{} {often}", job.name)
        };
        self.jobs.iter().map(words).collect::<Vec<_>>().join(", ")
    }
}

impl JobSpec {
    /// A job that runs alone.
    pub fn alone(name: impl Into<JobName>, change: Change) -> JobSpec {
        JobSpec { name: name.into(), change, at_once: None }
    }
}

impl Change {
    /// No change.
    pub const NONE: Change = Change { kind: MutationKind::None, place: None };

    /// Every change that there is, in the order of lists.
    pub fn all() -> Vec<Change> {
        let of = |kind: MutationKind| match kind.has_place() {
            true => Place::ALL.map(|place| Change { kind, place: Some(place) }).to_vec(),
            false => vec![Change { kind, place: None }],
        };
        MutationKind::ALL.into_iter().flat_map(of).collect()
    }

    /// The name used in files: `leaf-body`, `dependency`, `none`.
    pub fn name(self) -> &'static str {
        match (self.place, self.kind) {
            (Some(Place::Leaf), MutationKind::Comment) => "leaf-comment",
            (Some(Place::Leaf), MutationKind::Body) => "leaf-body",
            (Some(Place::Leaf), MutationKind::Signature) => "leaf-signature",
            (Some(Place::Core), MutationKind::Comment) => "core-comment",
            (Some(Place::Core), MutationKind::Body) => "core-body",
            (Some(Place::Core), MutationKind::Signature) => "core-signature",
            (_, kind) => kind.name(),
        }
    }
}

impl Mtime {
    /// Every setting, in the order of lists.
    pub const ALL: [Mtime; 3] = [Mtime::Fresh, Mtime::CommitTime, Mtime::Restored];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Mtime::Fresh => "fresh",
            Mtime::CommitTime => "commit-time",
            Mtime::Restored => "restored",
        }
    }

    /// Whether it is what a checkout has where nothing is done about it.
    pub fn is_fresh(&self) -> bool {
        *self == Mtime::Fresh
    }
}

impl fmt::Display for Change {
    /// `leaf body`, `core signature`, `build-script`, or `none`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(place) => f.pad(&format!("{place} {}", self.kind)),
            None => f.pad(self.kind.name()),
        }
    }
}

impl MutationKind {
    /// Every kind, in the order of lists.
    pub const ALL: [MutationKind; 13] = [
        MutationKind::None,
        MutationKind::Comment,
        MutationKind::Body,
        MutationKind::Signature,
        MutationKind::Dependency,
        MutationKind::BuildScript,
        MutationKind::Features,
        MutationKind::Flags,
        MutationKind::Toolchain,
        MutationKind::Path,
        MutationKind::CargoHome,
        MutationKind::Branch,
        MutationKind::PullRequest,
    ];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            MutationKind::None => "none",
            MutationKind::Comment => "comment",
            MutationKind::Body => "body",
            MutationKind::Signature => "signature",
            MutationKind::Dependency => "dependency",
            MutationKind::BuildScript => "build-script",
            MutationKind::Features => "features",
            MutationKind::Flags => "flags",
            MutationKind::Toolchain => "toolchain",
            MutationKind::Path => "path",
            MutationKind::CargoHome => "cargo-home",
            MutationKind::Branch => "branch",
            MutationKind::PullRequest => "pull-request",
        }
    }

    /// Whether it is made at a place, and can be made in any workspace.
    pub fn has_place(self) -> bool {
        matches!(self, MutationKind::Comment | MutationKind::Body | MutationKind::Signature)
    }

    /// Whether it alters what is built, or where.
    pub fn changes_the_build(self) -> bool {
        !matches!(self, MutationKind::None | MutationKind::Branch | MutationKind::PullRequest)
    }

    /// Whether it changes files of the checkout.
    pub fn is_edit(self) -> bool {
        self.has_place() || self.needs_patch()
    }

    /// Whether it is an edit that only a patch can make.
    pub fn needs_patch(self) -> bool {
        use MutationKind::{BuildScript, Dependency, Features};
        matches!(self, Dependency | BuildScript | Features)
    }

    /// Whether it moves the job to another branch or ref.
    pub fn is_ref(self) -> bool {
        matches!(self, MutationKind::Branch | MutationKind::PullRequest)
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
