//! A tool's server beside the build: started, and ready when it listens, it and no other.
//! Owns the port that it gets where it cannot listen on a socket.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use lukewarm_cache_tools::{Action, Address, Server as ServerOrder};
use lukewarm_model::{Failure, FailureKind};

use crate::error::RunnerError;
use crate::job::actions::LAST_LINES;
use crate::job::build;
use crate::job::effects::{Notes, Stop};
use crate::job::real::RealEffects;
use crate::process::Running;

/// How long a server may take until it listens; its check of a slow service is part of that.
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
    /// Starts the server and waits until it listens. Where another process took its port meanwhile,
    /// it is started once more on another one.
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
            Err(NotReady::Silent) => "does not listen",
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
        if let Some(ServerOrder { address: Address::Port(_), .. }) = self.server_order() {
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
        if let Address::Socket(path) = &order.address {
            // What an earlier server left that was stopped hard.
            remove_socket(path)?;
        }
        let running = self.order(&order.start, "server").start(self.processes());
        let running = running.map_err(RunnerError::from)?;
        let ready = ready(&running, &order.address, SERVER_START);
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
}

/// Waits until a server listens: the one that was started, not another that answers in its place.
fn ready(running: &Running, address: &Address, patience: Duration) -> Result<(), NotReady> {
    let deadline = Instant::now() + patience;
    loop {
        // In this order: one that has ended may have listened a moment before.
        let listens = answers(address) && is_its_own(running, address);
        if running.has_ended() {
            return Err(if answers(address) { NotReady::Taken } else { NotReady::Ended });
        }
        if listens {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(NotReady::Silent);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn answers(address: &Address) -> bool {
    match address {
        Address::Socket(path) => UnixStream::connect(path).is_ok(),
        Address::Port(port) => {
            let address = SocketAddr::from(([127, 0, 0, 1], *port));
            TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
        }
    }
}

fn is_its_own(running: &Running, address: &Address) -> bool {
    match address {
        // In a folder that is only ours.
        Address::Socket(_) => true,
        Address::Port(port) => running.listens_on(*port).unwrap_or(true),
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
    use crate::process::{Order, Processes};

    fn start(script: &str) -> Running {
        let order = Order::new("/bin/sh", "/").args(["-c", script]);
        order.start(&Processes::default()).unwrap()
    }

    #[test]
    fn another_process_that_listens_on_the_port_is_not_taken_for_the_server() {
        let stranger = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = Address::Port(stranger.local_addr().unwrap().port());
        let silent = start("sleep 89.5");
        assert_eq!(ready(&silent, &address, Duration::from_millis(50)), Err(NotReady::Silent));
        let ended = start("exit 2");
        assert_eq!(ready(&ended, &address, SERVER_START), Err(NotReady::Taken));
        drop(stranger);
        assert_eq!(ready(&ended, &address, SERVER_START), Err(NotReady::Ended));
    }

    #[test]
    fn a_server_is_ready_when_its_socket_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server");
        let address = Address::Socket(path.clone());
        let server = start("sleep 88.5");
        assert_eq!(ready(&server, &address, Duration::from_millis(20)), Err(NotReady::Silent));
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert_eq!(ready(&server, &address, SERVER_START), Ok(()));
    }
}
