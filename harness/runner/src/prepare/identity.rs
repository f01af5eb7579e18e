//! Identities that are known before a run is prepared: of lukewarm itself, of the sources, of the
//! toolchain and of the tools. It must not change anything.

use std::path::Path;
use std::sync::OnceLock;

use lukewarm_model::{SampleWorkspace, Toolchain};

use crate::error::RunnerError;
use crate::files::hash::sha256;
use crate::prepare::environment::UserEnvironment;
use crate::prepare::settings::Settings;
use crate::prepare::tools::{Missing, Search, SearchPaths, Surveyed, VersionRequirement, search};
use crate::prepare::{checkout, toolchain, tools};
use crate::process::Processes;

/// SHA-256 of the executable that runs this process, in hexadecimal, computed once; none where the
/// system does not show it.
pub fn executable_hash() -> Option<String> {
    static HASH: OnceLock<Option<String>> = OnceLock::new();
    HASH.get_or_init(|| sha256(Path::new("/proc/self/exe")).ok()).clone()
}

/// The identity of a workspace's sources, as it is recorded by a run.
///
/// # Errors
/// When it cannot be read.
pub fn source_identity(
    workspace: &SampleWorkspace,
    settings: &Settings,
) -> Result<String, RunnerError> {
    checkout::contents(workspace, settings)?.identity()
}

/// The toolchain that a build in `folder` would use.
///
/// # Errors
/// When there is no Rust, or the folder asks for a toolchain that is not installed.
pub fn toolchain(
    folder: &Path,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<Toolchain, RunnerError> {
    toolchain::find(folder, user, processes).map(|found| found.identity)
}

/// Searches the programs of all cache tools, in the versions that scenarios without a version use.
///
/// # Errors
/// When an executable that the user named cannot be used.
pub fn survey(settings: &Settings) -> Result<Vec<Surveyed>, RunnerError> {
    let Settings { cache, tools: known, named_tools, user, processes, .. } = settings;
    tools::check_named(known, named_tools)?;
    let places = SearchPaths { named: named_tools.clone(), folder: cache.join("tools") };
    let programs = known.iter().filter_map(|tool| tool.program());
    programs
        .map(|program| {
            let need = VersionRequirement::of(program, None)?;
            let result = match search(program, &need, &places, user, processes)? {
                Search::Found(found) => Ok(found),
                Search::Missing(misses) => {
                    let reasons = misses.iter().map(ToString::to_string).collect();
                    Err(Missing { reasons, pinned: program.pinned })
                }
            };
            Ok(Surveyed { name: program.name, result })
        })
        .collect()
}
