//! The trace of one connection: the request in hand, and the bytes that went by.
//! Shared by the socket, which counts bytes, and the handler, which knows what they are for.
//! A request ends when its last byte was flushed, or when the connection breaks.

mod standing;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::rc::Rc;

use lukewarm_model::{Bytes, FaultKind, Operation, Request, Seconds};

use crate::ledger::Ledger;
use crate::store::Piece;
use crate::target::{Target, status_of};

/// What one connection is doing.
pub struct RequestTrace {
    connection: u64,
    ledger: Rc<Ledger>,
    /// Bytes that the socket has read and written since the connection opened.
    read: Cell<u64>,
    written: Cell<u64>,
    /// The same when the last request ended.
    read_before: Cell<u64>,
    written_before: Cell<u64>,
    /// What hyper answered by itself, and when, because a request could not be read.
    unread: Cell<Option<(u16, f64)>>,
    target: Target,
    with_fragment: Cell<bool>,
    /// The client has shown that it may speak to the service, in the request in hand.
    is_trusted: Cell<bool>,
    /// A body was not read to its end.
    left_unread: Cell<bool>,
    /// How long a client that is not trusted may take to send a body, in seconds.
    patience: f64,
    /// A request has begun on this connection.
    has_begun: Cell<bool>,
    /// When the last request ended, or the connection was opened.
    silent_since: Cell<f64>,
    /// Parts of files that placeholders stand for, in order.
    pieces: RefCell<VecDeque<Piece>>,
    open: RefCell<Option<Open>>,
    /// What bytes waited that belong to no request yet, in seconds.
    queued_before: Cell<f64>,
}

/// A request in hand.
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

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Receiving,
    /// The handler has answered.
    Answered,
    /// The answer's body has been handed over whole.
    HandedOver,
}

/// How a fault ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Closed in the middle of an answer.
    Close,
    /// Reset.
    Reset,
}

impl RequestTrace {
    /// A connection with nothing in hand, on which a client that shows no token may take so many
    /// seconds to send a body.
    pub fn new(connection: u64, ledger: Rc<Ledger>, patience: f64) -> RequestTrace {
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

    /// A request's head was read, and this is to go wrong in it.
    pub fn begin(&self, verb: &str, key: &str, operation: Operation, fault: Option<FaultKind>) {
        // A request before this one that never saw a flush has ended all the same.
        self.end_answered();
        self.ledger.begin();
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

    /// The request turned out to be about this key.
    pub fn about(&self, key: &str) {
        self.with(|open| open.key = key.to_owned());
    }

    /// The request turned out to be about an entry in this scope.
    pub fn scoped(&self, scope: &str) {
        self.with(|open| open.scope = scope.to_owned());
    }

    /// The request is refused before it does anything.
    pub fn refused(&self) {
        self.with(|open| open.operation = Operation::Other);
    }

    /// More of the request's body came.
    pub fn received(&self, count: usize) {
        self.with(|open| {
            open.body_up += count as u64;
            if matches!(open.fault, Some(FaultKind::Reset(after)) if open.body_up >= after.0) {
                open.cut = Some((Cut::Reset, Stage::Receiving));
            }
        });
    }

    /// The answer's head is ready, and its body has so many bytes.
    pub fn answered(&self, status: u16, length: u64) {
        self.with(|open| {
            open.status = status;
            open.stage = Stage::Answered;
            // An upload of fewer bytes than the fault waits for: its answer is what is lost.
            if matches!(open.fault, Some(FaultKind::Reset(_))) && length == 0 {
                open.cut = Some((Cut::Reset, Stage::Receiving));
            }
        });
    }

    /// How many of an answer's bytes are sent, where a fault ends it early.
    pub fn ends_after(&self, length: u64) -> Option<u64> {
        match self.open.borrow().as_ref()?.fault? {
            FaultKind::Reset(after) => Some(after.0.min(length)),
            FaultKind::Truncate(after) => Some(after.0.min(length.saturating_sub(1))),
            _ => None,
        }
    }

    /// Whether a byte of the answer is to be another one.
    pub fn flips(&self) -> bool {
        let open = self.open.borrow();
        open.as_ref().is_some_and(|open| open.fault == Some(FaultKind::Flip))
    }

    /// The part of the answer that a fault lets through was handed over: the connection ends
    /// when it was sent.
    pub fn cut_short(&self) {
        self.with(|open| {
            let reset = matches!(open.fault, Some(FaultKind::Reset(_)));
            let cut = if reset { Cut::Reset } else { Cut::Close };
            open.cut = Some((cut, Stage::HandedOver));
        });
    }

    /// Whether the connection ends now.
    pub fn cut_now(&self) -> Option<Cut> {
        let open = self.open.borrow();
        open.as_ref()?.cut.filter(|(_, stage)| *stage == Stage::Receiving).map(|(cut, _)| cut)
    }

    /// Whether the connection ends when all that was handed over is sent.
    pub fn cut_when_flushed(&self) -> Option<Cut> {
        self.open.borrow().as_ref()?.cut.map(|(cut, _)| cut)
    }

    /// More of the answer's body was handed over.
    pub fn sent(&self, count: usize) {
        self.with(|open| open.body_down += count as u64);
    }

    /// Part of a file was handed over; the placeholder for it comes by the socket in its turn.
    pub fn sent_piece(&self, piece: Piece) {
        self.sent(piece.length);
        self.pieces.borrow_mut().push_back(piece);
    }

    /// Sends the file's part that the next placeholder stands for.
    ///
    /// # Errors
    /// What `send` says.
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

    /// The answer's body was handed over whole.
    pub fn handed_over(&self) {
        self.with(|open| open.stage = Stage::HandedOver);
    }

    /// Whether the next bytes up are the first of a request.
    pub fn begins_up(&self) -> bool {
        self.open.borrow().as_ref().is_none_or(|open| open.stage > Stage::Receiving)
    }

    /// Whether the next bytes down are the first of an answer.
    pub fn begins_down(&self) -> bool {
        self.open.borrow().as_ref().is_none_or(|open| open.first_byte.is_none())
    }

    /// Bytes waited so many seconds for their turn on the link.
    pub fn queued(&self, seconds: f64) {
        match self.open.borrow_mut().as_mut() {
            Some(open) => open.queued += seconds,
            None => self.queued_before.set(self.queued_before.get() + seconds),
        }
    }

    /// Whether the request in hand came with a fragment in its target, where none may be
    /// (RFC 9112, 3.2): it is not known whether the client means the whole. Of one that was sent
    /// before the answer to another, a `#` anywhere behind that is taken for one; behind a body
    /// none is looked for.
    pub fn has_fragment(&self) -> bool {
        self.with_fragment.get()
    }

    /// The socket read bytes.
    pub fn socket_read(&self, bytes: &[u8]) {
        let is_first = self.read.get() == self.read_before.get();
        self.read.set(self.read.get() + bytes.len() as u64);
        match self.open.borrow().is_some() {
            true => self.target.look_behind(bytes),
            false => self.target.look(bytes, is_first),
        }
    }

    /// The socket wrote so many bytes, of which these are the first.
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

    /// The socket has nothing left to write: an answer that was handed over has ended.
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

    /// Ends a request that was answered.
    fn end_answered(&self) {
        let stage = self.open.borrow().as_ref().map(|open| open.stage);
        self.end(stage == Some(Stage::HandedOver));
    }

    /// Writes the request in hand into the ledger. An answer that never went out whole is none.
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
            // What was handed over when the connection broke was not all sent.
            body_down: Bytes(open.body_down).min(wire_down),
            wire_up,
            wire_down,
            queued: Seconds(open.queued),
            first_byte: Seconds(open.first_byte.unwrap_or(end)),
            end: Seconds(end),
            connection: self.connection,
            fault: open.fault,
        });
    }

    /// A request whose head was never whole, or was no HTTP: it has no verb and no key.
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
