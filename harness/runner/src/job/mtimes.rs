//! Modification times of a checkout's files, where a story does more than `git checkout`.
//! Owns which file gets which time. Folders keep theirs, unless all sources get one time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use filetime::{FileTime, set_symlink_file_times};
use lukewarm_model::{Mtime, Timestamp};
use walkdir::{DirEntry, WalkDir};

use crate::error::RunnerError;

/// Modification times by path relative to the checkout.
pub type ModificationTimes = BTreeMap<PathBuf, FileTime>;

/// The commit time of files that no job of a story changes: 2020-01-01, before any build.
const LONG_AGO: FileTime = FileTime::from_unix_time(1_577_836_800, 0);

/// Sets the modification times of a new checkout's files and returns them. `before` are those of
/// the previous job, empty for the first; `changed` are the files whose content has changed since,
/// which count as committed, or written, just now.
///
/// # Errors
/// When a file cannot be looked at or dated.
pub fn date(
    checkout: &Path,
    mtime: Mtime,
    before: &ModificationTimes,
    changed: &BTreeSet<PathBuf>,
) -> Result<ModificationTimes, RunnerError> {
    let mut times = ModificationTimes::new();
    if mtime == Mtime::Fresh {
        return Ok(times);
    }
    let walk = WalkDir::new(checkout).into_iter();
    for entry in walk.filter_entry(|it| it.file_name() != ".git") {
        let entry = entry.map_err(unreadable(checkout))?;
        let path = entry.path();
        let (true, Ok(file)) = (entry.file_type().is_file(), path.strip_prefix(checkout)) else {
            continue;
        };
        let metadata = path.metadata().map_err(RunnerError::file("read", path))?;
        let now = FileTime::from_last_modification_time(&metadata);
        let time = match (changed.contains(file), before.get(file), mtime) {
            (true, _, _) => now,
            (false, Some(time), _) => *time,
            (false, None, Mtime::CommitTime) => LONG_AGO,
            (false, None, _) => now,
        };
        // The file itself, not the target of a link in its place.
        set_symlink_file_times(path, FileTime::now(), time)
            .map_err(RunnerError::file("date", path))?;
        times.insert(file.to_owned(), time);
    }
    Ok(times)
}

/// Gives every file and folder of a checkout the same modification time, whatever it had: Cargo
/// looks at the times of folders, too, and `git restore-mtime` sets them.
///
/// # Errors
/// When a file cannot be looked at or dated.
pub fn date_all(checkout: &Path, time: Timestamp) -> Result<(), RunnerError> {
    date_sources(checkout, FileTime::from_unix_time(time.unix_seconds(), 0))
}

/// Makes a checkout one of this moment, as far as times tell.
///
/// # Errors
/// When a file cannot be looked at or dated.
pub fn renew(checkout: &Path) -> Result<(), RunnerError> {
    date_sources(checkout, FileTime::now())
}

fn date_sources(checkout: &Path, time: FileTime) -> Result<(), RunnerError> {
    for entry in sources(checkout) {
        let entry = entry.map_err(unreadable(checkout))?;
        // The folder that everything lies in changes when its target folder is made.
        if entry.depth() > 0 && !entry.path_is_symlink() {
            set_symlink_file_times(entry.path(), FileTime::now(), time)
                .map_err(RunnerError::file("date", entry.path()))?;
        }
    }
    Ok(())
}

/// What is in a checkout, but for its history and what builds left.
fn sources(checkout: &Path) -> impl Iterator<Item = walkdir::Result<DirEntry>> {
    let is_source = |it: &DirEntry| {
        let is_ours = |name: &str| it.depth() == 1 && it.file_name() == name;
        !is_ours(".git") && !is_ours("target")
    };
    WalkDir::new(checkout).into_iter().filter_entry(is_source)
}

fn unreadable(checkout: &Path) -> impl Fn(walkdir::Error) -> RunnerError {
    move |error| RunnerError::Environment(format!("cannot read {}: {error}", checkout.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkout of two files, `edited` with new content; gives the times of `same` and `edited`.
    fn dated(mtime: Mtime, before: &ModificationTimes) -> (Option<FileTime>, Option<FileTime>) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("src")).unwrap();
        for name in ["same", "edited"] {
            std::fs::write(root.path().join("src").join(name), name).unwrap();
        }
        let changed = BTreeSet::from([PathBuf::from("src/edited")]);
        let times = date(root.path(), mtime, before, &changed).unwrap();
        for (file, time) in &times {
            let there = root.path().join(file).metadata().unwrap();
            assert_eq!(FileTime::from_last_modification_time(&there), *time);
        }
        let of = |name: &str| times.get(&PathBuf::from("src").join(name)).copied();
        (of("same"), of("edited"))
    }

    fn earlier() -> ModificationTimes {
        let time = FileTime::from_unix_time(1_700_000_000, 7);
        ["same", "edited"].map(|name| (PathBuf::from("src").join(name), time)).into()
    }

    #[test]
    fn one_time_is_given_to_all_sources_and_to_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["src", "target", ".git"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
            std::fs::write(root.path().join(folder).join("file"), "").unwrap();
        }
        date_all(root.path(), "2024-02-01T00:00:00Z".parse().unwrap()).unwrap();
        let is_old = |path: &str| {
            let metadata = root.path().join(path).metadata().unwrap();
            FileTime::from_last_modification_time(&metadata).unix_seconds() == 1_706_745_600
        };
        assert_eq!(["src/file", "src"].map(is_old), [true, true]);
        assert_eq!(["target/file", "target", ".git/file", ""].map(is_old), [false; 4]);
    }

    #[test]
    fn a_plain_checkout_is_left_as_it_is() {
        assert_eq!(dated(Mtime::Fresh, &earlier()), (None, None));
    }

    #[test]
    fn what_was_not_edited_has_its_earlier_time_and_an_edit_is_new() {
        for mtime in [Mtime::CommitTime, Mtime::Restored] {
            let (same, edited) = dated(mtime, &earlier());
            assert_eq!(same, Some(FileTime::from_unix_time(1_700_000_000, 7)));
            assert!(edited.unwrap().unix_seconds() > 1_700_000_000);
        }
    }

    #[test]
    fn in_a_first_job_commits_are_old_and_restored_files_are_new() {
        assert_eq!(dated(Mtime::CommitTime, &ModificationTimes::new()).0, Some(LONG_AGO));
        assert!(dated(Mtime::Restored, &ModificationTimes::new()).0.unwrap() > LONG_AGO);
    }
}
