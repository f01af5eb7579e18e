//! Archives of folders as layouts: which paths, what is left out of them, under which key.
//! Owns how a layout becomes an entry of the GitHub Actions cache. Packing and moving the archive
//! belongs to the runner.

use std::collections::BTreeMap;

use lukewarm_model::{Bytes, SettingValue};
use sha2::{Digest, Sha256};

use crate::{Archive, Compression, JobContext};

/// Settings of a tool, by name.
pub type Settings = BTreeMap<String, SettingValue>;

/// What a tool archives in one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveLayout {
    /// The key it is saved under.
    pub key: String,
    /// Prefixes that are tried in order where no entry has the key.
    pub restore_keys: Vec<String>,
    /// What is archived, in this order; what does not exist is left out.
    pub paths: Vec<ArchivedPath>,
    /// What is left out of these paths: patterns as `tar --exclude` takes them.
    pub pruned: Vec<String>,
    /// Bytes in the first job's target folder that no build needs; none where it has grown none.
    pub ballast: Option<Bytes>,
}

/// One path of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedPath {
    /// As a workflow names it: it goes into the entry's version.
    pub named: String,
    /// Where it is on the job's machine, absolute or below the checkout.
    pub place: String,
}

impl ArchivedPath {
    /// A folder below the checkout.
    pub fn in_checkout(name: &str) -> ArchivedPath {
        ArchivedPath { named: format!("{name}/"), place: name.to_owned() }
    }

    /// A folder below `CARGO_HOME`.
    pub fn in_cargo_home(job: &JobContext<'_>, name: &str) -> ArchivedPath {
        let place = job.folders.cargo_home.join(name).display().to_string();
        ArchivedPath { named: format!("~/.cargo/{name}"), place }
    }
}

impl ArchiveLayout {
    /// The archive of one job; none where the scenario has no service to keep it in.
    pub fn archive(&self, job: &JobContext<'_>) -> Option<Archive> {
        Some(Archive {
            endpoint: job.service?.clone(),
            key: self.key.clone(),
            restore_keys: self.restore_keys.clone(),
            version: version(&self.paths, job.compression),
            root: job.folders.checkout.clone(),
            compression: job.compression,
            paths: self.paths.iter().map(|path| path.place.clone()).collect(),
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
