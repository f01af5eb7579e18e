//! The journal of a kept store: a line per change, so that entries survive a stop, a kill or a
//! crash. Owns the file `DIR/journal.jsonl`; the format of lines is `line`'s.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use super::disk::{Disk, Reserve};
use super::folder;
use super::line::{JOURNAL, Line, Replay, Unreadable, VERSION};
use super::reading::Reading;

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    disk: Disk,
    reserve: Reserve,
    /// The end of its last complete line, in bytes.
    end: u64,
    /// The file has an incomplete line behind that, to be truncated before the next is added.
    is_torn: bool,
    /// Lines added since it was last rewritten.
    added: usize,
    /// The lock that keeps other processes from opening the store.
    _lock: File,
}

impl Journal {
    /// Opens the journal of a folder, and reads it. An incomplete last line is dropped.
    ///
    /// # Errors
    /// When another process has the store open, the folder holds something else, or reading fails.
    pub fn open(
        folder: &Path,
        kind: &str,
        unreadable: Unreadable,
    ) -> io::Result<(Journal, Replay)> {
        folder::claim(folder, JOURNAL)?;
        let lock = folder::options().create(true).write(true).open(folder.join("lock"))?;
        if lock.try_lock().is_err() {
            return Err(io::Error::other(
                "another process has it open: stop that, or give another folder",
            ));
        }
        let path = folder.join(JOURNAL);
        let replay = match folder::options().read(true).open(&path) {
            Ok(file) => {
                let mut replay = Reading::new(kind, unreadable).read(BufReader::new(file))?;
                if let Some(repaired) = &mut replay.repaired {
                    repaired.copy = copy(folder, &path)?;
                }
                replay
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Replay::default(),
            Err(error) => return Err(error),
        };
        let file = folder::options().create(true).append(true).open(&path)?;
        let journal = Journal {
            path,
            disk: Disk::default(),
            reserve: Reserve::of(folder),
            end: replay.end,
            is_torn: file.metadata()?.len() != replay.end,
            file,
            added: 0,
            _lock: lock,
        };
        Ok((journal, replay))
    }

    /// Appends a change with one system call: a kill leaves all of it, or an incomplete line. A
    /// full disk accepts removals as long as the reserve lasts.
    ///
    /// # Errors
    /// When it cannot be written; then nothing of it stays.
    pub fn add(&mut self, line: &Line) -> io::Result<()> {
        let text = text(line)?;
        if !line.removes() {
            // Nothing is added that could not be removed again for want of a reserve.
            self.reserve.hold(&mut self.disk)?;
        }
        match self.append(&text) {
            Err(error) if line.removes() && is_full(&error) => {
                self.reserve.release(&mut self.disk)?;
                self.append(&text)
            }
            added => added,
        }
    }

    fn append(&mut self, text: &[u8]) -> io::Result<()> {
        self.cut()?;
        match self.disk.write(&mut self.file, text) {
            Ok(()) => {
                self.end += text.len() as u64;
                self.added += 1;
                Ok(())
            }
            Err(error) => {
                // An incomplete line would spoil the next one.
                self.is_torn = true;
                let _ = self.cut();
                Err(error)
            }
        }
    }

    /// Truncates an incomplete line.
    fn cut(&mut self) -> io::Result<()> {
        if self.is_torn {
            self.disk.cut(&self.file, self.end)?;
            self.is_torn = false;
        }
        Ok(())
    }

    /// Lines added since it was last rewritten.
    pub fn added(&self) -> usize {
        self.added
    }

    /// Postpones the next rewrite.
    pub fn postpone(&mut self) {
        self.added /= 2;
    }

    /// Replaces the journal atomically.
    ///
    /// # Errors
    /// When the new lines cannot be written; then the old ones stay.
    pub fn rewrite(&mut self, kind: &str, lines: impl Iterator<Item = Line>) -> io::Result<()> {
        let temporary = self.path.with_extension("new");
        match self.write_new(&temporary, kind, lines) {
            Ok((file, end)) => {
                (self.file, self.end, self.is_torn, self.added) = (file, end, false, 0);
                Ok(())
            }
            Err(error) => {
                // The incomplete file takes space that may be what is missing.
                self.disk.remove(&temporary);
                Err(error)
            }
        }
    }

    fn write_new(
        &mut self,
        temporary: &Path,
        kind: &str,
        lines: impl Iterator<Item = Line>,
    ) -> io::Result<(File, u64)> {
        let mut options = folder::options();
        let mut file = options.write(true).create(true).truncate(true).open(temporary)?;
        let (mut buffer, mut end) = (Vec::new(), 0);
        let first = Line::Format { version: VERSION, kind: kind.to_owned() };
        for line in std::iter::once(first).chain(lines) {
            buffer.extend(text(&line)?);
            if buffer.len() >= 64 * 1024 {
                self.disk.write(&mut file, &buffer)?;
                end += buffer.len() as u64;
                buffer.clear();
            }
        }
        self.disk.write(&mut file, &buffer)?;
        file.sync_data()?;
        let appending = folder::options().append(true).open(temporary)?;
        fs::rename(temporary, &self.path)?;
        Ok((appending, end + buffer.len() as u64))
    }

    /// The disk that it is written to.
    #[cfg(test)]
    pub fn disk(&mut self) -> &mut Disk {
        &mut self.disk
    }

    /// Frees the reserve for the next write.
    pub fn release_reserve(&mut self) {
        // Where that fails, the write fails as before.
        let _ = self.reserve.release(&mut self.disk);
    }
}

/// Whether an error means that the disk or a disk quota is full.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Copies a damaged journal to an unused name.
fn copy(folder: &Path, path: &Path) -> io::Result<PathBuf> {
    for number in 1.. {
        let copy = folder.join(format!("{JOURNAL}.damaged-{number}"));
        match folder::options().write(true).create_new(true).open(&copy) {
            Ok(mut to) => {
                io::copy(&mut folder::options().read(true).open(path)?, &mut to)?;
                to.sync_data()?;
                return Ok(copy);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("there are too many copies of damaged journals: remove some"))
}

fn text(line: &Line) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::line::{BlobLocation, PartLine};

    fn line(name: &str) -> Line {
        let place = PartLine { place: BlobLocation::Pack(4096), length: 3, hash: 0xabc };
        let file = PartLine { place: BlobLocation::File(9), length: 5, hash: u128::MAX };
        let parts = vec![place, file];
        Line::Put { name: name.to_owned(), parts, modified: 1.5, used: 2.0 }
    }

    #[test]
    fn lines_come_back_and_one_cut_short_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(JOURNAL);
        let (mut journal, replay) =
            Journal::open(folder.path(), "webdav", Unreadable::Refused).unwrap();
        assert!(replay.lines.is_empty());
        let lines = [line("a\nb"), Line::Folder { name: "f".to_owned() }];
        let together = Line::Together(lines.to_vec());
        journal.rewrite("webdav", [together, Line::Closed].into_iter()).unwrap();
        journal.add(&Line::Remove { name: "f".to_owned() }).unwrap();
        drop(journal);
        let whole = fs::read(&path).unwrap();
        for cut in [0, 1, 5] {
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let (_journal, replay) =
                Journal::open(folder.path(), "webdav", Unreadable::Refused).unwrap();
            assert_eq!((&replay.lines[..2], replay.closed), (&lines[..], 2));
            assert_eq!(replay.lines.len(), if cut == 0 { 3 } else { 2 });
        }
    }

    #[test]
    fn what_is_no_store_of_this_service_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let open = |kind| Journal::open(folder.path(), kind, Unreadable::Refused).map(|_| ());
        fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
        assert!(open("webdav").unwrap_err().to_string().contains("`thesis.txt`"));
        fs::remove_file(folder.path().join("thesis.txt")).unwrap();
        let (mut journal, _) = Journal::open(folder.path(), "webdav", Unreadable::Refused).unwrap();
        journal.rewrite("webdav", std::iter::empty()).unwrap();
        assert!(open("webdav").unwrap_err().to_string().contains("another process"));
        drop(journal);
        assert!(open("github-actions").unwrap_err().to_string().contains("`webdav`"));
        fs::write(folder.path().join(JOURNAL), "{}\n").unwrap();
        assert!(open("webdav").unwrap_err().to_string().contains("journal.jsonl:1:"));
    }

    fn open(folder: &Path) -> (Journal, Replay) {
        Journal::open(folder, "webdav", Unreadable::Refused).unwrap()
    }

    #[test]
    fn a_full_disk_takes_what_makes_room_and_is_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path());
        journal.rewrite("webdav", [line("a"), Line::Closed].into_iter()).unwrap();
        journal.add(&line("b")).unwrap();
        journal.disk().left = Some(10);
        for _ in 0..3 {
            assert!(is_full(&journal.add(&line("c")).unwrap_err()));
        }
        let remove = |name: &str| Line::Remove { name: name.to_owned() };
        for name in ["a", "x", "y"] {
            journal.add(&remove(name)).unwrap();
        }
        assert!(is_full(&journal.add(&line("c")).unwrap_err()), "the reserve is for removals");
        assert!(is_full(&journal.rewrite("webdav", (0..9000).map(|_| line("z"))).unwrap_err()));
        assert!(!folder.path().join("journal.new").exists());
        journal.disk().left = Some(10 * super::super::disk::RESERVE);
        journal.add(&line("d")).unwrap();
        drop(journal);
        let (_journal, replay) = open(folder.path());
        let wanted = [line("a"), line("b"), remove("a"), remove("x"), remove("y"), line("d")];
        assert_eq!((&replay.lines[..], replay.closed), (&wanted[..], 1));
    }

    #[test]
    fn half_a_line_of_a_killed_process_is_cut_off_before_more_is_added() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path());
        journal.rewrite("webdav", [line("a"), Line::Closed].into_iter()).unwrap();
        drop(journal);
        let path = folder.path().join(JOURNAL);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [&whole[..], b"{\"remo"].concat()).unwrap();
        let (mut journal, _) = open(folder.path());
        journal.add(&Line::Opened).unwrap();
        journal.add(&line("b")).unwrap();
        drop(journal);
        let (_journal, replay) = open(folder.path());
        assert_eq!((replay.lines, replay.closed), (vec![line("a"), line("b")], 0));
    }

    #[test]
    fn lines_that_cannot_be_read_are_refused_or_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(JOURNAL);
        let (mut journal, _) = open(folder.path());
        journal.rewrite("webdav", [line("a"), line("b")].into_iter()).unwrap();
        drop(journal);
        let text = fs::read_to_string(&path).unwrap();
        let damaged: Vec<&str> = text.lines().collect();
        let damaged = format!("\0\0\n{}\n\0\0\n{}\n\0", damaged[1], damaged[2]);
        for copy in ["journal.jsonl.damaged-1", "journal.jsonl.damaged-2"] {
            fs::write(&path, &damaged).unwrap();
            let refused = Journal::open(folder.path(), "webdav", Unreadable::Refused).unwrap_err();
            assert!(refused.to_string().starts_with("journal.jsonl:1: "), "{refused}");
            let (_journal, replay) =
                Journal::open(folder.path(), "webdav", Unreadable::LeftOut).unwrap();
            assert_eq!(replay.lines, [line("a"), line("b")]);
            let repaired = replay.repaired.unwrap();
            assert_eq!((repaired.lines, &repaired.copy), (2, &folder.path().join(copy)));
            assert_eq!(fs::read_to_string(repaired.copy).unwrap(), damaged);
        }
    }
}
