//! A revision of a workspace, as git keeps it, laid into a folder of its own.
//! Owns asking git; the repository and its work tree are only read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::prepare::Settings;
use crate::process::{Order, Output};
use crate::{RunnerError, tree};

/// Lays what a revision has of a workspace's folder below the cache folder, unless it is there,
/// and gives that place, which is the same for the same commit.
///
/// # Errors
/// When there is no git, no repository, or no such revision, or the folder cannot be written.
pub fn revision(
    workspace: &Path,
    revision: &str,
    settings: &Settings,
) -> Result<PathBuf, RunnerError> {
    let commit = format!("{revision}^{{commit}}");
    let said = git(workspace, &["rev-parse", "--verify", "--end-of-options", &commit], settings)?;
    let commit = said.trim();
    let name = workspace.canonicalize().map_err(RunnerError::file("find", workspace))?;
    let name = name.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    let short = &commit[..commit.len().min(12)];
    let place = settings.cache.join("revisions").join(format!("{name}-{short}"));
    if place.join("Cargo.toml").is_file() {
        return Ok(place);
    }
    // Laid beside its place first, so that one cut off is not taken for a whole one.
    let half = place.with_extension("part");
    tree::clear(&half)?;
    let archive = half.join("archive.tar");
    let to = format!("--output={}", archive.display());
    // Below the root of a repository, git archives the folder that it is started in.
    git(workspace, &["archive", "--format=tar", &to, commit], settings)?;
    let order = Order::new("tar", &half).args(["-xf", "archive.tar"]);
    let order = order.environment(settings.user.for_toolchain());
    if order.run(&settings.processes)?.code != Some(0) {
        return Err(RunnerError::Environment(format!("cannot unpack {}", archive.display())));
    }
    fs::remove_file(&archive).map_err(RunnerError::file("remove", &archive))?;
    tree::remove(&place)?;
    fs::rename(&half, &place).map_err(RunnerError::file("keep", &half))?;
    Ok(place)
}

/// What git says, started in a folder.
fn git(folder: &Path, words: &[&str], settings: &Settings) -> Result<String, RunnerError> {
    let program = settings.user.find("git").ok_or_else(|| {
        RunnerError::Environment("no `git` on PATH, which revisions are read with".to_owned())
    })?;
    let log = tempfile::NamedTempFile::new()
        .map_err(RunnerError::file("write", &std::env::temp_dir()))?;
    let mut order = Order::new(program, folder)
        .args(words.iter().copied())
        .environment(settings.user.for_toolchain());
    order.stderr = Output::Append(log.path().to_owned());
    let (finished, text) = order.read(&settings.processes)?;
    match finished.code {
        Some(0) => Ok(text),
        _ => {
            let said = fs::read_to_string(log.path()).unwrap_or_default();
            let (words, said) = (words.join(" "), said.trim().replace('\n', " "));
            Err(RunnerError::Input(format!("`git {words}` in {}: {said}", folder.display())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::UserEnvironment;
    use crate::process::Processes;

    #[test]
    fn a_revision_is_laid_as_it_was_and_only_of_the_workspace() {
        let place = tempfile::tempdir().unwrap();
        let user = UserEnvironment::new([
            ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
            ("HOME".into(), place.path().into()),
        ]);
        let settings = Settings {
            cache: place.path().join("cache"),
            scratch: place.path().join("scratch"),
            named_tool: None,
            user,
            processes: Processes::default(),
        };
        if settings.user.find("git").is_none() {
            return;
        }
        let repository = place.path().join("repository");
        let workspace = repository.join("workspace");
        fs::create_dir_all(&workspace).unwrap();
        fs::write(repository.join("elsewhere"), "").unwrap();
        fs::write(workspace.join("Cargo.toml"), "first").unwrap();
        let git = |words: &[&str]| git(&workspace, words, &settings).unwrap();
        git(&["init", "--quiet", ".."]);
        git(&["add", ".."]);
        let who = ["-c", "user.name=a", "-c", "user.email=a@b"];
        git(&[&who[..], &["commit", "--quiet", "-m", "first"]].concat());
        fs::write(workspace.join("Cargo.toml"), "second").unwrap();
        let laid = revision(&workspace, "HEAD", &settings).unwrap();
        assert_eq!(fs::read_to_string(laid.join("Cargo.toml")).unwrap(), "first");
        assert_eq!(fs::read_dir(&laid).unwrap().count(), 1, "nothing from elsewhere");
        assert_eq!(revision(&workspace, "HEAD", &settings).unwrap(), laid);
        let error = revision(&workspace, "no-such", &settings).unwrap_err().to_string();
        assert!(error.contains("rev-parse") && error.contains("no-such"), "{error}");
        let error = revision(&workspace, "--output=x", &settings).unwrap_err().to_string();
        assert!(error.contains("--output=x"), "{error}");
    }
}
