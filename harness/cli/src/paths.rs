//! Folders and settings from the arguments and the process's environment.
//! Owns reading that environment; which folders count is the session's.

use std::path::{Path, PathBuf};

use lukewarm_runner::{Processes, Settings, UserEnvironment};
use lukewarm_session::{DefinitionFolders, Results};

use crate::args::{Common, PlaceArgs};
use crate::failure::{Context, Result};

/// The environment that this process was started in.
#[expect(clippy::disallowed_methods, reason = "this is where the environment is read, once")]
pub fn user() -> UserEnvironment {
    UserEnvironment::new(std::env::vars_os())
}

/// The folders that definition files are read from.
pub fn definitions(common: &Common) -> Result<DefinitionFolders> {
    let here = std::env::current_dir().context("the current folder cannot be read")?;
    Ok(DefinitionFolders::find(common.root.as_deref(), &here)?)
}

/// The results folder of a run: a path, or a name in the folder of results.
pub fn run_folder(common: &Common, run: &Path) -> Result<PathBuf> {
    if run.is_dir() {
        return Ok(run.to_owned());
    }
    Ok(definitions(common)?.run_folder(run))
}

/// Where results go: the named folder, else the one of the definitions.
pub fn results(common: &Common, out: Option<&Path>) -> Result<Results> {
    Ok(match out {
        Some(folder) => Results::chosen(folder),
        None => Results::usual(definitions(common)?.results()),
    })
}

/// The folder that builds happen in.
pub fn scratch(places: &PlaceArgs) -> Result<PathBuf> {
    Ok(lukewarm_session::scratch_folder(places.scratch.as_deref())?)
}

/// Folders, tools and environment of a measurement.
pub fn settings(places: &PlaceArgs) -> Result<Settings> {
    let user = user();
    Ok(Settings {
        cache: lukewarm_session::cache_folder(&user)?,
        scratch: scratch(places)?,
        tools: lukewarm_cache_tools::Tools::shipped(),
        named_tools: places.tools.clone(),
        job_timeout: None,
        variables: lukewarm_model::JobVariables::default(),
        user,
        processes: Processes::default(),
    })
}

/// The command line as it was typed, with the program's name without its folder.
pub fn typed() -> Vec<String> {
    let mut words: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    // What is secret is not recorded.
    for place in (1..words.len()).rev() {
        let before = words[place - 1].clone();
        words[place] = lukewarm_plan::recorded_word(Some(&before), &words[place]);
    }
    if let Some(program) = words.first_mut() {
        let name = Path::new(program.as_str()).file_name();
        *program = name.map_or("lukewarm".to_owned(), |name| name.to_string_lossy().into_owned());
    }
    words
}
