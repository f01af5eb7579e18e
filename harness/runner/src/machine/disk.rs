//! The disk below the scratch folder: its filesystem and whether it keeps a journal, whether files
//! can share blocks there, and how long a small write takes to be safe. It tries the latter two
//! with files without names.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Instant;

use lukewarm_model::Seconds;
use rustix::io::Errno;

/// The type of the filesystem with the longest mount point above a path.
pub(super) fn filesystem(mounts: &str, path: &Path) -> String {
    let path = existing(path);
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            let (point, kind) = (fields.next()?, fields.next()?);
            path.starts_with(point).then_some((point.len(), kind))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind.to_owned())
        .unwrap_or_default()
}

/// Whether two files there can share their blocks, by trying it (`FICLONE`, Linux 4.5); none
/// where no file can be made, or the system gives another answer than yes and no.
pub(super) fn reflinks(folder: &Path) -> Option<bool> {
    let (from, to) = (file_of(folder, 1 << 16).ok()?, file_of(folder, 0).ok()?);
    match rustix::fs::ioctl_ficlone(&to, &from) {
        Ok(()) => Some(true),
        Err(Errno::OPNOTSUPP | Errno::NOTTY | Errno::INVAL | Errno::NOSYS) => Some(false),
        Err(_) => None,
    }
}

/// Whether the filesystem of a folder keeps a journal, as ext4 says in the system's files below
/// `root` (since Linux 3.13: `journal_task`); none where it does not say.
pub(super) fn journal(root: &Path, folder: &Path) -> Option<bool> {
    let device = fs::metadata(existing(folder)).ok()?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let link = fs::read_link(root.join(format!("sys/dev/block/{major}:{minor}"))).ok()?;
    let task = root.join("sys/fs/ext4").join(link.file_name()?).join("journal_task");
    Some(fs::read_to_string(task).ok()?.trim() != "<none>")
}

/// How long 4 KiB take to be safe on the disk, the median of five times; none where no file can
/// be made.
pub(super) fn write_latency(folder: &Path) -> Option<Seconds> {
    let mut file = file_of(folder, 0).ok()?;
    let mut turn = || -> io::Result<Seconds> {
        let began = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        Ok(Seconds::from(began.elapsed()))
    };
    let mut times = (0..5).map(|_| turn()).collect::<io::Result<Vec<_>>>().ok()?;
    times.sort_by(|one, other| one.0.total_cmp(&other.0));
    Some(times[2])
}

/// The nearest folder above that exists.
pub(super) fn existing(path: &Path) -> &Path {
    path.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"))
}

fn file_of(folder: &Path, bytes: usize) -> io::Result<File> {
    let mut file = tempfile::tempfile_in(existing(folder))?;
    file.write_all(&vec![7; bytes])?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{CommandSpec, Processes};

    #[test]
    fn blocks_are_shared_where_cp_can_share_them_too() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("from"), vec![7; 1 << 16]).unwrap();
        let copy =
            CommandSpec::new("/bin/cp", folder.path()).args(["--reflink=always", "from", "to"]);
        let copied = copy.run(&Processes::default()).unwrap().code == Some(0);
        assert_eq!(reflinks(folder.path()), Some(copied));
    }

    #[test]
    fn a_filesystem_without_a_journal_is_known_where_it_says_so() {
        let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let device = fs::metadata(folder.path()).unwrap().dev();
        let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
        let (blocks, disk) =
            (root.path().join("sys/dev/block"), root.path().join("sys/fs/ext4/x1"));
        fs::create_dir_all(&blocks).unwrap();
        fs::create_dir_all(&disk).unwrap();
        let said = || journal(root.path(), &folder.path().join("not/there/yet"));
        assert_eq!(said(), None);
        let link = blocks.join(format!("{major}:{minor}"));
        std::os::unix::fs::symlink("../../devices/x/block/x/x1", link).unwrap();
        assert_eq!(said(), None);
        fs::write(disk.join("journal_task"), "<none>\n").unwrap();
        assert_eq!(said(), Some(false));
        fs::write(disk.join("journal_task"), "8572\n").unwrap();
        assert_eq!(said(), Some(true));
    }

    #[test]
    fn where_no_file_can_be_made_nothing_is_said() {
        assert_eq!(reflinks(Path::new("/proc")), None);
        assert_eq!(write_latency(Path::new("/proc")), None);
    }

    #[test]
    fn a_write_takes_some_time_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let latency = write_latency(&folder.path().join("not/there/yet")).unwrap();
        assert!(latency.0 > 0.0 && latency.0 < 60.0, "{latency}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
