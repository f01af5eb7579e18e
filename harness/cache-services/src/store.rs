//! What a service holds: entries by name, their bytes in memory or in a file, and snapshots of
//! the whole. Nothing partial is ever visible; a file goes when nothing refers to it any more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use lukewarm_model::{Bytes as Size, ServiceFacts};
use sha2::{Digest, Sha256};

/// Objects up to this size may stay in memory, in bytes.
const IN_MEMORY: usize = 64 * 1024;
/// All objects in memory together, snapshots included, in bytes.
const MOST_IN_MEMORY: u64 = 16 * 1024 * 1024;

/// Properties that clients gave to an entry or a folder: namespace and name, and the whole
/// property as an XML element that declares what it uses.
pub type Properties = BTreeMap<(String, String), String>;

/// A stored body, which never changes.
#[derive(Debug)]
pub struct Object {
    place: Place,
    length: u64,
    /// SHA-256 of its bytes; of its blocks' hashes where it was joined of blocks.
    hash: [u8; 32],
    /// Where it is counted.
    folder: Arc<Folder>,
}

#[derive(Debug)]
enum Place {
    Memory(Bytes),
    /// Opened for each read: a descriptor an object would soon be more than a process may have.
    File(PathBuf),
    /// Blocks, in order, each with the place at which it ends: joining copies nothing.
    Blocks(Vec<(u64, Arc<Object>)>),
}

/// A body being received.
pub struct Incoming {
    folder: Arc<Folder>,
    memory: Vec<u8>,
    spilled: Option<(File, PathBuf)>,
    length: u64,
    hash: Sha256,
}

/// Where files go, and the next one's number.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    next: AtomicU64,
    in_memory: AtomicU64,
}

/// An entry of a name.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its bytes.
    pub object: Arc<Object>,
    /// A number that grows with each entry made.
    pub made: u64,
    /// When it was made.
    pub modified: SystemTime,
    used: u64,
}

/// Everything a service holds at one moment, cheap to copy: objects are shared.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    entries: BTreeMap<String, Entry>,
    folders: BTreeSet<String>,
    properties: BTreeMap<String, Properties>,
    /// A clock that goes on by one with each use, for what was used least recently.
    clock: u64,
}

/// What a service holds now.
#[derive(Debug)]
pub struct Store {
    folder: Arc<Folder>,
    now: Snapshot,
    quota: Option<Size>,
    evicted: u64,
}

impl Object {
    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Its entity tag: the content's hash, quoted (RFC 9110, 8.8.3).
    pub fn etag(&self) -> String {
        format!("\"{}\"", hex::encode(&self.hash[..16]))
    }

    /// Its bytes from `start` on: at most `most` of them, at least one where there are any.
    pub fn read(&self, start: u64, most: usize) -> io::Result<Bytes> {
        let wanted = self.length.saturating_sub(start).min(most as u64) as usize;
        match &self.place {
            Place::Memory(bytes) => Ok(bytes.slice(start as usize..start as usize + wanted)),
            Place::File(path) => {
                let mut buffer = vec![0; wanted];
                File::open(path)?.read_exact_at(&mut buffer, start)?;
                Ok(buffer.into())
            }
            Place::Blocks(blocks) => {
                let index = blocks.partition_point(|(end, _)| *end <= start);
                let Some((end, block)) = blocks.get(index) else { return Ok(Bytes::new()) };
                block.read(start - (end - block.length()), most)
            }
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        match &self.place {
            Place::Memory(bytes) => self.folder.give_back(bytes.len() as u64),
            // What stays lies in a scratch folder that is removed as a whole.
            Place::File(path) => drop(fs::remove_file(path)),
            Place::Blocks(_) => {}
        }
    }
}

impl Incoming {
    /// Takes more of the body.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len() as u64;
        self.hash.update(bytes);
        if self.spilled.is_none() && self.memory.len() + bytes.len() <= IN_MEMORY {
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        self.spill()?.write_all(bytes)
    }

    /// The file that takes what does not stay in memory; it begins with what was there before.
    fn spill(&mut self) -> io::Result<&mut File> {
        if self.spilled.is_none() {
            let number = self.folder.next.fetch_add(1, Ordering::Relaxed);
            let path = self.folder.path.join(number.to_string());
            let file = File::options().create_new(true).write(true).open(&path)?;
            let (file, _) = self.spilled.insert((file, path));
            file.write_all(&std::mem::take(&mut self.memory))?;
        }
        let (file, _) = self.spilled.as_mut().expect("it was made above");
        Ok(file)
    }

    /// The finished body.
    pub fn finish(mut self) -> io::Result<Arc<Object>> {
        if self.spilled.is_none() && !self.folder.claim(self.length) {
            self.spill()?;
        }
        let place = match self.spilled.take() {
            Some((_, path)) => Place::File(path),
            None => Place::Memory(std::mem::take(&mut self.memory).into()),
        };
        let hash = std::mem::take(&mut self.hash).finalize().into();
        Ok(Arc::new(Object { place, length: self.length, hash, folder: Arc::clone(&self.folder) }))
    }
}

impl Folder {
    /// Takes room in memory; false when there is not enough.
    fn claim(&self, length: u64) -> bool {
        let claimed = self.in_memory.fetch_add(length, Ordering::Relaxed) + length;
        if claimed > MOST_IN_MEMORY {
            self.give_back(length);
        }
        claimed <= MOST_IN_MEMORY
    }

    fn give_back(&self, length: u64) {
        self.in_memory.fetch_sub(length, Ordering::Relaxed);
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Some((_, path)) = &self.spilled {
            // A body that was broken off; see `Object`.
            let _ = fs::remove_file(path);
        }
    }
}

impl Store {
    /// An empty store whose files go below `folder`.
    pub fn new(folder: &Path, quota: Option<Size>) -> io::Result<Store> {
        fs::create_dir_all(folder)?;
        let (path, next, in_memory) = (folder.to_owned(), AtomicU64::new(0), AtomicU64::new(0));
        let folder = Arc::new(Folder { path, next, in_memory });
        Ok(Store { folder, now: Snapshot::default(), quota, evicted: 0 })
    }

    /// Begins to receive a body.
    pub fn receive(&self) -> Incoming {
        let folder = Arc::clone(&self.folder);
        Incoming { folder, memory: Vec::new(), spilled: None, length: 0, hash: Sha256::new() }
    }

    /// Joins bodies to one.
    pub fn join(&self, parts: Vec<Arc<Object>>) -> Arc<Object> {
        let (mut length, mut hash) = (0, Sha256::new());
        let blocks = parts.into_iter().map(|block| {
            length += block.length();
            hash.update(block.hash);
            (length, block)
        });
        let place = Place::Blocks(blocks.collect());
        let hash = hash.finalize().into();
        Arc::new(Object { place, length, hash, folder: Arc::clone(&self.folder) })
    }

    /// Makes an entry visible; what is beyond the quota goes, least recently used first.
    pub fn insert(&mut self, name: String, object: Arc<Object>) -> u64 {
        self.now.clock += 1;
        let made = self.now.clock;
        let entry = Entry { object, made, modified: SystemTime::now(), used: made };
        self.now.entries.insert(name.clone(), entry);
        if let Some(quota) = self.quota {
            let mut total: u64 = self.now.bytes();
            while total > quota.0 {
                let others = self.now.entries.iter().filter(|(other, _)| **other != name);
                let oldest = others.min_by_key(|(_, entry)| entry.used);
                let Some(oldest) = oldest.map(|(other, _)| other.clone()) else { break };
                if let Some(entry) = self.now.entries.remove(&oldest) {
                    total -= entry.object.length();
                    self.now.properties.remove(&oldest);
                    self.evicted += 1;
                }
            }
        }
        made
    }

    /// The entry of a name; looking counts as use.
    pub fn find(&mut self, name: &str) -> Option<Entry> {
        self.now.clock += 1;
        let clock = self.now.clock;
        let entry = self.now.entries.get_mut(name)?;
        entry.used = clock;
        Some(entry.clone())
    }

    /// The entry of a name; asking for it is no use.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.now.entries.get(name)
    }

    /// Whether there is an entry of that name.
    pub fn has(&self, name: &str) -> bool {
        self.now.entries.contains_key(name)
    }

    /// The name of the newest entry whose name begins like this.
    pub fn newest(&self, prefix: &str) -> Option<String> {
        let from = self.now.entries.range(prefix.to_owned()..);
        from.take_while(|(name, _)| name.starts_with(prefix))
            .max_by_key(|(_, entry)| entry.made)
            .map(|(name, _)| name.clone())
    }

    /// Removes an entry, or a folder with all below it; false where there was nothing.
    pub fn remove(&mut self, name: &str) -> bool {
        let below = format!("{name}/");
        let stays = |other: &str| other != name && !other.starts_with(&below);
        let count = self.now.entries.len() + self.now.folders.len();
        self.now.entries.retain(|entry, _| stays(entry));
        self.now.folders.retain(|folder| stays(folder));
        self.now.properties.retain(|path, _| stays(path));
        count != self.now.entries.len() + self.now.folders.len()
    }

    /// Whether a path is a folder; the empty path is the root, which always is.
    pub fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.now.folders.contains(path)
    }

    /// Makes a folder.
    pub fn make_folder(&mut self, path: &str) {
        self.now.folders.insert(path.to_owned());
    }

    /// All below a folder, in order; none is a folder.
    pub fn below(&self, folder: &str) -> Vec<(String, Option<Entry>)> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from = self.now.folders.range(prefix.clone()..);
        let folders =
            from.take_while(|path| path.starts_with(&prefix)).map(|path| (path.clone(), None));
        let from = self.now.entries.range(prefix.clone()..);
        let entries = from
            .take_while(|(path, _)| path.starts_with(&prefix))
            .map(|(path, entry)| (path.clone(), Some(entry.clone())));
        let mut all: Vec<_> = folders.chain(entries).collect();
        all.sort_by(|(left, _), (right, _)| left.cmp(right));
        all
    }

    /// What clients said of an entry or a folder.
    pub fn properties(&self, path: &str) -> Option<&Properties> {
        self.now.properties.get(path)
    }

    /// Replaces what clients said of an entry or a folder; nothing said is none.
    pub fn set_properties(&mut self, path: &str, properties: Properties) {
        match properties.is_empty() {
            true => drop(self.now.properties.remove(path)),
            false => drop(self.now.properties.insert(path.to_owned(), properties)),
        }
    }

    /// Everything at this moment.
    pub fn snapshot(&self) -> Snapshot {
        self.now.clone()
    }

    /// Goes back, or sideways, to a snapshot.
    pub fn restore(&mut self, snapshot: Snapshot) {
        self.now = snapshot;
        self.evicted = 0;
    }

    /// What there is.
    pub fn facts(&self) -> ServiceFacts {
        ServiceFacts {
            objects: self.now.entries.len() as u64,
            bytes: Size(self.now.bytes()),
            evicted: self.evicted,
        }
    }
}

impl Snapshot {
    fn bytes(&self) -> u64 {
        self.entries.values().map(|entry| entry.object.length()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(quota: Option<u64>) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(&folder.path().join("objects"), quota.map(Size)).unwrap();
        (folder, store)
    }

    fn object(store: &Store, length: usize) -> Arc<Object> {
        let mut incoming = store.receive();
        let content: Vec<u8> = (0..length).map(|index| index as u8).collect();
        content.chunks(1000).for_each(|chunk| incoming.write(chunk).unwrap());
        incoming.finish().unwrap()
    }

    fn files(folder: &tempfile::TempDir) -> usize {
        fs::read_dir(folder.path().join("objects")).unwrap().count()
    }

    #[test]
    fn bodies_come_back_from_memory_and_from_files() {
        let (_folder, store) = store(None);
        for length in [0, 1, IN_MEMORY, IN_MEMORY + 1, 300_000] {
            let object = object(&store, length);
            assert_eq!(object.length(), length as u64);
            let part = object.read(length as u64 / 2, 10).unwrap();
            let wanted: Vec<u8> =
                (length / 2..length.min(length / 2 + 10)).map(|index| index as u8).collect();
            assert_eq!(part, wanted);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let (folder, store) = store(None);
        let fitting = MOST_IN_MEMORY as usize / IN_MEMORY;
        let objects: Vec<_> = (0..fitting + 2).map(|_| object(&store, IN_MEMORY)).collect();
        assert_eq!(files(&folder), 2);
        assert_eq!(
            objects[fitting].read(0, IN_MEMORY).unwrap(),
            objects[0].read(0, IN_MEMORY).unwrap()
        );
        drop(objects);
        assert_eq!((files(&folder), store.folder.in_memory.load(Ordering::Relaxed)), (0, 0));
    }

    #[test]
    fn files_go_with_their_last_reference() {
        let (folder, mut store) = store(None);
        let large = object(&store, 200_000);
        store.insert("a".to_owned(), large);
        let snapshot = store.snapshot();
        store.remove("a");
        assert_eq!(files(&folder), 1);
        drop(snapshot);
        assert_eq!(files(&folder), 0);
        let mut broken_off = store.receive();
        broken_off.write(&[0; 100_000]).unwrap();
        assert_eq!(files(&folder), 1);
        drop(broken_off);
        assert_eq!(files(&folder), 0);
    }

    #[test]
    fn branches_do_not_see_each_other() {
        let (_folder, mut store) = store(None);
        let first = object(&store, 10);
        store.insert("a".to_owned(), first);
        let base = store.snapshot();
        let second = object(&store, 20);
        store.insert("b".to_owned(), second);
        let branch = store.snapshot();
        store.restore(base);
        assert_eq!((store.has("a"), store.has("b")), (true, false));
        store.restore(branch);
        assert!(store.has("b"));
        assert_eq!(store.facts().bytes, Size(30));
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let (_folder, mut store) = store(Some(250));
        for name in ["a", "b"] {
            let body = object(&store, 100);
            store.insert(name.to_owned(), body);
        }
        assert!(store.find("a").is_some());
        let body = object(&store, 100);
        store.insert("c".to_owned(), body);
        assert_eq!((store.has("a"), store.has("b"), store.has("c")), (true, false, true));
        assert_eq!(store.facts().evicted, 1);
    }

    #[test]
    fn the_newest_of_a_prefix_is_found() {
        let (_folder, mut store) = store(None);
        for name in ["key-2", "key-1", "other"] {
            let body = object(&store, 1);
            store.insert(name.to_owned(), body);
        }
        assert_eq!(store.newest("key-").as_deref(), Some("key-1"));
        assert_eq!(store.newest("none"), None);
    }

    #[test]
    fn joined_parts_are_one_body() {
        let (_folder, store) = store(None);
        let parts = [object(&store, 100_000), object(&store, 7)];
        let whole = store.join(parts.to_vec());
        assert_eq!(whole.length(), 100_007);
        assert_eq!(whole.read(100_000, 10).unwrap(), vec![0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(whole.read(99_999, 10).unwrap().len(), 1, "a read ends with its block");
        assert!(whole.read(100_007, 10).unwrap().is_empty());
    }
}
