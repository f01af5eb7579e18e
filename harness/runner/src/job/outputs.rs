//! The manifest of what a build made: the files that Cargo named, and those that build scripts
//! wrote into their folders. Owns which files are outputs. It must not compare them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use lukewarm_model::{ContentDigest, JobOutputs, OutputFile, OutputManifest, Seconds};
use walkdir::WalkDir;
use xxhash_rust::xxh3::Xxh3;

use crate::files::digest::digest;
use crate::process::Processes;

/// Threads that read outputs: more than two gain nothing, since the files lie in memory.
const THREADS: usize = 2;

/// The outputs of a build in a checkout: files by their paths, and everything below the folders of
/// build scripts. What cannot be read is left out, and so is what lies outside of the checkout.
pub fn outputs<'a>(
    checkout: &Path,
    files: impl IntoIterator<Item = &'a Path>,
    folders: impl IntoIterator<Item = &'a Path>,
    processes: &Processes,
) -> JobOutputs {
    let began = Instant::now();
    let below = folders.into_iter().flat_map(|folder| {
        let entries = WalkDir::new(folder).min_depth(1).into_iter().flatten();
        entries.filter(|entry| !entry.file_type().is_dir()).map(|entry| entry.into_path())
    });
    let named = files.into_iter().map(Path::to_owned).chain(below);
    let mut found: Vec<(String, PathBuf)> =
        named.filter_map(|path| Some((name(checkout, &path)?, path))).collect();
    found.sort();
    found.dedup();
    let manifest = OutputManifest::new(digests(&found, processes));
    JobOutputs {
        digest: digest_of(&manifest),
        files: manifest.files().len() as u64,
        bytes: manifest.bytes(),
        manifest: Some(manifest.into()),
        took: Seconds::from(began.elapsed()),
    }
}

/// The path of an output below the target folder.
fn name(checkout: &Path, path: &Path) -> Option<String> {
    let below = path.strip_prefix(checkout).ok()?;
    let below = below.strip_prefix("target").unwrap_or(below);
    Some(below.display().to_string())
}

/// Reads files on a few threads; each takes the next one.
fn digests(files: &[(String, PathBuf)], processes: &Processes) -> Vec<OutputFile> {
    let next = AtomicUsize::new(0);
    let read = || {
        let mut found = Vec::new();
        while !processes.is_cancelled()
            && let Some((name, path)) = files.get(next.fetch_add(1, Ordering::Relaxed))
        {
            if let Ok(Some((digest, bytes))) = digest(path) {
                found.push(OutputFile { path: name.as_str().into(), digest, bytes });
            }
        }
        found
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(read)).collect();
        threads.into_iter().filter_map(|it| it.join().ok()).flatten().collect()
    })
}

/// What stands for a whole manifest.
fn digest_of(manifest: &OutputManifest) -> ContentDigest {
    let mut state = Xxh3::new();
    for OutputFile { path, digest, .. } in manifest.files() {
        state.update(&(path.len() as u64).to_le_bytes());
        state.update(path.as_bytes());
        state.update(&digest.0.to_le_bytes());
    }
    ContentDigest(state.digest128())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn outputs_are_what_cargo_named_and_what_build_scripts_wrote() {
        let place = tempfile::tempdir().unwrap();
        let checkout = place.path().join("checkout");
        let out = checkout.join("target/debug/build/x-1/out");
        fs::create_dir_all(out.join("deep")).unwrap();
        fs::write(checkout.join("target/debug/app"), "program").unwrap();
        fs::write(out.join("deep/made.rs"), "code").unwrap();
        fs::write(checkout.join("target/debug/app.d"), "no output").unwrap();
        fs::write(place.path().join("outside"), "theirs").unwrap();
        let made = || {
            let files = [
                checkout.join("target/debug/app"),
                checkout.join("target/debug/app"),
                checkout.join("target/debug/gone"),
                place.path().join("outside"),
            ];
            let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
            outputs(&checkout, files, [out.as_path()], &Processes::default())
        };
        let before = made();
        let manifest = before.manifest.clone().unwrap();
        let names: Vec<&str> = manifest.files().iter().map(|file| &*file.path).collect();
        assert_eq!(names, ["debug/app", "debug/build/x-1/out/deep/made.rs"]);
        assert_eq!((before.files, before.bytes.0), (2, 11));
        assert_eq!(made().digest, before.digest);
        fs::write(out.join("deep/made.rs"), "edoc").unwrap();
        let after = made();
        assert_ne!(after.digest, before.digest);
        assert_eq!(manifest.differing(&after.manifest.unwrap()).len(), 1);
    }
}
