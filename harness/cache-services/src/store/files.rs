//! Where bytes lie: one pack file that small bodies share, and a file for each large one.
//! Owns which parts of the pack are free; it knows no entry and no name.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use xxhash_rust::xxh3::Xxh3;

use super::journal::Place;

/// Bodies of a known length up to this lie in the pack, in bytes: making, opening and removing
/// a file costs more than writing so few.
pub const LARGEST_PACKED: u64 = 256 * 1024;
/// Bodies in the pack begin at multiples of this, in bytes: what one leaves, the next can use.
const ALIGNMENT: u64 = 4096;
const PACK: &str = "pack";

/// The files of one store.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    pack: Arc<File>,
    room: Mutex<Room>,
    /// The next file's number.
    next: AtomicU64,
    /// Set when the store closes: what it holds is to stay.
    closing: AtomicBool,
    remover: Remover,
}

/// Removes files on a thread of its own: the kernel takes tens of milliseconds for a large one,
/// in which a service's thread would answer nobody.
#[derive(Debug)]
struct Remover {
    /// Few may wait, so that a disk does not fill with what is to go.
    paths: Option<SyncSender<PathBuf>>,
    thread: Option<JoinHandle<()>>,
}

/// The free parts of the pack.
#[derive(Debug, Default)]
struct Room {
    /// Places by their length.
    free: BTreeMap<u64, Vec<u64>>,
    end: u64,
}

/// Some bytes in a file. Their place is free when this is dropped.
#[derive(Debug)]
pub struct Part {
    place: Place,
    length: u64,
    files: Arc<Files>,
}

impl Room {
    /// The smallest free place that is large enough; its rest stays free.
    fn take(&mut self, length: u64) -> u64 {
        let found = self.free.range_mut(length..).next();
        let Some((size, places)) = found else {
            self.end += length;
            return self.end - length;
        };
        let size = *size;
        let place = places.pop().unwrap_or_default();
        if places.is_empty() {
            self.free.remove(&size);
        }
        if size > length {
            self.give(place + length, size - length);
        }
        place
    }

    fn give(&mut self, place: u64, length: u64) {
        self.free.entry(length).or_default().push(place);
    }
}

/// The room that so many bytes take in the pack.
fn aligned(length: u64) -> u64 {
    length.max(1).next_multiple_of(ALIGNMENT)
}

impl Files {
    /// The files below a folder; none of what lies there is in use.
    ///
    /// # Errors
    /// When the folder cannot be made or the pack not opened.
    pub fn open(folder: &Path) -> io::Result<Arc<Files>> {
        fs::create_dir_all(folder)?;
        let mut options = File::options();
        let pack = options.create(true).truncate(false).read(true).write(true);
        Ok(Arc::new(Files {
            folder: folder.to_owned(),
            pack: Arc::new(pack.open(folder.join(PACK))?),
            room: Mutex::default(),
            next: AtomicU64::new(1),
            closing: AtomicBool::new(false),
            remover: Remover::start()?,
        }))
    }

    /// A new place for a body whose length may be known.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub fn place(self: &Arc<Files>, length: Option<u64>) -> io::Result<(Part, Arc<File>)> {
        let (place, file) = match length {
            Some(length) if length <= LARGEST_PACKED => {
                (Place::Pack(self.room().take(aligned(length))), Arc::clone(&self.pack))
            }
            _ => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let file = File::options().create_new(true).write(true).open(self.path(number))?;
                (Place::File(number), Arc::new(file))
            }
        };
        Ok((Part { place, length: length.unwrap_or(0), files: Arc::clone(self) }, file))
    }

    /// The parts that a store had when it was closed or killed; a place that is named twice, by an
    /// entry and its copy, is one part. The rest of the pack is free, and files that none of them
    /// names are removed.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn adopt(self: &Arc<Files>, wanted: &[(Place, u64)]) -> io::Result<Vec<Arc<Part>>> {
        let mut packed: Vec<(u64, u64)> = Vec::new();
        let mut numbers: Vec<u64> = Vec::new();
        for (place, length) in wanted {
            match place {
                Place::Pack(start) => packed.push((*start, aligned(*length))),
                Place::File(number) => numbers.push(*number),
            }
        }
        packed.sort_unstable();
        numbers.sort_unstable();
        let mut room = self.room();
        for (start, length) in packed {
            let free = start.saturating_sub(room.end);
            if free > 0 {
                let end = room.end;
                room.give(end, free);
            }
            room.end = room.end.max(start + length);
        }
        drop(room);
        self.next.store(numbers.last().unwrap_or(&0) + 1, Ordering::Relaxed);
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let left_over = name.parse().is_ok_and(|n: u64| numbers.binary_search(&n).is_err());
            if left_over {
                fs::remove_file(&path)?;
            }
        }
        let mut parts: BTreeMap<Place, Arc<Part>> = BTreeMap::new();
        let part = |(place, length): &(Place, u64)| {
            let new = || Arc::new(Part { place: *place, length: *length, files: Arc::clone(self) });
            Arc::clone(parts.entry(*place).or_insert_with(new))
        };
        Ok(wanted.iter().map(part).collect())
    }

    /// From now on nothing is removed any more.
    pub fn close(&self) -> io::Result<()> {
        self.closing.store(true, Ordering::Relaxed);
        self.pack.sync_data()
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(number.to_string())
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    /// Where it lies.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Tells the length of a body that is whole now.
    pub fn set_length(&mut self, length: u64) {
        self.length = length;
    }

    /// The file that holds it, and where it begins there.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(&self) -> io::Result<(Arc<File>, u64)> {
        match self.place {
            Place::Pack(start) => Ok((Arc::clone(&self.files.pack), start)),
            // Opened for each read: a descriptor an object would soon be more than a process
            // may have.
            Place::File(number) => Ok((Arc::new(File::open(self.files.path(number))?), 0)),
        }
    }

    /// Where its bytes begin in its file.
    pub fn start(&self) -> u64 {
        match self.place {
            Place::Pack(start) => start,
            Place::File(_) => 0,
        }
    }

    /// Whether its file is there, and long enough.
    pub fn is_there(&self) -> bool {
        let end = |(file, start): (Arc<File>, u64)| Ok((file.metadata()?.len(), start));
        self.open().and_then(end).is_ok_and(|(end, start)| start + self.length <= end)
    }

    /// The hash of the bytes that are really there.
    ///
    /// # Errors
    /// When they cannot be read, or are fewer.
    pub fn hash(&self) -> io::Result<u128> {
        let (file, start) = self.open()?;
        let mut hasher = Xxh3::new();
        let mut buffer = vec![0; LARGEST_PACKED as usize];
        let mut at = 0;
        while at < self.length {
            let count = buffer.len().min((self.length - at) as usize);
            file.read_exact_at(&mut buffer[..count], start + at)?;
            hasher.update(&buffer[..count]);
            at += count as u64;
        }
        Ok(hasher.digest128())
    }
}

impl Remover {
    fn start() -> io::Result<Remover> {
        let (paths, queue) = mpsc::sync_channel::<PathBuf>(64);
        let work = move || {
            for path in queue {
                // What cannot be removed lies in a folder that the store clears when it opens.
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

impl Drop for Files {
    fn drop(&mut self) {
        if !self.closing.load(Ordering::Relaxed) {
            // It lies in a folder that its owner removes, if not this.
            let _ = fs::remove_file(self.folder.join(PACK));
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.files.closing.load(Ordering::Relaxed) {
            return;
        }
        match self.place {
            Place::Pack(start) => self.files.room().give(start, aligned(self.length)),
            Place::File(number) => self.files.remover.remove(self.files.path(number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_body_leaves_the_next_uses() {
        let mut room = Room::default();
        assert_eq!([room.take(4096), room.take(8192), room.take(4096)], [0, 4096, 12288]);
        room.give(4096, 8192);
        assert_eq!([room.take(4096), room.take(4096), room.take(4096)], [4096, 8192, 16384]);
    }

    #[test]
    fn a_part_gives_its_room_back() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path()).unwrap();
        let (first, _) = files.place(Some(10)).unwrap();
        let (large, _) = files.place(None).unwrap();
        assert_eq!((first.place(), large.place()), (Place::Pack(0), Place::File(1)));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        drop((first, large));
        assert_eq!(files.place(Some(4096)).unwrap().0.place(), Place::Pack(0));
        drop(files);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn adopted_parts_keep_their_places_and_the_rest_is_free() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("7"), "kept").unwrap();
        fs::write(folder.path().join("8"), "left over").unwrap();
        let files = Files::open(folder.path()).unwrap();
        let wanted = [(Place::Pack(8192), 5000), (Place::File(7), 4)];
        let parts = files.adopt(&wanted).unwrap();
        assert_eq!(parts[1].hash().unwrap(), xxhash_rust::xxh3::xxh3_128(b"kept"));
        assert!(!folder.path().join("8").exists());
        assert_eq!(files.place(Some(8000)).unwrap().0.place(), Place::Pack(0));
        let (_held, _) = files.place(Some(8000)).unwrap();
        assert_eq!(files.place(Some(1)).unwrap().0.place(), Place::Pack(16384));
        assert_eq!(files.place(None).unwrap().0.place(), Place::File(8));
        files.close().unwrap();
        drop(parts);
        assert!(folder.path().join("7").exists());
    }

    #[test]
    fn what_two_entries_share_is_free_when_both_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("7"), "kept").unwrap();
        let files = Files::open(folder.path()).unwrap();
        let wanted = [Place::Pack(0), Place::Pack(0), Place::File(7), Place::File(7)];
        let mut parts = files.adopt(&wanted.map(|place| (place, 4))).unwrap();
        drop((parts.remove(2), parts.remove(0)));
        assert!(folder.path().join("7").exists());
        assert_eq!(files.place(Some(4)).unwrap().0.place(), Place::Pack(4096));
        drop(parts);
        assert_eq!(files.place(Some(4)).unwrap().0.place(), Place::Pack(0));
        drop(files);
        assert!(!folder.path().join("7").exists());
    }
}
