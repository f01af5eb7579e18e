//! What a git repository has of a checkout: what it tracks, as it is on disk, and new files that it
//! does not ignore. Submodules are repositories of their own. `.ignore` is no rule.
//! Owns which repository a workspace belongs to. It must only read it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::folder;
use super::items::{Entries, Kind, above};
use crate::error::RunnerError;
use crate::prepare::git::Git;
use crate::prepare::settings::Settings;

/// The maximum nesting of submodules.
const DEPTH: usize = 8;

/// A repository with a work tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkTree {
    /// Its root; canonical.
    pub top: PathBuf,
    /// Where the root lies in the checkout.
    pub place: PathBuf,
    /// The id of its commit; none before the first one.
    pub commit: Option<String>,
    /// Tracked files that a sparse checkout leaves out, relative to the root.
    pub sparse: Vec<PathBuf>,
}

/// What the repositories of a workspace hold.
#[derive(Debug, Default)]
pub struct Tracked {
    /// Relative to the root of the outermost.
    pub entries: Entries,
    /// The outermost repository first, then its submodules.
    pub repositories: Vec<WorkTree>,
}

/// The repository of a workspace.
#[derive(Debug)]
pub enum Belongs {
    /// It tracks the workspace's manifest; its root.
    To(PathBuf),
    /// None does; why, as the end of a sentence, where a repository is there.
    ToNone(Option<String>),
}

/// Finds the repository that tracks the manifest of a workspace, whose path is canonical.
///
/// # Errors
/// When the run is cancelled.
pub fn find(workspace: &Path, settings: &Settings) -> Result<Belongs, RunnerError> {
    let has_repository = workspace.ancestors().any(|it| it.join(".git").exists());
    let Ok(git) = Git::of(workspace, settings) else {
        let why = "there is no `git` on PATH to ask what its repository tracks".to_owned();
        return Ok(Belongs::ToNone(has_repository.then_some(why)));
    };
    let top = match git.bytes(["rev-parse", "--show-toplevel"]) {
        Ok(mut printed) if printed.len() > 1 => {
            printed.truncate(printed.len() - 1);
            PathBuf::from(OsStr::from_bytes(&printed))
        }
        Err(error) if error.is_cancelled() => return Err(error),
        Err(error) if has_repository => return Ok(Belongs::ToNone(Some(error.to_string()))),
        _ => return Ok(Belongs::ToNone(None)),
    };
    let top = top.canonicalize().map_err(RunnerError::file("find", &top))?;
    if !workspace.starts_with(&top) {
        return Ok(Belongs::ToNone(None));
    }
    match git.output(["ls-files", "--error-unmatch", "--", "Cargo.toml"]) {
        Ok(_) => Ok(Belongs::To(top)),
        Err(error) if error.is_cancelled() => Err(error),
        Err(_) => {
            let why = format!("the repository {} does not track its Cargo.toml", top.display());
            Ok(Belongs::ToNone(Some(why)))
        }
    }
}

/// Lists what a repository and its submodules have of a checkout.
///
/// # Errors
/// When git fails, or something cannot be looked at.
pub fn tracked(
    top: &Path,
    targets: &[PathBuf],
    settings: &Settings,
) -> Result<Tracked, RunnerError> {
    let mut found = Tracked::default();
    let mut listing = RepositoryListing { found: &mut found, targets };
    listing.repository(&Git::of(top, settings)?, Path::new(""), DEPTH)?;
    found.entries.sort();
    found.entries.dedup();
    Ok(found)
}

struct RepositoryListing<'a> {
    found: &'a mut Tracked,
    targets: &'a [PathBuf],
}

impl RepositoryListing<'_> {
    /// Lists a repository whose root lies at `place` of the outermost.
    fn repository(&mut self, git: &Git<'_>, place: &Path, depth: usize) -> Result<(), RunnerError> {
        let top = git.folder().to_owned();
        let mut sparse = Vec::new();
        let mut paths = Vec::new();
        // `H 100644 <id> 0\t<path>`.
        for line in lines(&git.bytes(["ls-files", "-z", "--stage", "-t"])?) {
            let Some(tab) = line.iter().position(|it| *it == b'\t') else { continue };
            let path = PathBuf::from(OsStr::from_bytes(&line[tab + 1..]));
            if line.starts_with(b"S ") && fs::symlink_metadata(top.join(&path)).is_err() {
                sparse.push(path);
                continue;
            }
            paths.push(path);
        }
        let known = paths.len();
        let others = git.bytes(["ls-files", "-z", "--others", "--exclude-standard"])?;
        paths.extend(lines(&others).map(|it| PathBuf::from(OsStr::from_bytes(it))));
        let commit = git.id("HEAD^{commit}").ok();
        let own = WorkTree { top: top.clone(), place: place.to_owned(), commit, sparse };
        self.found.repositories.push(own);
        let mut folders = Folders::new(&top, self.targets);
        let mut kept = BTreeSet::new();
        for (index, path) in paths.iter().enumerate() {
            if folders.are_real(path) && (index < known || !folders.are_made(path)) {
                kept.extend(above(path).into_iter().map(Path::to_owned));
                self.path(git, place, path, depth)?;
            }
        }
        let folders = kept.into_iter().map(|it| (place.join(it), Kind::Folder));
        self.found.entries.extend(folders);
        Ok(())
    }

    /// Lists what lies at one path of a repository; what was deleted is not there.
    fn path(
        &mut self,
        git: &Git<'_>,
        place: &Path,
        path: &Path,
        depth: usize,
    ) -> Result<(), RunnerError> {
        RunnerError::if_interrupted()?;
        let original = git.folder().join(path);
        let Ok(metadata) = fs::symlink_metadata(&original) else { return Ok(()) };
        // Without the `/` at the end of an untracked repository.
        let place: PathBuf = place.join(path).components().collect();
        let kind = Kind::of(metadata.file_type());
        self.found.entries.push((place.clone(), kind));
        if kind != Kind::Folder {
            return Ok(());
        }
        // A submodule, or a repository that nothing tracks; empty where it was never checked out.
        if fs::symlink_metadata(original.join(".git")).is_ok() && depth > 0 {
            return self.repository(&git.within(&original), &place, depth - 1);
        }
        let inner = folder::entries(&original, self.targets)?;
        self.found.entries.extend(inner.into_iter().map(|(it, kind)| (place.join(it), kind)));
        Ok(())
    }
}

/// The folders above files of a repository, each looked at once.
struct Folders<'a> {
    top: &'a Path,
    targets: &'a [PathBuf],
    real: BTreeSet<PathBuf>,
    /// Links and files where git knew folders.
    others: BTreeSet<PathBuf>,
    made: BTreeSet<PathBuf>,
}

impl<'a> Folders<'a> {
    fn new(top: &'a Path, targets: &'a [PathBuf]) -> Folders<'a> {
        let none = BTreeSet::new;
        Folders { top, targets, real: none(), others: none(), made: none() }
    }

    /// Whether all folders above a file are still folders.
    fn are_real(&mut self, path: &Path) -> bool {
        for folder in above(path) {
            if self.others.contains(folder) {
                return false;
            }
            if self.real.contains(folder) {
                continue;
            }
            let full = self.top.join(folder);
            if !fs::symlink_metadata(&full).is_ok_and(|it| it.is_dir()) {
                self.others.insert(folder.to_owned());
                return false;
            }
            let is_usual = folder == Path::new("target");
            if is_usual || folder::is_made(&full, self.targets) {
                self.made.insert(folder.to_owned());
            }
            self.real.insert(folder.to_owned());
        }
        true
    }

    /// Whether a folder above a file is one that Cargo or a run of ours made.
    fn are_made(&self, path: &Path) -> bool {
        above(path).iter().any(|it| self.made.contains(*it))
    }
}

fn lines(printed: &[u8]) -> impl Iterator<Item = &[u8]> {
    printed.split(|it| *it == 0).filter(|it| !it.is_empty())
}
