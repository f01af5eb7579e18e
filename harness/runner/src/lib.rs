//! Prepares scratch folders, runs jobs and tells what happened.
//! Owns every process and every effect of a measurement. It must not print, and knows nothing
//! of how results are kept: listeners hear its events.

#[cfg(not(target_os = "linux"))]
compile_error!(
    "lukewarm measures on Linux only: it reads /proc, adopts orphaned processes and waits by pidfd"
);

mod account;
mod archive;
mod build;
mod cargo_home;
mod configuration;
mod edits;
mod environment;
mod error;
mod event;
mod graph;
mod guarded;
mod job;
pub mod machine;
mod mtimes;
pub mod own;
mod prepare;
pub mod probe;
mod process;
pub mod quiet;
mod revision;
mod run;
mod schedule;
mod scratch;
mod sources;
mod surroundings;
#[cfg(test)]
mod testing;
mod toolchain;
mod tools;
mod tree;
mod workshop;

pub use environment::UserEnvironment;
pub use error::RunnerError;
pub use event::{Event, Observer};
pub use prepare::{Prepared, Settings, prepare, sweep};
pub use process::{Processes, end_leftovers, has_descriptors};
pub use revision::{Revision, revision};
pub use run::{Decide, run};
pub use schedule::{Open, Slot};
pub use scratch::{place as scratch_place, take as take_scratch};
pub use tools::{Located, Missing, NamedTool, Surveyed, survey};

/// The id of the user that runs this process, for folders that users must not share.
pub fn user_id() -> u32 {
    rustix::process::getuid().as_raw()
}

/// SHA-256 of the executable that runs this process, in hexadecimal, computed once; none where the
/// system does not show it.
pub fn executable_hash() -> Option<String> {
    static HASH: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    HASH.get_or_init(|| tools::sha256(std::path::Path::new("/proc/self/exe")).ok()).clone()
}

/// What stands for the content of a workspace, as a run records it.
///
/// # Errors
/// When it cannot be read.
pub fn source_identity(workspace: &std::path::Path) -> Result<String, RunnerError> {
    sources::identity_of_checkout(workspace)
}

/// The toolchain that a build in `folder` would use.
///
/// # Errors
/// When there is no Rust, or the folder asks for a toolchain that is not installed.
pub fn toolchain(
    folder: &std::path::Path,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<lukewarm_model::Toolchain, RunnerError> {
    toolchain::find(folder, user, processes).map(|found| found.identity)
}
