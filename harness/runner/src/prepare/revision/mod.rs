//! A revision of a workspace, as a checkout of it would be, exported into a folder of its own.
//! Owns what a revision is identified by. The repository, its index and its work tree must only be
//! read.

mod export;
mod git;
mod identity;
mod store;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::RunnerError;
use crate::files::hash::sha256;
use crate::prepare::settings::Settings;
use git::Git;
use identity::Identity;
use store::RevisionStore;

/// An exported revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The folder with the workspace of that revision.
    pub folder: PathBuf,
    /// Differences from the revision, as sentences for the user; usually empty.
    pub remarks: Vec<String>,
}

/// Exports a workspace's folder of a revision into a folder below the cache folder, or finds it
/// there. Exported revisions that have not been used for 30 days are removed.
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
    let prefix = git.output(&["rev-parse", "--show-prefix"])?.trim_end_matches('\n').to_owned();
    let own_lock = workspace.join("Cargo.lock");
    let has_lock = !git.output(&["ls-tree", &commit, "--", "Cargo.lock"])?.is_empty();
    let lock = (!has_lock && own_lock.is_file()).then_some(own_lock);
    let identity = Identity {
        // Below the root of a repository, the folder that git is started in.
        tree: git.id(&format!("{commit}:./"))?,
        attributes: export::attributes(&git, &commit, &prefix)?.join("\n"),
        lock: lock
            .as_deref()
            .map(sha256)
            .transpose()
            .map_err(RunnerError::file("read", &workspace.join("Cargo.lock")))?,
        commit,
        prefix,
    };
    let name = workspace.canonicalize().map_err(RunnerError::file("find", workspace))?;
    let name = name.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    let name = format!("{name}-{:.12}", identity.commit);
    let store = RevisionStore::of(settings);
    let folder = store
        .entry(&identity, &name, &|to| export::export(&git, &identity, lock.as_deref(), to))?;
    store.remove_unused(SystemTime::now());
    if !folder.join("Cargo.toml").is_file() {
        let prefix = if identity.prefix.is_empty() { "its root" } else { &identity.prefix };
        return Err(RunnerError::Input(format!("{revision} has no Cargo.toml in {prefix}")));
    }
    let remark = "has no Cargo.lock: the one beside the workspace is used on both sides";
    let remarks = lock.iter().map(|_| format!("{revision} {remark}")).collect();
    Ok(Revision { folder, remarks })
}

#[cfg(test)]
mod tests;
