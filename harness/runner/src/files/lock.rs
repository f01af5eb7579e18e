//! Lock files that others may remove. Owns how it is seen that a lock is still the one at its path.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Whether a path still leads to an open file. A lock on a file that was removed or replaced
/// meanwhile excludes nobody.
pub fn is_same(file: &File, path: &Path) -> bool {
    let identity = |it: fs::Metadata| (it.dev(), it.ino());
    let at_path = fs::symlink_metadata(path).map(identity);
    at_path.is_ok_and(|at_path| file.metadata().map(identity).is_ok_and(|open| open == at_path))
}
