//! The `.git` of a checkout, as `actions/checkout` leaves it: one commit without its ancestors, on
//! its branch, without tags and without a remote. Objects are copied out of the user's repository,
//! which is only read; neither hooks nor settings of the user count.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::RunnerError;
use crate::prepare::git::Git;

/// The only configuration that counts while a repository is copied.
const CONFIGURATION: &str = "\
[safe]
	directory = *
[uploadpack]
	allowAnySHA1InWant = true
[protocol \"file\"]
	allow = always
[pack]
	window = 0
[fetch]
	unpackLimit = 1
[gc]
	auto = 0
[maintenance]
	auto = false
";

/// How many paths one call of git is given.
const PATHS: usize = 500;

/// Makes the `.git` of a folder that holds the files of a commit of another repository. `sparse`
/// are tracked files that the folder does not have.
///
/// # Errors
/// When the repository's objects are not on this machine, or the folder cannot be written.
pub fn write(
    from: &Git<'_>,
    commit: &str,
    sparse: &[PathBuf],
    to: &Path,
) -> Result<(), RunnerError> {
    let file = tempfile::NamedTempFile::new()
        .map_err(RunnerError::file("write", &std::env::temp_dir()))?;
    fs::write(file.path(), CONFIGURATION).map_err(RunnerError::file("write", file.path()))?;
    let format = from.output(["rev-parse", "--show-object-format"])?;
    let objects = from.output(["rev-parse", "--path-format=absolute", "--git-common-dir"])?;
    let objects = objects.trim_end_matches('\n');
    let branch = from.output(["symbolic-ref", "--quiet", "HEAD"]).ok();
    let git = from.configured(to, file.path());
    let format = format!("--object-format={}", format.trim());
    git.output(["init", "--quiet", "--template=", "--initial-branch=main", &format])?;
    let quiet = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--depth=1"];
    git.output(quiet.into_iter().chain(["--", objects, commit]))?;
    let branch = branch.as_deref().map(str::trim_end).and_then(|it| it.strip_prefix("refs/heads/"));
    match branch {
        Some(name) => {
            let own = format!("refs/heads/{name}");
            git.output(["update-ref", &own, commit])?;
            git.output(["update-ref", &format!("refs/remotes/origin/{name}"), commit])?;
            git.output(["symbolic-ref", "HEAD", &own])?;
        }
        None => drop(git.output(["update-ref", "--no-deref", "HEAD", commit])?),
    }
    git.output(["read-tree", "HEAD"])?;
    for part in sparse.chunks(PATHS) {
        let words = ["update-index", "--skip-worktree", "--"].map(Path::new);
        git.output(words.into_iter().chain(part.iter().map(PathBuf::as_path)))?;
    }
    // As `actions/checkout` sets it: nothing is tidied up while jobs build.
    git.output(["config", "gc.auto", "0"])?;
    git.output(["config", "maintenance.auto", "false"])?;
    Ok(())
}
