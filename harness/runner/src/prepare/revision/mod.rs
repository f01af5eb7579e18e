//! A revision of a workspace, as a checkout of it would be, laid into a folder of its own.
//! Owns what it is known by, and that only whole ones are found; the repository, its index and
//! its work tree are only read.

mod git;
mod identity;
mod lay;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::RunnerError;
use crate::files::tree;
use crate::prepare::settings::Settings;
use crate::prepare::sources;
use git::Git;
use identity::Identity;

/// A revision that was laid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The folder that a workspace of that revision is in.
    pub folder: PathBuf,
    /// What is not as in the revision, for the person who compares.
    pub remarks: Vec<String>,
}

/// What is written beside a laid revision when it is whole.
#[derive(Serialize, Deserialize)]
struct Marker {
    #[serde(flatten)]
    identity: Identity,
    /// What stands for the content of the folder.
    content: String,
}

/// The marker's name.
const MARKER: &str = "revision.json";

/// Lays what a revision has of a workspace's folder below the cache folder, unless it is there.
///
/// # Errors
/// When there is no git, no repository, or no such revision, when a submodule or a file of Git
/// LFS is not on this machine, or the folder cannot be written.
pub fn revision(
    workspace: &Path,
    revision: &str,
    settings: &Settings,
) -> Result<Revision, RunnerError> {
    let git = Git::of(workspace, settings)?;
    let commit = git.id(&format!("{revision}^{{commit}}"))?;
    let prefix = git.said(&["rev-parse", "--show-prefix"])?.trim_end_matches('\n').to_owned();
    let own_lock = workspace.join("Cargo.lock");
    let has_lock = !git.said(&["ls-tree", &commit, "--", "Cargo.lock"])?.is_empty();
    let lock = (!has_lock && own_lock.is_file()).then_some(own_lock);
    let identity = Identity {
        // Below the root of a repository, the folder that git is started in.
        tree: git.id(&format!("{commit}:./"))?,
        attributes: lay::attributes(&git, &commit, &prefix)?.join("\n"),
        lock: lock
            .as_deref()
            .map(crate::prepare::tools::sha256)
            .transpose()
            .map_err(RunnerError::file("read", &workspace.join("Cargo.lock")))?,
        commit,
        prefix,
    };
    let name = workspace.canonicalize().map_err(RunnerError::file("find", workspace))?;
    let name = name.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    let name = format!("{name}-{:.12}", identity.commit);
    let shelf = settings.cache.join("revisions");
    let folder = place(&shelf, &identity, &name, settings, &|half| {
        lay::lay(&git, &identity, lock.as_deref(), half)
    })?;
    if !folder.join("Cargo.toml").is_file() {
        let prefix = if identity.prefix.is_empty() { "its root" } else { &identity.prefix };
        return Err(RunnerError::Input(format!("{revision} has no Cargo.toml in {prefix}")));
    }
    let remark = "has no Cargo.lock: the one beside the workspace is used on both sides";
    let remarks = lock.iter().map(|_| format!("{revision} {remark}")).collect();
    Ok(Revision { folder, remarks })
}

/// The folder of that identity on the shelf: as it is there, or laid now. Laying happens beside
/// it, under a name that no other run has, and takes its place at once when it is whole.
fn place(
    shelf: &Path,
    identity: &Identity,
    name: &str,
    settings: &Settings,
    lay: &dyn Fn(&Path) -> Result<(), RunnerError>,
) -> Result<PathBuf, RunnerError> {
    fs::create_dir_all(shelf).map_err(RunnerError::file("make folder", shelf))?;
    let words = serde_json::to_vec(identity)
        .map_err(|error| RunnerError::file("write", shelf)(error.into()))?;
    let key = format!("{:.16}-{:.8}", identity.tree, hex::encode(Sha256::digest(words)));
    let place = shelf.join(&key);
    let _lock = locked(&shelf.join(format!("{key}.lock")), settings)?;
    let folder = place.join(name);
    if is_whole(&place, &folder, identity) {
        return Ok(folder);
    }
    let half = format!(".laying-{key}-");
    // Whoever left one of these was killed: this run holds the lock.
    for entry in fs::read_dir(shelf).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&half) {
            tree::remove(&entry.path())?;
        }
    }
    let half = tempfile::Builder::new()
        .prefix(&half)
        .tempdir_in(shelf)
        .map_err(RunnerError::file("make folder", shelf))?;
    lay(&half.path().join(name))?;
    let marker =
        Marker { identity: identity.clone(), content: sources::identity(&half.path().join(name))? };
    let path = half.path().join(MARKER);
    let marker = serde_json::to_vec_pretty(&marker)
        .map_err(|error| RunnerError::file("write", &path)(error.into()))?;
    fs::write(&path, marker).map_err(RunnerError::file("write", &path))?;
    tree::remove(&place)?;
    fs::rename(half.path(), &place).map_err(RunnerError::file("keep", &place))?;
    Ok(folder)
}

/// Whether a place has all of what its marker says, and nothing else: neither a power cut nor
/// somebody's edit goes unseen.
fn is_whole(place: &Path, folder: &Path, identity: &Identity) -> bool {
    let marker = fs::read(place.join(MARKER)).ok();
    let marker = marker.and_then(|text| serde_json::from_slice::<Marker>(&text).ok());
    marker.is_some_and(|marker| {
        marker.identity == *identity
            && sources::identity(folder).is_ok_and(|content| content == marker.content)
    })
}

/// Waits for a lock; a run that is cancelled waits no longer.
fn locked(path: &Path, settings: &Settings) -> Result<fs::File, RunnerError> {
    let lock = fs::File::create(path).map_err(RunnerError::file("write", path))?;
    loop {
        match fs4::FileExt::try_lock(&lock) {
            Ok(()) => return Ok(lock),
            Err(fs4::TryLockError::WouldBlock) if settings.processes.is_cancelled() => {
                return Err(RunnerError::Cancelled);
            }
            Err(fs4::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            Err(fs4::TryLockError::Error(error)) => {
                return Err(RunnerError::file("lock", path)(error));
            }
        }
    }
}

#[cfg(test)]
mod tests;
