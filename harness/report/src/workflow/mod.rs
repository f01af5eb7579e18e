//! Workflows of GitHub Actions for a way of caching: a whole one, or the steps put into one that is
//! there. Owns the layout of both. It must not choose a way, and must not guess: what it cannot
//! read for certain it refuses, with the line.

mod edit;
mod lines;
mod render;

use lukewarm_cache_tools::WorkflowSteps;

pub use edit::{WorkflowEdit, WorkflowError, edit_workflow};

/// A job of a workflow that caches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowJob<'a> {
    /// What the way of caching adds.
    pub steps: &'a WorkflowSteps,
    /// The label of its runner.
    pub runs_on: &'a str,
    /// The commands that build, in order.
    pub commands: &'a [String],
    /// What the file says of itself, one line each.
    pub remarks: &'a [String],
}

/// A whole workflow with one job.
pub fn workflow(job: &WorkflowJob<'_>) -> String {
    render::whole(job)
}
