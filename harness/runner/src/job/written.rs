//! What a build wrote among its sources. Each job has a checkout of its own, so nothing of it
//! reaches another job; it is only reported. It must not change a file.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use lukewarm_model::{Warning, few};
use walkdir::WalkDir;

/// How many files are named at most.
const MOST: usize = 3;

/// The files of a checkout that were made or changed since a moment, without target folders and
/// `.git`; relative to its root, sorted. What cannot be looked at is passed over.
pub fn since(root: &Path, target: &Path, moment: SystemTime) -> Vec<PathBuf> {
    let Ok(moment) = moment.duration_since(UNIX_EPOCH) else { return Vec::new() };
    let moment = (moment.as_secs() as i64, i64::from(moment.subsec_nanos()));
    let walk = WalkDir::new(root).sort_by_file_name().into_iter();
    let walk = walk.filter_entry(|it| {
        let is_tagged = || it.path().join("CACHEDIR.TAG").is_file();
        it.file_name() != ".git" && it.path() != target && !(it.file_type().is_dir() && is_tagged())
    });
    // The time of the change itself, which no program can set.
    let is_new = |it: &walkdir::DirEntry| {
        !it.file_type().is_dir()
            && it.metadata().is_ok_and(|it| (it.ctime(), it.ctime_nsec()) > moment)
    };
    let paths = walk.flatten().filter(is_new);
    paths.filter_map(|it| it.path().strip_prefix(root).map(Path::to_owned).ok()).collect()
}

/// The remark about them; none where there are none.
pub fn warning(files: &[PathBuf]) -> Option<Warning> {
    (!files.is_empty()).then(|| {
        let names = few(files.iter().map(|it| format!("`{}`", it.display())), MOST);
        Warning::new(
            format!("a build writes into its sources: {names}"),
            "every job begins with a fresh checkout, so nothing of it is lost or kept; a cache \
             whose keys depend on these files misses. A build script should write into `OUT_DIR`",
        )
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    #[test]
    fn new_and_changed_files_are_named_and_nothing_of_target_folders() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        };
        ["src/lib.rs", "src/same.rs", ".git/index"].iter().for_each(|it| write(it));
        std::thread::sleep(Duration::from_millis(20));
        let moment = SystemTime::now();
        std::thread::sleep(Duration::from_millis(20));
        let target = root.path().join("target");
        assert!(since(root.path(), &target, moment).is_empty());
        let new = ["src/lib.rs", "src/made.rs", "target/debug/x", "other/CACHEDIR.TAG", "other/y"];
        new.iter().for_each(|it| write(it));
        write(".git/index");
        // A program that sets the time of what it made.
        let old = filetime::FileTime::from_unix_time(1_000_000_000, 0);
        filetime::set_file_mtime(root.path().join("src/made.rs"), old).unwrap();
        let found = since(root.path(), &target, moment);
        assert_eq!(found, ["src/lib.rs", "src/made.rs"].map(PathBuf::from));
        let what = warning(&found).unwrap().what;
        assert_eq!(what, "a build writes into its sources: `src/lib.rs`, `src/made.rs`");
        assert_eq!(warning(&[]), None);
    }
}
