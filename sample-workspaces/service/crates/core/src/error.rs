//! What can go wrong, in words for the caller.
//! Owns the kinds; which HTTP status each one becomes belongs to `shelf-api`.

use std::io;
use std::path::{Path, PathBuf};

use crate::NoteId;

/// A failure of shelf.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No note of this name is on the shelf.
    #[error("no note {0} on the shelf")]
    NotFound(NoteId),
    /// A text is not the name of a note.
    #[error("`{0}` is not the name of a note: {LENGTH} hexadecimal digits", LENGTH = NoteId::LENGTH)]
    NotAnId(String),
    /// A token is missing, or was not issued here.
    #[error("a token of this shelf is needed")]
    NoToken,
    /// What is stored is not what was kept.
    #[error("note {0} is damaged")]
    Damaged(NoteId),
    /// A file could not be read or written.
    #[error("cannot use {path}", path = .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A setting makes no sense.
    #[error("setting {0}")]
    Setting(String),
}

impl Error {
    /// A file that could not be read or written.
    pub fn file(path: &Path, source: io::Error) -> Error {
        Error::File { path: path.to_owned(), source }
    }
}
