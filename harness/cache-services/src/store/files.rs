//! The files of a store: one pack file shared by small bodies, and a file for each large one. Owns
//! the accounting of bodies that belong to no entry yet; it knows no entry and no name.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use xxhash_rust::xxh3::Xxh3;

use super::folder;
use super::line::{ALIGNMENT, BlobLocation};
use super::room::Room;
use super::under_way::{MOST_UNDER_WAY, UnderWay, full};

/// Bodies of a known length up to this, in bytes, are stored in the pack: creating, opening and
/// removing a file costs more than writing so few.
pub const LARGEST_PACKED: u64 = 256 * 1024;
const PACK: &str = "pack";
/// The suffix of a large body's file name, behind its number.
const BODY: &str = ".body";

/// The files of one store.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    pack: Arc<File>,
    room: Mutex<Room>,
    under_way: UnderWay,
    /// The next file's number.
    next: AtomicU64,
    /// Set when the store is closed: from then on its files stay.
    closing: AtomicBool,
    remover: Remover,
}

/// Removes files on a thread of its own: the kernel takes tens of milliseconds for a large one, in
/// which the service could not answer.
#[derive(Debug)]
struct Remover {
    /// Bounded, so that the disk does not fill with files that are to be removed.
    paths: Option<SyncSender<PathBuf>>,
    thread: Option<JoinHandle<()>>,
}

/// Whether a folder has the files of a store when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderState {
    /// It must have none.
    New,
    /// It may have those of the same store.
    Ours,
}

/// A range of bytes in a file; dropping it frees the range.
#[derive(Debug)]
pub struct BlobPart {
    place: BlobLocation,
    length: u64,
    /// How many of its bytes count as in progress; zero once it belongs to an entry.
    under_way: AtomicU64,
    is_settled: AtomicBool,
    files: Arc<Files>,
}

/// The length of a body's slot in the pack, in bytes.
fn aligned(length: u64) -> u64 {
    length.max(1).next_multiple_of(ALIGNMENT)
}

impl Files {
    /// Opens the files in a folder, with no part in use yet. Bodies in progress may take as much as
    /// the quota.
    ///
    /// # Errors
    /// When the folder or the pack cannot be created or opened.
    pub fn open(folder: &Path, found: FolderState, quota: Option<u64>) -> io::Result<Arc<Files>> {
        folder::make(folder)?;
        let mut options = folder::options();
        options.read(true).write(true);
        match found {
            FolderState::New => options.create_new(true),
            FolderState::Ours => options.create(true).truncate(false),
        };
        let pack = options.open(folder.join(PACK))?;
        if !pack.metadata()?.is_file() {
            return Err(io::Error::other(format!(
                "its `{PACK}` is not a regular file: give an empty folder"
            )));
        }
        Ok(Arc::new(Files {
            folder: folder.to_owned(),
            pack: Arc::new(pack),
            room: Mutex::default(),
            under_way: UnderWay::up_to(quota),
            next: AtomicU64::new(1),
            closing: AtomicBool::new(false),
            remover: Remover::start()?,
        }))
    }

    /// Allocates a place for a body whose length may be known.
    ///
    /// # Errors
    /// When a file cannot be created, or too much is in progress.
    pub fn place(self: &Arc<Files>, length: Option<u64>) -> io::Result<(BlobPart, Arc<File>)> {
        let known = length.unwrap_or(0);
        if self.under_way.bodies.load(Ordering::Relaxed) >= MOST_UNDER_WAY {
            return Err(full("too many uploads are in progress"));
        }
        if self.under_way.bytes.load(Ordering::Relaxed).saturating_add(known) > self.under_way.most
        {
            return Err(full("uploads in progress exceed the quota"));
        }
        let (place, file) = match length {
            Some(length) if length <= LARGEST_PACKED => {
                (BlobLocation::Pack(self.room().take(aligned(length))), Arc::clone(&self.pack))
            }
            _ => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let mut options = folder::options();
                let file = options.create_new(true).write(true).open(self.path(number))?;
                (BlobLocation::File(number), Arc::new(file))
            }
        };
        self.under_way.bodies.fetch_add(1, Ordering::Relaxed);
        self.under_way.bytes.fetch_add(known, Ordering::Relaxed);
        let part = BlobPart {
            place,
            length: known,
            under_way: AtomicU64::new(known),
            is_settled: AtomicBool::new(false),
            files: Arc::clone(self),
        };
        Ok((part, file))
    }

    /// Restores the parts that a store had when it was closed or killed; a place that is named
    /// twice, by an entry and its copy, is one part. The rest of the pack is free, and files that
    /// no part names are removed.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn adopt(
        self: &Arc<Files>,
        wanted: &[(BlobLocation, u64)],
    ) -> io::Result<Vec<Arc<BlobPart>>> {
        let mut packed: Vec<(u64, u64)> = Vec::new();
        let mut numbers: Vec<u64> = Vec::new();
        for (place, length) in wanted {
            match place {
                BlobLocation::Pack(start) => packed.push((*start, aligned(*length))),
                BlobLocation::File(number) => numbers.push(*number),
            }
        }
        packed.sort_unstable();
        numbers.sort_unstable();
        let mut room = self.room();
        packed.into_iter().for_each(|(start, length)| room.occupy(start, length));
        if self.pack.metadata()?.len() > room.end() {
            // Left behind by a kill, after the last entry.
            self.pack.set_len(room.end())?;
        }
        drop(room);
        self.next.store(numbers.last().map_or(1, |last| last.saturating_add(1)), Ordering::Relaxed);
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let left_over = number_of(&entry.file_name())
                .is_some_and(|number| numbers.binary_search(&number).is_err());
            if left_over && entry.file_type()?.is_file() {
                fs::remove_file(entry.path())?;
            }
        }
        let mut parts: BTreeMap<BlobLocation, Arc<BlobPart>> = BTreeMap::new();
        let part = |(place, length): &(BlobLocation, u64)| {
            let new = || Arc::new(self.settled(*place, *length));
            Arc::clone(parts.entry(*place).or_insert_with(new))
        };
        Ok(wanted.iter().map(part).collect())
    }

    /// The file of a place, and the offset where it begins.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn find(&self, place: BlobLocation) -> io::Result<(Arc<File>, u64)> {
        match place {
            BlobLocation::Pack(start) => Ok((Arc::clone(&self.pack), start)),
            // Opened for each read: one descriptor per object would exceed the limit of open files.
            BlobLocation::File(number) => {
                let file = folder::options().read(true).open(self.path(number))?;
                Ok((Arc::new(file), 0))
            }
        }
    }

    /// Whether a file has that many bytes at that place.
    pub fn has(&self, place: BlobLocation, length: u64) -> bool {
        let end = |(file, start): (Arc<File>, u64)| Ok((file.metadata()?.len(), start));
        let end = self.find(place).and_then(end);
        end.is_ok_and(|(end, start)| start.checked_add(length).is_some_and(|it| it <= end))
    }

    /// The XXH3 hash of the bytes on disk.
    ///
    /// # Errors
    /// When they cannot be read, or are too few.
    pub fn hash(&self, place: BlobLocation, length: u64) -> io::Result<u128> {
        let (file, start) = self.find(place)?;
        let mut hasher = Xxh3::new();
        let mut buffer = vec![0; LARGEST_PACKED as usize];
        let mut at = 0;
        while at < length {
            let count = buffer.len().min((length - at) as usize);
            file.read_exact_at(&mut buffer[..count], start + at)?;
            hasher.update(&buffer[..count]);
            at += count as u64;
        }
        Ok(hasher.digest128())
    }

    fn settled(self: &Arc<Files>, place: BlobLocation, length: u64) -> BlobPart {
        let (under_way, is_settled) = (AtomicU64::new(0), AtomicBool::new(true));
        BlobPart { place, length, under_way, is_settled, files: Arc::clone(self) }
    }

    /// Renames a file of journal format 1, which was named by its number alone.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn rename_old(&self, number: u64) -> io::Result<()> {
        let old = self.folder.join(number.to_string());
        let new = self.path(number);
        let is_old = fs::symlink_metadata(&old).is_ok_and(|about| about.is_file());
        match is_old && fs::symlink_metadata(&new).is_err() {
            true => fs::rename(old, new),
            false => Ok(()),
        }
    }

    /// Closes the store: from now on no file is removed.
    pub fn close(&self) -> io::Result<()> {
        self.closing.store(true, Ordering::Relaxed);
        self.pack.sync_data()
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number}{BODY}"))
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BlobPart {
    /// Its location.
    pub fn place(&self) -> BlobLocation {
        self.place
    }

    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Sets the length of a body that is complete now.
    pub fn set_length(&mut self, length: u64) {
        self.length = length;
    }

    /// Counts more bytes in progress, of a body whose length is not known.
    ///
    /// # Errors
    /// When more is in progress than the quota.
    pub fn grow(&self, bytes: u64) -> io::Result<()> {
        self.under_way.fetch_add(bytes, Ordering::Relaxed);
        self.files.under_way.add(bytes)
    }

    /// Ends its being in progress: it belongs to an entry now, or to nothing.
    pub fn settle(&self) {
        if !self.is_settled.swap(true, Ordering::Relaxed) {
            let counted = self.under_way.load(Ordering::Relaxed);
            self.files.under_way.bytes.fetch_sub(counted, Ordering::Relaxed);
            self.files.under_way.bodies.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The file that holds it, and where it begins there.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(&self) -> io::Result<(Arc<File>, u64)> {
        self.files.find(self.place)
    }

    /// The offset at which its bytes begin.
    pub fn start(&self) -> u64 {
        match self.place {
            BlobLocation::Pack(start) => start,
            BlobLocation::File(_) => 0,
        }
    }
}

impl Remover {
    fn start() -> io::Result<Remover> {
        let (paths, queue) = mpsc::sync_channel::<PathBuf>(64);
        let work = move || {
            for path in queue {
                // A file that cannot be removed is removed when the store is opened again.
                let _ = fs::remove_file(path);
            }
        };
        let thread = thread::Builder::new().name("removals".to_owned()).spawn(work)?;
        Ok(Remover { paths: Some(paths), thread: Some(thread) })
    }

    fn remove(&self, path: PathBuf) {
        // The thread takes paths as long as this lives.
        let _ = self.paths.as_ref().map(|paths| paths.send(path));
    }
}

impl Drop for Remover {
    fn drop(&mut self) {
        self.paths = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// The number in a body's name; none where it is no such name.
fn number_of(name: &OsStr) -> Option<u64> {
    let digits = name.to_str()?.strip_suffix(BODY)?;
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

impl Drop for Files {
    fn drop(&mut self) {
        if !self.closing.load(Ordering::Relaxed) {
            // Where it fails, the owner removes the folder.
            let _ = fs::remove_file(self.folder.join(PACK));
        }
    }
}

impl Drop for BlobPart {
    fn drop(&mut self) {
        self.settle();
        if self.files.closing.load(Ordering::Relaxed) {
            return;
        }
        match self.place {
            BlobLocation::Pack(start) => {
                let mut room = self.files.room();
                room.give(start, aligned(self.length));
                if let Some(length) = room.surplus() {
                    // No body can be allocated there while the lock is held. Where it fails, the
                    // file is only longer than it need be.
                    let _ = self.files.pack.set_len(length);
                }
            }
            BlobLocation::File(number) => self.files.remover.remove(self.files.path(number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::under_way::LEAST_UNDER_WAY;
    use super::*;

    fn files(folder: &Path) -> Arc<Files> {
        Files::open(folder, FolderState::New, None).unwrap()
    }

    #[test]
    fn a_part_gives_its_room_back() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let (first, _) = files.place(Some(10)).unwrap();
        let (large, _) = files.place(None).unwrap();
        assert_eq!((first.place(), large.place()), (BlobLocation::Pack(0), BlobLocation::File(1)));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        drop((first, large));
        assert_eq!(files.place(Some(4096)).unwrap().0.place(), BlobLocation::Pack(0));
        drop(files);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn adopted_parts_keep_their_places_and_the_rest_is_free() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("7.body"), "kept").unwrap();
        fs::write(folder.path().join("8.body"), "left over").unwrap();
        let files = files(folder.path());
        let wanted = [(BlobLocation::Pack(8192), 5000), (BlobLocation::File(7), 4)];
        let parts = files.adopt(&wanted).unwrap();
        assert_eq!(
            files.hash(BlobLocation::File(7), 4).unwrap(),
            xxhash_rust::xxh3::xxh3_128(b"kept")
        );
        assert!(!folder.path().join("8.body").exists());
        assert_eq!(files.place(Some(8000)).unwrap().0.place(), BlobLocation::Pack(0));
        let (_held, _) = files.place(Some(8000)).unwrap();
        assert_eq!(files.place(Some(1)).unwrap().0.place(), BlobLocation::Pack(16384));
        assert_eq!(files.place(None).unwrap().0.place(), BlobLocation::File(8));
        files.close().unwrap();
        drop(parts);
        assert!(folder.path().join("7.body").exists());
    }

    #[test]
    fn what_two_entries_share_is_free_when_both_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("7.body"), "kept").unwrap();
        let files = files(folder.path());
        let wanted = [
            BlobLocation::Pack(0),
            BlobLocation::Pack(0),
            BlobLocation::File(7),
            BlobLocation::File(7),
        ];
        let mut parts = files.adopt(&wanted.map(|place| (place, 4))).unwrap();
        drop((parts.remove(2), parts.remove(0)));
        assert!(folder.path().join("7.body").exists());
        assert_eq!(files.place(Some(4)).unwrap().0.place(), BlobLocation::Pack(4096));
        drop(parts);
        assert_eq!(files.place(Some(4)).unwrap().0.place(), BlobLocation::Pack(0));
        drop(files);
        assert!(!folder.path().join("7.body").exists());
    }

    #[test]
    fn what_is_under_way_is_no_more_than_the_quota() {
        let folder = tempfile::tempdir().unwrap();
        let most = 2 * LEAST_UNDER_WAY;
        let files = Files::open(folder.path(), FolderState::New, Some(most)).unwrap();
        let (known, _) = files.place(Some(most - 10)).unwrap();
        let (unknown, _) = files.place(None).unwrap();
        unknown.grow(10).unwrap();
        assert_eq!(unknown.grow(1).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(files.place(Some(1)).unwrap_err().kind(), io::ErrorKind::StorageFull);
        drop(unknown);
        assert!(files.place(Some(1)).is_ok());
        known.settle();
        assert!(files.place(Some(most)).is_ok(), "what belongs to an entry counts as stored");
        drop(known);
        let none = (&files.under_way.bytes, &files.under_way.bodies);
        assert_eq!((none.0.load(Ordering::Relaxed), none.1.load(Ordering::Relaxed)), (0, 0));
    }

    #[test]
    fn only_names_of_ours_are_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["2024", "08.body", "8.body.txt", "x.body", "9.body"];
        names.iter().for_each(|name| fs::write(folder.path().join(name), "").unwrap());
        let files = files(folder.path());
        files.adopt(&[]).unwrap();
        let left = names.map(|name| folder.path().join(name).exists());
        assert_eq!(left, [true, true, true, true, false]);
    }

    #[test]
    fn a_pack_whose_end_is_free_becomes_shorter() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let length = || fs::metadata(folder.path().join(PACK)).unwrap().len();
        let parts: Vec<BlobPart> = (0..80)
            .map(|_| {
                let (part, file) = files.place(Some(LARGEST_PACKED)).unwrap();
                file.write_all_at(&[1; 4096], part.start() + LARGEST_PACKED - 4096).unwrap();
                part
            })
            .collect();
        assert_eq!(length(), 80 * LARGEST_PACKED);
        drop(parts);
        assert!(length() < 80 * LARGEST_PACKED - (8 << 20), "{}", length());
    }
}
