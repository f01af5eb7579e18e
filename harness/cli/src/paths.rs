//! Where things are on this machine: results, lukewarm's own folders, the user's environment. The
//! only place that reads the process's environment; where definitions are is `definitions`'.

use std::path::{Path, PathBuf};

use anyhow::Context;
use lukewarm_runner::{Processes, Settings, UserEnvironment};
use lukewarm_session::Results;

use crate::args::{Common, PlaceArgs};
use crate::definitions::Definitions;

/// The environment that this process was started in.
#[expect(clippy::disallowed_methods, reason = "this is where the environment is read, once")]
pub fn user() -> UserEnvironment {
    UserEnvironment::new(std::env::vars_os())
}

/// A results folder: a path, or a name in the folder of results.
pub fn run_folder(common: &Common, run: &Path) -> anyhow::Result<PathBuf> {
    if run.is_dir() {
        return Ok(run.to_owned());
    }
    let below = Definitions::find(common)?.results().join(run);
    Ok(if below.is_dir() { below } else { run.to_owned() })
}

/// Where results go: the named folder, else the one that belongs to the definitions.
pub fn results(common: &Common, out: Option<&Path>) -> anyhow::Result<Results> {
    Ok(match out {
        Some(folder) => Results::chosen(folder),
        None => Results::usual(Definitions::find(common)?.results()),
    })
}

/// Where and with what is measured.
pub fn settings(places: &PlaceArgs) -> anyhow::Result<Settings> {
    let user = user();
    Ok(Settings {
        cache: cache(&user)?,
        scratch: scratch(places)?,
        tools: lukewarm_cache_tools::Tools::shipped(),
        named_tools: places.tools.clone(),
        user,
        processes: Processes::default(),
    })
}

/// The command line as it was typed, with the program's bare name.
pub fn typed() -> Vec<String> {
    let mut words: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(program) = words.first_mut() {
        let name = Path::new(program.as_str()).file_name();
        *program = name.map_or("lukewarm".to_owned(), |name| name.to_string_lossy().into_owned());
    }
    words
}

/// lukewarm's own folder under the user's cache directory.
pub fn cache(user: &UserEnvironment) -> anyhow::Result<PathBuf> {
    let named = user.get("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = named.or_else(|| Some(PathBuf::from(user.get("HOME")?).join(".cache")));
    let folder = folder.context("neither HOME nor XDG_CACHE_HOME is set")?.join("lukewarm");
    // Programs lie there, and are run.
    if std::fs::symlink_metadata(&folder).is_ok() {
        lukewarm_runner::own::check(&folder)?;
    }
    Ok(folder)
}

/// The folder that builds happen in: the named one where it is ours, or can be, else one in it. Not
/// below the home folder: Cargo reads the configuration of every folder above a build, and the
/// user's own must not be found.
pub fn scratch(places: &PlaceArgs) -> anyhow::Result<PathBuf> {
    let default = || PathBuf::from(format!("/var/tmp/lukewarm-{}", lukewarm_runner::user_id()));
    let scratch = places.scratch.clone().unwrap_or_else(default);
    let scratch = std::path::absolute(&scratch)
        .with_context(|| format!("--scratch {}", scratch.display()))?;
    Ok(lukewarm_runner::scratch_place(&scratch))
}
