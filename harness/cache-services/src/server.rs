//! Accepting connections, and the route table: which request goes where.
//! Owns what all protocols share: the link's delays, limits by rate, the exchange's begin and end.

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use lukewarm_model::{FaultKind, Operation, ServiceKind, ServiceSettings};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::spawn_local;

use crate::clock::Clock;
use crate::connection::Connection;
use crate::door::{Connections, Door};
use crate::exchange::Exchange;
use crate::faults::Faults;
use crate::github_actions::{self, Signer, Uploads};
use crate::ledger::Ledger;
use crate::limits::Rate;
use crate::link::Link;
use crate::message::{Answer, after, discard, status};
use crate::origin::{PublicUrl, origin};
use crate::service::locked;
use crate::store::Store;
use crate::timer::Timers;
use crate::webdav::{self, Locks};

/// The receive buffer of a connection behind a slow link: a larger one would take bytes from
/// the client that have not passed the link yet.
const RECEIVE_BUFFER: usize = 256 * 1024;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;
/// What a connection may hold of what it reads, in bytes: hyper would take three times as much,
/// and with hundreds of uploads at once that is most of the memory.
const READ_BUFFER: usize = 128 * 1024;
/// Fields of a request's head; more are refused with 431.
const MOST_HEADERS: usize = 100;
/// What a 429 that is a fault tells the client to wait, in seconds.
const FAULT_RETRY_AFTER: u64 = 1;

/// What a service's owner and its connections share.
#[derive(Debug)]
pub struct Shared {
    pub kind: ServiceKind,
    pub token: String,
    /// What signs tokens with scopes.
    pub signer: Signer,
    /// Whether service v1 of the GitHub Actions cache is there.
    pub with_v1: bool,
    pub clock: Clock,
    public_url: Option<PublicUrl>,
    largest_object: u64,
    store: Mutex<Store>,
    uploads: Mutex<Uploads>,
    rates: Mutex<Rates>,
    locks: Mutex<Locks>,
}

/// What the service admits by rate.
#[derive(Debug)]
struct Rates {
    up: Rate,
    down: Rate,
}

/// What a handler may use.
pub struct Site {
    pub shared: Arc<Shared>,
    pub ledger: Rc<Ledger>,
    pub exchange: Rc<Exchange>,
    /// The host that the client named, whichever it is.
    pub host: String,
    /// The address that it reached.
    reached: SocketAddr,
}

/// What all connections of a service share on its thread.
struct Hall {
    shared: Arc<Shared>,
    ledger: Rc<Ledger>,
    link: Rc<RefCell<Link>>,
    faults: RefCell<Faults>,
    timers: Timers,
    connections: Connections,
}

impl Site {
    /// What the URLs of this service begin with, for this client.
    pub fn origin(&self) -> String {
        origin(&self.host, self.reached, self.shared.public_url.as_ref())
    }
}

impl Shared {
    /// The state of a service that starts.
    pub fn new(
        settings: &ServiceSettings,
        (store, clock): (Store, Clock),
        (token, signer): (String, Signer),
        public_url: Option<PublicUrl>,
    ) -> Shared {
        let limits = &settings.limits;
        Shared {
            kind: settings.kind,
            token,
            signer,
            with_v1: settings.with_v1,
            clock,
            public_url,
            largest_object: limits.largest_object.map_or(u64::MAX, |size| size.0),
            store: Mutex::new(store),
            uploads: Mutex::default(),
            rates: Mutex::new(Rates {
                up: Rate::new(limits.uploads_per_minute),
                down: Rate::new(limits.downloads_per_minute),
            }),
            locks: Mutex::default(),
        }
    }

    /// What is stored, without what has expired.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        let mut store = locked(&self.store);
        store.sweep();
        store
    }

    /// Uploads on their way.
    pub fn uploads(&self) -> MutexGuard<'_, Uploads> {
        locked(&self.uploads)
    }

    /// The largest object that is taken, in bytes.
    pub fn largest_object(&self) -> u64 {
        self.largest_object
    }

    /// What WebDAV clients have locked. Whoever takes it with the store takes it first.
    pub fn locks(&self) -> MutexGuard<'_, Locks> {
        locked(&self.locks)
    }

    /// Forgets what limits admitted, what was locked, and uploads that were never finished.
    pub fn forget(&self) {
        let mut rates = locked(&self.rates);
        rates.up.reset();
        rates.down.reset();
        *self.uploads() = Uploads::default();
        *self.locks() = Locks::default();
    }

    /// Admits an upload at that time, or says how many seconds to wait.
    pub fn admit_upload(&self, now: f64) -> Result<(), u64> {
        locked(&self.rates).up.admit(now)
    }

    /// Admits a download at that time, or says how many seconds to wait.
    pub fn admit_download(&self, now: f64) -> Result<(), u64> {
        locked(&self.rates).down.admit(now)
    }
}

/// Opens the socket.
///
/// # Errors
/// When the system refuses.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A port of one's own choice can be had again at once.
    socket.set_reuseaddr(address.port() != 0)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves connections until the future is dropped.
///
/// # Errors
/// When the kernel gives no timer.
pub async fn run(
    listener: TcpListener,
    settings: &ServiceSettings,
    connections: Connections,
    shared: Arc<Shared>,
    ledger: Ledger,
) -> std::io::Result<()> {
    let timers = Timers::new(ledger.clone())?;
    spawn_local(timers.clone().drive());
    let ledger = Rc::new(ledger);
    let door = Door::new(connections, Rc::clone(&ledger));
    spawn_local(Rc::clone(&door).watch());
    let hall = Rc::new(Hall {
        shared,
        ledger,
        link: Rc::new(RefCell::new(Link::new(&settings.network, settings.seed))),
        faults: RefCell::new(Faults::new(&settings.faults, settings.seed)),
        timers,
        connections,
    });
    for number in 1.. {
        let Ok((socket, _)) = listener.accept().await else {
            // Out of file descriptors: those in use are given back soon.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        if settings.network.up.is_some() {
            // Refused, it only makes an upload's first bytes a little early.
            let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER);
        }
        door.place().await;
        let patience = connections.first_head.as_secs_f64();
        let exchange = Rc::new(Exchange::new(number, Rc::clone(&hall.ledger), patience));
        let serving = connection(socket, Rc::clone(&exchange), Rc::clone(&hall));
        door.enter(number, exchange, serving);
    }
    Ok(())
}

/// Serves one connection to its end.
async fn connection(socket: TcpStream, exchange: Rc<Exchange>, hall: Rc<Hall>) {
    // Small answers must not wait for more; a refusal only makes them slower.
    let _ = socket.set_nodelay(true);
    // It has none when the client is gone already.
    let Ok(reached) = socket.local_addr() else { return };
    let connecting = hall.link.borrow().connecting();
    hall.wait(connecting).await;
    let ledger = Rc::clone(&hall.ledger);
    let link = Rc::clone(&hall.link);
    let io = Connection::new(socket, Rc::clone(&exchange), link, ledger, hall.timers.clone());
    let handler = service_fn(|request: Request<Incoming>| {
        let (hall, exchange) = (Rc::clone(&hall), Rc::clone(&exchange));
        async move { Ok::<_, Infallible>(hall.answer(request, exchange, reached).await) }
    });
    // A client that breaks off is no error of ours; its exchange says what became of it.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(hall.connections.idle)
        .max_headers(MOST_HEADERS)
        .max_buf_size(READ_BUFFER)
        .serve_connection(TokioIo::new(io), handler)
        .await;
}

impl Hall {
    /// Answers one request: in the ledger, over the link, and with what is to go wrong.
    async fn answer(
        &self,
        request: Request<Incoming>,
        exchange: Rc<Exchange>,
        reached: SocketAddr,
    ) -> Answer {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = host.unwrap_or("127.0.0.1").to_owned();
        let (shared, ledger) = (Arc::clone(&self.shared), Rc::clone(&self.ledger));
        let site = Site { shared, ledger, exchange, host, reached };
        let (verb, key, operation) = about(&request, site.shared.kind);
        let fault = self.faults.borrow_mut().strike(operation, self.ledger.now());
        site.exchange.begin(verb, key, operation, fault);
        let mut answer = self.answer_with(fault, request, &site).await;
        if site.exchange.has_left_unread() {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let answering = self.link.borrow_mut().answering();
        self.wait(answering).await;
        site.exchange.answered(answer.status().as_u16(), answer.body().left());
        answer.map(|payload| payload.counted(site.exchange))
    }

    async fn answer_with(
        &self,
        fault: Option<FaultKind>,
        request: Request<Incoming>,
        site: &Site,
    ) -> Answer {
        let refusal = match fault {
            Some(FaultKind::Status(code)) => {
                let code = StatusCode::from_u16(code).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
                let answer = status(code);
                let limited = code == StatusCode::TOO_MANY_REQUESTS;
                if limited { after(answer, FAULT_RETRY_AFTER) } else { answer }
            }
            Some(FaultKind::TokenExpiry(_)) => {
                // A signed URL carries its token, and Azure refuses it with 403.
                let signed = !request.headers().contains_key(AUTHORIZATION);
                status(if signed { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED })
            }
            Some(FaultKind::Stall(time)) => {
                self.wait(time.0).await;
                return route(request, site).await;
            }
            Some(FaultKind::SlowStart(time)) => {
                self.timers.until(time.0).await;
                return route(request, site).await;
            }
            _ => return route(request, site).await,
        };
        recognise(&request, site);
        discard(request.into_body(), &site.exchange).await;
        refusal
    }

    async fn wait(&self, seconds: f64) {
        if seconds > 0.0 {
            self.timers.wait(seconds).await;
        }
    }
}

/// What the ledger says of a request before it is looked at closely: verb, key and operation.
fn about(request: &Request<Incoming>, kind: ServiceKind) -> (&str, &str, Operation) {
    match kind == ServiceKind::GITHUB_ACTIONS {
        true => github_actions::about(request),
        false => webdav::about(request),
    }
}

/// Looks whether a request's client may speak to the service; its exchange is told.
fn recognise(request: &Request<Incoming>, site: &Site) {
    if site.shared.kind == ServiceKind::GITHUB_ACTIONS {
        github_actions::recognise(request, site);
    } else if webdav::authorization::is_authorized(request.headers(), &site.shared.token) {
        site.exchange.trust();
    }
}

/// The route table.
async fn route(request: Request<Incoming>, site: &Site) -> Answer {
    let path = request.uri().path().to_owned();
    if site.shared.kind != ServiceKind::GITHUB_ACTIONS {
        return webdav::answer(request, site).await;
    }
    if site.exchange.has_fragment() {
        site.exchange.refused();
        discard(request.into_body(), &site.exchange).await;
        return status(StatusCode::BAD_REQUEST);
    }
    match request.method() {
        &Method::POST if path.starts_with(github_actions::TWIRP) => {
            github_actions::twirp(request, site).await
        }
        _ if path.starts_with(github_actions::BLOBS) => github_actions::blob(request, site).await,
        _ if path.starts_with(github_actions::V1) => github_actions::v1(request, site).await,
        _ if path.starts_with(github_actions::REST) => github_actions::rest(request, site).await,
        _ => {
            discard(request.into_body(), &site.exchange).await;
            status(StatusCode::NOT_FOUND)
        }
    }
}
