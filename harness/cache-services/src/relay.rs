//! Passes a client's commands on to a real server and its replies back, through the link: every
//! byte is counted, shaped and entered in the ledger, and faults and limits are kept here. Commands
//! may be under way together, as their client sends them. It must not know a protocol.

mod trace;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use lukewarm_model::{FaultKind, Operation};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::unix;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;

use crate::context::ServiceState;
use crate::faults::Faults;
use crate::link::{Link, PIECE};
use crate::protocol::{Malformed, Passage, Relay, RelayRefusal, RelayedCommand};
use crate::timer::Timers;

pub use trace::RelayTrace;
use trace::RelayedRequest;

/// The commands of one connection that may be under way.
const MOST_UNDER_WAY: usize = 1024;
/// The limit of an incomplete command before its client is authenticated, in bytes.
const LARGEST_UNTRUSTED: usize = 64 * 1024;
/// The limit of a command, in bytes: Redis' own for one value (`proto-max-bulk-len`), and its head.
const LARGEST: usize = 513 << 20;
/// How long a write may make no progress before the connection is closed.
const WRITE_TIMEOUT: Duration = Duration::from_secs(300);
/// The seconds that a fault's 429 asks a client to wait.
const FAULT_RETRY_AFTER: u64 = 1;

/// What the connections of a service share, and one connection's trace.
pub struct RelayContext {
    /// The protocol.
    pub relay: Arc<dyn Relay>,
    /// The service's state: its limits, and where its server is.
    pub service: Arc<ServiceState>,
    /// The link in front of it.
    pub link: Rc<RefCell<Link>>,
    /// What goes wrong on purpose.
    pub faults: Rc<RefCell<Faults>>,
    /// The service's timers.
    pub timers: Timers,
    /// The connection's trace.
    pub trace: Rc<RelayTrace>,
}

/// A command that waits for its reply.
struct Pending {
    request: RelayedRequest,
    /// The reply; none where the server gives it.
    reply: Option<Vec<u8>>,
    /// When the reply may be sent, in seconds.
    due: f64,
    /// Whether a reply without an error means that the client is authenticated.
    is_login: bool,
    /// A fault of the reply.
    fault: Option<FaultKind>,
    /// Whether the connection ends with this reply.
    is_last: bool,
}

/// How the stream of a client's commands ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Replies to earlier commands are still sent.
    OfCommands,
    /// The connection is over.
    OfConnection,
}

/// Serves one connection to its end.
pub async fn connection(mut client: TcpStream, context: RelayContext) {
    // A refusal only makes small replies slower.
    let _ = client.set_nodelay(true);
    let connecting = context.link.borrow().connecting();
    if connecting > 0.0 {
        context.timers.wait(connecting).await;
    }
    // A server that is gone refuses, and so does this connection.
    let Some(socket) = context.service.origin() else { return };
    let Ok(mut origin) = UnixStream::connect(socket).await else { return };
    // Halves that own the socket would end it in order when they are dropped, and not by a reset.
    let (from_client, to_client) = client.split();
    let (from_origin, to_origin) = origin.split();
    let (sender, receiver) = mpsc::channel(MOST_UNDER_WAY);
    let up = Upward { context: &context, to_origin, sender }.run(from_client);
    let down = Downward { context: &context, to_client, from_origin }.run(receiver);
    tokio::pin!(down);
    // A connection that breaks on either side is over; the traces of what was under way end with
    // it. A client that only sends no more gets its replies.
    let end = tokio::select! {
        _ = &mut down => return,
        end = up => end,
    };
    if end == End::OfCommands {
        let _ = down.await;
    }
}

/// The way of commands.
struct Upward<'a> {
    context: &'a RelayContext,
    to_origin: unix::WriteHalf<'a>,
    sender: mpsc::Sender<Pending>,
}

/// When a command's first byte came, and how long its bytes were queued by the link, in seconds.
#[derive(Clone, Copy, Default)]
struct Arrival {
    since: f64,
    queued: f64,
}

impl Upward<'_> {
    /// Reads commands, and passes each on when it is complete.
    async fn run(mut self, mut client: ReadHalf<'_>) -> End {
        let context = self.context;
        let mut pacer = context.link.borrow().pacer();
        let mut piece = vec![0; PIECE];
        let mut buffer = BytesMut::new();
        let mut arrival = Arrival::default();
        loop {
            let most = context.link.borrow().up.piece(PIECE);
            let count = match client.read(&mut piece[..most]).await {
                Ok(0) | Err(_) => break,
                Ok(count) => count,
            };
            let now = context.trace.now();
            if buffer.is_empty() {
                arrival = Arrival { since: now, queued: 0.0 };
                pacer.pause();
            }
            let grant = pacer.grant(&mut context.link.borrow_mut().up, now, count);
            arrival.queued += grant.queued;
            context.trace.receives(arrival.queued);
            if let Some(due) = grant.due {
                context.timers.until(due).await;
            }
            buffer.extend_from_slice(&piece[..count]);
            match self.take(&mut buffer, &mut arrival, &client).await {
                Ok(()) if buffer.is_empty() => context.trace.has_received_all(),
                Ok(()) => {}
                Err(end) => return end,
            }
        }
        if !buffer.is_empty() {
            context.trace.unread(arrival.since, buffer.len());
        }
        End::OfCommands
    }

    /// Passes on the complete commands in the buffer.
    async fn take(
        &mut self,
        buffer: &mut BytesMut,
        arrival: &mut Arrival,
        client: &ReadHalf<'_>,
    ) -> Result<(), End> {
        let context = self.context;
        while !buffer.is_empty() {
            let command = match context.relay.command(buffer) {
                Ok(Some(command)) => command,
                Ok(None) => {
                    let trusted = context.trace.is_trusted();
                    let most = if trusted { LARGEST } else { LARGEST_UNTRUSTED };
                    return if buffer.len() > most { Err(End::OfConnection) } else { Ok(()) };
                }
                Err(malformed) => return Err(self.refuse_all(malformed, buffer, arrival).await),
            };
            let bytes = buffer.split_to(command.length).freeze();
            let pending = self.admit(&command, arrival);
            if is_reset(&pending, &command) {
                reset(client.as_ref());
                return Err(End::OfConnection);
            }
            if pending.reply.is_none() && self.to_origin.write_all(&bytes).await.is_err() {
                return Err(End::OfConnection);
            }
            self.sender.send(pending).await.map_err(|_| End::OfConnection)?;
            *arrival = Arrival { since: context.trace.now(), queued: 0.0 };
        }
        Ok(())
    }

    /// Opens a command's trace, and decides whether it is passed on.
    fn admit(&self, command: &RelayedCommand, arrival: &Arrival) -> Pending {
        let context = self.context;
        let now = context.trace.now();
        let fault = context.faults.borrow_mut().next_fault(command.operation, now);
        let mut request = context.trace.begin(command, arrival.since, arrival.queued, fault);
        let mut due = now + context.link.borrow_mut().answering();
        match fault {
            Some(FaultKind::Stall(time)) => due += time.0,
            Some(FaultKind::SlowStart(time)) => due = due.max(time.0),
            _ => {}
        }
        let refusal = self.refusal(command, fault, now);
        let reply = refusal.map(|refusal| {
            request.refused(status(refusal));
            context.relay.refusal(refusal)
        });
        let is_login = command.passage == Passage::Login;
        Pending { request, reply, due, is_login, fault, is_last: false }
    }

    /// Why a command is not passed on; none where it is.
    fn refusal(
        &self,
        command: &RelayedCommand,
        fault: Option<FaultKind>,
        now: f64,
    ) -> Option<RelayRefusal> {
        let service = &self.context.service;
        match fault {
            Some(FaultKind::Status(429)) => return Some(RelayRefusal::Limited(FAULT_RETRY_AFTER)),
            Some(FaultKind::Status(code)) => return Some(RelayRefusal::Fault(code)),
            Some(FaultKind::TokenExpiry(_)) => return Some(RelayRefusal::Expired),
            _ => {}
        }
        if command.passage == Passage::Refused {
            return Some(RelayRefusal::Unsupported);
        }
        let limited = match command.operation {
            Operation::Write if command.body > service.largest_object() => {
                return Some(RelayRefusal::TooLarge(service.largest_object()));
            }
            Operation::Write => service.admit_upload(now),
            Operation::Read => service.admit_download(now),
            _ => Ok(()),
        };
        limited.err().map(RelayRefusal::Limited)
    }

    /// Replies to bytes that are no command; what follows cannot be understood either.
    async fn refuse_all(&self, malformed: Malformed, buffer: &BytesMut, arrival: &Arrival) -> End {
        let context = self.context;
        let command = RelayedCommand {
            length: buffer.len(),
            verb: String::new(),
            key: String::new(),
            operation: Operation::Other,
            body: 0,
            passage: Passage::Refused,
        };
        let mut request = context.trace.begin(&command, arrival.since, arrival.queued, None);
        let refusal = RelayRefusal::Malformed(malformed);
        request.refused(status(refusal));
        let due = context.trace.now() + context.link.borrow_mut().answering();
        let reply = Some(context.relay.refusal(refusal));
        let pending = Pending { request, reply, due, is_login: false, fault: None, is_last: true };
        match self.sender.send(pending).await {
            Ok(()) => End::OfCommands,
            Err(_) => End::OfConnection,
        }
    }
}

/// The way of replies.
struct Downward<'a> {
    context: &'a RelayContext,
    to_client: WriteHalf<'a>,
    from_origin: unix::ReadHalf<'a>,
}

impl Downward<'_> {
    /// Sends the reply to each command, in their order.
    async fn run(mut self, mut commands: mpsc::Receiver<Pending>) -> io::Result<()> {
        let context = self.context;
        let mut pacer = context.link.borrow().pacer();
        let mut buffer = BytesMut::new();
        while let Some(mut pending) = commands.recv().await {
            let mut reply = match pending.reply.take() {
                Some(reply) => Bytes::from(reply),
                None => self.next(&mut buffer).await?,
            };
            let said = context.relay.reply(&reply).map_err(io::Error::other)?;
            let (body, status) = said.map_or((0, 0), |said| (said.body, said.status));
            if pending.is_login && status == 200 {
                context.trace.trust();
            }
            if pending.fault == Some(FaultKind::Flip) && body > 0 {
                reply = flipped(&reply);
            }
            context.timers.until(pending.due).await;
            let whole = reply.len();
            let end = cut(&pending, whole);
            pacer.pause();
            let mut sent = 0;
            while sent < end {
                let count = context.link.borrow().down.piece(end - sent);
                let now = context.trace.now();
                let grant = pacer.grant(&mut context.link.borrow_mut().down, now, count);
                pending.request.queued(grant.queued);
                if let Some(due) = grant.due {
                    context.timers.until(due).await;
                }
                let write = self.to_client.write_all(&reply[sent..sent + count]);
                tokio::time::timeout(WRITE_TIMEOUT, write).await??;
                sent += count;
                pending.request.sent(count, body);
            }
            if end < whole || matches!(pending.fault, Some(FaultKind::Reset(_))) {
                if matches!(pending.fault, Some(FaultKind::Reset(_))) {
                    reset(self.to_client.as_ref());
                }
                return Ok(());
            }
            pending.request.answered(status);
            if pending.is_last {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The server's next reply.
    async fn next(&mut self, buffer: &mut BytesMut) -> io::Result<Bytes> {
        loop {
            let reply = self.context.relay.reply(buffer).map_err(io::Error::other)?;
            if let Some(reply) = reply {
                return Ok(buffer.split_to(reply.length).freeze());
            }
            buffer.reserve(PIECE);
            if self.from_origin.read_buf(buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// How much of a reply a fault lets through, in bytes.
fn cut(pending: &Pending, whole: usize) -> usize {
    match pending.fault {
        Some(FaultKind::Reset(after)) => whole.min(after.0 as usize),
        Some(FaultKind::Truncate(after)) => whole.saturating_sub(1).min(after.0 as usize),
        _ => whole,
    }
}

/// Whether a fault resets the connection while a command comes in.
fn is_reset(pending: &Pending, command: &RelayedCommand) -> bool {
    let Some(FaultKind::Reset(after)) = pending.fault else { return false };
    command.body > 0 && command.body >= after.0
}

/// A reply with a bit of its middle flipped, which lies in an object.
fn flipped(reply: &Bytes) -> Bytes {
    let mut bytes = reply.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    Bytes::from(bytes)
}

/// The status of HTTP that a refusal stands for in the ledger.
fn status(refusal: RelayRefusal) -> u16 {
    match refusal {
        RelayRefusal::Malformed(_) => 400,
        RelayRefusal::Unsupported => 405,
        RelayRefusal::Expired => 401,
        RelayRefusal::Fault(code) => code,
        RelayRefusal::Limited(_) => 429,
        RelayRefusal::TooLarge(_) => 413,
    }
}

/// Makes the end of a connection a reset (TCP RST). Where the kernel refuses, it is an ordinary
/// one.
fn reset(socket: &TcpStream) {
    let _ = rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO));
}
