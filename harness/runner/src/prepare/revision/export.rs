//! Writing a revision's files as a checkout would: with attributes and filters applied, and with
//! submodules. Objects that are not on this machine must be reported by name, not left out.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use walkdir::WalkDir;

use super::git::Git;
use super::identity::Identity;
use crate::error::RunnerError;
use crate::files::tree;

/// The beginning of a Git LFS pointer file.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
/// The maximum nesting of submodules.
const DEPTH: usize = 8;

/// Writes the workspace's folder of a revision to `to`.
pub(super) fn export(
    git: &Git<'_>,
    identity: &Identity,
    lock: Option<&Path>,
    to: &Path,
) -> Result<(), RunnerError> {
    // With all parent folders from the repository's root, so that attributes apply.
    let parts = to.with_file_name("parts");
    let root = parts.join("root");
    fs::create_dir_all(&root).map_err(RunnerError::file("make folder", &root))?;
    let folders = repository(git)?;
    let inner = git.elsewhere(&folders[0], &root, &parts.join("index"));
    let (tree, prefix) = (identity.tree.as_str(), identity.prefix.as_str());
    match prefix {
        "" => inner.output(&["read-tree", tree])?,
        prefix => inner.output(&["read-tree", &format!("--prefix={prefix}"), tree])?,
    };
    for entry in identity.attributes.lines() {
        inner.output(&["update-index", "--add", "--cacheinfo", entry])?;
    }
    inner.output(&["checkout-index", "--all"])?;
    let exported = root.join(prefix);
    fs::create_dir_all(&exported).map_err(RunnerError::file("make folder", &exported))?;
    refuse_pointers(&inner, &exported, &root)?;
    let tree =
        ExportedTree { commit: &identity.commit, tree, prefix, folders: &folders, root: &root };
    submodules(&inner, &tree, DEPTH)?;
    if let Some(lock) = lock {
        let copy = exported.join("Cargo.lock");
        fs::copy(lock, &copy).map_err(RunnerError::file("copy", lock))?;
    }
    fs::rename(&exported, to).map_err(RunnerError::file("keep", &exported))?;
    tree::remove(&parts)
}

/// The `.gitattributes` files of the folders above the workspace's, in the form of
/// `git update-index --cacheinfo`: `mode,id,path`.
pub(super) fn attributes(
    git: &Git<'_>,
    commit: &str,
    prefix: &str,
) -> Result<Vec<String>, RunnerError> {
    let above = Path::new(prefix).ancestors().skip(1).filter(|_| !prefix.is_empty());
    let mut found = Vec::new();
    for folder in above {
        let path = folder.join(".gitattributes").display().to_string();
        let printed = git.output(&["ls-tree", "--full-tree", commit, "--", &path])?;
        // `100644 blob <id>\t<path>`; git ignores a symbolic link here.
        let mut words = printed.split_whitespace();
        if let (Some(mode @ "100644"), _, Some(id)) = (words.next(), words.next(), words.next()) {
            found.push(format!("{mode},{id},{path}"));
        }
    }
    Ok(found)
}

/// The folders in which a repository's objects may be: its own, and that shared by work trees.
fn repository(git: &Git<'_>) -> Result<[PathBuf; 2], RunnerError> {
    let own = PathBuf::from(git.output(&["rev-parse", "--absolute-git-dir"])?.trim_end());
    let shared = git.output(&["rev-parse", "--path-format=absolute", "--git-common-dir"]);
    let shared = shared.map_or_else(|_| own.clone(), |it| PathBuf::from(it.trim_end()));
    Ok([own, shared])
}

/// An exported tree, with what its submodules are found by.
struct ExportedTree<'a> {
    commit: &'a str,
    tree: &'a str,
    /// The folder of the tree in the repository.
    prefix: &'a str,
    folders: &'a [PathBuf; 2],
    /// The exported root of the repository.
    root: &'a Path,
}

/// Exports the submodules of a tree, recursively.
fn submodules(git: &Git<'_>, parent: &ExportedTree<'_>, depth: usize) -> Result<(), RunnerError> {
    let listed = git.output(&["ls-tree", "-r", "-z", "--full-tree", parent.tree])?;
    let all = listed.split('\0').filter_map(|line| {
        let (words, path) = line.split_once('\t')?;
        let id = words.strip_prefix("160000 commit ")?;
        Some((format!("{}{path}", parent.prefix), id))
    });
    for (path, id) in all {
        let missing = || {
            RunnerError::Input(format!(
                "the submodule `{path}` of {:.12} is not on this machine at commit {id:.12}: \
                 run `git submodule update --init --recursive` in a checkout of it",
                parent.commit
            ))
        };
        if depth == 0 {
            return Err(missing());
        }
        let name = submodule_name(git, parent.commit, &path)?.ok_or_else(missing)?;
        let places = parent.folders.iter().map(|it| it.join("modules").join(&name));
        let own = places.into_iter().find(|it| it.is_dir()).ok_or_else(missing)?;
        let work_tree = parent.root.join(&path);
        fs::create_dir_all(&work_tree).map_err(RunnerError::file("make folder", &work_tree))?;
        let index = parent.root.with_file_name(format!("index-{depth}-{id}"));
        let inner = git.elsewhere(&own, &work_tree, &index);
        let commit = inner.id(&format!("{id}^{{commit}}")).map_err(|_| missing())?;
        inner.output(&["read-tree", &commit])?;
        inner.output(&["checkout-index", "--all"])?;
        refuse_pointers(&inner, &work_tree, &work_tree)?;
        let folders = [own.clone(), own];
        let below = ExportedTree {
            commit: &commit,
            tree: &commit,
            prefix: "",
            folders: &folders,
            root: &work_tree,
        };
        submodules(&inner, &below, depth - 1)?;
    }
    Ok(())
}

/// The name of the submodule at a path, by `.gitmodules` of a commit; none for an unknown path, or
/// for a name that would leave the folder of submodules.
fn submodule_name(git: &Git<'_>, commit: &str, path: &str) -> Result<Option<String>, RunnerError> {
    let blob = format!("--blob={commit}:.gitmodules");
    let printed = git.output(&["config", &blob, "-z", "--get-regexp", r"^submodule\..*\.path$"])?;
    let found = printed.split('\0').filter_map(|it| it.split_once('\n'));
    let name = found.filter(|(_, value)| *value == path).find_map(|(key, _)| {
        key.strip_prefix("submodule.")?.strip_suffix(".path").map(str::to_owned)
    });
    let is_plain = |name: &String| {
        Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
    };
    Ok(name.filter(is_plain))
}

/// Refuses files whose content Git LFS has not downloaded.
fn refuse_pointers(git: &Git<'_>, folder: &Path, root: &Path) -> Result<(), RunnerError> {
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            RunnerError::Environment(format!("cannot read {}: {error}", folder.display()))
        })?;
        if !entry.file_type().is_file() || !is_pointer(entry.path()) {
            continue;
        }
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path()).display().to_string();
        // Without the attribute it is an ordinary text file.
        let printed = git.output(&["check-attr", "--cached", "-z", "filter", "--", &path])?;
        if printed.split('\0').nth(2) == Some("lfs") {
            return Err(RunnerError::Input(format!(
                "`{path}` is kept by Git LFS, and its content is not on this machine: \
                 run `git lfs install` and `git lfs fetch --all`"
            )));
        }
    }
    Ok(())
}

fn is_pointer(path: &Path) -> bool {
    let mut beginning = Vec::new();
    let read = fs::File::open(path)
        .and_then(|file| file.take(POINTER.len() as u64).read_to_end(&mut beginning));
    read.is_ok() && beginning == POINTER
}
