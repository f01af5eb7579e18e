//! Whole folders: copying them, with old or new modification times, measuring and removing them.
//! Owns what a copy keeps (content, permission, links); it must not know what is copied.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use filetime::{FileTime, set_file_mtime};
use lukewarm_model::Bytes;
use walkdir::WalkDir;

use crate::error::RunnerError;
use crate::files::parallel;

/// The modification times of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyTimes {
    /// Those of the original.
    Kept,
    /// The moment of the copy, as a checkout has them.
    Fresh,
}

/// Copies a folder's whole content into a new folder. Hard links inside it stay hard links,
/// symbolic links stay what they are; what is not a file, folder or link is left out. Nothing is
/// written through a link: whatever is made is new.
///
/// # Errors
/// When something cannot be read or written, or the new folder is there already; names it.
pub fn copy(from: &Path, to: &Path, times: CopyTimes) -> Result<(), RunnerError> {
    copy_sharing(from, to, times, &|_| false)
}

/// The same; files for which `is_shared` holds are hard links to the original. That is sound only
/// for files that nobody writes to, but replaces. The path is relative to the folder.
///
/// # Errors
/// As [`copy`].
pub fn copy_sharing(
    from: &Path,
    to: &Path,
    times: CopyTimes,
    is_shared: &(dyn Fn(&Path) -> bool + Sync),
) -> Result<(), RunnerError> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(RunnerError::file("make folder", parent))?;
    }
    let mut found = Found::default();
    found.look(from, to, is_shared)?;
    parallel::each(&found.shared, |(original, target)| {
        // On another file system, or where a file has as many names as it can.
        match fs::hard_link(original, target) {
            Ok(()) => Ok(()),
            Err(_) => copy_file(original, target),
        }
    })?;
    parallel::each(&found.files, |(original, target, modified)| {
        copy_file(original, target)?;
        match times {
            CopyTimes::Kept => {
                set_file_mtime(target, *modified).map_err(RunnerError::file("date", target))
            }
            CopyTimes::Fresh => Ok(()),
        }
    })?;
    for (first, target) in &found.repeated {
        fs::hard_link(first, target).map_err(RunnerError::file("link", target))?;
    }
    if times == CopyTimes::Kept {
        // Last, since writing into a folder changes its time.
        for (folder, modified) in found.folders.into_iter().rev() {
            set_file_mtime(&folder, modified).map_err(RunnerError::file("date", &folder))?;
        }
    }
    Ok(())
}

/// What a folder that is copied holds. Its folders and links are made when they are found.
#[derive(Default)]
struct Found {
    folders: Vec<(PathBuf, FileTime)>,
    /// The original, its copy, and the original's modification time.
    files: Vec<(PathBuf, PathBuf, FileTime)>,
    shared: Vec<(PathBuf, PathBuf)>,
    /// Further names of copied files: the copy under the first name, and the new name.
    repeated: Vec<(PathBuf, PathBuf)>,
}

impl Found {
    fn look(
        &mut self,
        from: &Path,
        to: &Path,
        is_shared: &(dyn Fn(&Path) -> bool + Sync),
    ) -> Result<(), RunnerError> {
        let mut linked: HashMap<(u64, u64), PathBuf> = HashMap::new();
        for entry in WalkDir::new(from) {
            RunnerError::if_interrupted()?;
            let entry = entry.map_err(|error| walk_error(from, error))?;
            let relative = entry.path().strip_prefix(from).unwrap_or(Path::new(""));
            // Joined only below the top: a name that ends in `/` would follow a link in its place.
            let target = match entry.depth() {
                0 => to.to_owned(),
                _ => to.join(relative),
            };
            let metadata = entry.metadata().map_err(|error| walk_error(entry.path(), error))?;
            let modified = FileTime::from_last_modification_time(&metadata);
            let (kind, original) = (metadata.file_type(), entry.path().to_owned());
            if kind.is_dir() {
                fs::create_dir(&target).map_err(RunnerError::file("make folder", &target))?;
                self.folders.push((target, modified));
            } else if kind.is_symlink() {
                let aim =
                    fs::read_link(&original).map_err(RunnerError::file("read link", &original))?;
                symlink(aim, &target).map_err(RunnerError::file("make link", &target))?;
            } else if kind.is_file() && is_shared(relative) {
                self.shared.push((original, target));
            } else if kind.is_file() {
                let names = linked.entry((metadata.dev(), metadata.ino()));
                match names {
                    Entry::Occupied(first) => self.repeated.push((first.get().clone(), target)),
                    Entry::Vacant(first) => {
                        if metadata.nlink() > 1 {
                            first.insert(target.clone());
                        }
                        self.files.push((original, target, modified));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Copies one file with its permissions into a new file, whatever lies there: nothing in its place
/// is replaced, and no link is followed.
///
/// # Errors
/// When something is there or cannot be written.
pub fn copy_file(from: &Path, to: &Path) -> Result<(), RunnerError> {
    let source = File::open(from).map_err(RunnerError::file("read", from))?;
    copy_content(source, to).map_err(RunnerError::file("write", to))
}

/// Copies content and permissions. Where the file system can, both files share their blocks until
/// one of them is written to.
fn copy_content(mut source: File, to: &Path) -> io::Result<()> {
    let metadata = source.metadata()?;
    let mut target = File::options().write(true).create_new(true).open(to)?;
    if rustix::fs::ioctl_ficlone(&target, &source).is_err() {
        io::copy(&mut source, &mut target)?;
    }
    if target.metadata()?.permissions() != metadata.permissions() {
        target.set_permissions(metadata.permissions())?;
    }
    Ok(())
}

/// Bytes of the files below a folder; a file with several names counts once. A folder that does
/// not exist has none.
///
/// # Errors
/// When something cannot be looked at.
pub fn size(folder: &Path) -> Result<Bytes, RunnerError> {
    if !folder.exists() {
        return Ok(Bytes(0));
    }
    let mut seen = std::collections::HashSet::new();
    let mut total = Bytes(0);
    for entry in WalkDir::new(folder) {
        let entry = entry.map_err(|error| walk_error(folder, error))?;
        let metadata = entry.metadata().map_err(|error| walk_error(entry.path(), error))?;
        let repeated = metadata.nlink() > 1 && !seen.insert((metadata.dev(), metadata.ino()));
        if metadata.is_file() && !repeated {
            total += Bytes(metadata.len());
        }
    }
    Ok(total)
}

/// Removes a folder with all it holds; one that does not exist is no error.
///
/// # Errors
/// When something cannot be removed.
pub fn remove(folder: &Path) -> Result<(), RunnerError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(RunnerError::file("remove", folder)(error))
        }
        _ => Ok(()),
    }
}

/// Removes a folder's content and makes it anew, empty.
///
/// # Errors
/// When something cannot be removed or made.
pub fn clear(folder: &Path) -> Result<(), RunnerError> {
    remove(folder)?;
    fs::create_dir_all(folder).map_err(RunnerError::file("make folder", folder))
}

fn walk_error(path: &Path, error: walkdir::Error) -> RunnerError {
    let path = error.path().unwrap_or(path).to_owned();
    RunnerError::File { action: "read", path, source: error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let old = FileTime::from_unix_time(1_000_000_000, 5);
        fs::create_dir_all(root.path().join("a/b c")).unwrap();
        fs::write(root.path().join("a/b c/file"), "content").unwrap();
        fs::hard_link(root.path().join("a/b c/file"), root.path().join("a/twin")).unwrap();
        symlink("b c/file", root.path().join("a/link")).unwrap();
        set_file_mtime(root.path().join("a/twin"), old).unwrap();
        set_file_mtime(root.path().join("a"), old).unwrap();
        root
    }

    #[test]
    fn a_kept_copy_has_the_same_times_and_links() {
        let (from, to) = (sample(), tempfile::tempdir().unwrap());
        copy(from.path(), &to.path().join("copy"), CopyTimes::Kept).unwrap();
        let file = to.path().join("copy/a/b c/file").metadata().unwrap();
        let twin = to.path().join("copy/a/twin").metadata().unwrap();
        assert_eq!(file.ino(), twin.ino());
        assert_eq!((file.mtime(), file.mtime_nsec()), (1_000_000_000, 5));
        assert_eq!(to.path().join("copy/a").metadata().unwrap().mtime(), 1_000_000_000);
        assert_eq!(fs::read_to_string(to.path().join("copy/a/link")).unwrap(), "content");
        assert_eq!(size(&to.path().join("copy")).unwrap(), Bytes(7));
    }

    #[test]
    fn a_fresh_copy_is_new() {
        let (from, to) = (sample(), tempfile::tempdir().unwrap());
        copy(from.path(), &to.path().join("copy"), CopyTimes::Fresh).unwrap();
        let file = to.path().join("copy/a/twin").metadata().unwrap();
        assert!(file.mtime() > 1_700_000_000);
    }

    #[test]
    fn a_copy_goes_through_no_link_that_lies_in_its_place() {
        let (from, place) = (sample(), tempfile::tempdir().unwrap());
        let victim = place.path().join("victim");
        fs::create_dir(&victim).unwrap();
        symlink(&victim, place.path().join("copy")).unwrap();
        assert!(copy(from.path(), &place.path().join("copy"), CopyTimes::Kept).is_err());
        fs::write(victim.join("file"), "precious").unwrap();
        symlink("victim/file", place.path().join("link")).unwrap();
        assert!(copy_file(&from.path().join("a/twin"), &place.path().join("link")).is_err());
        assert_eq!(fs::read_to_string(victim.join("file")).unwrap(), "precious");
        assert_eq!(fs::read_dir(&victim).unwrap().count(), 1);
    }

    #[test]
    fn what_is_missing_is_named_or_empty() {
        let nowhere = Path::new("/no/such/folder");
        assert_eq!(size(nowhere).unwrap(), Bytes(0));
        assert!(remove(nowhere).is_ok());
        let error = copy(nowhere, Path::new("/no/other"), CopyTimes::Kept).unwrap_err();
        assert_eq!(error.to_string(), "cannot read /no/such/folder");
    }
}
