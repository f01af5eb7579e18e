//! Workflows of GitHub Actions for a way of caching: a whole one, or the steps put into one that is
//! there. Owns the layout of both. It must not choose a way, and must not guess: what it cannot
//! read for certain it refuses, with the line.

mod edit;
mod lines;
mod render;

pub use edit::{WorkflowEdit, edit_workflow};
pub use lines::WorkflowError;
pub(crate) use render::{CHECKOUT, scalar};
pub use render::{WorkflowJob, workflow};
