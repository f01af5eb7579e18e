//! The checkout of a workspace as a plan wants it: with uncommitted changes, or exactly as
//! committed.
//! Owns that both are laid in one way. It must not decide what a checkout has.

use lukewarm_model::{Origin, SampleWorkspace, UncommittedChanges};

use crate::error::RunnerError;
use crate::prepare::revision::revision;
use crate::prepare::settings::Settings;
use crate::prepare::sources::{self, CheckoutContents, SourceChoice};

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
