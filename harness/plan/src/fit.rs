//! Which stories fit which workspaces, and what a cargo profile may be called. It must not read a
//! file.

use lukewarm_model::{JobSpec, Origin, SampleWorkspace, Story, is_profile};

/// The changes of a story that a workspace does not offer: a sample offers those that it has
/// patches for, any other those that can be made without one.
pub fn misfits(story: &Story, workspace: &SampleWorkspace) -> Vec<String> {
    let name = &workspace.name;
    let edits = story.jobs.iter().filter(|job| job.change.kind.is_edit());
    let misfit = |job: &JobSpec| {
        let why = match workspace.origin {
            Origin::Sample if workspace.mutation(job.change).is_none() => {
                format!("which workspace `{name}` does not offer")
            }
            Origin::Foreign if job.change.kind.needs_patch() => {
                format!("which needs a patch, and `{name}` is no sample with patches")
            }
            _ => return None,
        };
        let (job, change) = (&job.name, job.change);
        Some(format!("job `{job}` of story `{}` makes a `{change}` change, {why}", story.name))
    };
    edits.filter_map(misfit).collect()
}

/// What is wrong with a cargo profile's name.
pub fn profile_problem(name: &str) -> Option<String> {
    if !is_profile(name) {
        let rule = "a cargo profile's name has only the letters a to z, digits, `-` and `_`";
        return Some(format!("`{name}`: {rule}"));
    }
    // The name of its folder, which Cargo refuses as a profile's.
    (name == "debug").then(|| "unknown cargo profile `debug`; did you mean `dev`?".to_owned())
}
