//! Whether a story's changes can be made to a workspace, and whether a text names a cargo profile.
//! Owns these two rules. It must not read a file.

use lukewarm_model::{JobSpec, Origin, SampleWorkspace, Story, is_profile};

use crate::error::{MismatchReason, ProfileError, StoryMismatch};

/// The jobs of a story whose change a workspace cannot make: a sample offers the changes that it
/// has patches for; for any other workspace edits are made.
pub(crate) fn mismatches(story: &Story, workspace: &SampleWorkspace) -> Vec<StoryMismatch> {
    let edits = story.jobs.iter().filter(|job| job.change.kind.is_edit());
    let mismatch = |job: &JobSpec| {
        let name = || workspace.name.clone();
        let reason = match workspace.origin {
            Origin::Sample if workspace.mutation(job.change).is_none() => {
                MismatchReason::NotOffered(name())
            }
            _ => return None,
        };
        let (story, job, change) = (story.name.clone(), job.name.clone(), job.change);
        Some(StoryMismatch { story, job, change, reason })
    };
    edits.filter_map(mismatch).collect()
}

/// Checks the name of a cargo profile.
///
/// # Errors
/// When Cargo would refuse it.
pub(crate) fn check_profile(name: &str) -> Result<(), ProfileError> {
    match name {
        "debug" => Err(ProfileError::Folder),
        _ if is_profile(name) => Ok(()),
        _ => Err(ProfileError::Characters(name.to_owned())),
    }
}
