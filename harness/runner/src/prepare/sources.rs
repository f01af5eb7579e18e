//! Copying a workspace's sources as a checkout would have them.
//! Owns what belongs to a checkout: no ignored files and no target folder; and what a symbolic link
//! becomes, so that no link of the copy leads out of it. The original must not be touched.

mod items;
mod links;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::error::RunnerError;
use crate::files::tree;
use items::{Item, Items};

/// Copies a workspace's sources into a new folder. A symbolic link that leads out of the workspace
/// is replaced by a copy of its target.
///
/// # Errors
/// When the workspace has no manifest, something cannot be read or written, or a link leads to
/// what cannot be copied.
pub fn copy(from: &Path, to: &Path) -> Result<(), RunnerError> {
    for (place, item) in list(from)? {
        RunnerError::if_interrupted()?;
        let target = to.join(place);
        match item {
            Item::Folder => {
                fs::create_dir_all(&target).map_err(RunnerError::file("make folder", &target))?;
            }
            Item::File(original) => copy_writable(&original, &target)?,
            Item::Link(aim) => {
                symlink(aim, &target).map_err(RunnerError::file("make link", &target))?;
            }
        }
    }
    Ok(())
}

/// The items of a workspace's checkout.
fn list(workspace: &Path) -> Result<Items, RunnerError> {
    if !workspace.join("Cargo.toml").is_file() {
        let message =
            format!("no Cargo.toml in {}: a Cargo workspace is needed", workspace.display());
        return Err(RunnerError::Input(message));
    }
    let root = workspace.canonicalize().map_err(RunnerError::file("find", workspace))?;
    let mut items = links::listed(&root)?;
    // A lock file belongs to the build even where version control ignores it.
    let lock = Path::new("Cargo.lock");
    if root.join(lock).is_file() && items.iter().all(|(place, _)| place != lock) {
        items.push((lock.to_owned(), Item::File(root.join(lock))));
    }
    Ok(items)
}

/// The identity of a workspace's checkout without making one: equal to [`identity`] of a copy.
///
/// # Errors
/// When something cannot be read, or a link leads to what cannot be copied.
pub fn identity_of_checkout(workspace: &Path) -> Result<String, RunnerError> {
    let mut items = list(workspace)?;
    items.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut hash = Sha256::new();
    for (place, item) in &items {
        RunnerError::if_interrupted()?;
        match item {
            Item::Folder => {}
            Item::File(original) => {
                let content = fs::read(original).map_err(RunnerError::file("read", original))?;
                add(&mut hash, place, &content);
            }
            Item::Link(aim) => add(&mut hash, place, aim.as_os_str().as_encoded_bytes()),
        }
    }
    Ok(hex::encode(hash.finalize()))
}

/// Adds a file or a link to the hash of a folder, with lengths before texts, so that different
/// folders never hash the same bytes.
fn add(hash: &mut Sha256, name: &Path, content: &[u8]) {
    for text in [name.as_os_str().as_encoded_bytes(), content] {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
}

/// The identity of a folder's content: SHA-256 over the path and bytes of every file and the target
/// of every link, in hexadecimal.
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
        add(&mut hash, name, &content);
    }
    Ok(hex::encode(hash.finalize()))
}

/// Copies a file; the copy can be written by its owner, even where the original cannot.
fn copy_writable(from: &Path, to: &Path) -> Result<(), RunnerError> {
    use std::os::unix::fs::PermissionsExt;
    tree::copy_file(from, to)?;
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
        assert_eq!(identity_of_checkout(from.path()).unwrap(), identity(&to).unwrap());
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
