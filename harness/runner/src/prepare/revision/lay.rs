//! Writing a revision as a checkout has it: attributes and filters obeyed, submodules in their
//! places. What is not on this machine is refused by its name.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use walkdir::WalkDir;

use super::git::Git;
use super::identity::Identity;
use crate::error::RunnerError;
use crate::files::tree;

/// What a file that Git LFS keeps elsewhere begins with.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
/// How deep submodules may lie in submodules.
const DEPTH: usize = 8;

/// Writes the workspace's folder as a revision has it to `to`.
pub(super) fn lay(
    git: &Git<'_>,
    identity: &Identity,
    lock: Option<&Path>,
    to: &Path,
) -> Result<(), RunnerError> {
    // The whole way below the repository's root is laid, so that attributes hold as they are.
    let parts = to.with_file_name("parts");
    let root = parts.join("root");
    fs::create_dir_all(&root).map_err(RunnerError::file("make folder", &root))?;
    let folders = repository(git)?;
    let inner = git.elsewhere(&folders[0], &root, &parts.join("index"));
    let (tree, prefix) = (identity.tree.as_str(), identity.prefix.as_str());
    match prefix {
        "" => inner.said(&["read-tree", tree])?,
        prefix => inner.said(&["read-tree", &format!("--prefix={prefix}"), tree])?,
    };
    for entry in identity.attributes.lines() {
        inner.said(&["update-index", "--add", "--cacheinfo", entry])?;
    }
    inner.said(&["checkout-index", "--all"])?;
    let laid = root.join(prefix);
    fs::create_dir_all(&laid).map_err(RunnerError::file("make folder", &laid))?;
    refuse_pointers(&inner, &laid, &root)?;
    let site = LaidTree { commit: &identity.commit, tree, prefix, folders: &folders, root: &root };
    submodules(&inner, &site, DEPTH)?;
    if let Some(lock) = lock {
        let copy = laid.join("Cargo.lock");
        fs::copy(lock, &copy).map_err(RunnerError::file("copy", lock))?;
    }
    fs::rename(&laid, to).map_err(RunnerError::file("keep", &laid))?;
    tree::remove(&parts)
}

/// The attribute files of the folders above the workspace's, as an index takes them:
/// `mode,id,path`.
pub(super) fn attributes(
    git: &Git<'_>,
    commit: &str,
    prefix: &str,
) -> Result<Vec<String>, RunnerError> {
    let above = Path::new(prefix).ancestors().skip(1).filter(|_| !prefix.is_empty());
    let mut found = Vec::new();
    for folder in above {
        let path = folder.join(".gitattributes").display().to_string();
        let said = git.said(&["ls-tree", "--full-tree", commit, "--", &path])?;
        // `100644 blob <id>\t<path>`; a link is no attribute file.
        let mut words = said.split_whitespace();
        if let (Some(mode @ "100644"), _, Some(id)) = (words.next(), words.next(), words.next()) {
            found.push(format!("{mode},{id},{path}"));
        }
    }
    Ok(found)
}

/// Where the parts of a repository may be: its own folder, and that which its work trees share.
fn repository(git: &Git<'_>) -> Result<[PathBuf; 2], RunnerError> {
    let own = PathBuf::from(git.said(&["rev-parse", "--absolute-git-dir"])?.trim_end());
    let shared = git.said(&["rev-parse", "--path-format=absolute", "--git-common-dir"]);
    let shared = shared.map_or_else(|_| own.clone(), |it| PathBuf::from(it.trim_end()));
    Ok([own, shared])
}

/// A tree of a repository that was laid, and what its submodules are found by.
struct LaidTree<'a> {
    commit: &'a str,
    tree: &'a str,
    /// The folder of the tree in the repository.
    prefix: &'a str,
    folders: &'a [PathBuf; 2],
    /// Where the repository's root is laid.
    root: &'a Path,
}

/// Lays the submodules of a tree, and theirs.
fn submodules(git: &Git<'_>, site: &LaidTree<'_>, depth: usize) -> Result<(), RunnerError> {
    let listed = git.said(&["ls-tree", "-r", "-z", "--full-tree", site.tree])?;
    let all = listed.split('\0').filter_map(|line| {
        let (words, path) = line.split_once('\t')?;
        let id = words.strip_prefix("160000 commit ")?;
        Some((format!("{}{path}", site.prefix), id))
    });
    for (path, id) in all {
        let missing = || {
            RunnerError::Input(format!(
                "the submodule `{path}` of {:.12} is not on this machine at commit {id:.12}: \
                 `git submodule update --init --recursive` in a checkout of it brings it",
                site.commit
            ))
        };
        if depth == 0 {
            return Err(missing());
        }
        let name = submodule_name(git, site.commit, &path)?.ok_or_else(missing)?;
        let places = site.folders.iter().map(|it| it.join("modules").join(&name));
        let own = places.into_iter().find(|it| it.is_dir()).ok_or_else(missing)?;
        let work_tree = site.root.join(&path);
        fs::create_dir_all(&work_tree).map_err(RunnerError::file("make folder", &work_tree))?;
        let index = site.root.with_file_name(format!("index-{depth}-{id}"));
        let inner = git.elsewhere(&own, &work_tree, &index);
        let commit = inner.id(&format!("{id}^{{commit}}")).map_err(|_| missing())?;
        inner.said(&["read-tree", &commit])?;
        inner.said(&["checkout-index", "--all"])?;
        refuse_pointers(&inner, &work_tree, &work_tree)?;
        let folders = [own.clone(), own];
        let below = LaidTree {
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

/// The name of the submodule at a path, as `.gitmodules` of a commit has it. It becomes a path.
fn submodule_name(git: &Git<'_>, commit: &str, path: &str) -> Result<Option<String>, RunnerError> {
    let blob = format!("--blob={commit}:.gitmodules");
    let said = git.said(&["config", &blob, "-z", "--get-regexp", r"^submodule\..*\.path$"])?;
    let found = said.split('\0').filter_map(|it| it.split_once('\n'));
    let name = found.filter(|(_, value)| *value == path).find_map(|(key, _)| {
        key.strip_prefix("submodule.")?.strip_suffix(".path").map(str::to_owned)
    });
    let is_plain = |name: &String| {
        Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
    };
    Ok(name.filter(is_plain))
}

/// Refuses what Git LFS keeps elsewhere and did not bring.
fn refuse_pointers(git: &Git<'_>, folder: &Path, root: &Path) -> Result<(), RunnerError> {
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            RunnerError::Environment(format!("cannot read {}: {error}", folder.display()))
        })?;
        if !entry.file_type().is_file() || !is_pointer(entry.path()) {
            continue;
        }
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path()).display().to_string();
        // Without the attribute it is a text like any other.
        let said = git.said(&["check-attr", "--cached", "-z", "filter", "--", &path])?;
        if said.split('\0').nth(2) == Some("lfs") {
            return Err(RunnerError::Input(format!(
                "`{path}` is kept by Git LFS, and its content is not on this machine: \
                 `git lfs install` and `git lfs fetch --all` bring it"
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
