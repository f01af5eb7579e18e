//! Copying a workspace's sources the way a checkout would bring them.
//! Owns what belongs to a checkout: what version control ignores does not, nor does a target
//! folder. The original is never touched.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use ignore::WalkBuilder;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::RunnerError;

/// Copies a workspace's sources into a new folder.
///
/// # Errors
/// When the workspace has no manifest, or something cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> Result<(), RunnerError> {
    if !from.join("Cargo.toml").is_file() {
        let message = format!("no Cargo.toml in {}: a Cargo workspace is needed", from.display());
        return Err(RunnerError::Input(message));
    }
    let top = from.to_owned();
    let walk = WalkBuilder::new(from)
        .hidden(false)
        .git_global(false)
        .parents(false)
        .require_git(false)
        .filter_entry(move |entry| {
            let name = entry.file_name();
            name != ".git" && !(name == "target" && entry.path().parent() == Some(top.as_path()))
        })
        .build();
    for entry in walk {
        RunnerError::if_interrupted()?;
        let entry = entry.map_err(|error| {
            RunnerError::Environment(format!("cannot read {}: {error}", from.display()))
        })?;
        let Ok(relative) = entry.path().strip_prefix(from) else { continue };
        let target = to.join(relative);
        let Some(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            fs::create_dir_all(&target).map_err(RunnerError::file("make folder", &target))?;
        } else if kind.is_symlink() {
            let aim = fs::read_link(entry.path())
                .map_err(RunnerError::file("read link", entry.path()))?;
            symlink(aim, &target).map_err(RunnerError::file("make link", &target))?;
        } else if kind.is_file() {
            copy_writable(entry.path(), &target)?;
        }
    }
    // A lock file belongs to the build even where version control ignores it.
    let lock = from.join("Cargo.lock");
    if lock.is_file() {
        copy_writable(&lock, &to.join("Cargo.lock"))?;
    }
    Ok(())
}

/// What stands for a folder's content: SHA-256 over the path and the bytes of every file and the
/// aim of every link, in hexadecimal.
///
/// # Errors
/// When something cannot be read.
pub fn identity(folder: &Path) -> Result<String, RunnerError> {
    let mut hash = Sha256::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        RunnerError::if_interrupted()?;
        let entry = entry.map_err(|error| {
            RunnerError::Environment(format!("cannot read {}: {error}", folder.display()))
        })?;
        let content = match entry.file_type() {
            kind if kind.is_file() => {
                fs::read(entry.path()).map_err(RunnerError::file("read", entry.path()))?
            }
            kind if kind.is_symlink() => {
                let aim = fs::read_link(entry.path())
                    .map_err(RunnerError::file("read link", entry.path()))?;
                aim.into_os_string().into_encoded_bytes()
            }
            _ => continue,
        };
        let name = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        // Lengths before texts, so that no two folders give the same row of bytes.
        for text in [name.as_os_str().as_encoded_bytes(), &content] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
    }
    Ok(hex::encode(hash.finalize()))
}

/// Copies a file; the copy can be written by its owner, even where the original cannot.
fn copy_writable(from: &Path, to: &Path) -> Result<(), RunnerError> {
    use std::os::unix::fs::PermissionsExt;
    fs::copy(from, to).map_err(RunnerError::file("copy", from))?;
    let mode = to.metadata().map_err(RunnerError::file("read", to))?.permissions().mode();
    let permissions = fs::Permissions::from_mode(mode | 0o200);
    fs::set_permissions(to, permissions).map_err(RunnerError::file("change", to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_has_what_version_control_has_and_a_lock_file() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let files = [
            ("Cargo.toml", "[workspace]"),
            (".gitignore", "*.log\nCargo.lock\n"),
            ("Cargo.lock", "version = 4"),
            ("noise.log", ""),
            (".cargo/config.toml", ""),
            ("target/debug/app", ""),
            ("crates/a/target/keep.rs", ""),
            (".git/HEAD", ""),
        ];
        for (path, text) in files {
            let path = from.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let to = to.path().join("a copy");
        copy(from.path(), &to).unwrap();
        let there = |path: &str| to.join(path).exists();
        for path in ["Cargo.toml", "Cargo.lock", ".cargo/config.toml", "crates/a/target/keep.rs"] {
            assert!(there(path), "{path} is missing");
        }
        for path in ["noise.log", "target", ".git"] {
            assert!(!there(path), "{path} was copied");
        }
    }

    #[test]
    fn a_folder_without_a_manifest_is_no_workspace() {
        let from = tempfile::tempdir().unwrap();
        let error = copy(from.path(), Path::new("/no/where")).unwrap_err();
        assert!(error.to_string().starts_with("no Cargo.toml in"), "{error}");
    }

    #[test]
    fn an_identity_changes_with_content_names_and_links_only() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b"), "text").unwrap();
        let first = identity(folder.path()).unwrap();
        fs::write(folder.path().join("a/b"), "text").unwrap();
        assert_eq!(identity(folder.path()).unwrap(), first);
        fs::rename(folder.path().join("a/b"), folder.path().join("a/bt")).unwrap();
        let renamed = identity(folder.path()).unwrap();
        fs::write(folder.path().join("a/bt"), "ext").unwrap();
        let changed = identity(folder.path()).unwrap();
        symlink("a", folder.path().join("c")).unwrap();
        let linked = identity(folder.path()).unwrap();
        let all = std::collections::BTreeSet::from([first, renamed, changed, linked]);
        assert_eq!(all.len(), 4);
    }
}
