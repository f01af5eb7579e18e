//! Programs of this machine that fetch, unpack and build what others published: curl, tar, pip,
//! Cargo. Owns how one is called, and what is said of a call that failed. It must not decide what
//! is fetched, nor believe it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::tools::InstallError;
use crate::prepare::environment::{Environment, UserEnvironment};
use crate::process::{CommandSpec, Output, Processes};

/// How curl is called: an answer that is no success is an error, and nothing but HTTPS is followed.
pub const CURL: [&str; 6] =
    ["--fail", "--silent", "--show-error", "--location", "--proto", "=https"];

/// Where such programs are called.
#[derive(Clone, Copy, Debug)]
pub struct Installer<'a> {
    /// The temporary folder that they work in, and where their output is kept.
    pub folder: &'a Path,
    /// Whose programs they are.
    pub user: &'a UserEnvironment,
    /// The processes that they belong to.
    pub processes: &'a Processes,
}

impl Installer<'_> {
    /// Calls a program of this name.
    ///
    /// # Errors
    /// When it is not on `PATH`, cannot be run, does not end in time, or fails; with the last line
    /// that it printed.
    pub fn call<'w>(
        &self,
        name: &'static str,
        args: impl IntoIterator<Item = &'w str>,
        environment: Environment,
        timeout: Duration,
    ) -> Result<(), InstallError> {
        let program = self.user.find(name).ok_or(InstallError::NoInstaller(name))?;
        let log = self.log();
        let mut spec = CommandSpec::new(&program, self.folder).args(args).environment(environment);
        spec.stdout = Output::Append(log.clone());
        spec.stderr = Output::Append(log);
        spec.timeout = timeout;
        if spec.run(self.processes)?.code == Some(0) {
            return Ok(());
        }
        let text = self.printed();
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no output");
        Err(InstallError::CommandFailed { program, last_line: last.trim().to_owned() })
    }

    /// What all calls so far have printed.
    pub fn printed(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log.txt")
    }
}
