//! Asking a program for its version, in a home folder of its own: some programs write logs and
//! caches even then. Owns that nothing of the call is left.

use std::path::Path;
use std::time::Duration;

use crate::error::tools::UnsuitableProgram;
use crate::prepare::environment::UserEnvironment;
use crate::process::{CommandSpec, ExitReport, Processes};

/// The time after which a program that prints no version is stopped.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Runs a program with `--version`: how it ended, and its standard output. Its home and its
/// temporary folder are removed afterwards.
///
/// # Errors
/// When it cannot be run.
pub fn print_version(
    program: &Path,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<(ExitReport, String), UnsuitableProgram> {
    let home = tempfile::Builder::new().prefix("lukewarm-home-").tempdir();
    let home = home.map_err(UnsuitableProgram::NoHome)?;
    let mut spec = CommandSpec::new(program, home.path())
        .args(["--version"])
        .environment(user.for_version_query(home.path()));
    spec.timeout = TIMEOUT;
    spec.read(processes).map_err(UnsuitableProgram::DoesNotRun)
}
