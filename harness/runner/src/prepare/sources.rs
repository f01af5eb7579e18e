//! The sources of a workspace as a checkout in CI has them: the whole repository with a `.git` of
//! depth 1, or, where no repository tracks the workspace, everything but target folders.
//! Owns what a checkout consists of and its identity; and what a symbolic link becomes, so that no
//! link of the copy leads out of it. The original must not be touched.

mod folder;
mod found;
mod history;
mod items;
mod left_out;
mod links;
mod outside;
mod repository;
mod stands_for;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use lukewarm_model::{Origin, few};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::error::RunnerError;
use crate::files::hash::add_content;
use crate::files::{parallel, tree};
use crate::prepare::git::Git;
use crate::prepare::settings::Settings;
use found::{FoundSources, add_above, add_outside, base};
use items::{Item, Items, Kind, above};
use repository::WorkTree;
use stands_for::StandIn;

pub use history::write as write_history;
pub use left_out::LeftOutFiles;
pub use stands_for::{exports, write as write_stands_for};

/// What a checkout of a workspace has.
#[derive(Debug)]
pub struct CheckoutContents {
    /// Every place of the checkout, without any `.git`.
    items: Items,
    /// The root of the user's repository, or the folder that is copied whole; canonical.
    pub root: PathBuf,
    /// The place of that folder in the checkout; empty where nothing lies outside of it.
    pub place: PathBuf,
    /// The workspace's folder in the checkout, relative to its root.
    pub workspace: PathBuf,
    repositories: Vec<WorkTree>,
    /// Differences from a checkout in CI, as sentences for the user; usually empty.
    pub remarks: Vec<String>,
}

/// What is chosen of the sources beside what a checkout in CI would have.
#[derive(Clone, Copy, Debug)]
pub struct SourceChoice<'a> {
    /// Where the workspace comes from: a sample is copied as it is.
    pub origin: Origin,
    /// Files and folders that are copied although they are ignored, relative to the workspace.
    pub include: &'a [PathBuf],
}

/// Lists what a checkout of a workspace has.
///
/// # Errors
/// When the workspace has no manifest, something cannot be read, or a link leads to what cannot be
/// copied.
pub fn list(
    workspace: &Path,
    choice: SourceChoice<'_>,
    settings: &Settings,
) -> Result<CheckoutContents, RunnerError> {
    if !workspace.join("Cargo.toml").is_file() {
        let message =
            format!("no Cargo.toml in {}: a Cargo workspace is needed", workspace.display());
        return Err(RunnerError::Input(message));
    }
    let named = workspace.canonicalize().map_err(RunnerError::file("find", workspace))?;
    let targets = target_folders(settings);
    let mut found = match choice.origin {
        Origin::Sample => FoundSources::folder(named.clone(), &targets)?,
        Origin::Foreign => FoundSources::of(&named, &targets, settings)?,
    };
    let mut left_out = Vec::new();
    let stand_in = StandIn { root: &found.root, stands_for: &found.stands_for };
    let mut items = links::resolved(stand_in, found.entries, &mut left_out)?;
    let workspace = found.workspace;
    let below = workspace.strip_prefix(&found.root).unwrap_or(Path::new("")).to_owned();
    // A lock file belongs to the build even where version control ignores it.
    let lock = Path::new("Cargo.lock");
    let lock = workspace.join(lock).is_file().then_some(lock);
    for path in lock.into_iter().chain(choice.include.iter().map(PathBuf::as_path)) {
        include(&found.root, &below, path, &mut items)?;
    }
    let base = base(&found.stands_for, &found.outside);
    let place = found.stands_for.strip_prefix(&base).unwrap_or(Path::new("")).to_owned();
    if !place.as_os_str().is_empty() {
        items.iter_mut().for_each(|(it, _)| *it = place.join(&*it));
        let mut known = items.iter().map(|(place, _)| place.clone()).collect();
        add_above(&place, &mut items, &mut known);
        found.repositories.iter_mut().for_each(|it| it.place = place.join(&it.place));
        add_outside(&found.outside, &base, &targets, settings, (&mut items, &mut known))?;
    }
    let mut remarks = found.remarks;
    remarks.extend(found.outside.remarks);
    remarks.extend(left_out_remark(&left_out));
    Ok(CheckoutContents {
        items,
        root: found.root,
        workspace: place.join(below),
        place,
        repositories: found.repositories,
        remarks,
    })
}

/// Whether a workspace needs what lies outside of its repository, or of the folder that is copied
/// whole: a manifest or a link names it.
pub fn leads_out(workspace: &Path, settings: &Settings) -> bool {
    let choice = SourceChoice { origin: Origin::Foreign, include: &[] };
    list(workspace, choice, settings).map_or(true, |it| !it.place.as_os_str().is_empty())
}

/// The target folders that the user's environment names.
fn target_folders(settings: &Settings) -> Vec<PathBuf> {
    let names = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_BUILD_DIR"];
    let named = names.iter().filter_map(|name| settings.user.get(name)).map(PathBuf::from);
    named.filter_map(|it| it.canonicalize().ok()).collect()
}

fn left_out_remark(left_out: &[PathBuf]) -> Option<String> {
    (!left_out.is_empty()).then(|| {
        let names = few(left_out.iter().map(|it| format!("`{}`", it.display())), 3);
        format!("{names} left out of the checkout: neither a file nor a folder")
    })
}

/// Adds a file or a folder of the workspace, whatever ignores it.
fn include(
    root: &Path,
    workspace: &Path,
    path: &Path,
    items: &mut Items,
) -> Result<(), RunnerError> {
    let refused = |why: &str| {
        let path = path.display();
        RunnerError::Input(format!("`--include {path}`: {why}"))
    };
    let original = root.join(workspace).join(path);
    let Ok(canonical) = original.canonicalize() else {
        return Err(refused(&format!("nothing is there in {}", root.join(workspace).display())));
    };
    let Ok(place) = canonical.strip_prefix(root).map(Path::to_owned) else {
        return Err(refused(&format!("it leads out of {}", root.display())));
    };
    let entries = match canonical.is_dir() {
        true => folder::entries(&canonical, &[])?,
        false => Vec::new(),
    };
    let kind = if canonical.is_dir() { Kind::Folder } else { Kind::File };
    let mut known: BTreeSet<PathBuf> = items.iter().map(|(place, _)| place.clone()).collect();
    let above = above(&place).into_iter().map(|it| (it.to_owned(), Kind::Folder));
    let inner = entries.into_iter().map(|(it, kind)| (place.join(it), kind));
    let all: Vec<_> = above.chain([(place.clone(), kind)]).chain(inner).collect();
    for (place, item) in links::resolved(StandIn::itself(root), all, &mut Vec::new())? {
        if known.insert(place.clone()) {
            items.push((place, item));
        }
    }
    Ok(())
}

/// The files of a workspace, whose path is canonical, that are copied although they are ignored: by
/// their place in it, with where they lie.
///
/// # Errors
/// When one is missing, or leads out of the workspace's repository.
pub fn included(
    workspace: &Path,
    choice: &[PathBuf],
) -> Result<Vec<(PathBuf, PathBuf)>, RunnerError> {
    let mut items = Items::new();
    for path in choice {
        include(workspace, Path::new(""), path, &mut items)?;
    }
    let files = items.into_iter().filter_map(|(place, item)| match item {
        Item::File(original) => Some((place, original)),
        _ => None,
    });
    Ok(files.collect())
}

impl CheckoutContents {
    /// Copies the sources into a new folder, with the `.git` of every repository.
    ///
    /// # Errors
    /// When something cannot be read or written.
    pub fn lay(&self, to: &Path, settings: &Settings) -> Result<Vec<String>, RunnerError> {
        fs::create_dir_all(to).map_err(RunnerError::file("make folder", to))?;
        let mut files = Vec::new();
        for (place, item) in &self.items {
            RunnerError::if_interrupted()?;
            let target = to.join(place);
            match item {
                Item::Folder => {
                    fs::create_dir_all(&target)
                        .map_err(RunnerError::file("make folder", &target))?;
                }
                Item::File(original) => files.push((original, target)),
                Item::Link(aim) => {
                    symlink(aim, &target).map_err(RunnerError::file("make link", &target))?;
                }
            }
        }
        parallel::each(&files, |(original, target)| copy_writable(original, target))?;
        let mut remarks = Vec::new();
        for it in &self.repositories {
            let Some(commit) = &it.commit else {
                remarks.push(format!("{} has no commit yet: no `.git`", it.top.display()));
                continue;
            };
            let git = Git::of(&it.top, settings)?;
            let folder = to.join(&it.place);
            if let Err(error) = history::write(&git, commit, &it.sparse, &folder) {
                if error.is_cancelled() {
                    return Err(error);
                }
                tree::remove(&folder.join(".git"))?;
                remarks.push(format!("the checkout has no `.git`: {error}"));
            }
        }
        Ok(remarks)
    }

    /// What the checkout has, for telling what it has not.
    pub fn left_out_files(&self) -> LeftOutFiles {
        LeftOutFiles {
            root: self.root.clone(),
            place: self.place.clone(),
            workspace: self.workspace.clone(),
            kept: self.items.iter().map(|(place, _)| place.clone()).collect(),
        }
    }

    /// Whether the workspace has a lock file.
    pub fn has_lock(&self) -> bool {
        let lock = self.workspace.join("Cargo.lock");
        self.items.iter().any(|(place, _)| *place == lock)
    }

    /// Adds a lock file to a workspace that has none.
    pub fn add_lock(&mut self, file: &Path) {
        self.items.push((self.workspace.join("Cargo.lock"), Item::File(file.to_owned())));
    }

    /// The identity of the files: equal to [`identity`] of what [`CheckoutContents::lay`] makes.
    ///
    /// # Errors
    /// When something cannot be read.
    pub fn identity(&self) -> Result<String, RunnerError> {
        let mut items: Vec<&(PathBuf, Item)> = self.items.iter().collect();
        items.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut hash = Sha256::new();
        for (place, item) in items {
            RunnerError::if_interrupted()?;
            match item {
                Item::Folder => {}
                Item::File(original) => add_file(&mut hash, place, original)?,
                Item::Link(aim) => add(&mut hash, place, aim.as_os_str().as_encoded_bytes()),
            }
        }
        Ok(hex::encode(hash.finalize()))
    }
}

/// Adds a link or a file to the hash of a folder, with lengths before texts, so that different
/// folders never hash the same bytes.
fn add(hash: &mut Sha256, name: &Path, content: &[u8]) {
    add_text(hash, name.as_os_str().as_encoded_bytes());
    add_text(hash, content);
}

/// Adds a file, which may be larger than memory. One that changes meanwhile has another identity.
fn add_file(hash: &mut Sha256, name: &Path, path: &Path) -> Result<(), RunnerError> {
    add_text(hash, name.as_os_str().as_encoded_bytes());
    let mut read = || -> io::Result<()> {
        let mut file = fs::File::open(path)?;
        hash.update(file.metadata()?.len().to_le_bytes());
        add_content(hash, &mut file)
    };
    read().map_err(RunnerError::file("read", path))
}

fn add_text(hash: &mut Sha256, text: &[u8]) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text);
}

/// The identity of a folder's content: SHA-256 over the path and bytes of every file and the target
/// of every link, in hexadecimal. Repositories' own data, `.git`, is no part of it.
///
/// # Errors
/// When something cannot be read.
pub fn identity(folder: &Path) -> Result<String, RunnerError> {
    let mut hash = Sha256::new();
    let walk = WalkDir::new(folder).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|it| it.file_name() != ".git") {
        RunnerError::if_interrupted()?;
        let entry = entry.map_err(|error| {
            RunnerError::Environment(format!("cannot read {}: {error}", folder.display()))
        })?;
        let name = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        match entry.file_type() {
            kind if kind.is_file() => add_file(&mut hash, name, entry.path())?,
            kind if kind.is_symlink() => {
                let aim = fs::read_link(entry.path())
                    .map_err(RunnerError::file("read link", entry.path()))?;
                add(&mut hash, name, aim.as_os_str().as_encoded_bytes());
            }
            _ => {}
        }
    }
    Ok(hex::encode(hash.finalize()))
}

/// Copies a file; the copy can be written by its owner, even where the original cannot.
fn copy_writable(from: &Path, to: &Path) -> Result<(), RunnerError> {
    use std::os::unix::fs::PermissionsExt;
    tree::copy_file(from, to)?;
    let mode = to.metadata().map_err(RunnerError::file("read", to))?.permissions().mode();
    match mode & 0o200 {
        0 => fs::set_permissions(to, fs::Permissions::from_mode(mode | 0o200))
            .map_err(RunnerError::file("change", to)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
