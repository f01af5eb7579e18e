//! A line of a journal with its place: what it says, or what is wrong with it.
//! Owns the errors, which name the journal and the line.

use std::path::Path;

use lukewarm_wire::FORMAT_VERSION;
use lukewarm_wire::line::{self, LineFact, LineKind};

use crate::RecordError;
use crate::chain::{Break, Chain};
use crate::names::Misnamed;

/// A line of a journal, for errors.
pub(super) struct Place<'a> {
    /// The journal's path.
    pub path: &'a Path,
    /// Its number, from 1.
    pub line: usize,
}

impl Place<'_> {
    /// The kind of a line's fact; the version comes first, since it says how to read the rest.
    pub fn kind(&self, text: &[u8]) -> Result<String, RecordError> {
        let head = line::head(text).map_err(|source| self.corrupted(source))?;
        if head.v > FORMAT_VERSION {
            let Place { path, line } = *self;
            return Err(RecordError::Newer { path: path.to_owned(), line, found: head.v });
        }
        Ok(head.fact)
    }

    /// What a line says that is not as lines are written, or what is wrong with it.
    pub fn fact(&self, chain: Chain, text: &[u8]) -> Result<LineFact, RecordError> {
        let kind = self.kind(text)?;
        self.follow(chain, text)?;
        let known = LineKind::named(&kind).ok_or_else(|| self.misplaced(kind))?;
        line::of_kind(known, text).map_err(|source| self.corrupted(source))
    }

    /// The chain behind this line.
    pub fn follow(&self, chain: Chain, text: &[u8]) -> Result<Chain, RecordError> {
        let (path, line) = (self.path.to_owned(), self.line);
        chain.follow(text).map_err(|wrong| match wrong {
            Break::Differs => RecordError::Changed { path, line },
            Break::Missing => RecordError::Foreign { path, line },
        })
    }

    fn corrupted(&self, source: serde_json::Error) -> RecordError {
        RecordError::Corrupted { path: self.path.to_owned(), line: self.line, source }
    }

    pub fn unknown_place(&self) -> RecordError {
        let why = "`outputs.manifest` names a place that no earlier line has";
        self.corrupted(serde::de::Error::custom(why))
    }

    pub fn misnamed(&self, wrong: Misnamed) -> RecordError {
        let (path, line) = (self.path.to_owned(), self.line);
        let Misnamed { key, value, wanted } = wrong;
        RecordError::Name { path, line, key, value, wanted }
    }

    pub fn misplaced(&self, fact: String) -> RecordError {
        RecordError::Misplaced { path: self.path.to_owned(), line: self.line, fact }
    }
}
