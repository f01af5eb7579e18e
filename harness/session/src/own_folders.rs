//! The folders that lukewarm keeps for itself: its cache and its scratch.
//! Owns their default places; how they are created and checked is the runner's.

use std::path::{Path, PathBuf};

use lukewarm_runner::UserEnvironment;

use crate::error::SessionError;

/// lukewarm's folder in the user's cache directory: `$XDG_CACHE_HOME/lukewarm`, else
/// `~/.cache/lukewarm`.
///
/// # Errors
/// When neither variable is set, or the folder could be changed by another user.
pub fn cache_folder(user: &UserEnvironment) -> Result<PathBuf, SessionError> {
    let named = user.get("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = named.or_else(|| Some(PathBuf::from(user.get("HOME")?).join(".cache")));
    let folder = folder.ok_or(SessionError::NoCacheFolder)?.join("lukewarm");
    // Installed programs lie there and are run.
    if std::fs::symlink_metadata(&folder).is_ok() {
        lukewarm_runner::own::check(&folder)?;
    }
    Ok(folder)
}

/// The folder that builds happen in: the named one where it is lukewarm's or can become so, else
/// `lukewarm-scratch` in it; without a name `/var/tmp/lukewarm-<user id>`. That is not below the
/// home folder, because Cargo reads the configuration of every folder above a build, and the
/// user's own must not count.
///
/// # Errors
/// When the current folder, which a relative path needs, cannot be read.
pub fn scratch_folder(named: Option<&Path>) -> Result<PathBuf, SessionError> {
    let default = || PathBuf::from(format!("/var/tmp/lukewarm-{}", lukewarm_runner::user_id()));
    let scratch = named.map_or_else(default, Path::to_owned);
    let scratch =
        std::path::absolute(&scratch).map_err(SessionError::file("use --scratch", &scratch))?;
    Ok(lukewarm_runner::scratch_place(&scratch))
}
