//! The folder of the user's that an exported revision stands for: what manifests and links of the
//! revision name outside of it lies beside that folder, and not beside the export.
//! Owns the note of it that lies beside an export. It must not be believed anywhere but in the
//! folder of exports.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::error::RunnerError;
use crate::files::own;
use crate::prepare::settings::Settings;

/// A folder that is copied, and the one that it stands for: itself, where it is no export.
#[derive(Clone, Copy, Debug)]
pub struct StandIn<'a> {
    /// The folder that is copied; canonical.
    pub root: &'a Path,
    /// The one that it stands for; canonical.
    pub stands_for: &'a Path,
}

impl<'a> StandIn<'a> {
    /// A folder that stands for itself.
    pub fn itself(root: &'a Path) -> StandIn<'a> {
        StandIn { root, stands_for: root }
    }

    /// Where a path would be if the folder that is copied were the one that it stands for.
    pub fn original(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.root).map_or_else(|_| path.to_owned(), |it| self.stands_for.join(it))
    }

    /// Where such a path is, which for what lies outside is where it is.
    pub fn copied(&self, path: PathBuf) -> PathBuf {
        match path.strip_prefix(self.stands_for) {
            Ok(below) => self.root.join(below),
            Err(_) => path,
        }
    }
}

/// The name of the note.
const NOTE: &str = "stands-for";

/// The folder of exports.
pub fn exports(settings: &Settings) -> PathBuf {
    settings.cache.join("revisions")
}

/// Notes beside an export which folder it stands for.
///
/// # Errors
/// When the note cannot be written.
pub fn write(export: &Path, original: &Path) -> Result<(), RunnerError> {
    let note = export.with_file_name(NOTE);
    fs::write(&note, original.as_os_str().as_bytes()).map_err(RunnerError::file("write", &note))
}

/// The folder that a folder stands for: itself, where it is no export.
pub fn of(folder: &Path, settings: &Settings) -> PathBuf {
    original(folder, settings).unwrap_or_else(|| folder.to_owned())
}

fn original(folder: &Path, settings: &Settings) -> Option<PathBuf> {
    let exports = exports(settings).canonicalize().ok()?;
    let note = folder.with_file_name(NOTE);
    let is_export = note.parent()?.parent()? == exports;
    let is_ours = |it: &Path| fs::symlink_metadata(it).is_ok_and(|it| own::is_ours(&it));
    if !is_export || !is_ours(&exports) {
        return None;
    }
    let path = PathBuf::from(OsString::from_vec(fs::read(&note).ok()?));
    path.canonicalize().ok()
}
