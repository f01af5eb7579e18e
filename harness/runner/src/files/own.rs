//! Private folders of this user: made so that only this user may enter them, or refused.
//! Owns what is checked before a folder is trusted: its kind, its owner, who else may write into
//! it, and who may replace it. It must not know what a folder is for.

use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use crate::error::RunnerError;

/// Write permission for group and others.
const OTHERS_WRITE: u32 = 0o022;
/// Write permission for others.
const ALL_WRITE: u32 = 0o002;
/// Sticky bit: entries may be removed and renamed by their owners only.
const STICKY: u32 = 0o1000;

/// Makes a folder for this user alone (mode 0700), with the folders above it as usual, or takes
/// one that is there and is this user's.
///
/// # Errors
/// When it cannot be made, or is not this user's alone: see [`check`].
pub fn take(folder: &Path) -> Result<(), RunnerError> {
    let parent = folder.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(RunnerError::file("make folder", parent))?;
    // Before it is made: nothing is left in a folder that is refused.
    check_above(folder, parent)?;
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(RunnerError::file("make folder", folder)(error))
        }
        _ => check(folder),
    }
}

/// Refuses a folder that others could have made, or could put something into: one that is a
/// symbolic link, is another user's, or may be written by others, and one in a folder where
/// others could swap it.
///
/// # Errors
/// Names the folder, what is wrong with it, and what would be right.
pub fn check(folder: &Path) -> Result<(), RunnerError> {
    let metadata = fs::symlink_metadata(folder).map_err(RunnerError::file("look at", folder))?;
    if let Some(what) = unfit(&metadata) {
        return Err(refused(folder, &what));
    }
    check_above(folder, folder.parent().unwrap_or(folder))
}

/// Refuses a folder that others could swap for another one in the folder that it lies in.
fn check_above(folder: &Path, parent: &Path) -> Result<(), RunnerError> {
    let metadata = fs::metadata(parent).map_err(RunnerError::file("look at", parent))?;
    match swappable(&metadata) {
        Some(what) => {
            let above = format!("lies in {}, which {what}, and could be swapped", parent.display());
            Err(refused(folder, &above))
        }
        None => Ok(()),
    }
}

/// Whether a folder is this user's, without write permission for others.
pub fn is_ours(metadata: &Metadata) -> bool {
    metadata.is_dir() && unfit(metadata).is_none()
}

/// The owner of a folder, where that is neither this user nor root; none otherwise.
pub fn stranger(metadata: &Metadata) -> Option<u32> {
    let owner = metadata.uid();
    let known = owner == effective_user() || owner == 0 || is_unmapped(owner);
    (!known).then_some(owner)
}

/// The effective user of this process, who owns what it makes.
pub fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Why a folder is not this user's alone.
fn unfit(metadata: &Metadata) -> Option<String> {
    let mode = metadata.mode();
    if metadata.file_type().is_symlink() {
        return Some("is a symbolic link: name the folder that it leads to".to_owned());
    }
    if !metadata.is_dir() {
        return Some("is no folder".to_owned());
    }
    if metadata.uid() != effective_user() {
        return Some(format!(
            "belongs to user {}, not to user {}",
            metadata.uid(),
            effective_user()
        ));
    }
    let mode_of = format!("{:04o}", mode & 0o7777);
    (mode & OTHERS_WRITE != 0).then(|| {
        format!("may be written by others (mode {mode_of}): `chmod go-w` makes it yours alone")
    })
}

/// Why others may replace the entries of a folder; none where they may not. Members of a group with
/// write permission are trusted, since a umask of 002 makes every folder such a one.
fn swappable(metadata: &Metadata) -> Option<String> {
    if let Some(owner) = stranger(metadata) {
        return Some(format!("belongs to user {owner}"));
    }
    let mode = metadata.mode();
    let open = mode & ALL_WRITE != 0 && mode & STICKY == 0;
    open.then(|| format!("anybody may write into (mode {:04o})", mode & 0o7777))
}

/// Whether an owner has no id in this user namespace, as root in an unprivileged container.
fn is_unmapped(owner: u32) -> bool {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let overflow: Option<u32> = read("/proc/sys/kernel/overflowuid").trim().parse().ok();
    let map = read("/proc/self/uid_map");
    let is_whole = map.split_whitespace().eq(["0", "0", "4294967295"]);
    !map.is_empty() && !is_whole && overflow == Some(owner)
}

fn refused(folder: &Path, what: &str) -> RunnerError {
    RunnerError::Input(format!("{} is not used: it {what}", folder.display()))
}

/// The id of the user that runs this process, for folders that users must not share.
pub fn user_id() -> u32 {
    rustix::process::getuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;

    fn mode(folder: &Path) -> u32 {
        folder.metadata().unwrap().mode() & 0o7777
    }

    fn set_mode(folder: &Path, mode: u32) {
        fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_new_folder_is_for_its_user_alone() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        take(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        take(&folder).unwrap();
    }

    #[test]
    fn what_others_could_write_or_swap_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a");
        fs::create_dir(&folder).unwrap();
        for (mode, fits) in [(0o755, true), (0o700, true), (0o775, false), (0o777, false)] {
            set_mode(&folder, mode);
            assert_eq!(take(&folder).is_ok(), fits, "{mode:o}");
        }
        set_mode(&folder, 0o777);
        let said = take(&folder).unwrap_err().to_string();
        assert!(said.contains("(mode 0777): `chmod go-w`"), "{said}");
        // A folder of our own in one where anybody may rename it.
        let said = take(&folder.join("inner")).unwrap_err().to_string();
        assert!(said.contains("anybody may write into") && said.contains("swapped"), "{said}");
        assert!(!folder.join("inner").exists(), "it was made all the same");
        set_mode(&folder, 0o1777);
        take(&folder.join("inner")).unwrap();
    }

    #[test]
    fn a_link_and_a_file_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let (real, link, file) =
            (root.path().join("real"), root.path().join("link"), root.path().join("file"));
        fs::create_dir(&real).unwrap();
        symlink(&real, &link).unwrap();
        fs::write(&file, "").unwrap();
        let said = take(&link).unwrap_err().to_string();
        assert!(said.ends_with("is a symbolic link: name the folder that it leads to"), "{said}");
        assert!(take(&file).unwrap_err().to_string().ends_with("is no folder"));
    }

    #[test]
    fn what_belongs_to_another_user_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("theirs");
        fs::create_dir(&folder).unwrap();
        if chown(&folder, Some(65534), None).is_err() {
            // Only root can give a folder away: then the rule is looked at in another one's folder.
            let theirs = fs::symlink_metadata("/").unwrap();
            assert!(unfit(&theirs).unwrap().contains("belongs to user"));
            return;
        }
        let said = take(&folder).unwrap_err().to_string();
        assert!(said.contains("belongs to user 65534, not to user"), "{said}");
        let said = take(&folder.join("inner")).unwrap_err().to_string();
        assert!(said.contains("which belongs to user 65534, and could be swapped"), "{said}");
    }
}
