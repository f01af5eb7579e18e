//! What a service holds: entries by name, folders, and snapshots of the whole. Bytes lie on disk;
//! nothing partial is ever visible, and a file goes when nothing refers to it any more.
//! Owns quota, expiry and the order of use; what names mean is the protocols'.

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
use journal::{Journal, is_full};
use line::Line;
pub use line::{Properties, Repaired, Unreadable};
pub use object::{Incoming, Object, Piece, Reader};
pub use state::{Entry, Snapshot};

/// A journal with so many lines, and twice as many as there are entries, is written anew: the
/// same few names stored again and again must not fill the disk.
const LONG_JOURNAL: usize = 100_000;
/// What clients may say of all resources together, in bytes: it lies in memory.
const MOST_SAID: u64 = 64 << 20;

/// What a service holds now.
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

/// A store that is there again after a stop.
#[derive(Debug)]
struct Kept {
    kind: ServiceKind,
    journal: Journal,
    /// Changes that are to be written as one; none where each is written as it comes.
    together: Option<Vec<Line>>,
    /// Something changed that could not be written down: the journal is to be written anew before
    /// more is promised.
    is_behind: bool,
    /// What could not be read when it was opened.
    repaired: Option<Repaired>,
}

impl Store {
    /// An empty store whose files go below `folder`, which is removed by its owner.
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

    /// The store that lies in `folder`, or a new one there. What a kill left half done is as if
    /// it had never begun; entries whose bytes are not what they were are left out.
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

    /// What of its journal could not be read when it was opened, and was left out.
    pub fn repaired(&self) -> Option<&Repaired> {
        self.kept.as_ref()?.repaired.as_ref()
    }

    /// Begins to receive a body, of a length that may be known.
    ///
    /// # Errors
    /// When there is no place for it.
    pub fn receive(&self, length: Option<u64>) -> io::Result<Incoming> {
        Incoming::new(&self.files, length)
    }

    /// Makes an entry visible, and gives its number. What is beyond the quota goes, least
    /// recently used first.
    ///
    /// # Errors
    /// When a kept store cannot write it down.
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

    /// Removes what nobody used for too long.
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
        // It goes even where that cannot be written down: the quota holds.
        if self.write(Line::Remove { name: name.to_owned() }).is_err() {
            self.is_behind();
        }
        self.now.change().remove(name);
    }

    /// The entry of a name; looking counts as use.
    pub fn find(&mut self, name: &str) -> Option<Entry> {
        // Asked before, so that a miss copies nothing.
        self.now.entry(name)?;
        self.now.change().touch(name, self.clock.seconds())
    }

    /// The entry of a name; looking at it so is no use.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.now.entry(name)
    }

    /// Whether there is an entry of that name.
    pub fn has(&self, name: &str) -> bool {
        self.now.entry(name).is_some()
    }

    /// The name of the newest entry whose name begins like this.
    pub fn newest(&self, prefix: &str) -> Option<String> {
        self.now.newest(prefix)
    }

    /// Whether there is a folder of that path; the root is the empty path.
    pub fn is_folder(&self, path: &str) -> bool {
        self.now.is_folder(path)
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// When a kept store cannot write it down.
    pub fn make_folder(&mut self, path: &str) -> io::Result<()> {
        self.write(Line::Folder { name: path.to_owned() })?;
        self.now.change().make_folder(path);
        Ok(())
    }

    /// All below a folder, in the order of their names; none is a folder.
    pub fn below(&self, folder: &str) -> Vec<(String, Option<Entry>)> {
        self.now.below(folder)
    }

    /// Removes an entry, or a folder with all below it; false where there was nothing.
    ///
    /// # Errors
    /// When a kept store cannot write it down.
    pub fn remove(&mut self, name: &str) -> io::Result<bool> {
        if !self.has(name) && (name.is_empty() || !self.is_folder(name)) {
            return Ok(false);
        }
        self.write(Line::Remove { name: name.to_owned() })?;
        self.now.change().remove(name);
        Ok(true)
    }

    /// What a client wrote about a resource.
    pub fn properties(&self, name: &str) -> Option<&Properties> {
        self.now.properties(name)
    }

    /// Replaces what a client wrote about a resource.
    ///
    /// # Errors
    /// When it is more than there is room for, or a kept store cannot write it down.
    pub fn set_properties(&mut self, name: &str, properties: Properties) -> io::Result<()> {
        if self.now.said() + state::said(&properties) > MOST_SAID {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.write(Line::properties(name, &properties))?;
        self.now.change().set_properties(name, properties);
        Ok(())
    }

    /// Everything at this moment.
    pub fn snapshot(&self) -> Snapshot {
        self.now.clone()
    }

    /// Goes back, or sideways, to a snapshot.
    ///
    /// # Errors
    /// When a kept store cannot write it down.
    pub fn restore(&mut self, snapshot: Snapshot) -> io::Result<()> {
        self.now = snapshot;
        self.evicted = 0;
        self.rewrite(None).inspect_err(|_| self.is_behind())
    }

    /// What there is.
    pub fn facts(&self) -> ServiceFacts {
        ServiceFacts {
            objects: self.now.count() as u64,
            bytes: Size(self.now.bytes()),
            evicted: self.evicted,
        }
    }

    /// What changes from now on is written down as one, when it is committed.
    pub fn begin(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.together = Some(Vec::new());
        }
    }

    /// Writes down what has changed since the beginning.
    ///
    /// # Errors
    /// When that fails.
    pub fn commit(&mut self) -> io::Result<()> {
        let lines = self.kept.as_mut().and_then(|kept| kept.together.take());
        let Some(lines) = lines else { return Ok(()) };
        self.write(Line::Together(lines)).inspect_err(|_| self.is_behind())
    }

    /// Writes a kept store down, whole and with the order of use: the next one that opens it need
    /// not look at its bytes.
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
        // What takes away is right in any journal, and may be what makes room.
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

    /// The state has changed, and the journal may not say so.
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
            // An owner that did not close it finds all the same what the journal says.
            let _ = self.files.close();
        }
    }
}

#[cfg(test)]
mod tests;
