//! The GitHub Actions cache, service v2: Twirp calls that find, reserve and finish entries, and
//! the blobs that carry their bytes. Facts from opendal's `ghac` and `@actions/cache`.

mod blob;
mod messages;
mod twirp;

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::Request;
use hyper::body::Incoming;
use lukewarm_model::Operation;

use crate::store::Object;
pub use blob::blob;
pub use twirp::twirp;

/// What the ledger says of a request before its key is known: verb, key and what it does.
pub fn about(request: &Request<Incoming>) -> (&str, &str, Operation) {
    let (method, path) = (request.method().as_str(), request.uri().path());
    match path.strip_prefix(TWIRP) {
        Some(call) => (call, "", twirp::operation(call)),
        None if path.starts_with(BLOBS) => (method, "", blob::operation(request)),
        None => (method, path, Operation::Other),
    }
}

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
