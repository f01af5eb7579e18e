//! A tool's server beside the build: started, and ready as its tool says, it and no other.
//! Owns the port that it gets where it cannot listen on a socket.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use lukewarm_cache_tools::{Action, Ready, Server as ServerOrder};
use lukewarm_model::{Failure, FailureKind};

use crate::error::RunnerError;
use crate::job::actions::LAST_LINES;
use crate::job::build;
use crate::job::effects::{Notes, Stop};
use crate::job::real::RealEffects;
use crate::process::Child;

/// How long a server may take until it is ready; its check of a slow service is part of that.
const SERVER_START: Duration = Duration::from_secs(120);

/// Why a server is not ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotReady {
    /// It has ended.
    Ended,
    /// It has ended, and another process listens where it was to.
    Taken,
    /// It took too long.
    Silent,
}

impl RealEffects<'_> {
    /// Starts the server and waits until it is ready. Where another process took its port
    /// meanwhile, it is started once more on another one.
    pub fn start_server(&mut self, notes: &mut Notes) -> Result<(), Stop> {
        let Some(mut order) = self.at_its_address()? else { return Ok(()) };
        let mut started = self.try_to_start(&order)?;
        if started == Err(NotReady::Taken)
            && let Some(again) = self.at_its_address()?
        {
            order = again;
            started = self.try_to_start(&order)?;
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
                self.order(&order.start, "server").command()
            ),
            last_lines: build::last_lines(&self.log("server"), LAST_LINES),
        }))
    }

    /// The order of the recipe's server, with a port that is free at this moment where it needs
    /// one. What talks to the server later is told the same: the recipe is another one from now on.
    fn at_its_address(&mut self) -> Result<Option<ServerOrder>, Stop> {
        if let Some(ServerOrder { ready: Ready::Port(_), .. }) = self.server_order() {
            self.recipe = self.ingredients.recipe(&self.folders, free_port()?)?;
        }
        Ok(self.server_order().cloned())
    }

    /// The server that the recipe starts, where it starts one.
    fn server_order(&self) -> Option<&ServerOrder> {
        self.recipe.restore.iter().find_map(|action| match action {
            Action::StartServer(server) => Some(server),
            _ => None,
        })
    }

    fn try_to_start(&mut self, order: &ServerOrder) -> Result<Result<(), NotReady>, Stop> {
        if let Ready::Socket(path) = &order.ready {
            // What an earlier server left that was stopped hard.
            remove_socket(path)?;
        }
        let running = self.order(&order.start, "server").start(self.processes());
        let running = running.map_err(RunnerError::from)?;
        let ready = ready(&running, |running| self.seen(&order.ready, running), SERVER_START);
        if ready.is_ok() {
            self.server = Some(running);
        }
        Ok(ready)
    }

    /// Asks the server to stop, as the recipe says how, and waits until it has.
    pub fn stop_server(&mut self) -> Result<(), Stop> {
        let stop = self.recipe.save.iter().find_map(|action| match action {
            Action::StopServer(stop) => Some(stop),
            _ => None,
        });
        if let Some(stop) = stop {
            self.order(stop, "server").run(self.processes()).map_err(RunnerError::from)?;
        }
        if let Some(server) = self.server.take() {
            server.wait().map_err(RunnerError::from)?;
        }
        Ok(())
    }

    /// What is seen of a server; a command that tells is asked.
    fn seen(&self, ready: &Ready, running: &Child) -> Seen {
        let Ready::Succeeds(ask) = ready else { return listens(ready, running) };
        let mut order = self.order(ask, "server");
        order.timeout = Duration::from_secs(10);
        let asked = order.run(self.processes());
        match asked.is_ok_and(|asked| asked.code == Some(0)) {
            true => Seen::Ready,
            false => Seen::Nothing,
        }
    }
}

/// What is seen of a server at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// Nothing yet.
    Nothing,
    /// It is ready.
    Ready,
    /// Something is there that would be taken for it, and is another process.
    Another,
}

/// Waits until a server is ready: the one that was started, not another in its place.
fn ready(
    running: &Child,
    mut look: impl FnMut(&Child) -> Seen,
    patience: Duration,
) -> Result<(), NotReady> {
    let deadline = Instant::now() + patience;
    loop {
        // In this order: one that has ended may have listened a moment before.
        let seen = look(running);
        if running.has_ended() {
            let taken = look(running) == Seen::Another;
            return Err(if taken { NotReady::Taken } else { NotReady::Ended });
        }
        if seen == Seen::Ready {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(NotReady::Silent);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What is seen of a server that is known by where it listens, or by nothing.
fn listens(ready: &Ready, running: &Child) -> Seen {
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
        (false, _) => Seen::Nothing,
        (true, Ready::Port(port))
            if running.has_ended() || running.listens_on(*port) == Some(false) =>
        {
            Seen::Another
        }
        // A socket is in a folder that is only ours.
        (true, _) => Seen::Ready,
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

/// A loopback port that nobody listens on at this moment.
fn free_port() -> Result<u16, RunnerError> {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|it| it.local_addr());
    port.map(|address| address.port())
        .map_err(|error| RunnerError::Environment(format!("no free loopback port: {error}")))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::process::{CommandSpec, Processes};

    fn start(script: &str) -> Child {
        let order = CommandSpec::new("/bin/sh", "/").args(["-c", script]);
        order.start(&Processes::default()).unwrap()
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
