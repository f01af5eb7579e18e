//! Puts whole files into a results folder.
//! Owns that a file is there completely or not at all; what it holds belongs to its author.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};

use crate::RecordError;

/// Writes `name` (`summary.md`, `charts/wall.svg`) into the folder under a temporary name and
/// renames it, so that a reader never sees half a file and a failure leaves the earlier one. What
/// somebody planted in the folder, a symbolic link as `charts` or under the temporary name, leads
/// nowhere outside.
///
/// # Errors
/// When the file, or a folder on the way to it, cannot be written, or lies outside of the folder.
pub fn write_file(folder: &Path, name: &str, content: &[u8]) -> Result<(), RecordError> {
    fs::create_dir_all(folder).map_err(RecordError::write(folder))?;
    let dir =
        Dir::open_ambient_dir(folder, ambient_authority()).map_err(RecordError::write(folder))?;
    let target = Path::new(name);
    let parent = target.parent().unwrap_or(Path::new(""));
    if !parent.as_os_str().is_empty() {
        dir.create_dir_all(parent).map_err(RecordError::write(&folder.join(parent)))?;
    }
    // Beside its target, because a rename cannot cross filesystems; with the process's number,
    // so that two reports made at once do not meet.
    let stem = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = parent.join(format!(".{stem}.{}.new", std::process::id()));
    let written =
        write_new(&dir, &temporary, content).and_then(|()| dir.rename(&temporary, &dir, target));
    written.map_err(|source| {
        // Whether it can be removed or not, the first failure is the one to tell.
        let _ = dir.remove_file(&temporary);
        RecordError::Write { path: folder.join(target), source }
    })
}

/// Many new files in a folder that nobody else writes into, where each is written once.
pub struct NewFiles {
    folder: PathBuf,
    dir: Dir,
    /// Folders that are there already.
    made: BTreeSet<PathBuf>,
}

impl NewFiles {
    /// Opens a folder, which is made where it is not there.
    pub fn open(folder: &Path) -> Result<NewFiles, RecordError> {
        fs::create_dir_all(folder).map_err(RecordError::write(folder))?;
        let dir = Dir::open_ambient_dir(folder, ambient_authority());
        let dir = dir.map_err(RecordError::write(folder))?;
        Ok(NewFiles { folder: folder.to_owned(), dir, made: BTreeSet::new() })
    }

    /// Writes a file by its path below the folder, which must lead nowhere outside.
    pub fn write(&mut self, name: &Path, content: &[u8]) -> Result<(), RecordError> {
        let parent = name.parent().unwrap_or(Path::new(""));
        if !parent.as_os_str().is_empty() && !self.made.contains(parent) {
            let made = self.dir.create_dir_all(parent);
            made.map_err(RecordError::write(&self.folder.join(parent)))?;
            self.made.insert(parent.to_owned());
        }
        write_new(&self.dir, name, content).map_err(RecordError::write(&self.folder.join(name)))
    }
}

/// Writes a new file. What a process of the same number left, or somebody planted, is removed
/// first: a link itself, and not what it leads to.
fn write_new(dir: &Dir, path: &Path, content: &[u8]) -> io::Result<()> {
    let make = || dir.open_with(path, OpenOptions::new().write(true).create_new(true));
    let made = match make() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            dir.remove_file(path)?;
            make()
        }
        made => made,
    };
    made?.write_all(content)
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
    fn planted_links_lead_nowhere() {
        let place = tempfile::tempdir().unwrap();
        let (folder, theirs) = (place.path().join("run"), place.path().join("theirs"));
        fs::create_dir(&folder).unwrap();
        fs::create_dir(&theirs).unwrap();
        fs::write(theirs.join("wall.svg"), "precious").unwrap();
        for aim in [theirs.as_path(), Path::new("../theirs")] {
            std::os::unix::fs::symlink(aim, folder.join("charts")).unwrap();
            let error = write_file(&folder, "charts/wall.svg", b"ours").unwrap_err().to_string();
            assert!(error.contains("run/charts"), "{error}");
            fs::remove_file(folder.join("charts")).unwrap();
        }
        let planted = folder.join(format!(".report.html.{}.new", std::process::id()));
        std::os::unix::fs::symlink(theirs.join("wall.svg"), planted).unwrap();
        std::os::unix::fs::symlink("../theirs/wall.svg", folder.join("report.html")).unwrap();
        write_file(&folder, "report.html", b"ours").unwrap();
        assert_eq!(fs::read(folder.join("report.html")).unwrap(), b"ours");
        assert!(fs::symlink_metadata(folder.join("report.html")).unwrap().is_file());
        assert!(write_file(&folder, "../theirs/wall.svg", b"ours").is_err());
        assert_eq!(fs::read_to_string(theirs.join("wall.svg")).unwrap(), "precious");
        assert_eq!((names(&folder), names(&theirs).len()), (vec!["report.html".to_owned()], 1));
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
