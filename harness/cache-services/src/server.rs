//! Accepts connections and answers requests: applies the link's delays and faults, and opens and
//! closes a request's trace. Owns what all protocols share; it must not know one of them.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use lukewarm_model::{FaultKind, ServiceSettings};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::spawn_local;

use crate::connection::Connection;
use crate::context::{RequestContext, ServiceState};
use crate::faults::Faults;
use crate::ledger::Ledger;
use crate::link::Link;
use crate::message::{Answer, after, discard, status};
use crate::protocol::{Classified, Responder, Serving};
use crate::relay::{self, RelayContext, RelayTrace};
use crate::slots::{ConnectionSlots, Connections};
use crate::timer::Timers;
use crate::trace::{ConnectionNumber, RequestTrace};

/// The receive buffer of a connection behind a slow uplink, in bytes: a larger one would accept
/// bytes that have not passed the link yet.
const RECEIVE_BUFFER: usize = 256 * 1024;
/// The backlog of the listening socket.
const BACKLOG: u32 = 1024;
/// The limit of a connection's read buffer, in bytes: hyper's default is three times as much, which
/// with hundreds of uploads is most of the memory.
const READ_BUFFER: usize = 128 * 1024;
/// The limit of header fields of a request; more are refused with 431.
const MOST_HEADERS: usize = 100;
/// The `Retry-After` of an injected 429, in seconds.
const FAULT_RETRY_AFTER: u64 = 1;

/// The state that a service's connections share on its thread.
struct Server {
    serving: Serving,
    service: Arc<ServiceState>,
    ledger: Rc<Ledger>,
    link: Rc<RefCell<Link>>,
    faults: Rc<RefCell<Faults>>,
    timers: Timers,
    connections: Connections,
    slots: Rc<ConnectionSlots>,
    /// The connections that were accepted so far.
    accepted: Cell<u64>,
    /// Whether uploads pass a slow link.
    is_slow_up: bool,
}

/// Opens the listening socket.
///
/// # Errors
/// When the system refuses.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A port that was asked for can be bound again at once.
    socket.set_reuseaddr(address.port() != 0)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves the connections of all listeners until the future is dropped.
///
/// # Errors
/// When the kernel gives no timer.
pub async fn run(
    listeners: Vec<TcpListener>,
    settings: &ServiceSettings,
    connections: Connections,
    (serving, service): (Serving, Arc<ServiceState>),
    ledger: Ledger,
) -> std::io::Result<()> {
    let timers = Timers::new(ledger.clone())?;
    spawn_local(timers.clone().drive());
    let ledger = Rc::new(ledger);
    let slots = ConnectionSlots::new(connections, Rc::clone(&ledger));
    spawn_local(Rc::clone(&slots).watch());
    let server = Rc::new(Server {
        serving,
        service,
        ledger,
        link: Rc::new(RefCell::new(Link::new(&settings.network, settings.seed))),
        faults: Rc::new(RefCell::new(Faults::new(&settings.faults, settings.seed))),
        timers,
        connections,
        slots,
        accepted: Cell::new(0),
        is_slow_up: settings.network.up.is_some(),
    });
    for (number, listener) in (0..).zip(listeners) {
        spawn_local(accept(listener, number, Rc::clone(&server)));
    }
    std::future::pending().await
}

/// Accepts the connections of one listener; never returns.
async fn accept(listener: TcpListener, number: u32, server: Rc<Server>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // Out of file descriptors: some are freed soon.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        if server.is_slow_up {
            // Where it is refused, the first bytes of an upload are only a little early.
            let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER);
        }
        server.slots.free_slot().await;
        server.accepted.set(server.accepted.get() + 1);
        let connection = ConnectionNumber { connection: server.accepted.get(), listener: number };
        enter(socket, connection, &server);
    }
}

/// Serves an accepted connection in a slot of its own.
fn enter(socket: TcpStream, number: ConnectionNumber, server: &Rc<Server>) {
    match &server.serving {
        Serving::Http(responder) => {
            let patience = server.connections.first_head.as_secs_f64();
            let trace = RequestTrace::new(number, Rc::clone(&server.ledger), patience);
            let (trace, answers) = (Rc::new(trace), Arc::clone(responder));
            let served = connection(socket, Rc::clone(&trace), Rc::clone(server), answers);
            server.slots.enter(number.connection, trace, served);
        }
        Serving::Relay(relay) => {
            let trace = Rc::new(RelayTrace::new(number, Rc::clone(&server.ledger)));
            let context = RelayContext {
                relay: Arc::clone(relay),
                service: Arc::clone(&server.service),
                link: Rc::clone(&server.link),
                faults: Rc::clone(&server.faults),
                timers: server.timers.clone(),
                trace: Rc::clone(&trace),
            };
            server.slots.enter(number.connection, trace, relay::connection(socket, context));
        }
    }
}

/// Serves one connection to its end.
async fn connection(
    socket: TcpStream,
    trace: Rc<RequestTrace>,
    server: Rc<Server>,
    responder: Arc<dyn Responder>,
) {
    // TCP_NODELAY: small answers must not be held back. A refusal only makes them slower.
    let _ = socket.set_nodelay(true);
    // It has none when the client has closed it already.
    let Ok(reached) = socket.local_addr() else { return };
    let connecting = server.link.borrow().connecting();
    server.wait(connecting).await;
    let ledger = Rc::clone(&server.ledger);
    let link = Rc::clone(&server.link);
    let io = Connection::new(socket, Rc::clone(&trace), link, ledger, server.timers.clone());
    let handler = service_fn(|request: Request<Incoming>| {
        let (server, trace) = (Rc::clone(&server), Rc::clone(&trace));
        let responder = Arc::clone(&responder);
        let answer = async move { server.answer(request, trace, reached, &*responder).await };
        async move { Ok::<_, Infallible>(answer.await) }
    });
    // A client that aborts is no error of ours; the trace records it.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(server.connections.idle)
        .max_headers(MOST_HEADERS)
        .max_buf_size(READ_BUFFER)
        .serve_connection(TokioIo::new(io), handler)
        .await;
}

impl Server {
    /// Answers one request: records it in the ledger, and applies the link and the faults.
    async fn answer(
        &self,
        request: Request<Incoming>,
        trace: Rc<RequestTrace>,
        reached: SocketAddr,
        responder: &dyn Responder,
    ) -> Answer {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
        let host = host.unwrap_or("127.0.0.1").to_owned();
        let (service, ledger) = (Arc::clone(&self.service), Rc::clone(&self.ledger));
        let context = RequestContext { service, ledger, trace, host, reached };
        let Classified { verb, key, operation } = responder.classify(&request);
        let fault = self.faults.borrow_mut().next_fault(operation, self.ledger.now());
        context.trace.begin(verb, key, operation, fault);
        let mut answer = self.answer_with(fault, request, &context, responder).await;
        if context.trace.has_left_unread() {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let answering = self.link.borrow_mut().answering();
        self.wait(answering).await;
        context.trace.answered(answer.status().as_u16(), answer.body().left());
        answer.map(|payload| payload.counted(context.trace))
    }

    async fn answer_with(
        &self,
        fault: Option<FaultKind>,
        request: Request<Incoming>,
        context: &RequestContext,
        responder: &dyn Responder,
    ) -> Answer {
        let refusal = match fault {
            Some(FaultKind::Status(code)) => {
                let code = StatusCode::from_u16(code).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
                let answer = status(code);
                let limited = code == StatusCode::TOO_MANY_REQUESTS;
                if limited { after(answer, FAULT_RETRY_AFTER) } else { answer }
            }
            Some(FaultKind::TokenExpiry(_)) => responder.token_expired(&request),
            Some(FaultKind::Stall(time)) => {
                self.wait(time.0).await;
                return responder.answer(request, context).await;
            }
            Some(FaultKind::SlowStart(time)) => {
                self.timers.until(time.0).await;
                return responder.answer(request, context).await;
            }
            _ => return responder.answer(request, context).await,
        };
        responder.recognise(&request, context);
        discard(request.into_body(), &context.trace).await;
        refusal
    }

    async fn wait(&self, seconds: f64) {
        if seconds > 0.0 {
            self.timers.wait(seconds).await;
        }
    }
}
