//! Where definition files come from: the project around the current folder, else the program
//! itself, and on top of either a folder of the user's.
//! Owns which folders count and which owners are trusted. What the files mean is `plan`'s.

use std::path::{Path, PathBuf};

use lukewarm_plan::{Files, Layer};

use crate::error::SessionError;

/// The parts of a folder of definitions.
const PARTS: [&str; 2] = ["scenarios", "sample-workspaces"];

/// The parts of a complete project, which needs no other definitions.
const COMPLETE: [&str; 4] =
    ["scenarios/networks", "scenarios/stories", "scenarios/presets.toml", "sample-workspaces"];

/// The overlay where none is named, in the current folder.
const OVERLAY: &str = "lukewarm";

/// The folder of results where there is no project, in the current folder.
const RESULTS: &str = "lukewarm-results";

/// The folders that definition files are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionFolders {
    /// The complete project; none where the program's own files are used.
    project: Option<PathBuf>,
    /// The folder whose files come on top; none where there is no such folder.
    overlay: Option<PathBuf>,
    /// The folder of results.
    results: PathBuf,
    /// A message for each folder that is not used because of its owner.
    skipped: Vec<String>,
}

impl DefinitionFolders {
    /// Finds the folders: the named `root`, else the nearest ancestor of the current folder `here`
    /// that has both parts, and `lukewarm` in the current folder. Folders that are not named must
    /// belong to this user or to root.
    ///
    /// # Errors
    /// When the named folder has no definitions.
    pub fn find(root: Option<&Path>, here: &Path) -> Result<DefinitionFolders, SessionError> {
        let mut skipped = Vec::new();
        let has = |folder: &Path, part: &str| folder.join(part).is_dir();
        let mut overlay = root.map(Path::to_owned);
        if let Some(root) = &overlay
            && !PARTS.iter().any(|part| has(root, part))
        {
            return Err(SessionError::NoDefinitions(root.clone()));
        }
        // A folder that is named is trusted.
        let named = overlay.as_ref().and_then(|root| root.canonicalize().ok());
        let is_another = |folder: &&Path| named.as_deref() != Some(folder);
        let has_both = |folder: &&Path| PARTS.iter().all(|part| has(folder, part));
        let mut above = here.ancestors().filter(has_both).filter(is_another);
        let mut project = match overlay.as_deref().is_some_and(is_complete) {
            true => overlay.take(),
            false => above.find(|it| is_trusted(it, &mut skipped)).map(Path::to_owned),
        };
        let usual = Path::new(OVERLAY);
        if root.is_none()
            && PARTS.iter().any(|part| has(usual, part))
            && is_trusted(usual, &mut skipped)
        {
            // A checkout may lie in a folder of that name.
            let role = if is_complete(usual) { &mut project } else { &mut overlay };
            role.get_or_insert(usual.to_owned());
        }
        if project.as_deref().is_some_and(|project| !is_complete(project)) {
            overlay = overlay.or(project.take());
        }
        let of = |folder: &PathBuf| folder.join("results");
        let own = overlay.as_ref().map(of).filter(|results| results.is_dir());
        let results = own.or(project.as_ref().map(of)).unwrap_or_else(|| RESULTS.into());
        Ok(DefinitionFolders { project, overlay, results, skipped })
    }

    /// Whether they are a checkout of lukewarm itself, or another complete project: its own samples
    /// are measured there, and not the Cargo workspace around the current folder.
    pub fn is_project(&self) -> bool {
        self.project.is_some()
    }

    /// Reads all definition files. The program's own samples are named by the folder in `scratch`
    /// that they are unpacked into when they are built.
    ///
    /// # Errors
    /// Names every problem of every file.
    pub fn read(&self, scratch: &Path) -> Result<Files, SessionError> {
        let tools = lukewarm_cache_tools::descriptions();
        let (base, place) = match &self.project {
            Some(root) => (Layer::project(root), format!("the files of {}", root.display())),
            None => {
                let unpacked = lukewarm_definitions::folder(scratch);
                let built_in = Layer::built_in(lukewarm_definitions::FILES, &unpacked);
                (built_in, "the definition files".to_owned())
            }
        };
        let layers: Vec<Layer> =
            [base].into_iter().chain(self.overlay.as_deref().map(Layer::overlay)).collect();
        lukewarm_plan::read_layers(&layers, &tools)
            .map_err(|source| SessionError::Definitions { place, source })
    }

    /// A message for each folder that is not used because of its owner.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// The folder of results: that of the project, or of an overlay that has one; else
    /// `lukewarm-results` in the current folder.
    pub fn results(&self) -> &Path {
        &self.results
    }

    /// The results folder of a run: a path, or a name in the folder of results.
    pub fn run_folder(&self, run: &Path) -> PathBuf {
        let below = self.results.join(run);
        if !run.is_dir() && below.is_dir() { below } else { run.to_owned() }
    }

    /// The file of a claim.
    ///
    /// # Errors
    /// When the claim is built into the program and has no file.
    pub fn claim_file(&self, id: &str) -> Result<PathBuf, SessionError> {
        let name = format!("scenarios/claims/{id}.toml");
        let folders = [&self.overlay, &self.project].into_iter().flatten();
        let mut files = folders.map(|folder| folder.join(&name));
        files.find(|path| path.is_file()).ok_or_else(|| SessionError::BuiltInClaim {
            id: id.to_owned(),
            file: Path::new(OVERLAY).join(&name),
        })
    }
}

fn is_complete(folder: &Path) -> bool {
    COMPLETE.iter().all(|part| folder.join(part).exists())
}

/// Whether a folder and its parts belong to this user or to root; a message is added where they do
/// not. Samples are built, so that another user's folder would run that user's code: git has the
/// same rule for repositories (`safe.directory`).
fn is_trusted(folder: &Path, skipped: &mut Vec<String>) -> bool {
    let folders = std::iter::once(folder.to_owned()).chain(PARTS.map(|part| folder.join(part)));
    let mut owners = folders.flat_map(|folder| {
        [std::fs::symlink_metadata(&folder), std::fs::metadata(&folder)].into_iter().flatten()
    });
    let stranger = owners.find_map(|it| lukewarm_runner::own::stranger(&it));
    skipped.extend(stranger.map(|owner| {
        format!(
            "{} is not used: it, or one of its folders, belongs to user {owner}, and its code \
             would be built and run as you; name it with `--root DIR` if you trust it",
            folder.display()
        )
    }));
    stranger.is_none()
}
