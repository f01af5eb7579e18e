//! What of a `CARGO_HOME` stays in an archive: the rules of Swatinem's rust-cache (`cleanup.ts` of
//! version 2.9.2). Installed programs that were there before the job are removed by it too; jobs
//! here begin without any. It must only touch the folder that it is given.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use lukewarm_cache_tools::KeptCrates;

use super::packages::PackageFiles;
use super::target::{entries, remove};

/// Removes credentials, and of the registry's index, sources and packages what does not stay.
/// Returns how many files and folders it removed.
///
/// # Errors
/// When a folder is missing or cannot be listed: what comes after it is not cleaned then.
pub fn clean_registry(
    home: &Path,
    packages: &[PackageFiles],
    crates: KeptCrates,
) -> io::Result<u64> {
    let mut count = u64::from(fs::remove_file(home.join("credentials.toml")).is_ok());
    let names = packages.iter().map(|it| it.name.clone().into()).collect();
    for index in folders(&home.join("registry/index"))? {
        match index.join(".git").exists() {
            // Cargo makes it again.
            true => count += u64::from(fs::remove_dir_all(index.join(".cache")).is_ok()),
            false => {
                clean_index(&index, &names, &mut count)?;
            }
        }
    }
    if crates == KeptCrates::All {
        return Ok(count);
    }
    let versioned = |it: &PackageFiles| format!("{}-{}", it.name, it.version);
    // Their build scripts look at the times of their sources.
    let of_systems = packages.iter().filter(|it| it.name.ends_with("-sys"));
    let kept: BTreeSet<OsString> = of_systems.map(|it| versioned(it).into()).collect();
    for registry in folders(&home.join("registry/src"))? {
        for entry in entries(&registry)? {
            if entry.file_type()?.is_dir() && !kept.contains(&entry.file_name()) {
                count += remove(&entry);
            }
        }
    }
    let kept: BTreeSet<OsString> =
        packages.iter().map(|it| format!("{}.crate", versioned(it)).into()).collect();
    for registry in folders(&home.join("registry/cache"))? {
        for entry in entries(&registry)? {
            if entry.file_type()?.is_file() && !kept.contains(&entry.file_name()) {
                count += remove(&entry);
            }
        }
    }
    Ok(count)
}

/// Removes the index files of packages that are not among these, and folders that nothing is left
/// in; whether nothing is.
fn clean_index(folder: &Path, names: &BTreeSet<OsString>, count: &mut u64) -> io::Result<bool> {
    let mut is_empty = true;
    for entry in entries(folder)? {
        let stays = match entry.file_type()?.is_dir() {
            true => !clean_index(&entry.path(), names, count)?,
            false => names.contains(&entry.file_name()),
        };
        match stays {
            true => is_empty = false,
            false => *count += remove(&entry),
        }
    }
    Ok(is_empty)
}

/// Removes the repositories and checkouts of git dependencies that no package is from. Returns how
/// many files and folders it removed.
///
/// # Errors
/// When a folder cannot be listed.
pub fn clean_git(home: &Path, packages: &[PackageFiles]) -> io::Result<u64> {
    let checkouts = home.join("git/checkouts");
    let mut used: BTreeMap<OsString, BTreeSet<OsString>> = BTreeMap::new();
    for package in packages {
        let Ok(below) = package.folder().strip_prefix(&checkouts) else { continue };
        let mut parts = below.iter().map(OsString::from);
        if let (Some(repository), Some(revision)) = (parts.next(), parts.next()) {
            used.entry(repository).or_default().insert(revision);
        }
    }
    let mut count = 0;
    for entry in entries(&home.join("git/db")).unwrap_or_default() {
        if !used.contains_key(&entry.file_name()) {
            count += remove(&entry);
        }
    }
    for entry in entries(&checkouts).unwrap_or_default() {
        let Some(revisions) = used.get(&entry.file_name()) else {
            count += remove(&entry);
            continue;
        };
        if entry.file_type()?.is_dir() {
            let all = entries(&entry.path())?;
            let unused = all.iter().filter(|it| !revisions.contains(&it.file_name()));
            count += unused.map(remove).sum::<u64>();
        }
    }
    Ok(count)
}

/// The folders in a folder.
fn folders(folder: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in entries(folder)? {
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}
