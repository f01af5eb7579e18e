//! The trace of one relayed connection: its requests in the ledger, and what its slot is judged by.
//! Owns the entries until they end; a request that nobody ends is one whose connection broke.

use std::cell::Cell;
use std::rc::Rc;

use lukewarm_model::{Bytes, FaultKind, Operation, Request, Seconds};

use crate::ledger::Ledger;
use crate::protocol::{Passage, RelayedCommand};
use crate::slots::Occupancy;
use crate::trace::ConnectionNumber;

/// The state of one connection.
pub struct RelayTrace {
    connection: ConnectionNumber,
    ledger: Rc<Ledger>,
    /// Requests that have not ended.
    under_way: Cell<usize>,
    has_begun: Cell<bool>,
    is_trusted: Cell<bool>,
    /// Whether part of a command was received, and how long its bytes were queued, in seconds.
    receiving: Cell<(bool, f64)>,
    /// When the last request ended or the connection was opened, in seconds.
    silent_since: Cell<f64>,
}

/// One request of a connection; it is entered in the ledger when it is dropped.
pub struct RelayedRequest {
    trace: Rc<RelayTrace>,
    entry: Request,
    /// The status of a refusal, which replaces the reply's.
    refused: Option<u16>,
}

impl RelayTrace {
    /// A new connection.
    pub fn new(connection: ConnectionNumber, ledger: Rc<Ledger>) -> RelayTrace {
        RelayTrace {
            connection,
            silent_since: Cell::new(ledger.now()),
            ledger,
            under_way: Cell::new(0),
            has_begun: Cell::new(false),
            is_trusted: Cell::new(false),
            receiving: Cell::new((false, 0.0)),
        }
    }

    /// The ledger's clock, in seconds.
    pub fn now(&self) -> f64 {
        self.ledger.now()
    }

    /// Part of a command was received, whose bytes were queued for so many seconds.
    pub fn receives(&self, queued: f64) {
        self.receiving.set((true, queued));
    }

    /// Nothing of a further command was received.
    pub fn has_received_all(&self) {
        self.receiving.set((false, 0.0));
    }

    /// Marks the client as authenticated.
    pub fn trust(&self) {
        self.is_trusted.set(true);
    }

    /// Whether the client is authenticated.
    pub fn is_trusted(&self) -> bool {
        self.is_trusted.get()
    }

    /// Opens a command's request. Its first byte came at `since`, and its bytes were queued for
    /// `queued` seconds.
    pub fn begin(
        self: &Rc<RelayTrace>,
        command: &RelayedCommand,
        since: f64,
        queued: f64,
        fault: Option<FaultKind>,
    ) -> RelayedRequest {
        self.ledger.begin(self.connection.listener);
        self.has_begun.set(true);
        self.under_way.set(self.under_way.get() + 1);
        let entry = Request {
            at: Seconds(since),
            verb: command.verb.clone(),
            key: command.key.clone(),
            scope: String::new(),
            operation: command.operation,
            status: 0,
            body_up: Bytes(command.body),
            body_down: Bytes(0),
            wire_up: Bytes(command.length as u64),
            wire_down: Bytes(0),
            queued: Seconds(queued),
            first_byte: Seconds(0.0),
            end: Seconds(0.0),
            connection: self.connection.connection,
            listener: self.connection.listener,
            fault,
        };
        RelayedRequest { trace: Rc::clone(self), entry, refused: None }
    }

    /// Enters bytes that were no complete command when the connection ended.
    pub fn unread(self: &Rc<RelayTrace>, since: f64, count: usize) {
        let command = RelayedCommand {
            length: count,
            verb: String::new(),
            key: String::new(),
            operation: Operation::Other,
            body: 0,
            passage: Passage::Refused,
        };
        drop(self.begin(&command, since, 0.0, None));
    }
}

impl RelayedRequest {
    /// Marks the request as refused with a status: it counts as no operation on the store.
    pub fn refused(&mut self, status: u16) {
        self.refused = Some(status);
        self.entry.operation = Operation::Other;
        self.entry.body_up = Bytes(0);
    }

    /// Adds the time that bytes of the reply were queued by the link, in seconds.
    pub fn queued(&mut self, seconds: f64) {
        self.entry.queued.0 += seconds;
    }

    /// Counts bytes of a reply that holds `body` bytes of objects.
    pub fn sent(&mut self, count: usize, body: u64) {
        let now = self.trace.now();
        let entry = &mut self.entry;
        if entry.wire_down.0 == 0 {
            entry.first_byte = Seconds(now);
        }
        entry.wire_down.0 += count as u64;
        entry.body_down = Bytes(body.min(entry.wire_down.0));
    }

    /// The reply was sent completely.
    pub fn answered(&mut self, status: u16) {
        self.entry.status = self.refused.unwrap_or(status);
    }
}

impl Drop for RelayedRequest {
    fn drop(&mut self) {
        let now = self.trace.now();
        let mut entry = self.entry.clone();
        entry.end = Seconds(now);
        if entry.wire_down.0 == 0 {
            entry.first_byte = Seconds(now);
        }
        self.trace.under_way.set(self.trace.under_way.get() - 1);
        self.trace.silent_since.set(now);
        self.trace.ledger.end(entry);
    }
}

impl Occupancy for RelayTrace {
    fn silent_since(&self) -> Option<f64> {
        (self.under_way.get() == 0).then(|| self.silent_since.get())
    }

    fn has_begun(&self) -> bool {
        self.has_begun.get()
    }

    fn is_in_head(&self) -> bool {
        self.receiving.get().0
    }

    fn queued_so_far(&self) -> f64 {
        self.receiving.get().1
    }
}
