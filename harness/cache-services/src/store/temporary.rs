//! Folders for stores that are not kept, and the removal of those that a kill left. A folder is
//! removed only if its name, owner and lock file mark it as one, and nobody holds the lock. Owns
//! these folders as a whole; it must not know what a store puts there.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rand::RngExt;

use super::folder;

const PREFIX: &str = "lukewarm-serve-";
const LOCK: &str = "lukewarm-temporary";
const SAYS: &str = "lukewarm temporary store\n";

/// A folder that is removed when dropped, or by the next one if its process was killed.
#[derive(Debug)]
pub struct TemporaryStore {
    folder: PathBuf,
    /// The lock, held as long as the process lives; the kernel releases it.
    _lock: File,
}

impl TemporaryStore {
    /// Creates a folder below `base`, and removes those of dead processes.
    ///
    /// # Errors
    /// When it cannot be created.
    pub fn create(base: &Path) -> io::Result<TemporaryStore> {
        sweep(base);
        let name = format!("{PREFIX}{}", hex::encode(rand::rng().random::<[u8; 8]>()));
        let folder = base.join(name);
        DirBuilder::new().mode(0o700).create(&folder)?;
        let made = lock(&folder);
        // It may be removed as long as it is empty.
        let lock = made.inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        Ok(TemporaryStore { folder, _lock: lock })
    }

    /// The folder for the store.
    pub fn objects(&self) -> PathBuf {
        self.folder.join("objects")
    }
}

impl Drop for TemporaryStore {
    fn drop(&mut self) {
        // What stays is removed by the next one.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Creates a folder's lock. It gets its name once it is held, so that no other process finds it
/// free.
fn lock(folder: &Path) -> io::Result<File> {
    let new = folder.join("lock.new");
    let mut lock = folder::options().write(true).create_new(true).open(&new)?;
    lock.try_lock()?;
    lock.write_all(SAYS.as_bytes())?;
    fs::rename(new, folder.join(LOCK))?;
    Ok(lock)
}

/// Removes the folders below `base` whose processes are dead, and returns their paths.
pub fn sweep(base: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_str().is_some_and(is_name));
    ours.map(|entry| entry.path()).filter(|folder| remove(folder).unwrap_or(false)).collect()
}

fn is_name(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|digits| {
        digits.len() == 16 && digits.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Removes a folder if it is such a one and its process is dead.
fn remove(folder: &Path) -> io::Result<bool> {
    let about = fs::symlink_metadata(folder)?;
    let own = about.uid() == rustix::process::geteuid().as_raw();
    if !about.is_dir() || !own || about.mode() & 0o077 != 0 {
        return Ok(false);
    }
    let lock = folder.join(LOCK);
    if !fs::symlink_metadata(&lock)?.is_file() {
        return Ok(false);
    }
    let lock = folder::options().read(true).open(lock)?;
    let mut text = String::new();
    (&lock).take(SAYS.len() as u64 + 1).read_to_string(&mut text)?;
    if text != SAYS || lock.try_lock().is_err() {
        return Ok(false);
    }
    fs::remove_dir_all(folder)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn it_goes_with_its_owner() {
        let base = tempfile::tempdir().unwrap();
        let store = TemporaryStore::create(base.path()).unwrap();
        assert_eq!(fs::metadata(&store.folder).unwrap().permissions().mode() & 0o777, 0o700);
        fs::create_dir(store.objects()).unwrap();
        fs::write(store.objects().join("pack"), "x").unwrap();
        assert!(sweep(base.path()).is_empty(), "its owner lives");
        drop(store);
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_what_a_dead_owner_left_is_swept_away() {
        let base = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("precious"), "mine").unwrap();
        let make = |name: &str, says: Option<&str>, mode: u32| {
            let folder = base.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("pack"), "x").unwrap();
            says.iter().for_each(|says| fs::write(folder.join(LOCK), says).unwrap());
            fs::set_permissions(&folder, PermissionsExt::from_mode(mode)).unwrap();
            folder
        };
        let name = |last: u32| format!("{PREFIX}{last:016x}");
        let dead = make(&name(1), Some(SAYS), 0o700);
        symlink(outside.path(), dead.join("out")).unwrap();
        let others = [
            make(&name(2), None, 0o700),
            make(&name(3), Some("mine"), 0o700),
            make(&name(4), Some(SAYS), 0o755),
            make("lukewarm-serve-", Some(SAYS), 0o700),
            make("lukewarm-serve-0123456789abcdeF", Some(SAYS), 0o700),
            make("thesis", Some(SAYS), 0o700),
        ];
        // A link, and a FIFO in the lock's place, which nobody must wait for.
        symlink(outside.path(), base.path().join(name(5))).unwrap();
        let fifo = make(&name(6), None, 0o700);
        let kind = rustix::fs::FileType::Fifo;
        let (mode, none) = (rustix::fs::Mode::RUSR, 0);
        rustix::fs::mknodat(rustix::fs::CWD, fifo.join(LOCK), kind, mode, none).unwrap();
        assert_eq!(sweep(base.path()), std::slice::from_ref(&dead));
        assert!(!dead.exists() && others.iter().all(|it| it.join("pack").exists()));
        assert!(fifo.exists() && outside.path().join("precious").exists());
    }
}
