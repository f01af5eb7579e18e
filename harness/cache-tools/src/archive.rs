//! Layouts of archives: which paths, which exclusions, which key.
//! Owns how a layout becomes an entry of the GitHub Actions cache. It must not pack or upload an
//! archive: the runner does.

use std::collections::BTreeMap;

use lukewarm_model::{Bytes, SettingValue};
use sha2::{Digest, Sha256};

use crate::recipe::{Archive, Compression, JobContext};

/// Settings of a tool, by name.
pub type Settings = BTreeMap<String, SettingValue>;

/// What a tool archives in one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveLayout {
    /// The key to save it under.
    pub key: String,
    /// Key prefixes that are tried in order where no entry has the key.
    pub restore_keys: Vec<String>,
    /// The archived paths, in this order; missing ones are left out.
    pub paths: Vec<ArchivedPath>,
    /// Patterns of excluded paths, in the form of `tar --exclude`.
    pub pruned: Vec<String>,
    /// Size of an unused file in the first job's target folder; none for no such file.
    pub ballast: Option<Bytes>,
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
}

impl ArchiveLayout {
    /// The archive of one job; none where the scenario has no service to store it.
    pub fn archive(&self, job: &JobContext<'_>) -> Option<Archive> {
        Some(Archive {
            endpoint: job.service?.clone(),
            key: self.key.clone(),
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
