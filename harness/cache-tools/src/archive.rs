//! Layouts of archives: which paths, which exclusions, which key.
//! Owns how a layout becomes an entry of the GitHub Actions cache. It must not pack or upload an
//! archive: the runner does.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use lukewarm_model::{Bytes, SettingValue};
use sha2::{Digest, Sha256};

use crate::cleaning::Cleaning;
use crate::key_inputs::KeyInputs;
use crate::recipe::{Archive, Compression, JobContext};

/// The beginning of the keys of GitHub's cargo example, on its Linux runners.
const OS: &str = "Linux-cargo-";

/// Settings of a tool, by name.
pub type Settings = BTreeMap<String, SettingValue>;

/// What a tool archives in one job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchiveLayout {
    /// The key to save it under; its beginning, where `key_inputs` complete it.
    pub key: String,
    /// What completes the key in the job; none for a key that is complete.
    pub key_inputs: Option<KeyInputs>,
    /// Key prefixes that are tried in order where no entry has the key.
    pub restore_keys: Vec<String>,
    /// The archived paths, in this order; missing ones are left out.
    pub paths: Vec<ArchivedPath>,
    /// Patterns of excluded paths, in the form of `tar --exclude`.
    pub pruned: Vec<String>,
    /// What is removed before it is saved; none where nothing is.
    pub cleaning: Option<Cleaning>,
    /// When it is saved.
    pub saving: Saving,
    /// Size of an unused file in the first job's target folder; none for no such file.
    pub ballast: Option<Bytes>,
}

/// When an archive is saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Saving {
    /// In every job whose key has no entry yet.
    #[default]
    NewKey,
    /// Never: jobs only read.
    Never,
}

/// One path of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedPath {
    /// The path in the workflow, which is part of the entry's version.
    pub named: String,
    /// The path on the job's machine, absolute or relative to the checkout.
    pub location: String,
}

impl ArchivedPath {
    /// A folder below the checkout.
    pub fn in_checkout(name: &str) -> ArchivedPath {
        ArchivedPath { named: format!("{name}/"), location: name.to_owned() }
    }

    /// A folder below `CARGO_HOME`.
    pub fn in_cargo_home(job: &JobContext<'_>, name: &str) -> ArchivedPath {
        let location = job.folders.cargo_home.join(name).display().to_string();
        ArchivedPath { named: format!("~/.cargo/{name}"), location }
    }

    /// A path that the workflow's action makes absolute itself, so that its version depends on
    /// where the checkout and `CARGO_HOME` lie.
    pub fn absolute(job: &JobContext<'_>, path: &Path) -> ArchivedPath {
        let location = relative(&job.folders.checkout, path).display().to_string();
        ArchivedPath { named: path.display().to_string(), location }
    }
}

/// The path that leads from a folder to another place, both absolute.
fn relative(folder: &Path, place: &Path) -> PathBuf {
    let (from, to): (Vec<_>, Vec<_>) =
        (folder.components().collect(), place.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    up.chain(to[shared..].iter().copied()).collect()
}

impl ArchiveLayout {
    /// An archive of these paths under a key of OS and Cargo.lock that is new in every job, which
    /// falls back to the newest of the same Cargo.lock, and then to the newest of all.
    pub(crate) fn rolling(job: &JobContext<'_>, paths: Vec<ArchivedPath>) -> ArchiveLayout {
        let stem = format!("{OS}{}", job.lock_hash);
        ArchiveLayout {
            key: format!("{stem}-{}", job.serial),
            restore_keys: vec![format!("{stem}-"), OS.to_owned()],
            paths,
            ..ArchiveLayout::default()
        }
    }

    /// An archive of these paths under a key of OS and Cargo.lock, saved once.
    pub(crate) fn locked(job: &JobContext<'_>, paths: Vec<ArchivedPath>) -> ArchiveLayout {
        ArchiveLayout { key: format!("{OS}{}", job.lock_hash), paths, ..ArchiveLayout::default() }
    }

    /// The archive of one job; none where the scenario has no service to store it.
    pub fn archive(&self, job: &JobContext<'_>) -> Option<Archive> {
        Some(Archive {
            endpoint: job.service?.clone(),
            key: self.key.clone(),
            key_inputs: self.key_inputs,
            restore_keys: self.restore_keys.clone(),
            version: version(&self.paths, job.compression),
            root: job.folders.checkout.clone(),
            compression: job.compression,
            paths: self.paths.iter().map(|path| path.location.clone()).collect(),
            pruned: self.pruned.clone(),
        })
    }
}

/// The entry's version as `@actions/cache` computes it: SHA-256 of the paths as the workflow
/// names them, the compression method and the salt `1.0`, joined by `|`
/// (actions/toolkit, `cacheUtils.ts`, `getCacheVersion`).
fn version(paths: &[ArchivedPath], compression: Compression) -> String {
    let mut parts: Vec<&str> = paths.iter().map(|path| path.named.as_str()).collect();
    parts.extend([compression.name(), "1.0"]);
    hex::encode(Sha256::digest(parts.join("|")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_named_from_the_checkout() {
        let from_checkout = |place: &str| relative(Path::new("/s/run/checkout"), Path::new(place));
        assert_eq!(from_checkout("/s/run/checkout/target"), Path::new("target"));
        assert_eq!(from_checkout("/s/run/cargo-home/git"), Path::new("../cargo-home/git"));
        assert_eq!(from_checkout("/elsewhere"), Path::new("../../../elsewhere"));
    }
}
