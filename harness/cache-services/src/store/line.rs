//! The lines of a store's journal: its format, version 2. Version 1 named large bodies' files by
//! their numbers alone, and is read as well.
//! Owns what a line says and what is possible in it; it must not touch a file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What the journal is called.
pub const JOURNAL: &str = "journal.jsonl";
/// The version of its format.
pub const VERSION: u32 = 2;
/// The last second of the year 9999: no entry is younger.
const LAST_SECOND: f64 = 253_402_300_799.0;
/// Bodies in the pack begin at multiples of this, in bytes: what one leaves, the next can use.
pub const ALIGNMENT: u64 = 4096;

/// What clients wrote about a resource: values in XML by namespace and name.
pub type Properties = BTreeMap<(Arc<str>, String), String>;

/// One change. A line that was cut short is no change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// The first line: what wrote the file.
    Format {
        /// Of this format.
        version: u32,
        /// The service whose entries these are.
        kind: String,
    },
    /// An entry was made, or another body put in its place.
    Put {
        /// Its name.
        name: String,
        /// Its bytes.
        parts: Vec<PartLine>,
        /// When it was made and used last, in seconds since 1970.
        modified: f64,
        /// The same for its last use, as far as the journal knows.
        used: f64,
    },
    /// A folder was made.
    Folder {
        /// Its path.
        name: String,
    },
    /// An entry, or a folder with all below it, went.
    Remove {
        /// Its name.
        name: String,
    },
    /// Properties were set; an empty list takes them away.
    Properties {
        /// Of what.
        name: String,
        /// Namespace, name and value of each.
        properties: Vec<(String, String, String)>,
    },
    /// Several changes that are one.
    Together(Vec<Line>),
    /// All lines before were written by a store that was closed: their bytes are on disk.
    Closed,
    /// A store that was closed goes on from here without its journal having been written anew:
    /// bytes are to be compared again.
    Opened,
}

/// Where some of an entry's bytes lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartLine {
    /// In which file, and where.
    #[serde(flatten)]
    pub place: BlobLocation,
    /// How many they are.
    pub length: u64,
    /// XXH3 (128 bits) of them.
    #[serde(with = "hexadecimal")]
    pub hash: u128,
}

/// A place on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlobLocation {
    /// In the pack, at this byte.
    Pack(u64),
    /// In the file of this number, from its beginning.
    File(u64),
}

/// What a journal said when it was opened.
#[derive(Debug, Default)]
pub struct Replay {
    /// Its changes, without the first line.
    pub lines: Vec<Line>,
    /// How many of them a closed store had written.
    pub closed: usize,
    /// What was left out, where lines could not be read.
    pub repaired: Option<Repaired>,
    /// Where the last whole line ends, in bytes.
    pub end: u64,
}

/// What becomes of lines that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// The store is not opened.
    Refused,
    /// They are left out, and the journal as it was is kept beside.
    LeftOut,
}

/// What was left out of a journal that could not be read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// How many lines.
    pub lines: usize,
    /// The journal as it was.
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
    /// The line for properties.
    pub fn properties(name: &str, properties: &Properties) -> Line {
        let list = properties
            .iter()
            .map(|((space, property), value)| (space.to_string(), property.clone(), value.clone()));
        Line::Properties { name: name.to_owned(), properties: list.collect() }
    }
}

impl Line {
    /// Whether it only takes away: a disk that is full must still take it.
    pub fn removes(&self) -> bool {
        matches!(self, Line::Remove { .. } | Line::Closed | Line::Opened)
    }

    /// What is wrong with its values; none where nothing is.
    pub fn fault(&self) -> Option<String> {
        match self {
            Line::Put { name, parts, modified, used } => {
                let time =
                    [modified, used].into_iter().find(|it| !(0.0..LAST_SECOND).contains(*it));
                if let Some(time) = time {
                    return Some(format!("`{name}` has the time {time}: seconds since 1970"));
                }
                let outside = parts.iter().find(|part| !part.is_possible())?;
                Some(format!("`{name}`: no file has {:?} with {}", outside.place, outside.length))
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

/// Where a place in the pack ends; none where no file is so long.
pub fn end_in_pack(start: u64, length: u64) -> Option<u64> {
    let end = start.checked_add(length.max(1).checked_next_multiple_of(ALIGNMENT)?)?;
    i64::try_from(end).is_ok().then_some(end)
}
