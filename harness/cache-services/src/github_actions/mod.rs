//! The GitHub Actions cache, service v2: Twirp calls that find, reserve and finish entries, and
//! the blobs that carry their bytes. Facts from opendal's `ghac` and `@actions/cache`.

mod blob;
mod messages;
mod twirp;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use blob::blob;
pub use twirp::twirp;

use crate::store::Object;

/// Where Twirp calls go.
pub const TWIRP: &str = "/twirp/github.actions.results.api.v1.CacheService/";
/// Where blobs are.
pub const BLOBS: &str = "/blobs/";

/// Entries that are reserved and not visible yet, and downloads that were signed.
#[derive(Debug, Default)]
pub struct Uploads {
    /// By the number in the signed URL.
    pub reserved: BTreeMap<u64, Upload>,
    /// By the number in the signed URL: a download stays good when its entry goes.
    pub signed: BTreeMap<u64, Download>,
}

/// A reserved entry.
#[derive(Debug)]
pub struct Upload {
    /// The entry's name in the store.
    pub name: String,
    /// The key, for the ledger.
    pub key: String,
    /// Blocks that were put, by their id.
    pub blocks: BTreeMap<String, Arc<Object>>,
    /// The whole body, once it is there.
    pub content: Option<Arc<Object>>,
}

/// A signed download.
#[derive(Clone, Debug)]
pub struct Download {
    /// The key, for the ledger.
    pub key: String,
    /// The bytes.
    pub object: Arc<Object>,
}

/// The name of an entry in the store: only entries of one version see each other. A version has
/// no line break, so the names of two versions cannot meet.
pub fn entry_name(version: &str, key: &str) -> String {
    format!("{}\n{key}", version.replace('\n', " "))
}
