//! Accepting connections, and the route table: which request goes where.
//! Owns what all protocols share: the link's delays, limits by rate, the exchange's begin and end.

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use lukewarm_model::{Operation, ServiceKind, ServiceSettings};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::spawn_local;

use crate::connection::Connection;
use crate::exchange::Exchange;
use crate::github_actions::{self, Uploads};
use crate::ledger::Ledger;
use crate::limits::Rate;
use crate::link::Link;
use crate::message::{Answer, discard, status};
use crate::service::{Numbers, locked};
use crate::store::Store;
use crate::webdav::{self, Locks};

/// The receive buffer of a connection behind a slow link: a larger one would take bytes from
/// the client that have not passed the link yet.
const RECEIVE_BUFFER: u32 = 64 * 1024;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;
/// How long a client may take to send a request's head. Idle connections wait for one too, and
/// must outlive the 90 s for which reqwest, and so sccache, keeps them to use again.
const HEAD_TIMEOUT: Duration = Duration::from_secs(300);

/// What a service's owner and its connections share.
#[derive(Debug)]
pub struct Shared {
    pub kind: ServiceKind,
    pub token: String,
    pub numbers: Numbers,
    /// The largest object that a client may put, in bytes; none means no limit.
    pub largest_object: Option<u64>,
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
    /// The host that the client spoke to: signed URLs lead back to it.
    pub host: String,
}

impl Shared {
    /// The state of a service that starts.
    pub fn new(settings: &ServiceSettings, store: Store, token: String) -> Shared {
        let limits = &settings.limits;
        Shared {
            kind: settings.kind,
            token,
            numbers: Numbers::default(),
            largest_object: limits.largest_object.map(|largest| largest.0),
            store: Mutex::new(store),
            uploads: Mutex::default(),
            rates: Mutex::new(Rates {
                up: Rate::new(limits.uploads_per_minute),
                down: Rate::new(limits.downloads_per_minute),
            }),
            locks: Mutex::default(),
        }
    }

    /// What is stored.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        locked(&self.store)
    }

    /// Uploads on their way.
    pub fn uploads(&self) -> MutexGuard<'_, Uploads> {
        locked(&self.uploads)
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
pub fn listen(settings: &ServiceSettings) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    if settings.network.up.is_some() {
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    }
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    socket.listen(BACKLOG)
}

/// Serves connections until the future is dropped.
pub async fn run(
    listener: TcpListener,
    settings: &ServiceSettings,
    shared: Arc<Shared>,
    ledger: Ledger,
) {
    let link = Rc::new(RefCell::new(Link::new(&settings.network, settings.seed)));
    let ledger = Rc::new(ledger);
    let mut connections = 0;
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // Out of file descriptors: those in use are given back soon.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        connections += 1;
        let (shared, link, ledger) = (Arc::clone(&shared), Rc::clone(&link), Rc::clone(&ledger));
        spawn_local(connection(socket, connections, shared, link, ledger));
    }
}

/// Serves one connection to its end.
async fn connection(
    socket: TcpStream,
    number: u64,
    shared: Arc<Shared>,
    link: Rc<RefCell<Link>>,
    ledger: Rc<Ledger>,
) {
    // Small answers must not wait for more; a refusal only makes them slower.
    let _ = socket.set_nodelay(true);
    let connecting = link.borrow().connecting();
    wait(connecting).await;
    let exchange = Rc::new(Exchange::new(number, Rc::clone(&ledger)));
    let io = Connection::new(socket, Rc::clone(&exchange), Rc::clone(&link), Rc::clone(&ledger));
    let handler = service_fn(|request: Request<Incoming>| {
        let host = request.headers().get(hyper::header::HOST);
        let host = host.and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1").to_owned();
        let (shared, ledger, exchange) =
            (Arc::clone(&shared), Rc::clone(&ledger), Rc::clone(&exchange));
        let site = Site { shared, ledger, exchange, host };
        let link = Rc::clone(&link);
        async move {
            let answer = route(request, &site).await;
            let round_trip = link.borrow_mut().round_trip();
            wait(round_trip).await;
            site.exchange.answered(answer.status().as_u16());
            let exchange = Rc::clone(&site.exchange);
            Ok::<_, Infallible>(answer.map(|payload| payload.counted(exchange)))
        }
    });
    // A client that breaks off is no error of ours; its exchange says what became of it.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(io), handler)
        .await;
}

/// The route table.
async fn route(request: Request<Incoming>, site: &Site) -> Answer {
    let path = request.uri().path().to_owned();
    match (site.shared.kind, request.method()) {
        (ServiceKind::GithubActions, &Method::POST) if path.starts_with(github_actions::TWIRP) => {
            github_actions::twirp(request, site).await
        }
        (ServiceKind::GithubActions, _) if path.starts_with(github_actions::BLOBS) => {
            github_actions::blob(request, site).await
        }
        (ServiceKind::Webdav, _) => webdav::answer(request, site).await,
        (ServiceKind::GithubActions, method) => {
            site.exchange.begin(method.as_str(), path, Operation::Other);
            discard(request.into_body(), &site.exchange).await;
            status(StatusCode::NOT_FOUND)
        }
    }
}

async fn wait(seconds: f64) {
    if seconds > 0.0 {
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    }
}
