//! Steps of a CI workflow: what a way of caching adds to a job of GitHub Actions.
//! Owns the steps as data; each tool says its own. It must not know a file's layout.

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

/// Mozilla's action that installs sccache.
pub const SCCACHE_ACTION: PinnedAction = PinnedAction {
    repository: "mozilla-actions/sccache-action",
    commit: "9e7fa8a12102821edf02ca5dbea1acd0f89a2696",
    version: "v0.0.10",
};

/// GitHub's cache action.
pub const CACHE_ACTION: PinnedAction = PinnedAction {
    repository: "actions/cache",
    commit: "caa296126883cff596d87d8935842f9db880ef25",
    version: "v5.1.0",
};

/// kunobi's action that installs kache.
pub const KACHE_ACTION: PinnedAction = PinnedAction {
    repository: "kunobi-ninja/kache-action",
    commit: "1a33fb2ff51be23eb9e87abeae6edb65be78f71c",
    version: "v1",
};

/// Every action that a tool uses: a workflow's step with one of them is a cache step.
pub const CACHE_ACTIONS: [&str; 4] = [
    CACHE_ACTION.repository,
    SCCACHE_ACTION.repository,
    KACHE_ACTION.repository,
    "Swatinem/rust-cache",
];
