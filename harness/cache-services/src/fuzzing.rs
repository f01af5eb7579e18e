//! Doors to everything that reads what a client sent, for fuzz targets and property tests.
//! Owns nothing and is no part of the API; each parser documents what it accepts.

use prost::Message;
use serde::de::DeserializeOwned;

pub use crate::protocol::Permission;
pub use crate::protocols::github_actions::access::{RefAccess, Signer, scopes};
pub use crate::protocols::github_actions::blob::{block_ids, decoded as query};
use crate::protocols::github_actions::messages;
pub use crate::protocols::github_actions::v1::content_range;
pub use crate::protocols::webdav::if_header::If;
pub use crate::protocols::webdav::path::{Kind, decode as path, href, reference};
pub use crate::protocols::webdav::requests::{
    Change, LockInfo, PropertyNames, changes, lock_info, wanted,
};
pub use crate::protocols::webdav::xml::{Element, Node, escape, parse as xml};
pub use crate::range::{Asked, asked};

/// How a Twirp message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As JSON.
    Json,
    /// As protobuf.
    Protobuf,
}

/// What `GetCacheEntryDownloadURL` asks: key, restore keys and version.
pub fn find(form: Form, body: &[u8]) -> Option<(String, Vec<String>, String)> {
    read(form, body).map(|asked: messages::Find| (asked.key, asked.restore_keys, asked.version))
}

/// What `CreateCacheEntry` asks: key and version.
pub fn create(form: Form, body: &[u8]) -> Option<(String, String)> {
    read(form, body).map(|asked: messages::Create| (asked.key, asked.version))
}

/// What `FinalizeCacheEntryUpload` asks: key, version and size in bytes.
pub fn finalize(form: Form, body: &[u8]) -> Option<(String, String, i64)> {
    read(form, body).map(|asked: messages::Finalize| (asked.key, asked.version, asked.size_bytes))
}

fn read<Q: Message + Default + DeserializeOwned>(form: Form, body: &[u8]) -> Option<Q> {
    match form {
        Form::Json => serde_json::from_slice(body).ok(),
        Form::Protobuf => Q::decode(body).ok(),
    }
}
