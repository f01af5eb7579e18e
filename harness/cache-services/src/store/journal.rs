//! The journal of a store that is kept: a line for each change, so that what was stored is there
//! again after a stop, a kill or a crash. Owns the format; `DIR/journal.jsonl`, version 1.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Properties;

const JOURNAL: &str = "journal.jsonl";
const VERSION: u32 = 1;

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
}

/// Where some of an entry's bytes lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartLine {
    /// In which file, and where.
    #[serde(flatten)]
    pub place: Place,
    /// How many they are.
    pub length: u64,
    /// XXH3 (128 bits) of them.
    #[serde(with = "hexadecimal")]
    pub hash: u128,
}

/// A place on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the pack, at this byte.
    Pack(u64),
    /// In the file of this number, from its beginning.
    File(u64),
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Lines added since it was written anew.
    added: usize,
    /// Held as long as the store is open, so that no other opens it.
    _lock: File,
}

/// What a journal said when it was opened.
#[derive(Debug, Default)]
pub struct Replay {
    /// Its changes, without the first line.
    pub lines: Vec<Line>,
    /// How many of them a closed store had written.
    pub closed: usize,
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
            .map(|((space, property), value)| (space.clone(), property.clone(), value.clone()));
        Line::Properties { name: name.to_owned(), properties: list.collect() }
    }
}

impl Journal {
    /// Opens a folder's journal for one process, and gives what it says. A last line that was cut
    /// short is left out.
    ///
    /// # Errors
    /// When another process has it, the folder holds something else, or the disk fails.
    pub fn open(folder: &Path, kind: &str) -> io::Result<(Journal, Replay)> {
        fs::create_dir_all(folder)?;
        let lock = folder.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(lock)?;
        if lock.try_lock().is_err() {
            return Err(io::Error::other("another process serves from it"));
        }
        let path = folder.join(JOURNAL);
        let replay = match File::open(&path) {
            Ok(file) => read(BufReader::new(file), kind)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                refuse_foreign(folder)?;
                Replay::default()
            }
            Err(error) => return Err(error),
        };
        let file = File::options().create(true).append(true).open(&path)?;
        Ok((Journal { path, file, added: 0, _lock: lock }, replay))
    }

    /// Adds a change. One call of the system: a kill leaves all of it or a line cut short.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, line: &Line) -> io::Result<()> {
        self.added += 1;
        self.file.write_all(&text(line)?)
    }

    /// Lines added since it was written anew.
    pub fn added(&self) -> usize {
        self.added
    }

    /// Puts other lines in place of all, at once.
    ///
    /// # Errors
    /// When they cannot be written; the old ones are there then.
    pub fn rewrite(&mut self, kind: &str, lines: impl Iterator<Item = Line>) -> io::Result<()> {
        let temporary = self.path.with_extension("new");
        let mut file = io::BufWriter::new(File::create(&temporary)?);
        file.write_all(&text(&Line::Format { version: VERSION, kind: kind.to_owned() })?)?;
        for line in lines {
            file.write_all(&text(&line)?)?;
        }
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_data()?;
        fs::rename(&temporary, &self.path)?;
        self.file = File::options().append(true).open(&self.path)?;
        self.added = 0;
        Ok(())
    }
}

fn text(line: &Line) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    Ok(text)
}

/// A folder with other things in it is no store, and nothing of it may be removed.
fn refuse_foreign(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let ours = ["lock", "pack", "journal.new"].iter().any(|ours| name == *ours);
        if !ours {
            let name = name.to_string_lossy();
            let what = format!("it holds `{name}` but no `{JOURNAL}`: give an empty folder");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
    }
    Ok(())
}

fn read(mut file: impl BufRead, kind: &str) -> io::Result<Replay> {
    let mut replay = Replay::default();
    let (mut bytes, mut number) = (Vec::new(), 0);
    loop {
        bytes.clear();
        if file.read_until(b'\n', &mut bytes)? == 0 || bytes.last() != Some(&b'\n') {
            return Ok(replay);
        }
        number += 1;
        let wrong = |what: String| {
            let what = format!("{JOURNAL}:{number}: {what}");
            io::Error::new(io::ErrorKind::InvalidData, what)
        };
        let line = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        match line {
            Line::Format { version, kind: found } if number == 1 => {
                if version != VERSION {
                    return Err(wrong(format!("format {version}, not {VERSION}")));
                }
                if found != kind {
                    return Err(wrong(format!("it belongs to a service `{found}`, not `{kind}`")));
                }
            }
            _ if number == 1 => return Err(wrong("the format's line is missing".to_owned())),
            Line::Closed => replay.closed = replay.lines.len(),
            Line::Together(lines) => replay.lines.extend(lines),
            line => replay.lines.push(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str) -> Line {
        let place = PartLine { place: Place::Pack(4096), length: 3, hash: 0xabc };
        let file = PartLine { place: Place::File(9), length: 5, hash: u128::MAX };
        let parts = vec![place, file];
        Line::Put { name: name.to_owned(), parts, modified: 1.5, used: 2.0 }
    }

    #[test]
    fn lines_come_back_and_one_cut_short_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(JOURNAL);
        let (mut journal, replay) = Journal::open(folder.path(), "webdav").unwrap();
        assert!(replay.lines.is_empty());
        let lines = [line("a\nb"), Line::Folder { name: "f".to_owned() }];
        let together = Line::Together(lines.to_vec());
        journal.rewrite("webdav", [together, Line::Closed].into_iter()).unwrap();
        journal.add(&Line::Remove { name: "f".to_owned() }).unwrap();
        drop(journal);
        let whole = fs::read(&path).unwrap();
        for cut in [0, 1, 5] {
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let (_journal, replay) = Journal::open(folder.path(), "webdav").unwrap();
            assert_eq!((&replay.lines[..2], replay.closed), (&lines[..], 2));
            assert_eq!(replay.lines.len(), if cut == 0 { 3 } else { 2 });
        }
    }

    #[test]
    fn what_is_no_store_of_this_service_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let open = |kind| Journal::open(folder.path(), kind).map(|_| ());
        fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
        assert!(open("webdav").unwrap_err().to_string().contains("`thesis.txt`"));
        fs::remove_file(folder.path().join("thesis.txt")).unwrap();
        let (mut journal, _) = Journal::open(folder.path(), "webdav").unwrap();
        journal.rewrite("webdav", std::iter::empty()).unwrap();
        assert!(open("webdav").unwrap_err().to_string().contains("another process"));
        drop(journal);
        assert!(open("github-actions").unwrap_err().to_string().contains("`webdav`"));
        fs::write(folder.path().join(JOURNAL), "{}\n").unwrap();
        assert!(open("webdav").unwrap_err().to_string().contains("journal.jsonl:1:"));
    }
}
