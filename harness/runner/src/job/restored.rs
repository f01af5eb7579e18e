//! The restored files of an archive, and how much of them a build used.
//! Owns the rule of what counts as used. It must not run inside a timed step, nor change a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lukewarm_model::{Bytes, RestoredFacts};
use walkdir::WalkDir;

use crate::job::build::{Built, hash};

/// The files of a target folder before a build, relative to it, with their sizes.
pub struct Restored {
    files: Vec<(PathBuf, u64)>,
}

impl Restored {
    /// Lists a target folder. Unreadable files are left out: the build will report them.
    pub fn look(target: &Path) -> Restored {
        let entries = WalkDir::new(target).into_iter().flatten();
        let files = entries.filter(|entry| entry.file_type().is_file());
        let sized = files.filter_map(|entry| {
            let size = entry.metadata().ok()?.len();
            Some((entry.path().strip_prefix(target).ok()?.to_owned(), size))
        });
        Restored { files: sized.collect() }
    }

    /// How much of it a build used: the files with the hash of a fresh unit in their path.
    pub fn used(&self, built: &Built) -> RestoredFacts {
        let hashes = built.fresh_hashes();
        let mut facts = RestoredFacts::default();
        for (path, size) in &self.files {
            facts.files += 1;
            facts.bytes += Bytes(*size);
            if is_of(path, &hashes) {
                facts.used_files += 1;
                facts.used_bytes += Bytes(*size);
            }
        }
        facts
    }
}

/// Whether a part of a path ends in one of the hashes.
fn is_of(path: &Path, hashes: &BTreeSet<String>) -> bool {
    path.components()
        .filter_map(|part| hash(part.as_os_str().to_str()?))
        .any(|it| hashes.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_used_when_its_path_has_a_fresh_units_hash() {
        let hashes = BTreeSet::from(["0123456789abcdef".to_owned()]);
        let of = |path: &str| is_of(Path::new(path), &hashes);
        assert!(of("debug/deps/libitoa-0123456789abcdef.rlib"));
        assert!(of("debug/.fingerprint/itoa-0123456789abcdef/lib-itoa.json"));
        assert!(of("debug/build/libc-0123456789abcdef/out/x.c"));
        assert!(!of("debug/deps/libitoa-fedcba9876543210.rlib"));
        assert!(!of("debug/incremental/strata-1abc/s-h-2/0123456789abcdef.o"));
        assert_eq!(hash("strata-core"), None);
    }

    #[test]
    fn what_is_there_before_the_build_is_counted_whole() {
        let target = tempfile::tempdir().unwrap();
        std::fs::create_dir(target.path().join("deps")).unwrap();
        std::fs::write(target.path().join("deps/liba-0123456789abcdef.rlib"), [0; 10]).unwrap();
        std::fs::write(target.path().join("CACHEDIR.TAG"), [0; 3]).unwrap();
        let facts = Restored::look(target.path()).used(&Built::default());
        assert_eq!((facts.files, facts.bytes, facts.used_bytes), (2, Bytes(13), Bytes(0)));
    }
}
