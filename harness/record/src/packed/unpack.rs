//! Reading a packed record, which may come from anywhere.
//! Owns that nothing of it is believed: only entries that its first one names, regular files alone,
//! of the lengths and contents that were said, and no more than a record of its size can have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use lukewarm_model::{RawRecord, goes_down};

use super::frames::{Decompressed, TooMuch};
use super::{CONTENTS, Contents, LOGS, sha256};
use crate::RecordError;
use crate::files::NewFiles;
use crate::journal::{self, JOURNAL};
use crate::plan_identity::plan_digest;
use lukewarm_wire::PACKED_VERSION;

/// What any file may unpack to: short ones may be nothing but equal bytes.
const SMALL: u64 = 64 << 20;

/// How many times its own length a longer one may unpack to; records come to 5 to 40 times.
const RATIO: u64 = 200;

/// What none may unpack to.
const LARGEST: u64 = 8 << 30;

/// The most entries, and the most bytes of the first one.
const MOST_ENTRIES: usize = 200_000;
const LARGEST_CONTENTS: u64 = 64 << 20;

/// A packed record that was read to its end.
#[derive(Debug)]
pub struct PackedRun {
    /// What was measured.
    pub record: RawRecord,
    /// Its logs.
    pub logs: PackedLogs,
}

/// The logs of a packed record, which are read when they are wanted.
#[derive(Debug)]
pub struct PackedLogs {
    path: PathBuf,
    /// The names of the logs, by content.
    logs: BTreeMap<String, Vec<String>>,
}

/// An archive that is being decompressed.
type Archive = tar::Archive<Decompressed<BufReader<fs::File>>>;

/// Reads a packed record, all of it: what is cut off is noticed now.
///
/// # Errors
/// When it cannot be read, is cut off, was changed, is of a newer version, or has what no packed
/// record has; the error names the file.
pub fn read_packed(path: &Path) -> Result<PackedRun, RecordError> {
    let mut reader = Reader::open(path)?;
    let mut found: Option<(Contents, BTreeMap<String, Vec<String>>)> = None;
    let mut record = None;
    let mut missing: BTreeSet<String> = BTreeSet::new();
    reader.entries(&mut |place, name, bytes| match (place, &mut found) {
        (0, _) if name == CONTENTS => {
            let (contents, logs) = contents(path, bytes)?;
            missing = logs.keys().cloned().collect();
            found = Some((contents, logs));
            Ok(())
        }
        (1, Some((contents, _))) if name == JOURNAL => {
            let said = &contents.journal;
            if bytes.len() as u64 != said.bytes || sha256(bytes) != said.sha256 {
                return Err(changed(path, JOURNAL));
            }
            record = Some(journal::parse(&path.join(JOURNAL), bytes)?);
            Ok(())
        }
        (2.., Some(_)) => match name.strip_prefix(LOGS).and_then(|it| it.strip_prefix('/')) {
            Some(hash) if missing.remove(hash) => match sha256(bytes) == hash {
                true => Ok(()),
                false => Err(changed(path, name)),
            },
            _ => Err(strange(path, format!("its entry `{name}` is not one that it names"))),
        },
        _ => Err(strange(path, format!("its entry {} is `{name}`", place + 1))),
    })?;
    let (Some((contents, logs)), Some(record)) = (found, record) else {
        return Err(strange(path, "it has no journal".to_owned()));
    };
    if !missing.is_empty() {
        return Err(strange(path, format!("{} of its logs are not there", missing.len())));
    }
    if contents.run != record.run.id || contents.plan != plan_digest(&record.run.plan)? {
        return Err(changed(path, CONTENTS));
    }
    Ok(PackedRun { record, logs: PackedLogs { path: path.to_owned(), logs } })
}

impl PackedLogs {
    /// Writes them into a results folder, below one of its folders, under their names.
    ///
    /// # Errors
    /// When the file is no longer as it was read, or a log cannot be written.
    pub fn unpack(&self, folder: &Path, below: &str) -> Result<(), RecordError> {
        if self.logs.is_empty() {
            return Ok(());
        }
        let (mut reader, mut files) = (Reader::open(&self.path)?, NewFiles::open(folder)?);
        reader.entries(&mut |place, name, bytes| {
            let hash = name.strip_prefix(LOGS).and_then(|it| it.strip_prefix('/'));
            let names = hash.filter(|_| place > 1).and_then(|it| self.logs.get(it));
            if names.is_some() && hash != Some(sha256(bytes).as_str()) {
                return Err(changed(&self.path, name));
            }
            for log in names.into_iter().flatten() {
                files.write(&Path::new(below).join(log), bytes)?;
            }
            Ok(())
        })
    }
}

/// What the first entry says, and the names of logs by content.
fn contents(
    path: &Path,
    bytes: &[u8],
) -> Result<(Contents, BTreeMap<String, Vec<String>>), RecordError> {
    #[derive(serde::Deserialize)]
    struct FormOnly {
        format: u32,
    }
    let wrong = |source: serde_json::Error| strange(path, format!("`{CONTENTS}`: {source}"));
    // The version comes first, since it says how to read the rest.
    let FormOnly { format } = serde_json::from_slice(bytes).map_err(wrong)?;
    if format > PACKED_VERSION {
        return Err(RecordError::PackedNewer { path: path.to_owned(), found: format });
    }
    let contents: Contents = serde_json::from_slice(bytes).map_err(wrong)?;
    let mut logs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, hash) in &contents.logs {
        let is_plain = !name.contains(['\0', '\\', '\n']) && name.len() < 1000;
        if !is_plain || !goes_down(Path::new(name)) {
            return Err(strange(path, format!("a log's name is {name:?}")));
        }
        logs.entry(hash.clone()).or_default().push(name.clone());
    }
    Ok((contents, logs))
}

/// What takes an entry: its place, its name and its content.
type Take<'a> = &'a mut dyn FnMut(usize, &str, &[u8]) -> Result<(), RecordError>;

struct Reader<'a> {
    path: &'a Path,
    archive: Archive,
}

impl Reader<'_> {
    fn open(path: &Path) -> Result<Reader<'_>, RecordError> {
        let file = fs::canonicalize(path)
            .and_then(|it| journal::regular(fs::File::options().read(true), &it))
            .map_err(RecordError::read(path))?;
        let length = file.metadata().map_err(RecordError::read(path))?.len();
        let most = SMALL.saturating_add(length.saturating_mul(RATIO)).min(LARGEST);
        let archive = tar::Archive::new(Decompressed::new(BufReader::new(file), most));
        Ok(Reader { path, archive })
    }

    /// Hands every entry over, with its place, its name and its content, and goes to the end.
    fn entries(&mut self, take: Take<'_>) -> Result<(), RecordError> {
        let path = self.path;
        let broken = |source: io::Error| broken(path, source);
        // What extends an entry is an entry then, and refused.
        let entries = self.archive.entries().map_err(broken)?.raw(true);
        for (place, entry) in entries.enumerate() {
            let mut entry = entry.map_err(broken)?;
            if place >= MOST_ENTRIES {
                return Err(strange(path, format!("it has more than {MOST_ENTRIES} entries")));
            }
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let kind = entry.header().entry_type();
            if !kind.is_file() {
                return Err(strange(path, format!("its entry `{name}` is no regular file")));
            }
            let said = entry.size();
            if place == 0 && said > LARGEST_CONTENTS {
                return Err(strange(path, format!("its first entry has {said} bytes")));
            }
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(broken)?;
            if bytes.len() as u64 != said {
                let what = format!("`{name}` has {} of {said} bytes", bytes.len());
                return Err(broken(io::Error::new(io::ErrorKind::UnexpectedEof, what)));
            }
            take(place, &name, &bytes)?;
        }
        Ok(())
    }
}

/// What cannot be read on: of a file that would unpack without end it is said so.
fn broken(path: &Path, source: io::Error) -> RecordError {
    let is_bomb = source.get_ref().is_some_and(|it| it.is::<TooMuch>());
    match is_bomb {
        true => strange(path, TooMuch.to_string()),
        false => RecordError::PackedBroken { path: path.to_owned(), source },
    }
}

fn changed(path: &Path, name: &str) -> RecordError {
    strange(path, format!("`{name}` is not what was packed"))
}

fn strange(path: &Path, what: String) -> RecordError {
    RecordError::Packed { path: path.to_owned(), what }
}
