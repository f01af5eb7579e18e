//! Writing a revision's files as a checkout would: with attributes and filters applied, and with
//! submodules. Objects that are not on this machine must be reported by name, not left out.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use walkdir::WalkDir;

use super::identity::Identity;
use crate::error::RunnerError;
use crate::files::tree;
use crate::prepare::git::Git;
use crate::prepare::sources;

/// The beginning of a Git LFS pointer file.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
/// The maximum nesting of submodules.
const DEPTH: usize = 8;

/// What an export has beside the files of its revision.
pub(super) struct Additions<'a> {
    /// The workspace's folder in the repository.
    pub prefix: &'a str,
    /// The lock file of the workspace; none where the revision has one.
    pub lock: Option<&'a Path>,
    /// Files by their place in the workspace.
    pub included: Vec<(PathBuf, PathBuf)>,
}

/// Writes the repository of a revision to `to`.
pub(super) fn export(
    git: &Git<'_>,
    identity: &Identity,
    additions: &Additions<'_>,
    to: &Path,
) -> Result<(), RunnerError> {
    fs::create_dir_all(to).map_err(RunnerError::file("make folder", to))?;
    let parts = to.with_file_name("parts");
    fs::create_dir_all(&parts).map_err(RunnerError::file("make folder", &parts))?;
    let folders = repository(git)?;
    let inner = git.elsewhere(&folders[0], to, &parts.join("index"));
    inner.output(["read-tree", &identity.tree])?;
    inner.output(["checkout-index", "--all"])?;
    refuse_pointers(&inner, to)?;
    let tree = ExportedTree { commit: &identity.commit, folders: &folders, root: to };
    submodules(&inner, &tree, &parts, DEPTH)?;
    tree::remove(&parts)?;
    sources::write_history(&inner, &identity.commit, &[], to)?;
    if let Some(root) = &identity.root {
        sources::write_stands_for(to, root)?;
    }
    let workspace = to.join(additions.prefix);
    let lock = additions.lock.map(|it| (PathBuf::from("Cargo.lock"), it.to_owned()));
    for (place, file) in additions.included.iter().cloned().chain(lock) {
        let copy = workspace.join(place);
        let folder = copy.parent().unwrap_or(&workspace);
        fs::create_dir_all(folder).map_err(RunnerError::file("make folder", folder))?;
        if !copy.exists() {
            fs::copy(&file, &copy).map_err(RunnerError::file("copy", &file))?;
        }
    }
    Ok(())
}

/// The folders in which a repository's objects may be: its own, and that shared by work trees.
fn repository(git: &Git<'_>) -> Result<[PathBuf; 2], RunnerError> {
    let own = PathBuf::from(git.output(["rev-parse", "--absolute-git-dir"])?.trim_end());
    let shared = git.output(["rev-parse", "--path-format=absolute", "--git-common-dir"]);
    let shared = shared.map_or_else(|_| own.clone(), |it| PathBuf::from(it.trim_end()));
    Ok([own, shared])
}

/// An exported tree, with what its submodules are found by.
struct ExportedTree<'a> {
    commit: &'a str,
    folders: &'a [PathBuf; 2],
    /// The exported root of the repository.
    root: &'a Path,
}

/// Exports the submodules of a tree, recursively, each with a `.git` of its own. Their indices are
/// kept in `parts` meanwhile.
fn submodules(
    git: &Git<'_>,
    parent: &ExportedTree<'_>,
    parts: &Path,
    depth: usize,
) -> Result<(), RunnerError> {
    let listed = git.output(["ls-tree", "-r", "-z", "--full-tree", parent.commit])?;
    let all = listed.split('\0').filter_map(|line| {
        let (words, path) = line.split_once('\t')?;
        let id = words.strip_prefix("160000 commit ")?;
        Some((path, id))
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
        let name = submodule_name(git, parent.commit, path)?.ok_or_else(missing)?;
        let places = parent.folders.iter().map(|it| it.join("modules").join(&name));
        let own = places.into_iter().find(|it| it.is_dir()).ok_or_else(missing)?;
        let work_tree = parent.root.join(path);
        fs::create_dir_all(&work_tree).map_err(RunnerError::file("make folder", &work_tree))?;
        let index = parts.join(format!("index-{depth}-{id}"));
        let inner = git.elsewhere(&own, &work_tree, &index);
        let commit = inner.id(&format!("{id}^{{commit}}")).map_err(|_| missing())?;
        inner.output(["read-tree", &commit])?;
        inner.output(["checkout-index", "--all"])?;
        refuse_pointers(&inner, &work_tree)?;
        let folders = [own.clone(), own];
        let below = ExportedTree { commit: &commit, folders: &folders, root: &work_tree };
        submodules(&inner, &below, parts, depth - 1)?;
        sources::write_history(&inner, &commit, &[], &work_tree)?;
    }
    Ok(())
}

/// The name of the submodule at a path, by `.gitmodules` of a commit; none for an unknown path, or
/// for a name that would leave the folder of submodules.
fn submodule_name(git: &Git<'_>, commit: &str, path: &str) -> Result<Option<String>, RunnerError> {
    let blob = format!("--blob={commit}:.gitmodules");
    let printed = git.output(["config", &blob, "-z", "--get-regexp", r"^submodule\..*\.path$"])?;
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
fn refuse_pointers(git: &Git<'_>, root: &Path) -> Result<(), RunnerError> {
    for entry in WalkDir::new(root).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            RunnerError::Environment(format!("cannot read {}: {error}", root.display()))
        })?;
        if !entry.file_type().is_file() || !is_pointer(entry.path()) {
            continue;
        }
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path()).display().to_string();
        // Without the attribute it is an ordinary text file.
        let printed = git.output(["check-attr", "--cached", "-z", "filter", "--", &path])?;
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
