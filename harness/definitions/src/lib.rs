//! The scenarios, networks, stories, claims and sample workspaces that the program brings, so that
//! it needs no checkout. Owns their content and their unpacking; what they mean is `plan`'s.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Every file: its path below a project's folder, with `/` between its parts, and its content.
pub static FILES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The folder in `scratch` that these files are unpacked into. Other files have another one: its
/// name stands for their content.
pub fn folder(scratch: &Path) -> PathBuf {
    let mut hash = Sha256::new();
    for (path, content) in FILES {
        // Lengths before texts, so that no two lists are hashed alike.
        for text in [path.as_bytes(), content] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
    }
    let hash = hex::encode(hash.finalize());
    scratch.join(format!("definitions-{}", &hash[..16]))
}

/// Unpacks the sample workspaces below their [`folder`] in `scratch`, which must be the user's own.
/// What is there already with its content is left as it is; what somebody cleared away is made anew.
///
/// # Errors
/// When a file or folder cannot be written; the error names it.
pub fn unpack_samples(scratch: &Path) -> io::Result<()> {
    let root = folder(scratch);
    for (path, content) in FILES.iter().filter(|(path, _)| path.starts_with("sample-workspaces/")) {
        let target = root.join(path);
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot write {}: {error}", target.display()))
        };
        if fs::read(&target).is_ok_and(|there| there == *content) {
            continue;
        }
        fs::create_dir_all(target.parent().unwrap_or(&root)).map_err(named)?;
        // Another process may copy the file at this moment: it sees the whole file or none.
        let whole = target.with_extension(format!("{}.new", std::process::id()));
        fs::write(&whole, content).and_then(|()| fs::rename(&whole, &target)).map_err(named)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_definition_is_brought_and_nothing_that_builds_leave() {
        let has = |path: &str| FILES.iter().any(|(known, _)| *known == path);
        for path in [
            "scenarios/none.toml",
            "scenarios/presets.toml",
            "scenarios/networks/slow.toml",
            "scenarios/stories/default.toml",
            "scenarios/claims/c1.toml",
            "sample-workspaces/tiny/Cargo.toml",
            "sample-workspaces/tiny/Cargo.lock",
            "sample-workspaces/tiny/workspace.toml",
            "sample-workspaces/tiny/mutations/leaf-body.patch",
        ] {
            assert!(has(path), "{path}");
        }
        let stray = FILES.iter().find(|(path, _)| path.contains("/target/") || path.contains("/."));
        assert_eq!(stray, None);
    }

    #[test]
    fn samples_are_unpacked_once_and_what_was_cleared_away_comes_back() {
        let scratch = tempfile::tempdir().unwrap();
        unpack_samples(scratch.path()).unwrap();
        let root = folder(scratch.path());
        let (lock, sources) =
            ("sample-workspaces/tiny/Cargo.lock", "sample-workspaces/tiny/crates");
        let before = fs::metadata(root.join(lock)).unwrap().modified().unwrap();
        fs::write(root.join("sample-workspaces/tiny/Cargo.toml"), "changed").unwrap();
        fs::remove_dir_all(root.join(sources)).unwrap();
        unpack_samples(scratch.path()).unwrap();
        for (path, content) in FILES.iter().filter(|(path, _)| path.starts_with("sample-")) {
            assert_eq!(fs::read(root.join(path)).unwrap(), *content, "{path}");
        }
        let after = fs::metadata(root.join(lock)).unwrap().modified().unwrap();
        assert_eq!(before, after, "what is as it should be is not written again");
        assert!(!root.join("scenarios").exists(), "nothing reads them there");
        let error = unpack_samples(Path::new("/proc/no")).unwrap_err().to_string();
        assert!(error.contains("cannot write /proc/no/definitions-"), "{error}");
    }
}
