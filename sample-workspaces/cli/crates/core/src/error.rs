//! What can go wrong, in words that name the path or the text.
//! Owns the wording; the crates that fail give the cause.

use std::path::{Path, PathBuf};
use std::{error, fmt, io};

/// A failure of strata.
#[derive(Debug)]
pub enum Error {
    /// A file or folder could not be read.
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A text was not understood.
    Text {
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: String,
    },
}

impl Error {
    /// A file or folder that could not be read.
    pub fn read(path: &Path, source: impl Into<io::Error>) -> Error {
        Error::Read { path: path.to_owned(), source: source.into() }
    }

    /// A text that was not understood.
    pub fn text(expected: &'static str, found: &str) -> Error {
        Error::Text { expected, found: found.to_owned() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Read { path, source } => write!(f, "cannot read {}: {source}", path.display()),
            Error::Text { expected, found } => write!(f, "expected {expected}, found `{found}`"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Error::Read { source, .. } => Some(source),
            Error::Text { .. } => None,
        }
    }
}
