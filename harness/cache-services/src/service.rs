//! A running service: one thread with its own runtime, started and stopped by its owner.
//! Owns the thread; what is answered on it is `server`'s.
// Longer than 400 lines: the handle, its errors and its thread are one life.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lukewarm_model::{
    Classify, Endpoint, ErrorKind, Request, Seconds, ServiceFacts, ServiceKind, ServiceSettings,
};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::context::ServiceState;
use crate::ledger::Ledger;
use crate::origin::PublicUrl;
use crate::protocol::{Permission, Protocol, Responder, Start, UnfitToken};
use crate::protocols;
use crate::server;
use crate::slots::Connections;
use crate::store::{Repaired, Snapshot, Store, Unreadable};

/// A running service. Dropping it stops it.
#[derive(Debug)]
pub struct Service {
    settings: ServiceSettings,
    endpoint: Endpoint,
    protocol: Arc<dyn Responder>,
    state: Arc<ServiceState>,
    ledger: Ledger,
    thread_id: Option<u32>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Where a service listens, who may speak to it, and where it keeps what it is given.
#[derive(Clone, Debug)]
pub struct ListenConfig {
    /// Port 0 takes a free one.
    pub address: SocketAddr,
    /// The token that opens it; none makes a fresh one. Needed where others can reach the address.
    pub token: Option<String>,
    /// Where bytes lie.
    pub storage: Storage,
    /// The URL that clients elsewhere know it by, where that is not its address.
    pub public_url: Option<PublicUrl>,
    /// How many connections it has, and for whom it waits.
    pub connections: Connections,
}

/// Where a service's bytes lie, and for how long.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In a folder that its owner removes.
    Scratch(PathBuf),
    /// In a folder that the next service on it finds them in. It is the store's alone: one with
    /// anything else in it is refused.
    Kept(PathBuf),
    /// The same, where what cannot be read of its journal is left out; the journal as it was is
    /// kept beside.
    Repaired(PathBuf),
}

/// Why a service does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Its folder cannot be used.
    #[error("cannot use {} for objects", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No thread, runtime or socket could be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Others can reach the address, and no token was chosen, or an empty one.
    #[error("{0} cannot be served without a token: choose one")]
    Token(IpAddr),
    /// The chosen token has spaces, or other letters than ASCII's.
    #[error("the token cannot be sent in a header: visible ASCII letters only")]
    Unsendable,
    /// The chosen token is none for this protocol.
    #[error(transparent)]
    UnfitToken(#[from] UnfitToken),
    /// No protocol of that name is served here.
    #[error("no protocol `{0}` can be served, only {names}", names = names())]
    Unknown(ServiceKind),
}

impl Classify for ServiceError {
    fn kind(&self) -> ErrorKind {
        match self {
            ServiceError::Folder { .. } | ServiceError::Listen { .. } => ErrorKind::Environment,
            ServiceError::Token(_)
            | ServiceError::Unsendable
            | ServiceError::UnfitToken(_)
            | ServiceError::Unknown(_) => ErrorKind::Input,
        }
    }
}

/// What the thread tells when it is ready.
struct Ready {
    address: SocketAddr,
    thread_id: Option<u32>,
}

impl ListenConfig {
    /// A free port of 127.0.0.1, a fresh token, and a folder that its owner removes.
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

    /// Starts a service that speaks a protocol, registered or not.
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
        let clock = Clock::default();
        let responder = protocol.start(&Start { settings, token, clock: &clock })?;
        let protocol: Arc<dyn Responder> = Arc::from(responder);
        let store = store(settings, &config.storage, clock.clone())?;
        let state = ServiceState::new(settings, (store, clock), config.public_url.clone());
        let state = Arc::new(state);
        let ledger = Ledger::new();
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let thread = {
            let (answers, ledger) = ((Arc::clone(&protocol), Arc::clone(&state)), ledger.clone());
            let (settings, connections) = (settings.clone(), config.connections);
            std::thread::Builder::new().name("cache-service".to_owned()).spawn(move || {
                let wanted = (address, connections);
                let served = serve(wanted, &settings, answers, ledger, stopped, &tell);
                if let Err(error) = served {
                    // The starter waits for exactly one word.
                    let _ = tell.send(Err(error));
                }
            })
        };
        let failed = |source| ServiceError::Listen { address, source };
        let thread = thread.map_err(failed)?;
        let ready = told
            .recv()
            .unwrap_or_else(|_| Err(io::Error::other("the service ended at once")))
            .map_err(failed)?;
        Ok(Service {
            settings: settings.clone(),
            endpoint: Endpoint {
                kind: settings.kind,
                url: url(ready.address),
                access: protocol.access(&[]),
            },
            protocol,
            state,
            ledger,
            thread_id: ready.thread_id,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// `http://127.0.0.1:PORT`, or where else it listens.
    pub fn url(&self) -> &str {
        &self.endpoint.url
    }

    /// What a client needs to reach it.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The bearer token; for WebDAV also the password of any user. Empty where requests are signed.
    pub fn token(&self) -> &str {
        self.endpoint.token().unwrap_or_default()
    }

    /// The same for a client that may use the entries of these refs alone, such as
    /// `refs/heads/main`, where the service has refs; all that there is where none is named.
    /// Look-ups go through those that may be read in this order, entries are made in the first that
    /// may be written. A token for refs is signed: a service that was started with the same token
    /// of at least [`SHORTEST_SECRET`](crate::SHORTEST_SECRET) bytes takes it too, any other does
    /// not.
    pub fn endpoint_for(&self, refs: &[(&str, Permission)]) -> Endpoint {
        match refs {
            [] => self.endpoint.clone(),
            refs => Endpoint { access: self.protocol.access(refs), ..self.endpoint.clone() },
        }
    }

    /// What it was started with.
    pub fn settings(&self) -> &ServiceSettings {
        &self.settings
    }

    /// Everything stored at this moment; cheap, and never changed afterwards.
    pub fn snapshot(&self) -> Snapshot {
        self.store().snapshot()
    }

    /// Makes folders, parents before what is in them: a store in which others have been.
    ///
    /// # Errors
    /// When a kept store cannot write it down.
    pub fn make_folders(&self, paths: &[String]) -> io::Result<()> {
        let mut store = self.store();
        paths.iter().try_for_each(|path| store.make_folder(path))
    }

    /// Goes to a snapshot. What was admitted by limits and evicted before is forgotten.
    ///
    /// # Errors
    /// When a kept store cannot write it down.
    pub fn restore(&self, snapshot: &Snapshot) -> io::Result<()> {
        self.state.forget_rates();
        self.protocol.forget();
        self.store().restore(snapshot.clone())
    }

    /// Lets time pass for entries that expire.
    pub fn pass_time(&self, time: Seconds) {
        self.state.clock.pass(time);
    }

    /// Stops, and writes a kept store down whole.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn close(mut self) -> io::Result<()> {
        self.stop();
        self.store().close()
    }

    /// Requests that ended since the last take, in the order in which they began.
    pub fn take_ledger(&self) -> Vec<Request> {
        self.ledger.take()
    }

    /// Waits until no request is in flight; false when that takes longer than `timeout`.
    pub fn settle(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        while self.ledger.in_flight() > 0 {
            if Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        true
    }

    /// What it holds now, and what its quota pushed out since the last restore.
    pub fn stored(&self) -> ServiceFacts {
        self.store().facts()
    }

    /// What of a kept store's journal could not be read, and was left out.
    pub fn repaired(&self) -> Option<Repaired> {
        self.store().repaired().cloned()
    }

    /// CPU time that the service has used so far; none where the system does not say.
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

fn store(
    settings: &ServiceSettings,
    storage: &Storage,
    clock: Clock,
) -> Result<Store, ServiceError> {
    let (folder, opened) = match storage {
        Storage::Scratch(folder) => (folder, Store::scratch(folder, &settings.limits, clock)),
        Storage::Kept(folder) | Storage::Repaired(folder) => {
            let unreadable = match storage {
                Storage::Repaired(_) => Unreadable::LeftOut,
                _ => Unreadable::Refused,
            };
            (folder, Store::open(folder, settings.kind, &settings.limits, clock, unreadable))
        }
    };
    opened.map_err(|source| ServiceError::Folder { folder: folder.clone(), source })
}

/// Where a client on this machine reaches an address.
fn url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
        });
    }
    format!("http://{address}")
}

/// The service's thread: a runtime of its own, so that its CPU time can be told apart.
fn serve(
    (address, connections): (SocketAddr, Connections),
    settings: &ServiceSettings,
    answers: (Arc<dyn Responder>, Arc<ServiceState>),
    ledger: Ledger,
    stopped: oneshot::Receiver<()>,
    tell: &mpsc::Sender<io::Result<Ready>>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let listener = server::listen(address)?;
        let address = listener.local_addr()?;
        // A starter that went away drops the stop channel too, which ends the service.
        let _ = tell.send(Ok(Ready { address, thread_id: thread_id() }));
        tokio::select! {
            served = server::run(listener, settings, connections, answers, ledger) => served,
            _ = stopped => Ok(()),
        }
    })
}

/// The kernel's number of this thread.
fn thread_id() -> Option<u32> {
    let link = std::fs::read_link("/proc/thread-self").ok()?;
    link.file_name()?.to_str()?.parse().ok()
}

/// The names of all registered protocols.
fn names() -> String {
    let names: Vec<&str> = protocols::PROTOCOLS.iter().map(|it| it.kind().name()).collect();
    names.join(", ")
}
