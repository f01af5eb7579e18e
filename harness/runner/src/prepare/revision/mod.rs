//! A revision of a workspace, as a checkout of it would be, exported into a folder of its own: the
//! whole repository, with a `.git` of depth 1.
//! Owns what a revision is identified by. The repository, its index and its work tree must only be
//! read.

mod export;
mod identity;
mod store;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::error::RunnerError;
use crate::files::hash::sha256;
use crate::prepare::git::Git;
use crate::prepare::settings::Settings;
use crate::prepare::sources;
use export::Additions;
use identity::{FORM, Identity};
use store::RevisionStore;

/// An exported revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The workspace's folder in the exported repository.
    pub folder: PathBuf,
    /// The first 12 digits of the commit's id.
    pub commit: String,
    /// Differences from the revision, as sentences for the user; usually empty.
    pub remarks: Vec<String>,
}

/// Exports the repository of a workspace at a revision into a folder below the cache folder, or
/// finds it there; `include` are files and folders, relative to the workspace, that are taken from
/// it as they are although git ignores them. Exported revisions that have not been used for 30 days
/// are removed.
///
/// # Errors
/// When there is no git, no repository, or no such revision, when a submodule or a file of Git
/// LFS is not on this machine, or the folder cannot be written.
pub fn revision(
    workspace: &Path,
    revision: &str,
    include: &[PathBuf],
    settings: &Settings,
) -> Result<Revision, RunnerError> {
    let git = Git::of(workspace, settings)?;
    let commit = git.id(&format!("{revision}^{{commit}}"))?;
    let prefix = git.output(["rev-parse", "--show-prefix"])?.trim_end_matches('\n').to_owned();
    let own_lock = workspace.join("Cargo.lock");
    let has_lock = !git.output(["ls-tree", &commit, "--", "Cargo.lock"])?.is_empty();
    let lock = (!has_lock && own_lock.is_file()).then_some(own_lock);
    let (workspace, unresolved) =
        (workspace.canonicalize().map_err(RunnerError::file("find", workspace))?, workspace);
    let additions = Additions {
        prefix: &prefix,
        lock: lock.as_deref(),
        included: sources::included(&workspace, include)?,
    };
    let identity = Identity {
        form: FORM,
        tree: git.id(&format!("{commit}^{{tree}}"))?,
        lock: lock
            .as_deref()
            .map(sha256)
            .transpose()
            .map_err(RunnerError::file("read", &unresolved.join("Cargo.lock")))?
            .map(|hash| format!("{prefix} {hash}")),
        included: included_hash(&additions)?,
        root: None,
        commit,
    };
    // The root's name is only seen where it is that of the workspace.
    let name = match prefix.is_empty() {
        true => workspace.file_name().unwrap_or_default().to_string_lossy(),
        false => "repository".into(),
    };
    let name = format!("{name}-{:.12}", identity.commit);
    let store = RevisionStore::of(settings);
    let entry = |identity: &Identity| -> Result<PathBuf, RunnerError> {
        let root =
            store.entry(identity, &name, &|to| export::export(&git, identity, &additions, to))?;
        Ok(root.join(&prefix))
    };
    let mut folder = entry(&identity)?;
    if sources::leads_out(&folder, settings) {
        let depth = Path::new(&prefix).components().count();
        let root = workspace.ancestors().nth(depth).map(Path::to_owned);
        folder = entry(&Identity { root, ..identity.clone() })?;
    }
    store.remove_unused(SystemTime::now());
    if !folder.join("Cargo.toml").is_file() {
        let prefix = if prefix.is_empty() { "its root" } else { &prefix };
        return Err(RunnerError::Input(format!("{revision} has no Cargo.toml in {prefix}")));
    }
    let remark = "has no Cargo.lock: the one beside the workspace is used on both sides";
    let remarks = lock.iter().map(|_| format!("{revision} {remark}")).collect();
    let commit = format!("{:.12}", identity.commit);
    Ok(Revision { folder: folder.components().collect(), commit, remarks })
}

/// SHA-256 of what is taken beside the revision, in hexadecimal; none where nothing is.
fn included_hash(additions: &Additions<'_>) -> Result<Option<String>, RunnerError> {
    if additions.included.is_empty() {
        return Ok(None);
    }
    let mut hash = Sha256::new();
    for (place, file) in &additions.included {
        hash.update(place.as_os_str().as_encoded_bytes());
        hash.update(sha256(file).map_err(RunnerError::file("read", file))?);
    }
    Ok(Some(hex::encode(hash.finalize())))
}

#[cfg(test)]
mod tests;
