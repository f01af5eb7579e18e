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
    /// Folders that are not used, each with the reason.
    passed_over: Vec<String>,
}

impl Definitions {
    /// Looks for them: the folder of `--root`, else the nearest above the current one that has both
    /// parts, and `lukewarm` in the current one. Those that are not named must be this user's or
    /// root's.
    pub fn find(common: &Common) -> anyhow::Result<Definitions> {
        let mut passed_over = Vec::new();
        let has = |folder: &Path, part: &str| folder.join(part).is_dir();
        let mut overlay = common.root.clone();
        if let Some(root) = &overlay
            && !PARTS.iter().any(|part| has(root, part))
        {
            let root = root.display();
            bail!("--root {root}: neither `scenarios` nor `sample-workspaces` is there");
        }
        let here = std::env::current_dir().context("the current folder cannot be named")?;
        // What is named is trusted.
        let named = overlay.as_ref().and_then(|root| root.canonicalize().ok());
        let is_another = |folder: &&Path| named.as_deref() != Some(folder);
        let has_both = |folder: &&Path| PARTS.iter().all(|part| has(folder, part));
        let mut above = here.ancestors().filter(has_both).filter(is_another);
        let mut project = match overlay.as_deref().is_some_and(is_whole) {
            true => overlay.take(),
            false => above.find(|it| is_trusted(it, &mut passed_over)).map(Path::to_owned),
        };
        let usual = Path::new(OVERLAY);
        if common.root.is_none()
            && PARTS.iter().any(|part| has(usual, part))
            && is_trusted(usual, &mut passed_over)
        {
            // Or a checkout in a folder of that name.
            let place = if is_whole(usual) { &mut project } else { &mut overlay };
            place.get_or_insert(usual.to_owned());
        }
        if project.as_deref().is_some_and(|project| !is_whole(project)) {
            overlay = overlay.or(project.take());
        }
        let of = |folder: &PathBuf| folder.join("results");
        let own = overlay.as_ref().map(of).filter(|results| results.is_dir());
        let results = own.or(project.as_ref().map(of)).unwrap_or_else(|| RESULTS.into());
        Ok(Definitions { project, overlay, results, passed_over })
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
        if !common.quiet {
            self.passed_over.iter().for_each(terminal::say);
        }
        let files = read(&layers).context(named)?;
        if !common.quiet {
            files.replaced.iter().for_each(terminal::say);
        }
        Ok(files)
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

/// Whether a folder and what it holds belong to this user or to root; where not, that is noted. As
/// git has it of repositories (`safe.directory`): samples are built, so whoever can put one where
/// it is found can run what he likes.
fn is_trusted(folder: &Path, passed_over: &mut Vec<String>) -> bool {
    let folders = std::iter::once(folder.to_owned()).chain(PARTS.map(|part| folder.join(part)));
    let mut owners = folders.flat_map(|folder| {
        [std::fs::symlink_metadata(&folder), std::fs::metadata(&folder)].into_iter().flatten()
    });
    let stranger = owners.find_map(|it| lukewarm_runner::own::stranger(&it));
    passed_over.extend(stranger.map(|owner| {
        format!(
            "{} is passed over: it, or what it holds, belongs to user {owner}, and what lies \
             there would be built as you; name it with `--root DIR` if you trust it",
            folder.display()
        )
    }));
    stranger.is_none()
}
