//! The real server behind a service that passes commands on: found on this machine, started in a
//! folder of its own, and started again where it has ended.
//! Owns its process, whose CPU time and memory are no job's. It must not know a protocol.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lukewarm_cache_services::{Origin, OriginSetup};
use lukewarm_cache_tools::Program;
use lukewarm_model::{Seconds, ToolIdentity};

use crate::error::RunnerError;
use crate::files::names::fits_socket;
use crate::prepare::environment::UserEnvironment;
use crate::prepare::tools::{Search, SearchPaths, VersionRequirement, search};
use crate::process::{Child, CommandSpec, Output, Processes};

/// The time within which a server must be ready.
const START: Duration = Duration::from_secs(20);
/// How many of its last lines an error carries.
const LAST_LINES: usize = 5;

/// A running server behind a service. Dropping it stops it.
#[derive(Debug)]
pub struct OriginServer {
    origin: &'static Origin,
    identity: ToolIdentity,
    command: CommandSpec,
    socket: PathBuf,
    log: PathBuf,
    /// Its own, so that it counts as no process of a job.
    processes: Processes,
    running: Mutex<Option<Child>>,
}

impl OriginServer {
    /// Finds the program of a server and starts it in `folder`, which is made for it.
    ///
    /// # Errors
    /// When it is missing or too old, with the command that installs it, or does not start, with
    /// what it printed.
    pub fn start(
        origin: &'static Origin,
        setup: &OriginSetup<'_>,
        folder: &Path,
        user: &UserEnvironment,
    ) -> Result<OriginServer, RunnerError> {
        let socket = folder.join(origin.socket);
        if !fits_socket(&socket) {
            return Err(RunnerError::Input(format!(
                "{} is too long for a socket of `{}`: choose a shorter folder with `--scratch DIR`",
                socket.display(),
                origin.program
            )));
        }
        let processes = Processes::default();
        let found = find(origin, user, &processes)?;
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(RunnerError::file("make folder", folder))?;
        let settings = folder.join(origin.settings);
        // It holds the password.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&settings);
        file.and_then(|mut file| file.write_all((origin.configure)(setup).as_bytes()))
            .map_err(RunnerError::file("write", &settings))?;
        let log = folder.join("log");
        let mut command = CommandSpec::new(found.0, folder)
            .args([origin.settings])
            .environment(user.for_download());
        (command.stdout, command.stderr) =
            (Output::Append(log.clone()), Output::Append(log.clone()));
        command.timeout = Duration::MAX;
        let running = Mutex::new(None);
        let identity = found.1;
        let server = OriginServer { origin, identity, command, socket, log, processes, running };
        server.ensure()?;
        Ok(server)
    }

    /// The socket that it listens on.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// What it is.
    pub fn identity(&self) -> &ToolIdentity {
        &self.identity
    }

    /// CPU time of every process of it so far; none where the system does not say.
    pub fn cpu_time(&self) -> Option<Seconds> {
        Some(self.processes.ended_cpu() + self.processes.running_cpu()?)
    }

    /// Whether it has ended, and the last that it printed; none while it runs.
    pub fn ended(&self) -> Option<String> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = running.as_ref().is_none_or(Child::has_ended);
        ended.then(|| format!("`{}` has ended{}", self.origin.program, self.last_lines()))
    }

    /// Starts it again where it has ended: without any content.
    ///
    /// # Errors
    /// When it does not start.
    pub fn ensure(&self) -> Result<(), RunnerError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.as_ref().is_some_and(|child| !child.has_ended()) {
            return Ok(());
        }
        *running = None;
        // Left by an earlier one that was killed.
        let _ = fs::remove_file(&self.socket);
        let child = self.command.start(&self.processes)?;
        let deadline = Instant::now() + START;
        while UnixStream::connect(&self.socket).is_err() {
            let what = match (child.has_ended(), Instant::now() > deadline) {
                (true, _) => "ended at once",
                (false, true) => "does not listen",
                (false, false) => {
                    std::thread::sleep(Duration::from_millis(2));
                    continue;
                }
            };
            let lines = self.last_lines();
            let program = self.origin.program;
            return Err(RunnerError::Environment(format!(
                "`{program}`, which a service keeps its objects in, {what}{lines}"
            )));
        }
        *running = Some(child);
        Ok(())
    }

    /// The last lines that it printed, as the end of a sentence.
    fn last_lines(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
        if last.is_empty() { String::new() } else { format!(": {}", last.join(" / ")) }
    }
}

/// Finds the program of a server: its path and its identity.
fn find(
    origin: &'static Origin,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<(PathBuf, ToolIdentity), RunnerError> {
    let program = Program {
        name: origin.program,
        companions: &[],
        version_line: origin.version_line,
        minimum: origin.minimum,
        oldest: origin.minimum,
        pinned: origin.minimum,
        sources: &[],
    };
    let need = VersionRequirement::of(&program, None)?;
    // Nothing installs it into a folder of ours.
    let nowhere = SearchPaths { named: Vec::new(), folder: PathBuf::from("/nonexistent") };
    match search(&program, &need, &nowhere, user, processes)? {
        Search::Found(found) => Ok((found.path, found.identity)),
        Search::Missing(causes) => Err(RunnerError::Environment(format!(
            "a service keeps its objects in `{}`, and {}: install it, such as with `{}`",
            origin.program,
            causes.first().map(ToString::to_string).unwrap_or_default(),
            origin.install
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    static ORIGIN: Origin = Origin {
        program: "shelf-server",
        version_line: "shelf {version}",
        minimum: "2.0.0",
        install: "make shelf",
        settings: "shelf.conf",
        configure: |setup| format!("secret {}\n", setup.password),
        socket: "shelf.sock",
    };

    /// A server that listens by Python until a file `end` is there.
    fn fake(folder: &Path, version: &str, rest: &str) -> UserEnvironment {
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'shelf {version}'; exit; fi\n{rest}\n"
        );
        let path = folder.join("shelf-server");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", folder.display());
        UserEnvironment::new([("PATH".into(), path.into())])
    }

    const LISTEN: &str = "exec python3 -c 'import socket,time,os\n\
        s=socket.socket(socket.AF_UNIX);s.bind(\"shelf.sock\");s.listen()\n\
        while not os.path.exists(\"end\"): time.sleep(0.01)'";

    fn start(folder: &Path, user: &UserEnvironment) -> Result<OriginServer, RunnerError> {
        let setup = OriginSetup { password: "abc", quota: None };
        OriginServer::start(&ORIGIN, &setup, &folder.join("place"), user)
    }

    #[test]
    fn it_is_started_in_its_folder_and_again_when_it_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let user = fake(folder.path(), "2.1.0", LISTEN);
        let server = start(folder.path(), &user).unwrap();
        assert_eq!(server.identity().version, "2.1.0");
        let settings = folder.path().join("place/shelf.conf");
        assert_eq!(fs::read_to_string(&settings).unwrap(), "secret abc\n");
        assert_eq!(fs::metadata(&settings).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(server.ended(), None);
        let end = folder.path().join("place/end");
        fs::write(&end, "").unwrap();
        while server.ended().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(server.ended().unwrap().starts_with("`shelf-server` has ended"));
        fs::remove_file(&end).unwrap();
        server.ensure().unwrap();
        assert_eq!(server.ended(), None);
        assert!(server.cpu_time().unwrap().0 > 0.0);
        drop(server);
        assert!(UnixStream::connect(folder.path().join("place/shelf.sock")).is_err());
    }

    #[test]
    fn one_that_is_missing_too_old_or_ends_at_once_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let told = |user: &UserEnvironment| start(folder.path(), user).unwrap_err().to_string();
        let nothing = UserEnvironment::new([("PATH".into(), folder.path().into())]);
        let missing = told(&nothing);
        let wanted = "a service keeps its objects in `shelf-server`, and no `shelf-server` on PATH: \
                      install it, such as with `make shelf`";
        assert_eq!(missing, wanted);
        let old = told(&fake(folder.path(), "1.9.0", LISTEN));
        assert!(old.contains("is 1.9.0, older than 2.0.0"), "{old}");
        let broken = told(&fake(folder.path(), "2.0.0", "echo 'no memory' >&2; exit 3"));
        assert!(broken.ends_with("ended at once: no memory"), "{broken}");
    }
}
