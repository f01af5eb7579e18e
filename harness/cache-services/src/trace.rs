//! The trace of one connection: the current request, and the bytes that pass the socket. Shared by
//! the socket, which counts bytes, and the handler, which knows what they are for. A request ends
//! when its last byte is flushed, or when the connection breaks.

mod standing;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::rc::Rc;

use lukewarm_model::{Bytes, FaultKind, Operation, Request, Seconds};

use crate::ledger::Ledger;
use crate::store::Piece;
use crate::target::{Target, status_of};

/// What a connection is called in the ledger.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionNumber {
    /// Its number, in order of acceptance over all listeners.
    pub connection: u64,
    /// The number of the listener that accepted it.
    pub listener: u32,
}

/// The state of one connection.
pub struct RequestTrace {
    connection: ConnectionNumber,
    ledger: Rc<Ledger>,
    /// Bytes read and written by the socket since the connection was opened.
    read: Cell<u64>,
    written: Cell<u64>,
    /// The same counts at the end of the last request.
    read_before: Cell<u64>,
    written_before: Cell<u64>,
    /// The status and time of a response that hyper sent by itself to a malformed request.
    unread: Cell<Option<(u16, f64)>>,
    target: Target,
    with_fragment: Cell<bool>,
    /// The current request is authenticated.
    is_trusted: Cell<bool>,
    /// A body was not read to its end.
    left_unread: Cell<bool>,
    /// The timeout for the body of a request that is not authenticated, in seconds.
    patience: f64,
    /// At least one request has begun on this connection.
    has_begun: Cell<bool>,
    /// When the last request ended or the connection was opened, in seconds.
    silent_since: Cell<f64>,
    /// The file ranges that placeholders stand for, in order.
    pieces: RefCell<VecDeque<Piece>>,
    open: RefCell<Option<Open>>,
    /// How long bytes of the next request were queued by the link, in seconds.
    queued_before: Cell<f64>,
}

/// The current request.
struct Open {
    at: f64,
    verb: String,
    key: String,
    scope: String,
    operation: Operation,
    status: u16,
    body_up: u64,
    body_down: u64,
    queued: f64,
    first_byte: Option<f64>,
    fault: Option<FaultKind>,
    stage: Stage,
    cut: Option<(Cut, Stage)>,
}

/// The progress of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Receiving,
    /// The handler has returned a response.
    Answered,
    /// The response body has been handed to hyper completely.
    HandedOver,
}

/// How a fault ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It is closed in the middle of a response.
    Close,
    /// It is reset (TCP RST).
    Reset,
}

impl RequestTrace {
    /// A new connection, with the timeout in seconds for the body of a request that is not
    /// authenticated.
    pub fn new(connection: ConnectionNumber, ledger: Rc<Ledger>, patience: f64) -> RequestTrace {
        RequestTrace {
            connection,
            silent_since: Cell::new(ledger.now()),
            ledger,
            read: Cell::new(0),
            written: Cell::new(0),
            read_before: Cell::new(0),
            written_before: Cell::new(0),
            unread: Cell::new(None),
            target: Target::default(),
            with_fragment: Cell::new(false),
            is_trusted: Cell::new(false),
            left_unread: Cell::new(false),
            patience,
            has_begun: Cell::new(false),
            pieces: RefCell::default(),
            open: RefCell::new(None),
            queued_before: Cell::new(0.0),
        }
    }

    /// Opens a request whose head was read, with its fault.
    pub fn begin(&self, verb: &str, key: &str, operation: Operation, fault: Option<FaultKind>) {
        // A previous request that saw no flush has ended all the same.
        self.end_answered();
        self.ledger.begin(self.connection.listener);
        self.has_begun.set(true);
        self.is_trusted.set(false);
        self.with_fragment.set(self.target.take_fragment());
        *self.open.borrow_mut() = Some(Open {
            at: self.ledger.now(),
            verb: verb.to_owned(),
            key: key.to_owned(),
            scope: String::new(),
            operation,
            status: 0,
            body_up: 0,
            body_down: 0,
            queued: self.queued_before.take(),
            first_byte: None,
            fault,
            stage: Stage::Receiving,
            cut: None,
        });
    }

    /// Sets the key of the current request.
    pub fn about(&self, key: &str) {
        self.with(|open| open.key = key.to_owned());
    }

    /// Sets the scope of the current request.
    pub fn scoped(&self, scope: &str) {
        self.with(|open| open.scope = scope.to_owned());
    }

    /// Marks the current request as refused: it counts as no operation on the store.
    pub fn refused(&self) {
        self.with(|open| open.operation = Operation::Other);
    }

    /// Counts bytes of the request body.
    pub fn received(&self, count: usize) {
        self.with(|open| {
            open.body_up += count as u64;
            if matches!(open.fault, Some(FaultKind::Reset(after)) if open.body_up >= after.0) {
                open.cut = Some((Cut::Reset, Stage::Receiving));
            }
        });
    }

    /// The response head is ready; its body has `length` bytes.
    pub fn answered(&self, status: u16, length: u64) {
        self.with(|open| {
            open.status = status;
            open.stage = Stage::Answered;
            // An upload smaller than the fault's offset: the response is lost instead.
            if matches!(open.fault, Some(FaultKind::Reset(_))) && length == 0 {
                open.cut = Some((Cut::Reset, Stage::Receiving));
            }
        });
    }

    /// The number of response bytes after which a fault ends the connection; none without one.
    pub fn ends_after(&self, length: u64) -> Option<u64> {
        match self.open.borrow().as_ref()?.fault? {
            FaultKind::Reset(after) => Some(after.0.min(length)),
            FaultKind::Truncate(after) => Some(after.0.min(length.saturating_sub(1))),
            _ => None,
        }
    }

    /// Whether a fault flips a bit of the response.
    pub fn flips(&self) -> bool {
        let open = self.open.borrow();
        open.as_ref().is_some_and(|open| open.fault == Some(FaultKind::Flip))
    }

    /// The part of the response that a fault lets through was handed over: the connection ends once
    /// it is sent.
    pub fn cut_short(&self) {
        self.with(|open| {
            let reset = matches!(open.fault, Some(FaultKind::Reset(_)));
            let cut = if reset { Cut::Reset } else { Cut::Close };
            open.cut = Some((cut, Stage::HandedOver));
        });
    }

    /// How a fault ends the connection now; none where it does not.
    pub fn cut_now(&self) -> Option<Cut> {
        let open = self.open.borrow();
        open.as_ref()?.cut.filter(|(_, stage)| *stage == Stage::Receiving).map(|(cut, _)| cut)
    }

    /// How a fault ends the connection once everything is sent; none where it does not.
    pub fn cut_when_flushed(&self) -> Option<Cut> {
        self.open.borrow().as_ref()?.cut.map(|(cut, _)| cut)
    }

    /// Counts bytes of the response body.
    pub fn sent(&self, count: usize) {
        self.with(|open| open.body_down += count as u64);
    }

    /// Counts a file range of the response body; its placeholder reaches the socket in turn.
    pub fn sent_piece(&self, piece: Piece) {
        self.sent(piece.length);
        self.pieces.borrow_mut().push_back(piece);
    }

    /// Sends from the file range that the next placeholder stands for.
    ///
    /// # Errors
    /// What `send` returns.
    pub fn send_piece(
        &self,
        send: impl FnOnce(&mut Piece) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut pieces = self.pieces.borrow_mut();
        let piece = pieces.front_mut().ok_or(io::ErrorKind::InvalidData)?;
        let count = send(piece)?;
        if piece.length == 0 {
            pieces.pop_front();
        }
        Ok(count)
    }

    /// The response body was handed over completely.
    pub fn handed_over(&self) {
        self.with(|open| open.stage = Stage::HandedOver);
    }

    /// Whether the next received bytes are the first of a request.
    pub fn begins_up(&self) -> bool {
        self.open.borrow().as_ref().is_none_or(|open| open.stage > Stage::Receiving)
    }

    /// Whether the next sent bytes are the first of a response.
    pub fn begins_down(&self) -> bool {
        self.open.borrow().as_ref().is_none_or(|open| open.first_byte.is_none())
    }

    /// Adds the time that bytes were queued by the link, in seconds.
    pub fn queued(&self, seconds: f64) {
        match self.open.borrow_mut().as_mut() {
            Some(open) => open.queued += seconds,
            None => self.queued_before.set(self.queued_before.get() + seconds),
        }
    }

    /// Whether the current request has a fragment in its target, which is invalid (RFC 9112, 3.2):
    /// it is unknown whether the client means the whole path. For a pipelined request any `#` in
    /// the bytes behind the previous one counts; behind a body none is looked for.
    pub fn has_fragment(&self) -> bool {
        self.with_fragment.get()
    }

    /// Counts bytes that the socket read.
    pub fn socket_read(&self, bytes: &[u8]) {
        let is_first = self.read.get() == self.read_before.get();
        self.read.set(self.read.get() + bytes.len() as u64);
        match self.open.borrow().is_some() {
            true => self.target.look_behind(bytes),
            false => self.target.look(bytes, is_first),
        }
    }

    /// Counts bytes that the socket wrote, the first `count` of `bytes`.
    pub fn socket_wrote(&self, bytes: &[IoSlice<'_>], count: usize) {
        self.written.set(self.written.get() + count as u64);
        let mut open = self.open.borrow_mut();
        match open.as_mut() {
            Some(open) if open.stage > Stage::Receiving => {
                open.first_byte.get_or_insert_with(|| self.ledger.now());
            }
            Some(_) => {}
            None => {
                let status = bytes.first().and_then(|bytes| status_of(bytes));
                self.unread.set(status.map(|status| (status, self.ledger.now())));
            }
        }
    }

    /// The socket has been flushed: a response that was handed over has ended.
    pub fn flushed(&self) {
        let ended = self
            .open
            .borrow()
            .as_ref()
            .is_some_and(|open| open.stage == Stage::HandedOver && open.first_byte.is_some());
        if ended {
            self.end(true);
        }
    }

    fn with(&self, change: impl FnOnce(&mut Open)) {
        if let Some(open) = self.open.borrow_mut().as_mut() {
            change(open);
        }
    }

    /// Ends the current request, if it was answered.
    fn end_answered(&self) {
        let stage = self.open.borrow().as_ref().map(|open| open.stage);
        self.end(stage == Some(Stage::HandedOver));
    }

    /// Adds the current request to the ledger. A response that was not sent completely has no
    /// status.
    fn end(&self, whole: bool) {
        let Some(open) = self.open.borrow_mut().take() else { return };
        let since = |total: &Cell<u64>, before: &Cell<u64>| {
            Bytes(total.get() - before.replace(total.get()))
        };
        let end = self.ledger.now();
        self.silent_since.set(end);
        self.pieces.take();
        let wire_up = since(&self.read, &self.read_before);
        let wire_down = since(&self.written, &self.written_before);
        self.ledger.end(Request {
            at: Seconds(open.at),
            verb: open.verb,
            key: open.key,
            scope: open.scope,
            operation: open.operation,
            status: if whole { open.status } else { 0 },
            body_up: Bytes(open.body_up),
            // Not everything that was handed over was sent when the connection broke.
            body_down: Bytes(open.body_down).min(wire_down),
            wire_up,
            wire_down,
            queued: Seconds(open.queued),
            first_byte: Seconds(open.first_byte.unwrap_or(end)),
            end: Seconds(end),
            connection: self.connection.connection,
            listener: self.connection.listener,
            fault: open.fault,
        });
    }

    /// Adds a request without a complete or valid head to the ledger: it has no verb and no key.
    fn end_unread(&self) {
        if self.read.get() == self.read_before.get() {
            return;
        }
        self.begin("", "", Operation::Other, None);
        if let Some((status, at)) = self.unread.get() {
            self.answered(status, 0);
            self.handed_over();
            self.with(|open| {
                open.at = at;
                open.first_byte = Some(at);
            });
        }
        self.end_answered();
    }
}

impl Drop for RequestTrace {
    fn drop(&mut self) {
        self.end(false);
        self.end_unread();
    }
}
