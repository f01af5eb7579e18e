//! What one connection is doing: the request in hand, and the bytes that went by.
//! Shared by the socket, which counts bytes, and the handler, which knows what they are for.
//! An exchange ends when its last byte was flushed, or when the connection breaks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use lukewarm_model::{Bytes, Operation, Request, Seconds};

use crate::ledger::Ledger;

/// What one connection is doing.
pub struct Exchange {
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
    line: Cell<RequestLine>,
    with_fragment: Cell<bool>,
    open: RefCell<Option<Open>>,
}

/// What was seen of the first line of the request that comes next.
#[derive(Clone, Copy, Default, PartialEq)]
enum RequestLine {
    /// No fragment so far.
    #[default]
    Plain,
    /// A fragment, which hyper leaves out of the URI without a word.
    Fragment,
    /// All of it, and it had none.
    Over,
}

/// A request in hand.
struct Open {
    at: f64,
    verb: String,
    key: String,
    operation: Operation,
    status: u16,
    body_up: u64,
    body_down: u64,
    first_byte: Option<f64>,
    /// The handler has answered, and the answer's body has been handed over whole.
    answered: bool,
    handed_over: bool,
}

impl Exchange {
    /// A connection with nothing in hand.
    pub fn new(connection: u64, ledger: Rc<Ledger>) -> Exchange {
        Exchange {
            connection,
            ledger,
            read: Cell::new(0),
            written: Cell::new(0),
            read_before: Cell::new(0),
            written_before: Cell::new(0),
            unread: Cell::new(None),
            line: Cell::default(),
            with_fragment: Cell::new(false),
            open: RefCell::new(None),
        }
    }

    /// A request's head was read.
    pub fn begin(&self, verb: &str, key: String, operation: Operation) {
        // A request before this one that never saw a flush has ended all the same.
        self.end();
        self.ledger.begin();
        self.with_fragment.set(self.line.take() == RequestLine::Fragment);
        *self.open.borrow_mut() = Some(Open {
            at: self.ledger.now(),
            verb: verb.to_owned(),
            key,
            operation,
            status: 0,
            body_up: 0,
            body_down: 0,
            first_byte: None,
            answered: false,
            handed_over: false,
        });
    }

    /// The request turned out to be about this key.
    pub fn about(&self, key: &str) {
        self.with(|open| open.key = key.to_owned());
    }

    /// More of the request's body came.
    pub fn received(&self, count: usize) {
        self.with(|open| open.body_up += count as u64);
    }

    /// The answer's head is ready.
    pub fn answered(&self, status: u16) {
        self.with(|open| {
            open.status = status;
            open.answered = true;
        });
    }

    /// More of the answer's body was handed over.
    pub fn sent(&self, count: usize) {
        self.with(|open| open.body_down += count as u64);
    }

    /// The answer's body was handed over whole.
    pub fn handed_over(&self) {
        self.with(|open| open.handed_over = true);
    }

    /// Whether the request in hand came with a fragment in its target, where none may be
    /// (RFC 9112, 3.2): it is not known whether the client means the whole. One that is sent
    /// before the answer to another is not looked at.
    pub fn has_fragment(&self) -> bool {
        self.with_fragment.get()
    }

    /// The socket read bytes.
    pub fn socket_read(&self, bytes: &[u8]) {
        self.read.set(self.read.get() + bytes.len() as u64);
        if self.line.get() == RequestLine::Plain && self.open.borrow().is_none() {
            let found = bytes.iter().find(|byte| matches!(byte, b'#' | b'\n'));
            self.line.set(match found {
                Some(b'#') => RequestLine::Fragment,
                Some(_) => RequestLine::Over,
                None => RequestLine::Plain,
            });
        }
    }

    /// The socket wrote bytes.
    pub fn socket_wrote(&self, bytes: &[u8]) {
        self.written.set(self.written.get() + bytes.len() as u64);
        let now = self.ledger.now();
        if self.open.borrow().is_none() {
            self.unread.set(status_of(bytes).map(|status| (status, now)));
        }
        self.with(|open| {
            if open.answered {
                open.first_byte.get_or_insert(now);
            }
        });
    }

    /// The socket has nothing left to write: an answer that was handed over has ended.
    pub fn flushed(&self) {
        let ended = self
            .open
            .borrow()
            .as_ref()
            .is_some_and(|open| open.handed_over && open.first_byte.is_some());
        if ended {
            self.end();
        }
    }

    fn with(&self, change: impl FnOnce(&mut Open)) {
        if let Some(open) = self.open.borrow_mut().as_mut() {
            change(open);
        }
    }

    /// Writes the request in hand into the ledger.
    fn end(&self) {
        let Some(open) = self.open.borrow_mut().take() else { return };
        let since = |total: &Cell<u64>, before: &Cell<u64>| {
            Bytes(total.get() - before.replace(total.get()))
        };
        let end = self.ledger.now();
        self.ledger.end(Request {
            at: Seconds(open.at),
            verb: open.verb,
            key: open.key,
            scope: String::new(),
            operation: open.operation,
            // An answer that never went out whole is none.
            status: if open.handed_over { open.status } else { 0 },
            body_up: Bytes(open.body_up),
            body_down: Bytes(open.body_down),
            wire_up: since(&self.read, &self.read_before),
            wire_down: since(&self.written, &self.written_before),
            queued: Seconds(0.0),
            first_byte: Seconds(open.first_byte.unwrap_or(end)),
            end: Seconds(end),
            connection: self.connection,
            fault: None,
        });
    }
}

impl Exchange {
    /// A request whose head was never whole, or was no HTTP: it has no verb and no key.
    fn end_unread(&self) {
        if self.read.get() == self.read_before.get() {
            return;
        }
        self.begin("", String::new(), Operation::Other);
        if let Some((status, at)) = self.unread.get() {
            self.answered(status);
            self.handed_over();
            self.with(|open| {
                open.at = at;
                open.first_byte = Some(at);
            });
        }
        self.end();
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.end();
        self.end_unread();
    }
}

/// The status in an answer's first line.
fn status_of(answer: &[u8]) -> Option<u16> {
    let digits = answer.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
