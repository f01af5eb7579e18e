//! The checkout of a workspace as a plan wants it: with uncommitted changes, or exactly as
//! committed.
//! Owns that both are laid in one way. It must not decide what a checkout has.

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_model::{Origin, SampleWorkspace, UncommittedChanges};

use crate::error::RunnerError;
use crate::prepare::cargo_home;
use crate::prepare::revision::revision;
use crate::prepare::settings::Settings;
use crate::prepare::sources::{self, CheckoutContents, SourceChoice};
use crate::prepare::toolchain::ResolvedToolchain;

/// Lists what a checkout of a workspace has.
///
/// # Errors
/// When something cannot be read, or a committed state is wanted where there is no repository.
pub fn contents(
    workspace: &SampleWorkspace,
    settings: &Settings,
) -> Result<CheckoutContents, RunnerError> {
    let choice = SourceChoice { origin: workspace.origin, include: &workspace.include };
    match (workspace.origin, workspace.changes) {
        (Origin::Foreign, UncommittedChanges::LeftOut) => {
            let head = revision(&workspace.folder, "HEAD", &workspace.include, settings)?;
            let mut contents = sources::list(&head.folder, choice, settings)?;
            contents.remarks.splice(0..0, head.remarks);
            Ok(contents)
        }
        _ => sources::list(&workspace.folder, choice, settings),
    }
}

/// The identity of a workspace's sources, as a run would record it: with the lock file that an
/// earlier run made for them, where they have none.
///
/// # Errors
/// When something cannot be read.
pub fn identity(workspace: &SampleWorkspace, settings: &Settings) -> Result<String, RunnerError> {
    let mut contents = contents(workspace, settings)?;
    let own = contents.identity()?;
    if contents.has_lock() {
        return Ok(own);
    }
    let kept = made_lock(settings, &own);
    match kept.is_file() {
        true => {
            contents.add_lock(&kept);
            contents.identity()
        }
        false => Ok(own),
    }
}

/// Makes the lock file of a workspace that has none, or takes the one that an earlier run made for
/// the same sources; `pristine` is the copy of the workspace. Returns a remark where it did.
///
/// # Errors
/// When a registry cannot be reached, or the file cannot be written.
pub fn lock(
    contents: &CheckoutContents,
    pristine: &Path,
    toolchain: &ResolvedToolchain,
    settings: &Settings,
) -> Result<Option<String>, RunnerError> {
    if contents.has_lock() {
        return Ok(None);
    }
    let own = pristine.join("Cargo.lock");
    let kept = made_lock(settings, &contents.identity()?);
    let folder = kept.parent().unwrap_or(&kept);
    fs::create_dir_all(folder).map_err(RunnerError::file("make folder", folder))?;
    if kept.is_file() {
        fs::copy(&kept, &own).map_err(RunnerError::file("write", &own))?;
    } else {
        let (user, processes) = (&settings.user, &settings.processes);
        let seeds = settings.cache.join("registries");
        cargo_home::make_lock(pristine, &seeds, &toolchain.bin, user, processes)?;
        // Renamed when it is complete: another run may make the same.
        let part =
            tempfile::NamedTempFile::new_in(folder).map_err(RunnerError::file("write", folder))?;
        fs::copy(&own, part.path()).map_err(RunnerError::file("copy", &own))?;
        part.persist(&kept).map_err(|it| RunnerError::file("write", &kept)(it.error))?;
    }
    Ok(Some(
        "there is no Cargo.lock: one was made, which later runs of the same sources use too; \
         commit one, so that every build has the same versions"
            .to_owned(),
    ))
}

/// The place of the lock file that was made for sources with this identity.
fn made_lock(settings: &Settings, identity: &str) -> PathBuf {
    settings.cache.join("locks").join(format!("{identity:.32}.lock"))
}
