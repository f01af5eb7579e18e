//! The identity of an exported revision. Owns which inputs determine its content.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The present form of exports: whole repositories with a `.git`.
pub(super) const FORM: u32 = 2;

/// The identity of an exported revision. Two with equal identities have the same content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    /// The form of the export; absent in the first one, which had the workspace's folder alone.
    #[serde(default)]
    pub form: u32,
    /// Git's id of the commit's tree.
    pub tree: String,
    /// The commit's id, which is part of the folder's name.
    pub commit: String,
    /// The workspace's folder, and SHA-256 of its lock file in hexadecimal; none where the revision
    /// has one.
    pub lock: Option<String>,
    /// SHA-256 of the files that were taken from the workspace's folder although they are ignored;
    /// none without any.
    #[serde(default)]
    pub included: Option<String>,
    /// The root of the repository, beside which lies what the revision names outside of it; none
    /// where it names nothing, so that it serves every clone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<PathBuf>,
}
