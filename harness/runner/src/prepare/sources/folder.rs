//! What a folder that no repository knows has of a checkout: everything but target folders,
//! results of earlier runs, and repositories' own data. `.gitignore` and `.ignore` are no rule
//! here.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::items::{Entries, Kind};
use crate::error::RunnerError;

/// What Cargo writes into the `CACHEDIR.TAG` of a target folder.
const TAG: &str = "created by cargo";

/// Lists a folder. `targets` are target folders that the user's settings name.
///
/// # Errors
/// When something cannot be read.
pub fn entries(from: &Path, targets: &[PathBuf]) -> Result<Entries, RunnerError> {
    let mut found = Vec::new();
    let walk = WalkDir::new(from).min_depth(1).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|it| !is_passed_over(it, from, targets)) {
        RunnerError::if_interrupted()?;
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(from).to_owned();
            RunnerError::File { action: "read", path, source: error.into() }
        })?;
        let Ok(relative) = entry.path().strip_prefix(from) else { continue };
        found.push((relative.to_owned(), Kind::of(entry.file_type())));
    }
    Ok(found)
}

/// Whether a checkout has nothing of an entry.
fn is_passed_over(entry: &DirEntry, top: &Path, targets: &[PathBuf]) -> bool {
    let is_usual = || entry.file_name() == "target" && entry.path().parent() == Some(top);
    entry.file_name() == ".git"
        || entry.file_type().is_dir() && (is_usual() || is_made(entry.path(), targets))
}

/// Whether a folder holds what Cargo built, or a run of ours recorded.
pub fn is_made(folder: &Path, targets: &[PathBuf]) -> bool {
    let is_results =
        || ["run.json", "journal.jsonl"].iter().all(|name| folder.join(name).is_file());
    targets.iter().any(|it| it == folder) || is_tagged(folder) || is_results()
}

fn is_tagged(folder: &Path) -> bool {
    let path = folder.join("CACHEDIR.TAG");
    // Looked at before it is opened: a FIFO would block.
    if !fs::symlink_metadata(&path).is_ok_and(|it| it.is_file()) {
        return false;
    }
    let mut text = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(1000).read_to_end(&mut text));
    read.is_ok() && String::from_utf8_lossy(&text).contains(TAG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_target_folders_and_results_is_listed() {
        let root = tempfile::tempdir().unwrap();
        let tag = "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag \
                   created by cargo.\n";
        let files = [
            ("Cargo.toml", ""),
            (".ignore", "generated/\n"),
            (".gitignore", "dist/\n"),
            ("generated/table.txt", ""),
            ("dist/app.js", ""),
            ("crates/a/target/keep.rs", ""),
            ("crates/b/target/CACHEDIR.TAG", tag),
            ("crates/b/target/debug/b", ""),
            ("other-cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n"),
            ("built/here", ""),
            ("target/debug/app", ""),
            ("lukewarm-results/one/run.json", ""),
            ("lukewarm-results/one/journal.jsonl", ""),
            (".git/config", "a token"),
        ];
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let listed = entries(root.path(), &[root.path().join("built")]).unwrap();
        let names: Vec<String> = listed
            .iter()
            .filter(|(_, kind)| *kind == Kind::File)
            .map(|(path, _)| path.display().to_string())
            .collect();
        let wanted = [
            ".gitignore",
            ".ignore",
            "Cargo.toml",
            "crates/a/target/keep.rs",
            "dist/app.js",
            "generated/table.txt",
            "other-cache/CACHEDIR.TAG",
        ];
        assert_eq!(names, wanted);
    }
}
