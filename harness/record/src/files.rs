//! Puts whole files into a results folder.
//! Owns that a file is there completely or not at all; what it holds belongs to its author.

use std::fs;
use std::path::Path;

use crate::RecordError;

/// Writes `name` (`summary.md`, `charts/wall.svg`) into the folder under a temporary name and
/// renames it, so that a reader never sees half a file and a failure leaves the earlier one.
///
/// # Errors
/// When the file, or a folder on the way to it, cannot be written.
pub fn write_file(folder: &Path, name: &str, content: &[u8]) -> Result<(), RecordError> {
    let target = folder.join(name);
    let parent = target.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(RecordError::write(parent))?;
    // Beside its target, because a rename cannot cross filesystems; with the process's number,
    // so that two reports made at once do not meet.
    let stem = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = parent.join(format!(".{stem}.{}.new", std::process::id()));
    let written = fs::write(&temporary, content).and_then(|()| fs::rename(&temporary, &target));
    written.map_err(|source| {
        // Whether it can be removed or not, the first failure is the one to tell.
        let _ = fs::remove_file(&temporary);
        RecordError::Write { path: target.clone(), source }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn makes_folders_replaces_files_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        write_file(folder.path(), "charts/wall.svg", b"first, and longer").unwrap();
        write_file(folder.path(), "charts/wall.svg", b"second").unwrap();
        assert_eq!(fs::read(folder.path().join("charts/wall.svg")).unwrap(), b"second");
        assert_eq!(names(&folder.path().join("charts")), ["wall.svg"]);
    }

    #[test]
    fn a_failure_leaves_no_temporary_file_and_names_the_target() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the target's place cannot be replaced by a file, whoever runs the test.
        fs::create_dir_all(folder.path().join("summary.md/inside")).unwrap();
        let error = write_file(folder.path(), "summary.md", b"text").unwrap_err();
        assert!(error.to_string().ends_with("summary.md"), "{error}");
        assert_eq!(names(folder.path()), ["summary.md"]);
    }
}
