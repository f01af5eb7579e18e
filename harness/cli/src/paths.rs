//! Where things are on this machine: the project's files, lukewarm's own folders, the user's
//! environment. The only place that reads the process's environment.

use std::path::{Path, PathBuf};

use lukewarm_runner::{Processes, Settings, UserEnvironment};
use lukewarm_session::Results;

use crate::args::{Common, PlaceArgs};
use crate::failure::{Context, Failure, Result, bail};
use crate::terminal;

/// The environment that this process was started in.
#[expect(clippy::disallowed_methods, reason = "this is where the environment is read, once")]
pub fn user() -> UserEnvironment {
    UserEnvironment::new(std::env::vars_os())
}

/// What a project's folder holds.
const PARTS: [&str; 2] = ["scenarios", "sample-workspaces"];

fn is_root(folder: &Path) -> bool {
    PARTS.iter().all(|part| folder.join(part).is_dir())
}

/// The user that a project's folder, or what it holds, belongs to, where that is neither this user
/// nor root. As git has it of repositories (`safe.directory`): samples are built, so whoever
/// can put one where it is found can run what he likes.
fn stranger(root: &Path) -> Option<u32> {
    let folders = std::iter::once(root.to_owned()).chain(PARTS.map(|part| root.join(part)));
    let owners = folders.flat_map(|folder| {
        [std::fs::symlink_metadata(&folder), std::fs::metadata(&folder)].into_iter().flatten()
    });
    owners.into_iter().find_map(|it| lukewarm_runner::own::stranger(&it))
}

/// The folder that holds `scenarios/` and `sample-workspaces/`: the named one, the nearest above
/// the current folder that is this user's or root's, else the checkout that this program was built
/// from, where that is.
pub fn root(common: &Common) -> Result<PathBuf> {
    if let Some(root) = &common.root {
        if !is_root(root) {
            bail!("--root {}: no `scenarios` and `sample-workspaces` there", root.display());
        }
        return Ok(root.clone());
    }
    let here = std::env::current_dir().context("the current folder cannot be named")?;
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let candidates = here.ancestors().map(Path::to_owned).chain(built_from.canonicalize().ok());
    let mut passed_over = Vec::new();
    for folder in candidates.filter(|folder| is_root(folder)) {
        match stranger(&folder) {
            None => {
                if !common.quiet {
                    passed_over.iter().for_each(|what: &String| terminal::say(what));
                }
                return Ok(folder);
            }
            Some(owner) => passed_over.push(format!(
                "{} is passed over: it, or what it holds, belongs to user {owner}, and what lies \
                 there would be built as you; name it with `--root DIR` if you trust it",
                folder.display()
            )),
        }
    }
    let here = here.display();
    passed_over.push(format!(
        "no `scenarios` and `sample-workspaces` in {here} or above; name their folder with \
         `--root DIR`"
    ));
    bail!("{}", passed_over.join("; "))
}

/// A results folder: a path, or a name below `results`.
pub fn run_folder(common: &Common, run: &Path) -> Result<PathBuf> {
    if run.is_dir() {
        return Ok(run.to_owned());
    }
    let below = root(common)?.join("results").join(run);
    Ok(if below.is_dir() { below } else { run.to_owned() })
}

/// Where results go: the named folder, else the project's.
pub fn results(common: &Common, out: Option<&Path>) -> Result<Results> {
    Ok(match out {
        Some(folder) => Results::chosen(folder),
        None => Results::of_project(&root(common)?),
    })
}

/// Where and with what is measured.
pub fn settings(places: &PlaceArgs) -> Result<Settings> {
    let user = user();
    Ok(Settings {
        cache: cache(&user)?,
        scratch: scratch(places)?,
        named_tool: places.named_tool(),
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
pub fn cache(user: &UserEnvironment) -> Result<PathBuf> {
    let named = user.get("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = named.or_else(|| Some(PathBuf::from(user.get("HOME")?).join(".cache")));
    let folder =
        folder.ok_or_else(|| Failure::environment("neither HOME nor XDG_CACHE_HOME is set"))?;
    let folder = folder.join("lukewarm");
    // Programs lie there, and are run.
    if std::fs::symlink_metadata(&folder).is_ok() {
        lukewarm_runner::own::check(&folder)?;
    }
    Ok(folder)
}

/// The folder that builds happen in: the named one where it is ours, or can be, else one in it. Not
/// below the home folder: Cargo reads the configuration of every folder above a build, and the
/// user's own must not be found.
pub fn scratch(places: &PlaceArgs) -> Result<PathBuf> {
    let default = || PathBuf::from(format!("/var/tmp/lukewarm-{}", lukewarm_runner::user_id()));
    let scratch = places.scratch.clone().unwrap_or_else(default);
    let scratch = std::path::absolute(&scratch)
        .with_context(|| format!("--scratch {}", scratch.display()))?;
    Ok(lukewarm_runner::scratch_place(&scratch))
}
