//! The Rust toolchain of a workspace: the one that its folder chooses, without rustup's proxies.
//! What cannot say its version is not measured.

use std::path::{Path, PathBuf};

use lukewarm_model::Toolchain;

use crate::RunnerError;
use crate::environment::UserEnvironment;
use crate::process::{Order, Processes};

/// A toolchain that was found.
#[derive(Clone, Debug)]
pub struct Found {
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
) -> Result<Found, RunnerError> {
    let rustc = user.find("rustc").ok_or_else(|| {
        RunnerError::Environment("no `rustc` on PATH: install Rust from https://rustup.rs".into())
    })?;
    let sysroot = said(&rustc, &["--print", "sysroot"], folder, user, processes)?;
    let bin = PathBuf::from(sysroot.trim()).join("bin");
    let own = |name: &str| {
        let file = bin.join(name);
        if file.exists() { Some(file) } else { user.find(name) }
    };
    let (Some(rustc), Some(cargo)) = (own("rustc"), own("cargo")) else {
        let message = format!("no `cargo` beside `rustc` in {}", bin.display());
        return Err(RunnerError::Environment(message));
    };
    let rustc = said(&rustc, &["-vV"], folder, user, processes)?;
    let cargo = said(&cargo, &["-V"], folder, user, processes)?;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
    let identity = Toolchain {
        rustc: rustc.lines().next().unwrap_or_default().to_owned(),
        cargo: cargo.trim().to_owned(),
        host: host.unwrap_or_default().to_owned(),
    };
    Ok(Found { bin, identity })
}

fn said(
    program: &Path,
    args: &[&str],
    folder: &Path,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<String, RunnerError> {
    let log = tempfile::NamedTempFile::new()
        .map_err(RunnerError::file("write", &std::env::temp_dir()))?;
    let mut order =
        Order::new(program, folder).args(args.iter().copied()).environment(user.for_toolchain());
    order.stderr = crate::process::Output::Append(log.path().to_owned());
    let command = order.command();
    let (finished, text) = order.read(processes)?;
    if finished.code != Some(0) {
        let said = std::fs::read_to_string(log.path()).unwrap_or_default();
        let message = format!(
            "`{command}` in {} failed: {}",
            folder.display(),
            said.trim().replace('\n', " ")
        );
        return Err(RunnerError::Environment(message));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_rust_is_told_what_to_install() {
        let user = UserEnvironment::new([("PATH".into(), "/no/such/folder".into())]);
        let error = find(Path::new("/"), &user, &Processes::default()).unwrap_err();
        assert!(error.to_string().contains("rustup.rs"), "{error}");
    }
}
