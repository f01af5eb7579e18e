//! What the commands of a plan need beside a workspace: toolchains that they name, and programs
//! that Cargo calls for them.
//! Owns that what is missing is said in one sentence, with what to install, before anything is
//! measured. It must not install anything.

use std::collections::BTreeMap;

use lukewarm_model::{CargoCommand, CargoTask};

use crate::error::RunnerError;
use crate::prepare::environment::UserEnvironment;
use crate::prepare::toolchain::{self, ResolvedToolchain};
use crate::process::Processes;

/// The toolchains that commands name, by name.
///
/// # Errors
/// When one is not installed, or there is no rustup to ask.
pub fn toolchains(
    commands: &[CargoCommand],
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<BTreeMap<String, ResolvedToolchain>, RunnerError> {
    let mut found = BTreeMap::new();
    for name in commands.iter().filter_map(|command| command.toolchain.as_ref()) {
        if !found.contains_key(name) {
            found.insert(name.clone(), toolchain::named(name, user, processes)?);
        }
    }
    Ok(found)
}

/// The toolchain that a command names, among those of all commands.
///
/// # Errors
/// When no command was prepared with it.
pub fn named<'t>(
    toolchains: &'t BTreeMap<String, ResolvedToolchain>,
    name: &str,
) -> Result<&'t ResolvedToolchain, RunnerError> {
    let found = toolchains.get(name);
    found.ok_or_else(|| RunnerError::Input(format!("`+{name}` is no toolchain of this plan")))
}

/// Checks that the programs are there that Cargo calls for each command.
///
/// # Errors
/// Names the first that is missing, with what to install.
pub fn check_programs(
    commands: &[CargoCommand],
    own: &ResolvedToolchain,
    named: &BTreeMap<String, ResolvedToolchain>,
    user: &UserEnvironment,
) -> Result<(), RunnerError> {
    for command in commands {
        let name = command.toolchain.as_deref();
        let bin = name.and_then(|name| named.get(name)).unwrap_or(own).bin.as_path();
        let missing = |program: &str| !bin.join(program).is_file() && user.find(program).is_none();
        let toolchain = name.map(|name| format!(" --toolchain {name}")).unwrap_or_default();
        let install = match command.task {
            CargoTask::Clippy if missing("cargo-clippy") || missing("clippy-driver") => {
                format!("Clippy is not installed: `rustup component add clippy{toolchain}`")
            }
            CargoTask::Doc | CargoTask::Rustdoc if missing("rustdoc") => {
                format!("there is no `rustdoc` in {}", bin.display())
            }
            // Cargo looks for it on PATH alone.
            CargoTask::Nextest if user.find("cargo-nextest").is_none() => {
                "cargo-nextest is not on PATH: `cargo install cargo-nextest --locked`, version \
                 0.9.117 or newer, which passes Cargo's messages on"
                    .to_owned()
            }
            _ => continue,
        };
        return Err(RunnerError::Environment(format!("`{command}` cannot be run: {install}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_needs_is_said_with_how_to_install_it() {
        let place = tempfile::tempdir().unwrap();
        let own =
            ResolvedToolchain { bin: place.path().to_owned(), ..ResolvedToolchain::default() };
        let user = UserEnvironment::new([("PATH".into(), place.path().into())]);
        let said = |task, args: &[&str]| {
            let args = args.iter().map(|word| (*word).to_owned()).collect();
            let command = CargoCommand { toolchain: None, task, args };
            let checked = check_programs(&[command], &own, &BTreeMap::new(), &user);
            checked.map_err(|error| error.to_string())
        };
        let nextest = said(CargoTask::Nextest, &["run"]).unwrap_err();
        assert!(nextest.contains("`cargo install cargo-nextest --locked`"), "{nextest}");
        let clippy = said(CargoTask::Clippy, &[]).unwrap_err();
        assert!(clippy.contains("`rustup component add clippy`"), "{clippy}");
        assert!(said(CargoTask::Test, &[]).is_ok());
    }
}
