//! Steps of a CI workflow: what a way of caching adds to a job of GitHub Actions.
//! Owns the steps as data; which they are each cache tool says. It must not know a file's layout.

/// What a way of caching adds to a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkflowSteps {
    /// Steps after the checkout and the toolchain, before the first that builds.
    pub before: Vec<WorkflowStep>,
    /// Variables of the whole job, in order.
    pub environment: Vec<(String, String)>,
    /// What the steps cannot say: what must be there, and what differs from what was measured.
    pub notes: Vec<String>,
}

/// One step that uses an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowStep {
    /// Its name in logs.
    pub name: String,
    /// The action.
    pub action: PinnedAction,
    /// Its inputs, in order; a value of several lines is one of several lines in the file.
    pub with: Vec<(String, String)>,
}

/// An action at one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinnedAction {
    /// Owner and repository: `actions/cache`.
    pub repository: &'static str,
    /// The commit, as a full hash.
    pub commit: &'static str,
    /// The version that it is.
    pub version: &'static str,
}
