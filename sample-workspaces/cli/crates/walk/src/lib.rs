//! Finds the files below a folder.
//! Owns the order of the walk and what is left out: links are not followed.

use std::io;
use std::path::Path;

use filetime::FileTime;
use strata_core::{Entry, Error, Size};
use walkdir::{DirEntry, WalkDir};

/// All files below a folder, in the order of their paths. Fails at the first unreadable one.
pub fn walk(folder: &Path) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    for found in WalkDir::new(folder).sort_by_file_name() {
        let found = found.map_err(|error| unreadable(folder, error))?;
        if found.file_type().is_file() {
            entries.push(entry_of(folder, &found)?);
        }
    }
    Ok(entries)
}

fn entry_of(folder: &Path, found: &DirEntry) -> Result<Entry, Error> {
    let metadata = found.metadata().map_err(|error| unreadable(folder, error))?;
    let path = found.path().strip_prefix(folder).unwrap_or(found.path());
    let modified = FileTime::from_last_modification_time(&metadata);
    Ok(Entry::new(path.to_owned(), Size::bytes(metadata.len()), modified.unix_seconds()))
}

fn unreadable(folder: &Path, error: walkdir::Error) -> Error {
    let path = error.path().unwrap_or(folder).to_owned();
    Error::read(&path, io::Error::from(error))
}
