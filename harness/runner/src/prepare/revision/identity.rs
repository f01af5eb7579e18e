//! What a revision that was laid into a folder is known by.

use serde::{Deserialize, Serialize};

/// What a laid revision is known by. Two that agree in all of it have the same content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// The id of git's tree of the workspace's folder.
    pub tree: String,
    /// The commit, which names the folder.
    pub commit: String,
    /// The workspace's folder within the repository.
    pub prefix: String,
    /// The attribute files of the folders above, which say how content is written.
    pub attributes: String,
    /// SHA-256 of the workspace's lock file, where the revision has none.
    pub lock: Option<String>,
}
