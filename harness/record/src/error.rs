//! What can go wrong with a results folder.
//! Owns the error type alone; each variant names the file, and the line where there is one.

use std::io;
use std::path::{Path, PathBuf};

use lukewarm_model::{Classify, ErrorKind};

use lukewarm_wire::{FORMAT_VERSION, PACKED_VERSION};

/// A results folder that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Another run has this folder.
    #[error("{} is there already, and a run never writes into another's folder", .0.display())]
    Exists(PathBuf),
    /// Another process writes this journal at this moment.
    #[error("{} is being written by another lukewarm", .0.display())]
    Busy(PathBuf),
    /// The folder or file cannot be made or written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder has no journal.
    #[error("{} has no journal.jsonl, so it is no results folder", .0.display())]
    NoJournal(PathBuf),
    /// The journal was cut off before its first line ended.
    #[error("{} ends before its first line does, so nothing of the run is known", .0.display())]
    Empty(PathBuf),
    /// A newer lukewarm wrote this line.
    #[error(
        "{}:{line} is of format version {found}, and this lukewarm reads up to {FORMAT_VERSION}: \
         use the lukewarm that wrote it, or a newer one",
        path.display()
    )]
    Newer {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Its format version.
        found: u32,
    },
    /// A whole line is no fact of the journal.
    #[error("{}:{line} is no fact of a journal", path.display())]
    Corrupted {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Where it stops making sense.
        source: serde_json::Error,
    },
    /// A line, or one before it, is not as it was written.
    #[error(
        "{}:{line} does not fit its checksum: this line, or one before it, was changed, removed or \
         moved since the run wrote it. Put the journal back as it was, or measure again",
        path.display()
    )]
    Changed {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A line without a checksum follows lines that have one.
    #[error(
        "{}:{line} has no checksum, and lines before it have: it was added by hand, or by a \
         lukewarm that is older than the run's. Remove it and what follows, or measure again",
        path.display()
    )]
    Foreign {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A name in a fact has a form that no run gives it: it could lead out of a folder.
    #[error("{}:{line}: {key} is {value:?}; {wanted}", path.display())]
    Name {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Where in the fact it stands.
        key: &'static str,
        /// The name.
        value: String,
        /// What would be right.
        wanted: &'static str,
    },
    /// The folder is another user's, and going on with a run builds what its journal says.
    #[error(
        "{} belongs to user {owner}: a run is only gone on with by whoever made it, since its \
         journal says what is built; copy the folder if you trust it",
        path.display()
    )]
    Theirs {
        /// The journal.
        path: PathBuf,
        /// The user's number.
        owner: u32,
    },
    /// A whole line is a fact, but not one that can stand there.
    #[error("{}:{line} is `{fact}`, which cannot stand there", path.display())]
    Misplaced {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The fact's kind.
        fact: String,
    },
    /// A newer lukewarm packed this file.
    #[error(
        "{} is a packed record of version {found}, and this lukewarm reads up to {PACKED_VERSION}: \
         use the lukewarm that packed it, or a newer one",
        path.display()
    )]
    PackedNewer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// A packed record ends too early, or is damaged.
    #[error(
        "{} cannot be read to its end: it was cut off or damaged on its way. Copy it again, or \
         make it again with `lukewarm pack RUN` where its results folder is",
        path.display()
    )]
    PackedBroken {
        /// The file.
        path: PathBuf,
        /// Where it stops making sense.
        source: io::Error,
    },
    /// A packed record has what none has.
    #[error("{} is no record as lukewarm packs it: {what}", path.display())]
    Packed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A fact cannot be serialized, which is a bug.
    #[error("cannot serialize {what}")]
    Wording {
        /// What was to be written.
        what: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Classify for RecordError {
    fn kind(&self) -> ErrorKind {
        match self {
            RecordError::Write { .. } => ErrorKind::Environment,
            RecordError::Wording { .. } => ErrorKind::Bug,
            RecordError::Exists(_)
            | RecordError::Busy(_)
            | RecordError::Read { .. }
            | RecordError::NoJournal(_)
            | RecordError::Empty(_)
            | RecordError::Newer { .. }
            | RecordError::Corrupted { .. }
            | RecordError::Changed { .. }
            | RecordError::Foreign { .. }
            | RecordError::Name { .. }
            | RecordError::Theirs { .. }
            | RecordError::PackedNewer { .. }
            | RecordError::PackedBroken { .. }
            | RecordError::Packed { .. }
            | RecordError::Misplaced { .. } => ErrorKind::Input,
        }
    }
}

impl RecordError {
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> RecordError {
        move |source| RecordError::Write { path: path.to_owned(), source }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> RecordError {
        move |source| RecordError::Read { path: path.to_owned(), source }
    }
}
