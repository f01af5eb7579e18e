//! The folder in which exported revisions are kept between runs, one entry for each content: a
//! folder with a marker, and a lock beside it whose modification time is that of the last use.
//! Owns that only complete entries are used, and that entries unused for [`KEPT`] are removed. What
//! has not an entry's name, lock and marker is somebody else's and must not be touched.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::identity::{FORM, Identity};
use crate::error::RunnerError;
use crate::files::lock::is_same;
use crate::files::{own, tree};
use crate::prepare::settings::Settings;
use crate::prepare::sources;

/// How long an entry is kept after its last use.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// The extension of an entry's lock.
const LOCK: &str = "lock";

/// The name of a marker in an entry's folder.
pub(super) const MARKER: &str = "revision.json";

/// The content of a marker, which is written when an entry is complete.
#[derive(Serialize, Deserialize)]
struct Marker {
    #[serde(flatten)]
    identity: Identity,
    /// The identity of the entry's files.
    content: String,
}

/// The folder of exported revisions.
pub(super) struct RevisionStore<'a> {
    folder: PathBuf,
    settings: &'a Settings,
}

impl<'a> RevisionStore<'a> {
    /// The one below the cache folder.
    pub(super) fn of(settings: &'a Settings) -> RevisionStore<'a> {
        RevisionStore { folder: sources::exports(settings), settings }
    }

    /// The folder `name` in the entry of this identity: the one that is there, or a new one with
    /// what `export` writes. A new entry is made beside its place under a unique name and renamed
    /// when it is complete. The entry counts as used now.
    ///
    /// # Errors
    /// When `export` fails, the folder cannot be written, or the run is cancelled.
    pub(super) fn entry(
        &self,
        identity: &Identity,
        name: &str,
        export: &dyn Fn(&Path) -> Result<(), RunnerError>,
    ) -> Result<PathBuf, RunnerError> {
        fs::create_dir_all(&self.folder).map_err(RunnerError::file("make folder", &self.folder))?;
        let key = key(identity);
        let entry = self.folder.join(&key);
        let path = self.folder.join(format!("{key}.{LOCK}"));
        let lock = self.lock(&path)?;
        lock.set_modified(SystemTime::now()).map_err(RunnerError::file("write", &path))?;
        let folder = entry.join(name);
        if is_complete(&entry, &folder, identity) {
            return Ok(folder);
        }
        self.remove_partial(&key)?;
        let partial = tempfile::Builder::new()
            .prefix(&partial_prefix(&key))
            .tempdir_in(&self.folder)
            .map_err(RunnerError::file("make folder", &self.folder))?;
        export(&partial.path().join(name))?;
        let content = sources::identity(&partial.path().join(name))?;
        write_marker(partial.path(), &Marker { identity: identity.clone(), content })?;
        tree::remove(&entry)?;
        fs::rename(partial.path(), &entry).map_err(RunnerError::file("keep", &entry))?;
        Ok(folder)
    }

    /// Removes the entries that were last used more than [`KEPT`] before `now`. One that is in use,
    /// or cannot be removed, stays.
    pub(super) fn remove_unused(&self, now: SystemTime) {
        if !fs::symlink_metadata(&self.folder).is_ok_and(|it| own::is_ours(&it)) {
            return;
        }
        for item in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = item.path();
            // The name comes first: what is not ours is not even opened.
            let is_lock = path.extension() == Some(OsStr::new(LOCK));
            let Some(key) = path.file_stem().and_then(OsStr::to_str).filter(|it| is_key(it)) else {
                continue;
            };
            let Some(lock) = is_lock.then(|| open_lock(&path)).flatten() else { continue };
            let used = lock.metadata().and_then(|it| it.modified());
            let is_unused =
                used.is_ok_and(|used| now.duration_since(used).is_ok_and(|it| it > KEPT));
            let is_free = is_unused
                && fs4::FileExt::try_lock(&lock).is_ok()
                && is_same(&lock, &path)
                && self.is_ours(key);
            if is_free
                && self.remove_partial(key).is_ok()
                && tree::remove(&self.folder.join(key)).is_ok()
            {
                let _ = fs::remove_file(&path);
            }
        }
    }

    /// Whether the folder of a key bears the marker of that key. A missing folder is ours too: a
    /// run that was killed left only the lock.
    fn is_ours(&self, key_of_name: &str) -> bool {
        let entry = self.folder.join(key_of_name);
        match fs::symlink_metadata(&entry) {
            Ok(metadata) => {
                metadata.is_dir()
                    && metadata.uid() == own::effective_user()
                    && read_marker(&entry).is_some_and(|it| is_key_of(key_of_name, &it.identity))
            }
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        }
    }

    /// Removes what a killed run left of an entry. The caller holds the entry's lock.
    fn remove_partial(&self, key: &str) -> Result<(), RunnerError> {
        let prefix = partial_prefix(key);
        for item in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if item.file_name().to_string_lossy().starts_with(&prefix) {
                tree::remove(&item.path())?;
            }
        }
        Ok(())
    }

    /// Waits for a lock; a run that is cancelled waits no longer.
    fn lock(&self, path: &Path) -> Result<File, RunnerError> {
        loop {
            let lock = File::create(path).map_err(RunnerError::file("write", path))?;
            match fs4::FileExt::try_lock(&lock) {
                Ok(()) if is_same(&lock, path) => return Ok(lock),
                // Another run removed it as unused at this moment.
                Ok(()) => {}
                Err(fs4::TryLockError::WouldBlock) if self.settings.processes.is_cancelled() => {
                    return Err(RunnerError::Cancelled);
                }
                Err(fs4::TryLockError::WouldBlock) => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(fs4::TryLockError::Error(error)) => {
                    return Err(RunnerError::file("lock", path)(error));
                }
            }
        }
    }
}

/// The name of an entry, from its identity.
fn key(identity: &Identity) -> String {
    // Text and options always have a JSON form.
    let text = serde_json::to_vec(identity).unwrap_or_default();
    format!("{:.16}-{:.8}", identity.tree, hex::encode(Sha256::digest(text)))
}

/// Whether a name is that of an entry with this identity. Of entries of an earlier form only the
/// tree is compared.
fn is_key_of(name: &str, identity: &Identity) -> bool {
    match identity.form {
        FORM => name == key(identity),
        _ => name.starts_with(&format!("{:.16}-", identity.tree)),
    }
}

/// Whether a name has the form of an entry's: 16 and 8 hexadecimal digits.
fn is_key(name: &str) -> bool {
    let is_hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
    };
    name.split_once('-').is_some_and(|(tree, hash)| is_hex(tree, 16) && is_hex(hash, 8))
}

/// The beginning of the names of a key's partial entries.
fn partial_prefix(key: &str) -> String {
    format!(".laying-{key}-")
}

/// Opens an entry's lock: an empty regular file of this user's. Nothing else is opened.
fn open_lock(path: &Path) -> Option<File> {
    let is_ours =
        |it: &fs::Metadata| it.is_file() && it.uid() == own::effective_user() && it.len() == 0;
    fs::symlink_metadata(path).ok().filter(is_ours)?;
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let lock = File::options().read(true).write(true).custom_flags(flags).open(path).ok()?;
    lock.metadata().is_ok_and(|it| is_ours(&it)).then_some(lock)
}

fn write_marker(entry: &Path, marker: &Marker) -> Result<(), RunnerError> {
    let path = entry.join(MARKER);
    let text = serde_json::to_vec_pretty(marker)
        .map_err(|error| RunnerError::file("write", &path)(error.into()))?;
    fs::write(&path, text).map_err(RunnerError::file("write", &path))
}

fn read_marker(entry: &Path) -> Option<Marker> {
    let text = fs::read(entry.join(MARKER)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Whether an entry has exactly the files of its marker: neither a power cut nor somebody's edit
/// goes unnoticed.
fn is_complete(entry: &Path, folder: &Path, identity: &Identity) -> bool {
    read_marker(entry).is_some_and(|marker| {
        marker.identity == *identity
            && sources::identity(folder).is_ok_and(|content| content == marker.content)
    })
}
