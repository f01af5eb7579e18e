//! Whether several copies of a job can run at once on this machine, each at the same paths.
//! Owns the reason where they cannot. It must not start a job.

use lukewarm_model::Story;

use crate::error::RunnerError;
use crate::process::why_not_lay_over;

/// Checks that each copy of a job can have the folders of jobs for itself.
///
/// # Errors
/// When this process may not give it those, with what to do.
pub fn check(story: &Story) -> Result<(), RunnerError> {
    let Some(job) = story.jobs.iter().find(|job| job.at_once.is_some()) else { return Ok(()) };
    let Some(why) = why_not_lay_over() else { return Ok(()) };
    Err(RunnerError::Environment(format!(
        "job `{}` of story `{}` runs several times at once, each copy at the same paths, which \
         needs mounts of its own ({why}): run as root, or as `unshare --map-root-user --mount \
         lukewarm …`, or choose a story whose jobs run alone",
        job.name, story.name
    )))
}
