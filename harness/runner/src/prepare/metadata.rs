//! What Cargo says of a workspace's packages and of how they depend on each other.
//! Owns how it is asked: offline, and with the graph for the host alone. It must not decide what
//! follows.

use std::path::Path;

use cargo_metadata::{Metadata, MetadataCommand};

use crate::error::RunnerError;
use crate::prepare::environment::{Environment, UserEnvironment};
use crate::prepare::settings::Settings;
use crate::prepare::toolchain::ResolvedToolchain;
use crate::process::{CommandSpec, Output, Processes};

/// Asks Cargo for the packages of a checkout and the graph of those that are built on the host.
/// `registry` is the `CARGO_HOME` with its dependencies.
///
/// # Errors
/// When Cargo refuses the workspace, with what it says.
pub fn read(
    checkout: &Path,
    toolchain: &ResolvedToolchain,
    registry: &Path,
    settings: &Settings,
) -> Result<Metadata, RunnerError> {
    let host = &toolchain.identity.host;
    let words = ["--offline", "--locked", "--filter-platform", host];
    let environment = settings.user.for_metadata(&toolchain.bin, registry);
    ask(checkout, toolchain, &words, environment, &settings.processes)
}

/// Asks Cargo for the packages of a workspace of the user's, without the graph: no lock file is
/// made, and neither registry nor `CARGO_HOME` is looked at.
///
/// # Errors
/// When Cargo refuses a manifest, with what it says.
pub fn declared(
    workspace: &Path,
    toolchain: &ResolvedToolchain,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<Metadata, RunnerError> {
    let home = tempfile::tempdir().map_err(RunnerError::file("write", &std::env::temp_dir()))?;
    let environment = user.for_metadata(&toolchain.bin, home.path());
    ask(workspace, toolchain, &["--no-deps", "--offline"], environment, processes)
}

fn ask(
    folder: &Path,
    toolchain: &ResolvedToolchain,
    words: &[&str],
    environment: Environment,
    processes: &Processes,
) -> Result<Metadata, RunnerError> {
    let mut spec = CommandSpec::new(toolchain.bin.join("cargo"), folder)
        .args(["metadata", "--format-version", "1"].iter().chain(words))
        .environment(environment);
    let log = tempfile::NamedTempFile::new()
        .map_err(RunnerError::file("write", &std::env::temp_dir()))?;
    spec.stderr = Output::Append(log.path().to_owned());
    let (finished, text) = spec.read(processes)?;
    if finished.code != Some(0) {
        let printed = std::fs::read_to_string(log.path()).unwrap_or_default();
        return Err(RunnerError::Input(format!(
            "`cargo metadata` fails in {}: {}",
            folder.display(),
            printed.trim()
        )));
    }
    MetadataCommand::parse(&text)
        .map_err(|error| RunnerError::Input(format!("`cargo metadata`: {error}")))
}
