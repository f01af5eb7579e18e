//! The name of a note: the beginning of its digest.
//! Owns the form of names; digests are computed by `shelf-codec`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// The name of a note. Equal texts have equal names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NoteId(String);

impl NoteId {
    /// The number of hexadecimal digits in a name.
    pub const LENGTH: usize = 16;

    /// The name of a text with this digest.
    pub fn from_digest(digest: &[u8]) -> NoteId {
        let digits = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        NoteId(digits.chars().take(NoteId::LENGTH).collect())
    }
}

impl FromStr for NoteId {
    type Err = Error;

    fn from_str(text: &str) -> Result<NoteId, Error> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == NoteId::LENGTH && text.bytes().all(is_digit) {
            Ok(NoteId(text.to_owned()))
        } else {
            Err(Error::NotAnId(text.to_owned()))
        }
    }
}

impl TryFrom<String> for NoteId {
    type Error = Error;

    fn try_from(text: String) -> Result<NoteId, Error> {
        text.parse()
    }
}

impl From<NoteId> for String {
    fn from(id: NoteId) -> String {
        id.0
    }
}

impl fmt::Display for NoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_folder() {
        assert!("../../etc/passwd".parse::<NoteId>().is_err());
        assert!("0123456789abcdef".parse::<NoteId>().is_ok());
    }
}
