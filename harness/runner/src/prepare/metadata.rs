//! What Cargo says of a workspace's packages and of how they depend on each other.
//! Owns how it is asked: offline, for the host alone. It must not decide what follows.

use std::path::Path;

use cargo_metadata::{Metadata, MetadataCommand};

use crate::error::RunnerError;
use crate::prepare::settings::Settings;
use crate::prepare::toolchain::ResolvedToolchain;
use crate::process::{CommandSpec, Output};

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
    let words = ["metadata", "--format-version", "1", "--offline", "--locked"];
    let mut spec = CommandSpec::new(toolchain.bin.join("cargo"), checkout)
        .args(words.into_iter().chain(["--filter-platform", host]))
        .environment(settings.user.for_metadata(&toolchain.bin, registry));
    let log = tempfile::NamedTempFile::new()
        .map_err(RunnerError::file("write", &std::env::temp_dir()))?;
    spec.stderr = Output::Append(log.path().to_owned());
    let (finished, text) = spec.read(&settings.processes)?;
    if finished.code != Some(0) {
        let printed = std::fs::read_to_string(log.path()).unwrap_or_default();
        return Err(RunnerError::Input(format!(
            "`cargo metadata` fails in a copy of {}: {}",
            checkout.display(),
            printed.trim()
        )));
    }
    MetadataCommand::parse(&text)
        .map_err(|error| RunnerError::Input(format!("`cargo metadata`: {error}")))
}
