//! The identity of an exported revision. Owns which inputs determine its content.

use serde::{Deserialize, Serialize};

/// The identity of an exported revision. Two with equal identities have the same content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// Git's id of the tree of the workspace's folder.
    pub tree: String,
    /// The commit's id, which is part of the folder's name.
    pub commit: String,
    /// The workspace's folder within the repository.
    pub prefix: String,
    /// The `.gitattributes` files of the folders above, one a line; they determine line endings.
    pub attributes: String,
    /// SHA-256 of the workspace's lock file, in hexadecimal; none where the revision has one.
    pub lock: Option<String>,
}
