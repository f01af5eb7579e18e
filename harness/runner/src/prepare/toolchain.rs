//! The Rust toolchain of a workspace: the one that its folder selects, without rustup's proxies.
//! It must not use a toolchain that does not print its version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lukewarm_model::Toolchain;

use crate::error::RunnerError;
use crate::prepare::environment::{Environment, UserEnvironment};
use crate::prepare::settings::Settings;
use crate::process::{CommandSpec, Processes};

/// A toolchain that was found.
#[derive(Clone, Debug, Default)]
pub struct ResolvedToolchain {
    /// The folder of `cargo` and `rustc`.
    pub bin: PathBuf,
    /// Its identity.
    pub identity: Toolchain,
}

/// Finds the toolchain that a build in `folder` would use.
///
/// # Errors
/// When there is no Rust, or the folder asks for a toolchain that is not installed.
pub fn find(
    folder: &Path,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<ResolvedToolchain, RunnerError> {
    chosen(folder, user, user.for_toolchain(), processes)
}

/// The first toolchain that rustup lists and that is another than `first`; none where there is no
/// rustup, or nothing else is installed.
///
/// # Errors
/// When the run was cancelled meanwhile.
pub fn second(
    first: &ResolvedToolchain,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<Option<ResolvedToolchain>, RunnerError> {
    let Some(rustup) = user.find("rustup") else { return Ok(None) };
    let (root, list) = (Path::new("/"), ["toolchain", "list", "--quiet"]);
    let listed = match run_for_output(&rustup, &list, root, user.for_toolchain(), processes) {
        Err(error) if error.is_cancelled() => return Err(error),
        listed => listed.unwrap_or_default(),
    };
    for name in listed.split_whitespace() {
        let mut environment = user.for_toolchain();
        environment.insert("RUSTUP_TOOLCHAIN".into(), name.into());
        match chosen(root, user, environment, processes) {
            Ok(found) if found.identity != first.identity => return Ok(Some(found)),
            Err(error) if error.is_cancelled() => return Err(error),
            _ => {}
        }
    }
    Ok(None)
}

/// The installed toolchain of a name, as `+nightly` chooses it. None is installed for it.
///
/// # Errors
/// When there is no rustup, or it has no such toolchain.
pub fn named(
    name: &str,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<ResolvedToolchain, RunnerError> {
    let root = Path::new("/");
    let Some(rustup) = user.find("rustup") else {
        let message = format!("`+{name}` needs rustup, and there is none on PATH");
        return Err(RunnerError::Environment(message));
    };
    let list = ["toolchain", "list", "--quiet"];
    let listed = run_for_output(&rustup, &list, root, user.for_toolchain(), processes)?;
    if !listed.split_whitespace().any(|it| is_listed(it, name)) {
        return Err(RunnerError::Environment(format!(
            "`+{name}` is not installed: `rustup toolchain install {name} --profile minimal`"
        )));
    }
    let mut environment = user.for_toolchain();
    environment.insert("RUSTUP_TOOLCHAIN".into(), name.into());
    chosen(root, user, environment, processes)
}

/// The toolchains of a workspace, each by the workspace's name and what chooses it.
pub fn identities(
    workspace: &str,
    own: &ResolvedToolchain,
    second: Option<&ResolvedToolchain>,
    named: &BTreeMap<String, ResolvedToolchain>,
) -> Vec<(String, Toolchain)> {
    let own = (workspace.to_owned(), own);
    let second = second.map(|it| (format!("{workspace}, changed"), it));
    let named = named.iter().map(|(choice, it)| (format!("{workspace}, +{choice}"), it));
    let all = [own].into_iter().chain(second).chain(named);
    all.map(|(name, it)| (name, it.identity.clone())).collect()
}

/// Whether a toolchain that rustup lists is the one of a name, which may leave out the host.
fn is_listed(listed: &str, name: &str) -> bool {
    let rest = listed.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// The compiler's `cfg` values for a target, one a line.
///
/// # Errors
/// When it does not know the target.
pub fn cfgs(
    toolchain: &ResolvedToolchain,
    target: &str,
    folder: &Path,
    settings: &Settings,
) -> Result<String, RunnerError> {
    let (rustc, words) = (toolchain.bin.join("rustc"), ["--print", "cfg", "--target", target]);
    run_for_output(&rustc, &words, folder, settings.user.for_toolchain(), &settings.processes)
}

fn chosen(
    folder: &Path,
    user: &UserEnvironment,
    environment: Environment,
    processes: &Processes,
) -> Result<ResolvedToolchain, RunnerError> {
    let rustc = user.find("rustc").ok_or_else(|| {
        RunnerError::Environment("no `rustc` on PATH: install Rust from https://rustup.rs".into())
    })?;
    let run_for_output = |program: &Path, args: &[&str]| {
        run_for_output(program, args, folder, environment.clone(), processes)
    };
    let sysroot = run_for_output(&rustc, &["--print", "sysroot"])?;
    let bin = PathBuf::from(sysroot.trim()).join("bin");
    let own = |name: &str| {
        let file = bin.join(name);
        if file.exists() { Some(file) } else { user.find(name) }
    };
    let (Some(rustc), Some(cargo)) = (own("rustc"), own("cargo")) else {
        let message = format!("no `cargo` beside `rustc` in {}", bin.display());
        return Err(RunnerError::Environment(message));
    };
    let rustc = run_for_output(&rustc, &["-vV"])?;
    let cargo = run_for_output(&cargo, &["-V"])?;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
    let identity = Toolchain {
        rustc: rustc.lines().next().unwrap_or_default().to_owned(),
        cargo: cargo.trim().to_owned(),
        host: host.unwrap_or_default().to_owned(),
    };
    Ok(ResolvedToolchain { bin, identity })
}

fn run_for_output(
    program: &Path,
    args: &[&str],
    folder: &Path,
    environment: Environment,
    processes: &Processes,
) -> Result<String, RunnerError> {
    let log = tempfile::NamedTempFile::new()
        .map_err(RunnerError::file("write", &std::env::temp_dir()))?;
    let mut spec =
        CommandSpec::new(program, folder).args(args.iter().copied()).environment(environment);
    spec.stderr = crate::process::Output::Append(log.path().to_owned());
    let command = spec.command();
    let (finished, text) = spec.read(processes)?;
    if finished.code != Some(0) {
        let printed = std::fs::read_to_string(log.path()).unwrap_or_default();
        let message = format!(
            "`{command}` in {} failed: {}",
            folder.display(),
            printed.trim().replace('\n', " ")
        );
        return Err(RunnerError::Environment(message));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_is_known_by_its_name_with_and_without_its_host() {
        let listed = "nightly-x86_64-unknown-linux-gnu";
        assert!(is_listed(listed, "nightly") && is_listed(listed, listed));
        assert!(!is_listed(listed, "night") && !is_listed(listed, "nightly-2026-01-01"));
        assert!(!is_listed("1.95.0-x86_64-unknown-linux-gnu", "1.95.01"));
    }

    #[test]
    fn a_machine_without_rust_is_told_what_to_install() {
        let user = UserEnvironment::new([("PATH".into(), "/no/such/folder".into())]);
        let error = find(Path::new("/"), &user, &Processes::default()).unwrap_err();
        assert!(error.to_string().contains("rustup.rs"), "{error}");
    }
}
