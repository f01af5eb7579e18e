//! A running service: one thread with its own runtime, started and stopped by its owner.
//! Owns the thread; requests are answered by `server`.
// Longer than 400 lines: the handle, its errors and its thread are one life.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lukewarm_model::{
    Classify, Endpoint, ErrorKind, Limits, Request, Seconds, ServiceFacts, ServiceKind,
    ServiceSettings,
};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::context::ServiceState;
use crate::ledger::Ledger;
use crate::origin::PublicUrl;
use crate::protocol::{Permission, Protocol, Serving, Start, UnfitToken};
use crate::protocols;
use crate::server;
use crate::slots::Connections;
use crate::store::{Repaired, Snapshot, Store, Unreadable};

/// A running service. Dropping it stops it.
#[derive(Debug)]
pub struct Service {
    settings: ServiceSettings,
    endpoint: Endpoint,
    /// The URL of each listener; the first is the endpoint's.
    urls: Vec<String>,
    serving: Serving,
    state: Arc<ServiceState>,
    ledger: Ledger,
    thread_id: Option<u32>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The address, token and storage of a service that is to start.
#[derive(Clone, Debug)]
pub struct ListenConfig {
    /// The address to listen on; port 0 picks a free one.
    pub address: SocketAddr,
    /// The access token; none makes a fresh one. Required where others can reach the address.
    pub token: Option<String>,
    /// Where objects are stored.
    pub storage: Storage,
    /// The URL by which clients on other machines reach it; none where that is its address.
    pub public_url: Option<PublicUrl>,
    /// The limits on connections.
    pub connections: Connections,
    /// The socket of the real server that holds the objects; none where they are held here.
    pub origin: Option<PathBuf>,
    /// Further listeners on free ports of the same address, each for one of several clients that
    /// the ledger is to tell apart.
    pub further_listeners: u32,
}

/// Where a service's objects are stored, and for how long.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In a folder that the owner removes.
    Scratch(PathBuf),
    /// Persistently, in a folder of the store's own: the next service on it finds the objects
    /// again. A folder with anything else in it is refused.
    Kept(PathBuf),
    /// The same, but unreadable lines of the journal are dropped; a copy of the damaged journal is
    /// kept.
    Repaired(PathBuf),
}

/// Why a service does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The storage folder cannot be used.
    #[error("cannot store objects in {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The socket, the thread or the runtime could not be made.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The address can be reached from other machines, and no token was chosen, or an empty one.
    #[error("{0} can be reached from other machines: choose a token to serve on it")]
    Token(IpAddr),
    /// The chosen token has characters that are not visible ASCII.
    #[error("the token cannot be sent in an HTTP header: use visible ASCII characters only")]
    Unsendable,
    /// The chosen token does not fit this protocol.
    #[error(transparent)]
    UnfitToken(#[from] UnfitToken),
    /// The protocol passes commands on to a server, and none was given.
    #[error(
        "`{kind}` passes commands on to a running `{program}`, which is missing: install it, such \
         as with `{install}`"
    )]
    NoOrigin {
        /// The protocol's kind.
        kind: ServiceKind,
        /// The server's executable.
        program: &'static str,
        /// The command that installs it.
        install: &'static str,
    },
    /// The server behind the service does not know a limit.
    #[error("`{0}` keeps objects however long they are unused: leave `expiry` out")]
    NoExpiry(ServiceKind),
    /// No protocol of that name is registered.
    #[error("unknown protocol `{0}`: choose one of {names}", names = names())]
    Unknown(ServiceKind),
}

impl Classify for ServiceError {
    fn kind(&self) -> ErrorKind {
        match self {
            ServiceError::Folder { .. }
            | ServiceError::Listen { .. }
            | ServiceError::NoOrigin { .. } => ErrorKind::Environment,
            ServiceError::NoExpiry(_)
            | ServiceError::Token(_)
            | ServiceError::Unsendable
            | ServiceError::UnfitToken(_)
            | ServiceError::Unknown(_) => ErrorKind::Input,
        }
    }
}

/// The message of the service's thread when it is ready.
struct Ready {
    /// The address of each listener.
    addresses: Vec<SocketAddr>,
    thread_id: Option<u32>,
}

impl Storage {
    /// The folder.
    fn folder(&self) -> &Path {
        match self {
            Storage::Scratch(folder) | Storage::Kept(folder) | Storage::Repaired(folder) => folder,
        }
    }
}

impl ListenConfig {
    /// A free port of 127.0.0.1, a fresh token, and storage in a folder that the owner removes.
    pub fn scratch(folder: &Path) -> ListenConfig {
        ListenConfig::stored(Storage::Scratch(folder.to_owned()))
    }

    /// A free port of 127.0.0.1, a fresh token, and that storage.
    pub fn stored(storage: Storage) -> ListenConfig {
        ListenConfig {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: None,
            storage,
            public_url: None,
            connections: Connections::default(),
            origin: None,
            further_listeners: 0,
        }
    }
}

impl Service {
    /// Starts a service on a free port of 127.0.0.1, with an empty store whose files go below
    /// `folder`, and a token of its own.
    ///
    /// # Errors
    /// When the folder cannot be used or no socket can be had.
    pub fn start(settings: &ServiceSettings, folder: &Path) -> Result<Service, ServiceError> {
        Service::listen(settings, &ListenConfig::scratch(folder))
    }

    /// Starts a service with the registered protocol of that kind.
    ///
    /// # Errors
    /// When the folder cannot be used, the address cannot be had, others could reach it without a
    /// token that somebody chose, or no protocol of that kind is registered.
    pub fn listen(
        settings: &ServiceSettings,
        config: &ListenConfig,
    ) -> Result<Service, ServiceError> {
        let kind = settings.kind;
        let protocol = protocols::find(kind).ok_or(ServiceError::Unknown(kind))?;
        Service::listen_with(protocol, settings, config)
    }

    /// Starts a service with any protocol, registered or not.
    ///
    /// # Errors
    /// When the folder cannot be used, the address cannot be had, or others could reach it
    /// without a token that somebody chose.
    pub fn listen_with(
        protocol: &dyn Protocol,
        settings: &ServiceSettings,
        config: &ListenConfig,
    ) -> Result<Service, ServiceError> {
        let (address, token) = (config.address, config.token.as_deref());
        if token.is_some_and(|token| !token.bytes().all(|it| it.is_ascii_graphic())) {
            return Err(ServiceError::Unsendable);
        }
        if token.map_or(!address.ip().is_loopback(), str::is_empty) {
            return Err(ServiceError::Token(address.ip()));
        }
        let held = check_origin(protocol, settings, config)?;
        let clock = Clock::default();
        let serving = protocol.start(&Start { settings, token, clock: &clock })?;
        let store = store(settings.kind, &held, &config.storage, clock.clone())?;
        let origin = config.origin.clone();
        let state = ServiceState::new(settings, (store, clock), config.public_url.clone(), origin);
        let state = Arc::new(state);
        let ledger = Ledger::new();
        let (stop, stopped) = oneshot::channel();
        let (report, reported) = mpsc::channel();
        let thread = {
            let (answers, ledger) = ((serving.clone(), Arc::clone(&state)), ledger.clone());
            let (settings, connections) = (settings.clone(), config.connections);
            let further = config.further_listeners;
            std::thread::Builder::new().name("cache-service".to_owned()).spawn(move || {
                let wanted = (address, further, connections);
                let served = serve(wanted, &settings, answers, ledger, stopped, &report);
                if let Err(error) = served {
                    // The starter waits for exactly one message.
                    let _ = report.send(Err(error));
                }
            })
        };
        let failed = |source| ServiceError::Listen { address, source };
        let thread = thread.map_err(failed)?;
        let ready = reported
            .recv()
            .unwrap_or_else(|_| {
                Err(io::Error::other("the service's thread ended before it was ready"))
            })
            .map_err(failed)?;
        let urls = ready.addresses.into_iter().map(|it| url(serving.scheme(), it));
        let urls: Vec<String> = urls.collect();
        let service = Service {
            settings: settings.clone(),
            endpoint: Endpoint {
                kind: settings.kind,
                url: urls.first().cloned().unwrap_or_default(),
                access: serving.access(&[]),
            },
            urls,
            serving,
            state,
            ledger,
            thread_id: ready.thread_id,
            stop: Some(stop),
            thread: Some(thread),
        };
        // What a kept store has from an earlier time.
        service.distribute().map_err(|source| {
            let folder = config.storage.folder().to_owned();
            ServiceError::Folder { folder, source }
        })?;
        Ok(service)
    }

    /// Its base URL, such as `http://127.0.0.1:PORT` or `redis://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.endpoint.url
    }

    /// The endpoint for a client with full access.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The access token: a bearer token, for WebDAV also the password of any user. Empty where
    /// requests are signed.
    pub fn token(&self) -> &str {
        self.endpoint.token().unwrap_or_default()
    }

    /// The endpoint for a client that may use the entries of these refs alone, such as
    /// `refs/heads/main`; full access where none is named, or the service has no refs. Look-ups go
    /// through the readable refs in this order; entries are created in the first writable one. A
    /// token for refs is signed: only a service that was started with the same token of at least
    /// [`SHORTEST_SECRET`](crate::SHORTEST_SECRET) bytes accepts it too.
    pub fn endpoint_for(&self, refs: &[(&str, Permission)]) -> Endpoint {
        match refs {
            [] => self.endpoint.clone(),
            refs => Endpoint { access: self.serving.access(refs), ..self.endpoint.clone() },
        }
    }

    /// The same for the client of one listener, by number; 0 is the service's own address.
    ///
    /// # Panics
    /// When the service was started with fewer listeners.
    pub fn endpoint_at(&self, listener: u32, refs: &[(&str, Permission)]) -> Endpoint {
        Endpoint { url: self.urls[listener as usize].clone(), ..self.endpoint_for(refs) }
    }

    /// The settings it was started with.
    pub fn settings(&self) -> &ServiceSettings {
        &self.settings
    }

    /// A snapshot of the store: cheap, and immutable.
    pub fn snapshot(&self) -> Snapshot {
        self.store().snapshot()
    }

    /// Creates folders, parents before children, as if other clients had used the store before.
    ///
    /// # Errors
    /// When a kept store cannot write its journal.
    pub fn make_folders(&self, paths: &[String]) -> io::Result<()> {
        let mut store = self.store();
        paths.iter().try_for_each(|path| store.make_folder(path))
    }

    /// Restores a snapshot. Rate limits and the count of evictions start over.
    ///
    /// # Errors
    /// When a kept store cannot write its journal, or a real server behind the service refuses.
    pub fn restore(&self, snapshot: &Snapshot) -> io::Result<()> {
        self.state.forget_rates();
        if let Serving::Http(responder) = &self.serving {
            responder.forget();
        }
        self.store().restore(snapshot.clone())?;
        self.distribute()
    }

    /// Brings the store, and so the next snapshot and what [`Service::stored`] says, to what a real
    /// server behind this service holds. Nothing where the store itself answers.
    ///
    /// # Errors
    /// When that server cannot be asked, or the store cannot be written.
    pub fn gather(&self) -> io::Result<()> {
        match (&self.serving, self.state.origin()) {
            (Serving::Relay(relay), Some(socket)) => relay.gather(socket, &mut self.store()),
            _ => Ok(()),
        }
    }

    /// Brings a real server behind this service to what the store holds.
    fn distribute(&self) -> io::Result<()> {
        match (&self.serving, self.state.origin()) {
            (Serving::Relay(relay), Some(socket)) => relay.distribute(socket, &self.store()),
            _ => Ok(()),
        }
    }

    /// Moves the clock for expiry ahead.
    pub fn pass_time(&self, time: Seconds) {
        self.state.clock.pass(time);
    }

    /// Stops the service, and writes a kept store's journal in full; gives what it stored.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn close(mut self) -> io::Result<ServiceFacts> {
        let gathered = self.gather();
        self.stop();
        gathered?;
        let stored = self.stored();
        self.store().close()?;
        Ok(stored)
    }

    /// The requests finished since the last call, ordered by start.
    pub fn take_ledger(&self) -> Vec<Request> {
        self.ledger.take()
    }

    /// The requests to one listener that have finished since they were last taken, ordered by
    /// start.
    pub fn take_ledger_at(&self, listener: u32) -> Vec<Request> {
        self.ledger.take_at(listener)
    }

    /// Waits until no request is in flight; false when that takes longer than `timeout`.
    pub fn settle(&self, timeout: Duration) -> bool {
        settled(timeout, || self.ledger.in_flight())
    }

    /// Waits until no request to one listener is in flight; false when that takes longer than
    /// `timeout`.
    pub fn settle_at(&self, listener: u32, timeout: Duration) -> bool {
        settled(timeout, || self.ledger.in_flight_at(listener))
    }

    /// Objects and bytes stored now, and evictions since the last restore.
    pub fn stored(&self) -> ServiceFacts {
        self.store().facts()
    }

    /// What was dropped from a kept store's damaged journal; none where nothing was.
    pub fn repaired(&self) -> Option<Repaired> {
        self.store().repaired().cloned()
    }

    /// The CPU time of the service's thread so far; none where the kernel does not tell.
    pub fn cpu_time(&self) -> Option<Seconds> {
        let path = format!("/proc/self/task/{}/schedstat", self.thread_id?);
        let nanoseconds: u64 =
            std::fs::read_to_string(path).ok()?.split(' ').next()?.parse().ok()?;
        Some(Seconds(nanoseconds as f64 / 1e9))
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.state.store()
    }
}

impl Service {
    fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the thread has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits until nothing is in flight; false when that takes longer than `timeout`.
fn settled(timeout: Duration, in_flight: impl Fn() -> usize) -> bool {
    let deadline = Instant::now() + timeout;
    while in_flight() > 0 {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    true
}

/// Checks that a real server behind the service is there and can keep the limits. Gives those that
/// are left to the store.
fn check_origin(
    protocol: &dyn Protocol,
    settings: &ServiceSettings,
    config: &ListenConfig,
) -> Result<Limits, ServiceError> {
    let Some(origin) = protocol.origin() else { return Ok(settings.limits.clone()) };
    let (kind, program, install) = (settings.kind, origin.program, origin.install);
    if settings.limits.expiry.is_some() {
        return Err(ServiceError::NoExpiry(kind));
    }
    match config.origin {
        Some(_) => Ok(Limits { quota: None, ..settings.limits.clone() }),
        None => Err(ServiceError::NoOrigin { kind, program, install }),
    }
}

fn store(
    kind: ServiceKind,
    limits: &Limits,
    storage: &Storage,
    clock: Clock,
) -> Result<Store, ServiceError> {
    let (folder, opened) = match storage {
        Storage::Scratch(folder) => (folder, Store::scratch(folder, limits, clock)),
        Storage::Kept(folder) | Storage::Repaired(folder) => {
            let unreadable = match storage {
                Storage::Repaired(_) => Unreadable::LeftOut,
                _ => Unreadable::Refused,
            };
            (folder, Store::open(folder, kind, limits, clock, unreadable))
        }
    };
    opened.map_err(|source| ServiceError::Folder { folder: folder.clone(), source })
}

/// The URL of an address, for a client on this machine.
fn url(scheme: &str, mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
        });
    }
    format!("{scheme}://{address}")
}

/// The main function of the service's thread: a runtime of its own, so that its CPU time can be
/// told apart.
fn serve(
    (address, further, connections): (SocketAddr, u32, Connections),
    settings: &ServiceSettings,
    answers: (Serving, Arc<ServiceState>),
    ledger: Ledger,
    stopped: oneshot::Receiver<()>,
    report: &mpsc::Sender<io::Result<Ready>>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let free = (0..further).map(|_| SocketAddr::new(address.ip(), 0));
        let listeners = std::iter::once(address).chain(free).map(server::listen);
        let listeners = listeners.collect::<io::Result<Vec<_>>>()?;
        let addresses = listeners.iter().map(|it| it.local_addr());
        let addresses = addresses.collect::<io::Result<Vec<_>>>()?;
        // Where the starter is gone, so is the stop channel, which ends the service.
        let _ = report.send(Ok(Ready { addresses, thread_id: thread_id() }));
        tokio::select! {
            served = server::run(listeners, settings, connections, answers, ledger) => served,
            _ = stopped => Ok(()),
        }
    })
}

/// The kernel's id of this thread.
fn thread_id() -> Option<u32> {
    let link = std::fs::read_link("/proc/thread-self").ok()?;
    link.file_name()?.to_str()?.parse().ok()
}

/// The names of all registered protocols.
fn names() -> String {
    let names: Vec<&str> = protocols::PROTOCOLS.iter().map(|it| it.kind().name()).collect();
    names.join(", ")
}

#[cfg(test)]
mod full_disk;
