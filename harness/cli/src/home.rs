//! Where things are on this machine: the project's files, lukewarm's own folders, the user's
//! environment. The only place that reads the process's environment.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lukewarm_runner::UserEnvironment;

use crate::args::{Common, PlaceArgs};

/// The environment that this process was started in.
#[expect(clippy::disallowed_methods, reason = "this is where the environment is read, once")]
pub fn user() -> UserEnvironment {
    UserEnvironment::new(std::env::vars_os())
}

/// The folder that holds `scenarios/` and `sample-workspaces/`: the named one, the nearest above
/// the current folder, else the checkout that this program was built from.
pub fn root(common: &Common) -> anyhow::Result<PathBuf> {
    let is_root = |folder: &Path| {
        folder.join("scenarios").is_dir() && folder.join("sample-workspaces").is_dir()
    };
    if let Some(root) = &common.root {
        if !is_root(root) {
            bail!("--root {}: no `scenarios` and `sample-workspaces` there", root.display());
        }
        return Ok(root.clone());
    }
    let here = std::env::current_dir().context("the current folder cannot be named")?;
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let candidates = here.ancestors().map(Path::to_owned).chain(built_from.canonicalize().ok());
    candidates.into_iter().find(|folder| is_root(folder)).with_context(|| {
        format!(
            "no `scenarios` and `sample-workspaces` in {} or above; name their folder with \
             `--root DIR`",
            here.display()
        )
    })
}

/// lukewarm's own folder under the user's cache directory.
pub fn cache(user: &UserEnvironment) -> anyhow::Result<PathBuf> {
    let named = user.get("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = named.or_else(|| Some(PathBuf::from(user.get("HOME")?).join(".cache")));
    let folder = folder.context("neither HOME nor XDG_CACHE_HOME is set")?;
    Ok(folder.join("lukewarm"))
}

/// The folder that builds happen in. Not below the home folder: Cargo reads the configuration of
/// every folder above a build, and the user's own must not be found.
pub fn scratch(places: &PlaceArgs) -> anyhow::Result<PathBuf> {
    let default = || PathBuf::from(format!("/var/tmp/lukewarm-{}", lukewarm_runner::user_id()));
    let scratch = places.scratch.clone().unwrap_or_else(default);
    std::path::absolute(&scratch).with_context(|| format!("--scratch {}", scratch.display()))
}
