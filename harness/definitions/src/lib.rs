//! The built-in scenarios, networks, stories, claims and sample workspaces: the program needs no
//! checkout. Owns their content and their unpacking; what they mean is `plan`'s.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Every file: its path below a project's folder, with `/` between its parts, and its content.
pub static FILES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// Where samples lie below a project's folder.
const SAMPLES: &str = "sample-workspaces";

/// The folder in `scratch` that these files are unpacked into. Its name has a hash of their
/// content, so that other versions use another folder.
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

/// The name of the sample workspace that is unpacked into a folder, `soundness/NAME` for one of a
/// variation; none for any other folder.
pub fn sample_of(folder: &Path) -> Option<&str> {
    let samples = self::folder(Path::new("")).join(SAMPLES);
    let is_ours = |depth| folder.ancestors().nth(depth).is_some_and(|it| it.ends_with(&samples));
    let depth = [1, 2].into_iter().find(|depth| is_ours(*depth))?;
    let samples = folder.ancestors().nth(depth)?;
    let name = folder.strip_prefix(samples).ok()?.to_str()?;
    let is_one = |(path, _): &(&str, &[u8])| {
        let below = path.strip_prefix(SAMPLES).and_then(|it| it.strip_prefix('/'));
        below.and_then(|it| it.strip_prefix(name)) == Some("/Cargo.toml")
    };
    FILES.iter().any(is_one).then_some(name)
}

/// Unpacks the sample workspace of that name into a folder, which must be the user's own. Files
/// that are there with the right content are not written; missing ones are created again.
///
/// # Errors
/// When a file or folder cannot be written; the error names it.
pub fn unpack(name: &str, folder: &Path) -> io::Result<()> {
    let below = |path: &'static str| path.strip_prefix(SAMPLES)?.strip_prefix('/');
    let of_sample = |path| below(path)?.strip_prefix(name)?.strip_prefix('/');
    for (path, content) in FILES {
        let Some(target) = of_sample(path).map(|path| folder.join(path)) else { continue };
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot write {}: {error}", target.display()))
        };
        if fs::read(&target).is_ok_and(|there| there == *content) {
            continue;
        }
        fs::create_dir_all(target.parent().unwrap_or(folder)).map_err(named)?;
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
    fn a_sample_is_unpacked_once_and_what_was_cleared_away_comes_back() {
        let scratch = tempfile::tempdir().unwrap();
        let tiny = folder(scratch.path()).join("sample-workspaces/tiny");
        assert_eq!(sample_of(&tiny), Some("tiny"));
        unpack("tiny", &tiny).unwrap();
        let before = fs::metadata(tiny.join("Cargo.lock")).unwrap().modified().unwrap();
        fs::write(tiny.join("Cargo.toml"), "changed").unwrap();
        fs::remove_dir_all(tiny.join("crates")).unwrap();
        unpack("tiny", &tiny).unwrap();
        let prefix = "sample-workspaces/tiny/";
        let mut count = 0;
        for (path, content) in FILES.iter().filter(|(path, _)| path.starts_with(prefix)) {
            assert_eq!(fs::read(tiny.join(&path[prefix.len()..])).unwrap(), *content, "{path}");
            count += 1;
        }
        assert!(count > 10, "{count}");
        let after = fs::metadata(tiny.join("Cargo.lock")).unwrap().modified().unwrap();
        assert_eq!(before, after, "what is as it should be is not written again");
        assert!(!tiny.with_file_name("cli").exists(), "no other sample is");
        let error = unpack("tiny", Path::new("/proc/no/tiny")).unwrap_err().to_string();
        assert!(error.contains("cannot write /proc/no/tiny/"), "{error}");
    }

    #[test]
    fn a_workspace_of_a_variation_lies_one_folder_deeper() {
        let scratch = tempfile::tempdir().unwrap();
        let plain = folder(scratch.path()).join("sample-workspaces/soundness/plain");
        assert_eq!(sample_of(&plain), Some("soundness/plain"));
        unpack("soundness/plain", &plain).unwrap();
        assert!(plain.join("value/src/lib.rs").is_file() && plain.join("Cargo.lock").is_file());
        assert_eq!(sample_of(plain.parent().unwrap()), None, "it is no workspace itself");
        assert_eq!(sample_of(&plain.join("value")), None);
    }

    #[test]
    fn no_other_folder_is_a_samples() {
        let ours = folder(Path::new("/scratch"));
        let name = ours.file_name().unwrap().to_str().unwrap();
        for other in [
            "/checkout/sample-workspaces/tiny".to_owned(),
            "/scratch/definitions-0123456789abcdef/sample-workspaces/tiny".to_owned(),
            format!("/scratch/{name}/sample-workspaces"),
            format!("/scratch/{name}/tiny"),
        ] {
            assert_eq!(sample_of(Path::new(&other)), None, "{other}");
        }
    }
}
