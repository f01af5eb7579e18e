//! What of a target folder stays in an archive: the rules of Swatinem's rust-cache
//! (`cleanup.ts` of version 2.9.2), by the names of files and folders alone.
//! It must not follow a link out of the folder, nor decide which packages stay.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::packages::PackageFiles;

/// What is removed of the files that Cargo compiled.
#[derive(Clone, Copy)]
pub enum Removed<'a> {
    /// Those of packages that are not among these.
    AllBut(&'a [PackageFiles]),
    /// Those that are older, as far as the action looks: at the first entry of each folder.
    OlderThan(Duration),
}

/// Parts of a profile's folder that hold what Cargo compiled.
const COMPILED: [&str; 3] = ["build", ".fingerprint", "deps"];

/// Parts of `target/tests` that are target folders of test libraries.
const NESTED: [&str; 2] = ["target", "trybuild"];

/// Removes from a target folder what does not stay: files beside the folders of profiles, and in
/// those everything but compiled files that stay. Returns how many files and folders it removed.
/// As in the action, what cannot be removed stays, and a folder without one of the parts of a
/// profile is cleaned no further.
///
/// # Errors
/// When the folder cannot be listed.
pub fn clean(target: &Path, removed: Removed<'_>) -> io::Result<u64> {
    let mut count = 0;
    for entry in entries(target)? {
        if !entry.file_type()?.is_dir() {
            if entry.file_name() != "CACHEDIR.TAG" {
                count += remove(&entry);
            }
            continue;
        }
        let folder = entry.path();
        let has = |part: &str| folder.join(part).exists();
        let cleaned = match entry.file_name() == "tests" || COMPILED.iter().any(|it| has(it)) {
            true => clean_profile(&folder, removed, &mut count),
            false => clean(&folder, removed).map(|more| count += more),
        };
        // The action goes on with the next folder too.
        cleaned.unwrap_or_default();
    }
    Ok(count)
}

fn clean_profile(profile: &Path, removed: Removed<'_>, count: &mut u64) -> io::Result<()> {
    if profile.ends_with("tests") {
        for part in NESTED {
            // Seldom there.
            *count += clean(&profile.join(part), removed).unwrap_or_default();
        }
        return remove_compiled(profile, removed, &names(NESTED), count);
    }
    *count += remove_all_but(profile, &names(COMPILED))?;
    let packages = match removed {
        Removed::AllBut(packages) => packages,
        Removed::OlderThan(_) => &[],
    };
    let kept = packages_in_folders(packages);
    for part in ["build", ".fingerprint"] {
        remove_compiled(&profile.join(part), removed, &kept, count)?;
    }
    remove_compiled(&profile.join("deps"), removed, &packages_in_files(packages), count)
}

fn names<const N: usize>(all: [&str; N]) -> BTreeSet<String> {
    all.map(str::to_owned).into()
}

/// The names that folders of `build` and `.fingerprint` begin with.
fn packages_in_folders(packages: &[PackageFiles]) -> BTreeSet<String> {
    let of = |it: &PackageFiles| {
        let libraries = it.libraries.iter().map(|it| it.replace('-', "_"));
        [it.name.clone()].into_iter().chain(libraries).collect::<Vec<_>>()
    };
    packages.iter().flat_map(of).collect()
}

/// The names that files of `deps` begin with.
fn packages_in_files(packages: &[PackageFiles]) -> BTreeSet<String> {
    let of = |it: &PackageFiles| {
        let all = [&it.name].into_iter().chain(&it.libraries).map(|it| it.replace('-', "_"));
        all.flat_map(|name| [format!("lib{name}"), name]).collect::<Vec<_>>()
    };
    packages.iter().flat_map(of).collect()
}

/// Removes what does not stay from a folder of compiled files.
fn remove_compiled(
    folder: &Path,
    removed: Removed<'_>,
    kept: &BTreeSet<String>,
    count: &mut u64,
) -> io::Result<()> {
    *count += match removed {
        Removed::AllBut(_) => remove_all_but(folder, kept)?,
        Removed::OlderThan(age) => match entries(folder)?.first() {
            Some(first) if is_older(&first.path(), age)? => remove(first),
            _ => 0,
        },
    };
    Ok(())
}

fn is_older(path: &Path, age: Duration) -> io::Result<bool> {
    let modified = path.metadata()?.modified()?;
    Ok(SystemTime::now().duration_since(modified).is_ok_and(|it| it > age))
}

/// Removes the entries of a folder whose names are not among these, neither whole, as in Cargo's
/// new layout of build folders, nor without what follows their last `-`.
fn remove_all_but(folder: &Path, kept: &BTreeSet<String>) -> io::Result<u64> {
    let mut count = 0;
    for entry in entries(folder)? {
        let name = entry.file_name().to_string_lossy().into_owned();
        let without_hash = name.rsplit_once('-').map_or(name.as_str(), |(start, _)| start);
        if !kept.contains(&name) && !kept.contains(without_hash) {
            count += remove(&entry);
        }
    }
    Ok(count)
}

/// The entries of a folder, in the order in which the system lists them.
pub(super) fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    fs::read_dir(folder)?.collect()
}

/// Removes a file or a folder and says how many it removed; what is neither stays, and so does
/// what cannot be removed.
pub(super) fn remove(entry: &DirEntry) -> u64 {
    let path = entry.path();
    let removed = match entry.file_type() {
        Ok(kind) if kind.is_file() => fs::remove_file(path),
        Ok(kind) if kind.is_dir() => fs::remove_dir_all(path),
        _ => return 0,
    };
    u64::from(removed.is_ok())
}
