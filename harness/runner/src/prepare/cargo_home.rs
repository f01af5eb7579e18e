//! The registry of builds: fetched once for a lock file, copied once for a run. Builds are offline,
//! alike for all scenarios. Owns the cache of fetched registries. It must not reach the network
//! while anything is measured.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::error::RunnerError;
use crate::files::own;
use crate::files::tree::{self, CopyTimes};
use crate::prepare::environment::UserEnvironment;
use crate::prepare::registries::RegistrySettings;
use crate::process::{CommandSpec, Output, Processes};

/// SHA-256 of a workspace's lock file, in hexadecimal.
///
/// # Errors
/// When it cannot be read.
pub fn lock_hash(workspace: &Path) -> Result<String, RunnerError> {
    let path = workspace.join("Cargo.lock");
    let text = fs::read(&path).map_err(RunnerError::file("read", &path))?;
    Ok(hash(&text))
}

/// SHA-256 of a text, in hexadecimal.
pub fn hash(text: &[u8]) -> String {
    hex::encode(Sha256::digest(text))
}

/// A fetched registry, locked against other runs: Cargo's own lock covers its package cache only,
/// and copying does not take it.
#[derive(Debug)]
pub struct Seed {
    folder: PathBuf,
    /// Released by the kernel when the process ends.
    _lock: File,
}

impl Seed {
    /// The folder, which is a `CARGO_HOME`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Fetches all dependencies of the workspaces' lock files into one folder below `seeds`, unless
/// they are there. Another run that needs the same folder waits for its lock. A missing lock file
/// is made.
///
/// # Errors
/// When a registry cannot be reached, or a manifest is invalid.
pub fn fetch(
    workspaces: &[PathBuf],
    seeds: &Path,
    toolchain_bin: &Path,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<Seed, RunnerError> {
    let is_locked = |workspace: &Path| workspace.join("Cargo.lock").exists();
    let locked = workspaces.iter().filter(|workspace| is_locked(workspace));
    let hashes = locked.map(|workspace| lock_hash(workspace)).collect::<Result<Vec<_>, _>>()?;
    let seed = match &hashes[..] {
        [] => seeds.join("unlocked"),
        [one] => seeds.join(&one[..16]),
        many => seeds.join(&hash(many.concat().as_bytes())[..16]),
    };
    own::take(seeds)?;
    own::take(&seed)?;
    let lock = hold(&seed.with_extension("lock"), processes)?;
    for workspace in workspaces {
        fetch_into(workspace, &seed, toolchain_bin, user, processes)?;
    }
    Ok(Seed { folder: seed, _lock: lock })
}

/// Fetches all dependencies of one workspace into a `CARGO_HOME`, unless they are there. A missing
/// lock file is made.
///
/// # Errors
/// When a registry cannot be reached, or a manifest is invalid.
pub fn fetch_into(
    workspace: &Path,
    cargo_home: &Path,
    toolchain_bin: &Path,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<(), RunnerError> {
    let is_locked = workspace.join("Cargo.lock").exists();
    let words = ["fetch", "--quiet"].into_iter().chain(is_locked.then_some("--locked"));
    run_with_registries(words, workspace, cargo_home, toolchain_bin, (user, processes))
}

/// Makes the lock file of a workspace without one, with the newest versions that its registries
/// have.
///
/// # Errors
/// When a registry cannot be reached, or a manifest is invalid.
pub fn make_lock(
    workspace: &Path,
    seeds: &Path,
    toolchain_bin: &Path,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<(), RunnerError> {
    let seed = seeds.join("unlocked");
    own::take(seeds)?;
    own::take(&seed)?;
    let _lock = hold(&seed.with_extension("lock"), processes)?;
    let words = ["generate-lockfile", "--quiet"].into_iter();
    run_with_registries(words, workspace, &seed, toolchain_bin, (user, processes))
}

/// Runs Cargo with the user's settings for registries.
fn run_with_registries<'w>(
    words: impl Iterator<Item = &'w str>,
    workspace: &Path,
    cargo_home: &Path,
    toolchain_bin: &Path,
    (user, processes): (&UserEnvironment, &Processes),
) -> Result<(), RunnerError> {
    let registries = RegistrySettings::of(user);
    let settings = registries.file()?;
    let mut args: Vec<OsString> = words.map(OsString::from).collect();
    if let Some(file) = &settings {
        args.extend(["--config".into(), file.path().into()]);
    }
    let mut environment = registries.variables();
    environment.extend(user.for_fetch(toolchain_bin, cargo_home));
    let mut spec = CommandSpec::new(toolchain_bin.join("cargo"), workspace)
        .args(args)
        .environment(environment);
    let log = tempfile::NamedTempFile::new()
        .map_err(RunnerError::file("write", &std::env::temp_dir()))?;
    spec.stderr = Output::Append(log.path().to_owned());
    if spec.run(processes)?.code == Some(0) {
        return Ok(());
    }
    let printed = fs::read_to_string(log.path()).unwrap_or_default();
    Err(fetch_error(workspace, &printed))
}

/// The error of a failed fetch: what Cargo printed, and what to do where that is known.
fn fetch_error(workspace: &Path, printed: &str) -> RunnerError {
    // Words of Cargo's own messages.
    const OUTDATED: [&str; 2] = ["--locked was passed", "needs to be updated but"];
    const NETWORK: [&str; 7] = [
        "download",
        "failed to fetch",
        "failed to clone",
        "failed to update registry",
        "Could not resolve host",
        "spurious network error",
        "Unable to update registry",
    ];
    let has = |words: &[&str]| words.iter().any(|it| printed.contains(it));
    let (workspace, lines) = (workspace.display(), error_lines(printed));
    if has(&OUTDATED) {
        return RunnerError::Input(format!(
            "`Cargo.lock` does not fit the manifests: run `cargo update --workspace` in the \
             workspace and try again (Cargo, in a copy of it at {workspace}: {lines})"
        ));
    }
    let advice = match has(&NETWORK) {
        true => "; the registry must be reached once, then runs of this lock file need no network",
        false => "",
    };
    RunnerError::Environment(format!(
        "cannot fetch the dependencies of {workspace}: {lines}{advice}"
    ))
}

/// Locks a file, which is made if it is missing; waits for other runs, or until this one is
/// cancelled.
fn hold(path: &Path, processes: &Processes) -> Result<File, RunnerError> {
    let mut options = File::options();
    let options = options.read(true).write(true).create(true).truncate(false);
    let file = options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path);
    let file = file.map_err(RunnerError::file("write", path))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::Error(error)) => {
                return Err(RunnerError::file("lock", path)(error));
            }
            Err(fs::TryLockError::WouldBlock) if processes.is_cancelled() => {
                return Err(RunnerError::Cancelled);
            }
            Err(fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Copies a fetched registry to the `CARGO_HOME` of a run's jobs, with the addresses that Cargo
/// finds it by.
///
/// # Errors
/// When something cannot be read or written.
pub fn copy_registry(
    seed: &Seed,
    cargo_home: &Path,
    user: &UserEnvironment,
) -> Result<(), RunnerError> {
    tree::clear(cargo_home)?;
    if let Some(text) = RegistrySettings::of(user).for_jobs() {
        let path = cargo_home.join("config.toml");
        fs::write(&path, text).map_err(RunnerError::file("write", &path))?;
    }
    for part in ["registry", "git"] {
        let from = seed.folder.join(part);
        if from.exists() {
            tree::copy(&from, &cargo_home.join(part), CopyTimes::Kept)?;
        }
    }
    Ok(())
}

/// The lines of Cargo's error message that have content, joined.
fn error_lines(text: &str) -> String {
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "Caused by:");
    lines.collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that cargo 1.95.0 printed.
    #[test]
    fn what_to_do_after_a_failed_fetch_depends_on_what_failed() {
        let said = |printed: &str| fetch_error(Path::new("/ws"), printed).to_string();
        let outdated = "error: cannot update the lock file /ws/Cargo.lock because --locked was \
                        passed to prevent this\n";
        assert!(said(outdated).contains("`cargo update --workspace`"), "{}", said(outdated));
        let manifest = "error: failed to get `lib` as a dependency of package `a`\n\nCaused by:\n  \
                        failed to load source for dependency `lib`\n\nCaused by:\n  Unable to \
                        update /lib\n\nCaused by:\n  failed to read `/lib/Cargo.toml`\n";
        assert!(!said(manifest).contains("registry"), "{}", said(manifest));
        let network = "error: failed to get `a` as a dependency of package `b`\n\nCaused by:\n  \
                       download of config.json failed\n";
        assert!(said(network).ends_with("need no network"), "{}", said(network));
    }

    #[test]
    fn the_hash_is_of_the_lock_file_alone() {
        let root = tempfile::tempdir().unwrap();
        assert!(lock_hash(root.path()).is_err());
        fs::write(root.path().join("Cargo.lock"), "version = 4\n").unwrap();
        let first = lock_hash(root.path()).unwrap();
        fs::write(root.path().join("other"), "").unwrap();
        assert_eq!(first, lock_hash(root.path()).unwrap());
        fs::write(root.path().join("Cargo.lock"), "version = 3\n").unwrap();
        assert_ne!(first, lock_hash(root.path()).unwrap());
    }

    #[test]
    fn only_the_registry_is_copied() {
        let (seed, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(seed.path().join("registry/cache")).unwrap();
        fs::write(seed.path().join("registry/cache/a.crate"), "a").unwrap();
        fs::write(seed.path().join("credentials.toml"), "secret").unwrap();
        let home = home.path().join("cargo-home");
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join("left-over"), "").unwrap();
        let lock = hold(&seed.path().join("lock"), &Processes::default()).unwrap();
        let seed = Seed { folder: seed.path().to_owned(), _lock: lock };
        copy_registry(&seed, &home, &UserEnvironment::default()).unwrap();
        let names: Vec<_> =
            fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["registry"]);
    }

    #[test]
    fn a_run_that_copies_a_registry_is_waited_for() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("seed.lock");
        let processes = Processes::default();
        let first = hold(&path, &processes).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| sender.send(hold(&path, &processes).map(drop)));
            assert!(receiver.recv_timeout(Duration::from_millis(200)).is_err(), "it did not wait");
            drop(first);
            assert!(receiver.recv_timeout(Duration::from_secs(20)).unwrap().is_ok());
        });
        let _held = hold(&path, &processes).unwrap();
        processes.cancel();
        assert!(hold(&path, &processes).unwrap_err().is_cancelled());
    }
}
