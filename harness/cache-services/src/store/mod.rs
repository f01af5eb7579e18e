//! The store of a service: entries by name, folders, and snapshots. Bytes are stored on disk; an
//! entry becomes visible only when it is complete, and a file is removed with its last reference.
//! Owns quota, expiry and the LRU order; what names mean is the protocols'.

mod buffer;
mod disk;
mod files;
mod folder;
mod journal;
mod line;
mod object;
mod reading;
mod room;
mod state;
pub mod temporary;
mod under_way;

use std::io;
use std::path::Path;
use std::sync::Arc;

use lukewarm_model::{Bytes as Size, Limits, Seconds, ServiceFacts, ServiceKind};

use crate::clock::Clock;
use files::{Files, FolderState};
use journal::Journal;
pub use journal::is_full;
use line::Line;
pub use line::{Properties, Repaired, Unreadable};
pub use object::{Incoming, Object, Piece, Reader};
pub use state::{Entry, Snapshot};

/// A journal is rewritten when it has this many lines, and twice as many as there are entries:
/// overwriting the same few names must not fill the disk.
const LONG_JOURNAL: usize = 100_000;
/// The limit of all properties together, in bytes: they are kept in memory.
const LARGEST_PROPERTIES: u64 = 64 << 20;

/// The current content of a service.
#[derive(Debug)]
pub struct Store {
    files: Arc<Files>,
    now: Snapshot,
    clock: Clock,
    quota: Option<Size>,
    expiry: Option<Seconds>,
    evicted: u64,
    kept: Option<Kept>,
}

/// The persistent part of a kept store.
#[derive(Debug)]
struct Kept {
    kind: ServiceKind,
    journal: Journal,
    /// The lines of a transaction under way; none where each is written as it comes.
    together: Option<Vec<Line>>,
    /// A change could not be written: the journal must be rewritten before the next change is
    /// confirmed.
    is_behind: bool,
    /// What was dropped from a damaged journal.
    repaired: Option<Repaired>,
}

impl Store {
    /// An empty store in `folder`, which its owner removes.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn scratch(folder: &Path, limits: &Limits, clock: Clock) -> io::Result<Store> {
        Store::with(Files::open(folder, FolderState::New, quota(limits))?, limits, clock)
    }

    fn with(files: Arc<Files>, limits: &Limits, clock: Clock) -> io::Result<Store> {
        Ok(Store {
            files,
            now: Snapshot::default(),
            clock,
            quota: limits.quota,
            expiry: limits.expiry,
            evicted: 0,
            kept: None,
        })
    }

    /// Opens the store in `folder`, or creates one. Changes that a kill interrupted are undone, and
    /// entries whose bytes are damaged are dropped.
    ///
    /// # Errors
    /// When the folder cannot be used, or holds something else.
    pub fn open(
        folder: &Path,
        kind: ServiceKind,
        limits: &Limits,
        clock: Clock,
        unreadable: Unreadable,
    ) -> io::Result<Store> {
        let (journal, mut replay) = Journal::open(folder, kind.name(), unreadable)?;
        let files = Files::open(folder, FolderState::Ours, quota(limits))?;
        let repaired = replay.repaired.take();
        let now = state::replay(replay, &files, clock.seconds())?;
        let mut store = Store::with(files, limits, clock)?;
        store.now = now;
        store.kept = Some(Kept { kind, journal, together: None, is_behind: false, repaired });
        match store.rewrite(None) {
            // A store on a full disk must open, so that room can be made.
            Err(error) if is_full(&error) => store.write(Line::Opened)?,
            written => written?,
        }
        store.sweep();
        Ok(store)
    }

    /// What was dropped from a damaged journal when it was opened.
    pub fn repaired(&self) -> Option<&Repaired> {
        self.kept.as_ref()?.repaired.as_ref()
    }

    /// Begins to receive a body, of a length that may be known.
    ///
    /// # Errors
    /// When no place can be allocated.
    pub fn receive(&self, length: Option<u64>) -> io::Result<Incoming> {
        Incoming::new(&self.files, length)
    }

    /// Creates or replaces an entry, and returns its number. Beyond the quota the least recently
    /// used entries are evicted.
    ///
    /// # Errors
    /// When a kept store cannot write its journal.
    pub fn insert(&mut self, name: &str, object: Arc<Object>) -> io::Result<u64> {
        let seconds = self.clock.seconds();
        let lines = || Line::Put {
            name: name.to_owned(),
            parts: object.lines(),
            modified: seconds,
            used: seconds,
        };
        if self.kept.is_some() {
            self.write(lines())?;
        }
        object.settle();
        let made = self.now.change().put(name, object, seconds, seconds);
        while self.quota.is_some_and(|quota| self.now.bytes() > quota.0) {
            let Some(oldest) = self.now.oldest().map(|(name, _)| name.to_owned()) else { break };
            self.evict(&oldest);
        }
        Ok(made)
    }

    /// Removes expired entries.
    pub fn sweep(&mut self) {
        let Some(expiry) = self.expiry else { return };
        let end = self.clock.seconds() - expiry.0;
        while let Some((name, used)) = self.now.oldest() {
            if used > end {
                break;
            }
            let name = name.to_owned();
            self.evict(&name);
        }
    }

    fn evict(&mut self, name: &str) {
        self.evicted += 1;
        // It is evicted even if that cannot be written: the quota holds.
        if self.write(Line::Remove { name: name.to_owned() }).is_err() {
            self.is_behind();
        }
        self.now.change().remove(name);
    }

    /// Finds an entry, and counts that as a use.
    pub fn find(&mut self, name: &str) -> Option<Entry> {
        // Checked first, so that a miss copies nothing.
        self.now.entry(name)?;
        self.now.change().touch(name, self.clock.seconds())
    }

    /// Finds an entry without counting it as a use.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.now.entry(name)
    }

    /// Whether an entry of that name exists.
    pub fn has(&self, name: &str) -> bool {
        self.now.entry(name).is_some()
    }

    /// The name of the newest entry whose name begins like this.
    pub fn newest(&self, prefix: &str) -> Option<String> {
        self.now.newest(prefix)
    }

    /// Whether a folder of that path exists; the root is the empty path.
    pub fn is_folder(&self, path: &str) -> bool {
        self.now.is_folder(path)
    }

    /// Creates a folder.
    ///
    /// # Errors
    /// When a kept store cannot write its journal.
    pub fn make_folder(&mut self, path: &str) -> io::Result<()> {
        self.write(Line::Folder { name: path.to_owned() })?;
        self.now.change().make_folder(path);
        Ok(())
    }

    /// Everything below a folder, ordered by name; a folder has no entry.
    pub fn below(&self, folder: &str) -> Vec<(String, Option<Entry>)> {
        self.now.below(folder)
    }

    /// Removes an entry, or a folder with all below it; false where there was nothing.
    ///
    /// # Errors
    /// When a kept store cannot write its journal.
    pub fn remove(&mut self, name: &str) -> io::Result<bool> {
        if !self.has(name) && (name.is_empty() || !self.is_folder(name)) {
            return Ok(false);
        }
        self.write(Line::Remove { name: name.to_owned() })?;
        self.now.change().remove(name);
        Ok(true)
    }

    /// The properties of a resource.
    pub fn properties(&self, name: &str) -> Option<&Properties> {
        self.now.properties(name)
    }

    /// Replaces the properties of a resource.
    ///
    /// # Errors
    /// When all properties together exceed their limit, or a kept store cannot write its journal.
    pub fn set_properties(&mut self, name: &str, properties: Properties) -> io::Result<()> {
        if self.now.properties_size() + state::properties_size(&properties) > LARGEST_PROPERTIES {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.write(Line::properties(name, &properties))?;
        self.now.change().set_properties(name, properties);
        Ok(())
    }

    /// A snapshot of everything.
    pub fn snapshot(&self) -> Snapshot {
        self.now.clone()
    }

    /// Restores a snapshot.
    ///
    /// # Errors
    /// When a kept store cannot write its journal.
    pub fn restore(&mut self, snapshot: Snapshot) -> io::Result<()> {
        self.now = snapshot;
        self.evicted = 0;
        self.rewrite(None).inspect_err(|_| self.is_behind())
    }

    /// Sets the number of evictions: those of a server that this store is gathered from.
    pub fn set_evicted(&mut self, count: u64) {
        self.evicted = count;
    }

    /// The number and size of entries, and of evictions.
    pub fn facts(&self) -> ServiceFacts {
        ServiceFacts {
            objects: self.now.count() as u64,
            bytes: Size(self.now.bytes()),
            evicted: self.evicted,
        }
    }

    /// Makes several changes atomically: where one of them fails, or a kept store cannot write its
    /// journal, none of them is made. It copies the state, so its cost grows with the number of
    /// entries.
    ///
    /// # Errors
    /// The error of the change that failed, or of the journal.
    pub fn transaction(
        &mut self,
        changes: impl FnOnce(&mut Store) -> io::Result<()>,
    ) -> io::Result<()> {
        let before = (self.now.clone(), self.evicted);
        self.kept.iter_mut().for_each(|kept| kept.together = Some(Vec::new()));
        let made = changes(self);
        let lines = self.kept.as_mut().and_then(|kept| kept.together.take());
        let written = made.and_then(|()| match lines {
            Some(lines) => self.write(Line::Together(lines)),
            None => Ok(()),
        });
        if written.is_err() {
            (self.now, self.evicted) = before;
        }
        written
    }

    /// Rewrites the journal of a kept store with the LRU order: the next one that opens it need not
    /// verify any bytes.
    ///
    /// # Errors
    /// When that fails.
    pub fn close(&mut self) -> io::Result<()> {
        if self.kept.is_none() {
            return Ok(());
        }
        self.files.close()?;
        match self.rewrite(Some(Line::Closed)) {
            Err(error) if is_full(&error) => {
                self.kept.iter_mut().for_each(|kept| kept.journal.release_reserve());
                self.rewrite(Some(Line::Closed))
            }
            written => written,
        }
    }

    fn write(&mut self, line: Line) -> io::Result<()> {
        if let Some(lines) = self.kept.as_mut().and_then(|kept| kept.together.as_mut()) {
            lines.push(line);
            return Ok(());
        }
        let most = LONG_JOURNAL.max(2 * self.now.count());
        let Some(kept) = &self.kept else { return Ok(()) };
        let (is_behind, is_long) = (kept.is_behind, kept.journal.added() >= most);
        // A removal is valid in any journal, and may be what makes room.
        if is_long || (is_behind && !line.removes()) {
            match self.rewrite(None) {
                Err(error) if is_behind && !line.removes() => return Err(error),
                Err(_) => self.kept.iter_mut().for_each(|kept| kept.journal.postpone()),
                Ok(()) => {}
            }
        }
        let Some(kept) = &mut self.kept else { return Ok(()) };
        kept.journal.add(&line)
    }

    /// Limits the free space of a kept store's journal, in bytes; none is what there really is.
    #[cfg(test)]
    pub fn set_disk_left(&mut self, left: Option<u64>) {
        self.kept.iter_mut().for_each(|kept| kept.journal.disk().left = left);
    }

    /// Records that the journal lacks a change of the state.
    fn is_behind(&mut self) {
        self.kept.iter_mut().for_each(|kept| kept.is_behind = true);
    }

    fn rewrite(&mut self, last: Option<Line>) -> io::Result<()> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        kept.journal.rewrite(kept.kind.name(), self.now.lines().into_iter().chain(last))?;
        kept.is_behind = false;
        Ok(())
    }
}

/// The quota in bytes.
fn quota(limits: &Limits) -> Option<u64> {
    limits.quota.map(|quota| quota.0)
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.kept.is_some() {
            // Where its owner did not close it, the journal has everything but the LRU order.
            let _ = self.files.close();
        }
    }
}

#[cfg(test)]
mod tests;
