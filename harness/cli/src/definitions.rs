//! Where definitions come from: the project that lukewarm is used in, else the program itself, and
//! on top of them a folder of the user's. Owns which folders count, and whom they may belong to.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lukewarm_plan::{Files, Layer, Problems};

use crate::args::Common;
use crate::terminal;

/// What a folder of definitions may have.
const PARTS: [&str; 2] = ["scenarios", "sample-workspaces"];

/// What a whole project has: it needs nothing below it.
const WHOLE: [&str; 4] =
    ["scenarios/networks", "scenarios/stories", "scenarios/presets.toml", "sample-workspaces"];

/// The folder that is an overlay where none is named.
const OVERLAY: &str = "lukewarm";

/// Where results go where there is no project.
const RESULTS: &str = "lukewarm-results";

/// The places of definitions.
#[derive(Debug)]
pub struct Definitions {
    /// The whole project; none where the program's own files are used.
    project: Option<PathBuf>,
    /// The folder whose files come on top.
    overlay: Option<PathBuf>,
    /// The folder of results.
    results: PathBuf,
}

impl Definitions {
    /// Looks for them: the folder of `--root`, else the nearest above the current one that has both
    /// parts, and `lukewarm` in the current one. Those that are not named must be this user's or
    /// root's.
    pub fn find(common: &Common) -> anyhow::Result<Definitions> {
        if let Some(root) = &common.root {
            if !PARTS.iter().any(|part| root.join(part).is_dir()) {
                let root = root.display();
                bail!("--root {root}: neither `scenarios` nor `sample-workspaces` is there");
            }
            return match is_whole(root) {
                true => Ok(Definitions::of_project(root)),
                false => Ok(Definitions::with_overlay(nearest(common)?, root)),
            };
        }
        let project = nearest(common)?;
        let overlay = Path::new(OVERLAY);
        let is_there = PARTS.iter().any(|part| overlay.join(part).is_dir());
        Ok(match (project, is_there && is_trusted(common, overlay)) {
            // A checkout in a folder of that name.
            (None, true) if is_whole(overlay) => Definitions::of_project(overlay),
            (project, true) => Definitions::with_overlay(project, overlay),
            (Some(project), false) if is_whole(&project) => Definitions::of_project(&project),
            (Some(parts), false) => Definitions::with_overlay(None, &parts),
            (None, false) => {
                Definitions { project: None, overlay: None, results: RESULTS.into() }
            }
        })
    }

    fn of_project(root: &Path) -> Definitions {
        let results = root.join("results");
        Definitions { project: Some(root.to_owned()), overlay: None, results }
    }

    /// A folder on top of a project, where there is one, else of the program's own files.
    fn with_overlay(project: Option<PathBuf>, overlay: &Path) -> Definitions {
        let project = project.filter(|project| is_whole(project));
        let of_project = project.as_ref().map(|project| project.join("results"));
        let own = Some(overlay.join("results")).filter(|results| results.is_dir());
        let results = own.or(of_project).unwrap_or_else(|| RESULTS.into());
        Definitions { project, overlay: Some(overlay.to_owned()), results }
    }

    /// Reads all of them, and says what the overlay replaces. Built-in samples lie in `scratch`
    /// when they are unpacked.
    pub fn read(&self, common: &Common, scratch: &Path) -> anyhow::Result<Files> {
        let tools = lukewarm_cache_tools::descriptions();
        let read = |layers: &[Layer]| -> Result<Files, Problems> {
            lukewarm_plan::read_layers(layers, &tools)
        };
        let (base, named) = match &self.project {
            Some(root) => (Layer::project(root), format!("files of {}", root.display())),
            None => {
                let unpacked = lukewarm_definitions::folder(scratch);
                let built_in = Layer::built_in(lukewarm_definitions::FILES, &unpacked);
                (built_in, "the definition files".to_owned())
            }
        };
        let layers: Vec<Layer> =
            [base].into_iter().chain(self.overlay.as_deref().map(Layer::overlay)).collect();
        let files = read(&layers).context(named)?;
        if !common.quiet {
            files.replaced.iter().for_each(|what| terminal::say(what));
        }
        Ok(files)
    }

    /// Makes samples ready to be built: those of the program are unpacked into `scratch`.
    pub fn unpack(&self, scratch: &Path) -> anyhow::Result<()> {
        if self.project.is_none() {
            lukewarm_runner::take_scratch(scratch)?;
            lukewarm_definitions::unpack_samples(scratch).context("the samples")?;
        }
        Ok(())
    }

    /// The folder of results: that of the project, or of an overlay that has one; else
    /// `lukewarm-results` in the current folder.
    pub fn results(&self) -> &Path {
        &self.results
    }

    /// The file of a claim, which can be registered only where it is one.
    pub fn claim_file(&self, id: &str) -> anyhow::Result<PathBuf> {
        let name = format!("scenarios/claims/{id}.toml");
        let folders = [&self.overlay, &self.project].into_iter().flatten();
        let found = folders.map(|folder| folder.join(&name)).find(|path| path.is_file());
        found.with_context(|| {
            format!(
                "claim `{id}` is built into lukewarm and cannot be registered: put it into \
                 `{OVERLAY}/{name}`"
            )
        })
    }
}

fn is_whole(folder: &Path) -> bool {
    WHOLE.iter().all(|part| folder.join(part).exists())
}

/// The nearest folder above the current one that has both parts and may be used.
fn nearest(common: &Common) -> anyhow::Result<Option<PathBuf>> {
    let here = std::env::current_dir().context("the current folder cannot be named")?;
    let has_both = |folder: &&Path| PARTS.iter().all(|part| folder.join(part).is_dir());
    let mut projects = here.ancestors().filter(has_both);
    Ok(projects.find(|folder| is_trusted(common, folder)).map(Path::to_owned))
}

/// Whether a folder and what it holds belong to this user or to root; where not, that is said. As
/// git has it of repositories (`safe.directory`): samples are built, so whoever can put one where
/// it is found can run what he likes.
fn is_trusted(common: &Common, folder: &Path) -> bool {
    let folders = std::iter::once(folder.to_owned()).chain(PARTS.map(|part| folder.join(part)));
    let mut owners = folders.flat_map(|folder| {
        [std::fs::symlink_metadata(&folder), std::fs::metadata(&folder)].into_iter().flatten()
    });
    let Some(owner) = owners.find_map(|it| lukewarm_runner::own::stranger(&it)) else {
        return true;
    };
    if !common.quiet {
        terminal::say(format!(
            "{} is passed over: it, or what it holds, belongs to user {owner}, and what lies \
             there would be built as you; name it with `--root DIR` if you trust it",
            folder.display()
        ));
    }
    false
}
