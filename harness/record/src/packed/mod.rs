//! A run's record as one file, `NAME.lukewarm.tar.zst`, to be carried from one machine to another:
//! what it has, the journal, and the logs by content, equal ones once. Owns its form and its
//! version, and that what is read from such a file is what was packed, or is refused. It must not
//! merge records.

mod frames;
mod pack;
mod unpack;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use lukewarm_wire::v1;

pub use pack::{copy_logs, pack, pack_into};
pub use unpack::{PackedLogs, PackedRun, read_packed};

/// How the name of such a file ends.
pub const PACKED_SUFFIX: &str = ".lukewarm.tar.zst";

/// The first entry.
const CONTENTS: &str = "lukewarm.json";

/// Where the logs stand, each called by the SHA-256 of its content.
const LOGS: &str = "logs";

/// What a file has, in its first entry.
#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    /// Version of the file's form.
    format: u32,
    /// The version of lukewarm that packed it.
    lukewarm: String,
    /// The run's id.
    run: String,
    /// What stands for what its plan measures.
    plan: String,
    /// Which shard of the plan it is; absent where it is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shard: Option<v1::Shard>,
    /// The journal.
    journal: StoredFile,
    /// The logs by their names: the SHA-256 of the content of each.
    logs: BTreeMap<String, String>,
}

/// What is known of a stored file before it is read.
#[derive(Debug, Serialize, Deserialize)]
struct StoredFile {
    /// Its length in bytes.
    bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    sha256: String,
}

fn sha256(content: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(content))
}

#[cfg(test)]
mod tests;
