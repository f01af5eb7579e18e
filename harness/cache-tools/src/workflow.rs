//! The actions that cache tools use in workflows, each at one commit.
//! Owns the commits, so that all tools use the same.

use lukewarm_model::PinnedAction;

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

/// Swatinem's action for target folders.
pub const RUST_CACHE_ACTION: PinnedAction = PinnedAction {
    repository: "Swatinem/rust-cache",
    commit: "6323deb102c322ba6fcbdcafc7e3dddab59af2b6",
    version: "v2.9.2",
};

/// Every action that a tool uses: a workflow's step with one of them is a cache step.
pub const CACHE_ACTIONS: [&str; 4] = [
    CACHE_ACTION.repository,
    SCCACHE_ACTION.repository,
    KACHE_ACTION.repository,
    RUST_CACHE_ACTION.repository,
];

/// The beginning of the keys of GitHub's cargo example.
const OS: &str = "${{ runner.os }}-cargo-";

/// The key of OS and Cargo.lock, in a workflow.
pub fn locked_key() -> String {
    format!("{OS}${{{{ hashFiles('**/Cargo.lock') }}}}")
}

/// The inputs of the cache action for a key that is new in every run of a job.
pub fn rolling_key() -> [(String, String); 2] {
    let (locked, serial) = (locked_key(), "${{ github.run_id }}-${{ github.run_attempt }}");
    [
        ("key".to_owned(), format!("{locked}-{serial}")),
        ("restore-keys".to_owned(), format!("{locked}-\n{OS}")),
    ]
}
