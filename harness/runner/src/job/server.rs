//! The tool's server of a job: starting it, and waiting until it is ready by its tool's condition.
//! Owns the choice of a free port where it cannot listen on a socket. Another process must not be
//! taken for the server.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use lukewarm_cache_tools::{Action, Ready, Server as ServerSpec};
use lukewarm_model::{Check, Failure, FailureKind, Seconds};

use crate::error::RunnerError;
use crate::job::actions::LAST_LINES;
use crate::job::build;
use crate::job::effects::{Notes, Stop};
use crate::job::real_effects::RealEffects;
use crate::process::{Child, Processes};

/// The time within which a server must be ready, with its own check of a slow service.
pub const SERVER_START: Duration = Duration::from_secs(120);

/// The time that a server has to end after its stop call has returned: kache waits up to 30 s for
/// its uploads, and zccache 1.15.8 was seen to stop and not to end.
const ENDING: Duration = Duration::from_secs(40);
/// How often is looked whether it has ended.
const POLL: Duration = Duration::from_millis(2);

/// Why a server is not ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotReady {
    /// It has ended.
    Ended,
    /// It has ended, and another process listens on its port.
    Taken,
    /// It took too long.
    Silent,
}

impl RealEffects<'_> {
    /// Starts the server and waits until it is ready. Where another process takes its port
    /// meanwhile, it is started again on another port.
    pub fn start_server(&mut self, notes: &mut Notes) -> Result<(), Stop> {
        let Some(mut server) = self.server_with_free_port()? else { return Ok(()) };
        let mut started = self.try_to_start(&server)?;
        if started == Err(NotReady::Taken)
            && let Some(again) = self.server_with_free_port()?
        {
            server = again;
            started = self.try_to_start(&server)?;
            let note = "another process took the server's port: it was started once more";
            notes.note = Some(note.to_owned());
        }
        let what = match started {
            Ok(()) => return Ok(()),
            Err(NotReady::Ended) => "ended",
            Err(NotReady::Taken) => "ended, and another process listens on its port",
            Err(NotReady::Silent) => "is not ready",
        };
        Err(Stop::Failed(Failure {
            step: None,
            kind: FailureKind::Tool,
            message: format!(
                "the server `{}` {what}",
                self.command(&server.start, "server").command()
            ),
            last_lines: build::last_lines(&self.log("server"), LAST_LINES),
        }))
    }

    /// The recipe's server, with a free port where it needs one; none for a recipe without a
    /// server. The whole recipe is made again with that port, so that the server's clients use it
    /// too.
    fn server_with_free_port(&mut self) -> Result<Option<ServerSpec>, Stop> {
        if let Some(ServerSpec { ready: Ready::Port(_), .. }) = self.server_spec() {
            self.recipe = self.ingredients.recipe(&self.folders, free_port()?)?;
        }
        Ok(self.server_spec().cloned())
    }

    /// The server that the recipe starts; none where it starts none.
    fn server_spec(&self) -> Option<&ServerSpec> {
        self.recipe.restore.iter().find_map(|action| match action {
            Action::StartServer(server) => Some(server),
            _ => None,
        })
    }

    fn try_to_start(&mut self, server: &ServerSpec) -> Result<Result<(), NotReady>, Stop> {
        if let Ready::Socket(path) = &server.ready {
            // Left by an earlier server that was killed.
            remove_socket(path)?;
        }
        let running = self.command(&server.start, "server").start(self.processes());
        let running = running.map_err(RunnerError::from)?;
        let ready = ready(&running, |running| self.state_of(&server.ready, running), SERVER_START);
        if ready.is_ok() {
            self.server = Some(running);
        }
        Ok(ready)
    }

    /// Asks the server to stop by the recipe's call, and waits for its end. Of a server that has
    /// ended by itself, statistics after the build may be those of another one.
    pub fn stop_server(&mut self, notes: &mut Notes) -> Result<(), Stop> {
        if self.server.as_ref().is_some_and(Child::has_ended) {
            notes.checks.push(Check {
                name: "the tool's server ran through".to_owned(),
                held: Some(false),
                seen: "it had ended before it was asked to stop".to_owned(),
            });
        }
        let stop = self.recipe.save.iter().find_map(|action| match action {
            Action::StopServer(stop) => Some(stop),
            _ => None,
        });
        if let Some(stop) = stop {
            self.command(stop, "server").run(self.processes()).map_err(RunnerError::from)?;
        }
        let Some(server) = self.server.take() else { return Ok(()) };
        if ends_within(&server, ENDING, self.processes()) {
            server.wait().map_err(RunnerError::from)?;
            return Ok(());
        }
        // In CI nobody waits for it: the machine goes.
        drop(server);
        notes.checks.push(Check {
            name: "the tool's server stopped".to_owned(),
            held: Some(false),
            seen: format!("it had not ended {} after it was asked to stop", Seconds::from(ENDING)),
        });
        Ok(())
    }

    /// The state of the server, by its tool's condition.
    fn state_of(&self, ready: &Ready, running: &Child) -> ServerState {
        let Ready::Succeeds(ask) = ready else { return listens(ready, running) };
        let mut spec = self.command(ask, "server");
        spec.timeout = Duration::from_secs(10);
        let asked = spec.run(self.processes());
        match asked.is_ok_and(|asked| asked.code == Some(0)) {
            true => ServerState::Ready,
            false => ServerState::NotReady,
        }
    }
}

/// Whether a server ends within some time; a run that is cancelled ends it.
fn ends_within(server: &Child, time: Duration, processes: &Processes) -> bool {
    let last = Instant::now() + time;
    loop {
        match server.has_ended() || processes.is_cancelled() {
            true => return true,
            false if Instant::now() >= last => return false,
            false => std::thread::sleep(POLL),
        }
    }
}

/// The state of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// It is not ready yet.
    NotReady,
    /// It is ready.
    Ready,
    /// Another process listens in its place.
    OtherProcess,
}

/// Waits until a server is ready: the one that was started, not another in its place.
pub fn ready(
    running: &Child,
    mut state: impl FnMut(&Child) -> ServerState,
    patience: Duration,
) -> Result<(), NotReady> {
    let deadline = Instant::now() + patience;
    loop {
        // In this order, since a server that has ended may have listened a moment before.
        let now = state(running);
        if running.has_ended() {
            let taken = state(running) == ServerState::OtherProcess;
            return Err(if taken { NotReady::Taken } else { NotReady::Ended });
        }
        if now == ServerState::Ready {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(NotReady::Silent);
        }
        std::thread::sleep(POLL);
    }
}

/// The state of a server by its socket or port; a server without a condition is ready.
pub fn listens(ready: &Ready, running: &Child) -> ServerState {
    let there = match ready {
        Ready::Socket(path) => UnixStream::connect(path).is_ok(),
        Ready::Port(port) => {
            let address = SocketAddr::from(([127, 0, 0, 1], *port));
            TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
        }
        Ready::Started => true,
        Ready::Succeeds(_) => false,
    };
    match (there, ready) {
        (false, _) => ServerState::NotReady,
        (true, Ready::Port(port))
            if running.has_ended() || running.listens_on(*port) == Some(false) =>
        {
            ServerState::OtherProcess
        }
        // A socket is in a folder of this user alone.
        (true, _) => ServerState::Ready,
    }
}

fn remove_socket(path: &Path) -> Result<(), RunnerError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(RunnerError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// A free loopback port.
pub fn free_port() -> Result<u16, RunnerError> {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|it| it.local_addr());
    port.map(|address| address.port())
        .map_err(|error| RunnerError::Environment(format!("no free loopback port: {error}")))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::process::CommandSpec;

    fn start(script: &str) -> Child {
        let spec = CommandSpec::new("/bin/sh", "/").args(["-c", script]);
        spec.start(&Processes::default()).unwrap()
    }

    #[test]
    fn another_process_that_listens_on_the_port_is_not_taken_for_the_server() {
        let stranger = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let ready_at = Ready::Port(stranger.local_addr().unwrap().port());
        let ready =
            |server: &Child, patience| ready(server, |server| listens(&ready_at, server), patience);
        let silent = start("sleep 89.5");
        assert_eq!(ready(&silent, Duration::from_millis(50)), Err(NotReady::Silent));
        let ended = start("exit 2");
        assert_eq!(ready(&ended, SERVER_START), Err(NotReady::Taken));
        drop(stranger);
        assert_eq!(ready(&ended, SERVER_START), Err(NotReady::Ended));
    }

    #[test]
    fn a_server_that_does_not_end_when_it_is_asked_to_is_not_waited_for() {
        let processes = Processes::default();
        let soon = Duration::from_millis(50);
        assert!(!ends_within(&start("sleep 86.5"), soon, &processes));
        assert!(ends_within(&start("exit 0"), ENDING, &processes));
        processes.cancel();
        assert!(ends_within(&start("sleep 85.5"), ENDING, &processes), "a second to wait for");
    }

    #[test]
    fn a_server_of_which_nothing_tells_more_is_ready_when_it_was_started() {
        let server = start("sleep 87.5");
        let look = |server: &Child| listens(&Ready::Started, server);
        assert_eq!(ready(&server, look, SERVER_START), Ok(()));
        let ended = start("exit 2");
        while !ended.has_ended() {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(ready(&ended, look, SERVER_START), Err(NotReady::Ended));
    }

    #[test]
    fn a_server_is_ready_when_its_socket_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server");
        let ready_at = Ready::Socket(path.clone());
        let ready =
            |server: &Child, patience| ready(server, |server| listens(&ready_at, server), patience);
        let server = start("sleep 88.5");
        assert_eq!(ready(&server, Duration::from_millis(20)), Err(NotReady::Silent));
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert_eq!(ready(&server, SERVER_START), Ok(()));
    }
}
