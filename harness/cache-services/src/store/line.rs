//! The journal's format, version 2. Version 1, which named the files of large bodies by their
//! numbers alone, can be read too. Owns the lines and their validation; it must not touch a file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The file name of the journal.
pub const JOURNAL: &str = "journal.jsonl";
/// The version of its format.
pub const VERSION: u32 = 2;
/// The last second of the year 9999: no entry is younger.
const LAST_SECOND: f64 = 253_402_300_799.0;
/// The alignment of bodies in the pack, in bytes, so that freed slots fit others.
pub const ALIGNMENT: u64 = 4096;

/// The properties that clients set on a resource: XML by namespace and name.
pub type Properties = BTreeMap<(Arc<str>, String), String>;

/// A change. An incomplete line is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// The first line: the format.
    Format {
        /// The format's version.
        version: u32,
        /// The kind of the service.
        kind: String,
    },
    /// An entry was created or replaced.
    Put {
        /// Its name.
        name: String,
        /// Its bytes.
        parts: Vec<PartLine>,
        /// When it was created, in seconds since 1970.
        modified: f64,
        /// When it was last used, as far as the journal knows, in seconds since 1970.
        used: f64,
    },
    /// A folder was created.
    Folder {
        /// Its path.
        name: String,
    },
    /// An entry, or a folder with all below it, was removed.
    Remove {
        /// Its name.
        name: String,
    },
    /// The properties of a resource were replaced; an empty list removes them.
    Properties {
        /// The resource's name.
        name: String,
        /// Namespace, name and value of each.
        properties: Vec<(String, String, String)>,
    },
    /// A transaction.
    Together(Vec<Line>),
    /// The store was closed: the bytes of all entries before are on disk.
    Closed,
    /// A closed store was opened again without rewriting the journal: its bytes are to be verified
    /// again.
    Opened,
}

/// A part of an entry's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartLine {
    /// Its location.
    #[serde(flatten)]
    pub place: BlobLocation,
    /// Its length in bytes.
    pub length: u64,
    /// Its XXH3 hash (128 bits).
    #[serde(with = "hexadecimal")]
    pub hash: u128,
}

/// A location on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlobLocation {
    /// In the pack, at this offset.
    Pack(u64),
    /// At the beginning of the file of this number.
    File(u64),
}

/// The content of a journal that was opened.
#[derive(Debug, Default)]
pub struct Replay {
    /// Its changes, without the first line.
    pub lines: Vec<Line>,
    /// How many of them were written before the store was last closed.
    pub closed: usize,
    /// What was dropped, where lines could not be read.
    pub repaired: Option<Repaired>,
    /// The end of the last complete line, in bytes.
    pub end: u64,
}

/// How lines that cannot be read are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The store is not opened.
    Refused,
    /// They are dropped, and a copy of the journal is kept.
    LeftOut,
}

/// What was dropped from a damaged journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The number of lines.
    pub lines: usize,
    /// The copy of the damaged journal.
    pub copy: PathBuf,
}

mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(hash: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{hash:032x}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}

impl Line {
    /// The line that sets properties.
    pub fn properties(name: &str, properties: &Properties) -> Line {
        let list = properties
            .iter()
            .map(|((space, property), value)| (space.to_string(), property.clone(), value.clone()));
        Line::Properties { name: name.to_owned(), properties: list.collect() }
    }
}

impl Line {
    /// Whether it only removes something: a full disk must still accept it.
    pub fn removes(&self) -> bool {
        matches!(self, Line::Remove { .. } | Line::Closed | Line::Opened)
    }

    /// What is invalid in its values; none where nothing is.
    pub fn fault(&self) -> Option<String> {
        match self {
            Line::Put { name, parts, modified, used } => {
                let time =
                    [modified, used].into_iter().find(|it| !(0.0..LAST_SECOND).contains(*it));
                if let Some(time) = time {
                    return Some(format!(
                        "`{name}` has the time {time}: expected seconds from 1970 to the year 9999"
                    ));
                }
                let outside = parts.iter().find(|part| !part.is_possible())?;
                Some(format!(
                    "`{name}`: {:?} with {} bytes is beyond the longest file",
                    outside.place, outside.length
                ))
            }
            Line::Together(lines) => lines.iter().find_map(Line::fault),
            _ => None,
        }
    }
}

impl PartLine {
    fn is_possible(&self) -> bool {
        match self.place {
            BlobLocation::Pack(start) => end_in_pack(start, self.length).is_some(),
            BlobLocation::File(number) => number < u64::MAX && i64::try_from(self.length).is_ok(),
        }
    }
}

/// The end of a slot in the pack; none where it exceeds the longest file.
pub fn end_in_pack(start: u64, length: u64) -> Option<u64> {
    let end = start.checked_add(length.max(1).checked_next_multiple_of(ALIGNMENT)?)?;
    i64::try_from(end).is_ok().then_some(end)
}
