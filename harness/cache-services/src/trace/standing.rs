//! What a connection's client may be granted: whether it is known, and how long it has been silent.
//! Owns no state of its own; the trace keeps it.

use super::RequestTrace;

impl RequestTrace {
    /// The client has shown that it may speak to the service.
    pub fn trust(&self) {
        self.is_trusted.set(true);
    }

    /// Whether it has.
    pub fn is_trusted(&self) -> bool {
        self.is_trusted.get()
    }

    /// How long the next bytes of the request's body may take, in seconds, where its client is not
    /// trusted: all of it has one time.
    pub fn patience(&self) -> f64 {
        let began = self.open.borrow().as_ref().map_or(0.0, |open| open.at);
        (began + self.patience - self.ledger.now()).max(0.0)
    }

    /// The rest of the request's body is not read: the connection ends with the answer.
    pub fn leave_unread(&self) {
        self.left_unread.set(true);
    }

    /// Whether a body was not read to its end.
    pub fn has_left_unread(&self) -> bool {
        self.left_unread.get()
    }

    /// Whether a request has begun on this connection.
    pub fn has_begun(&self) -> bool {
        self.has_begun.get()
    }

    /// Since when no request is in hand, in seconds; none where one is.
    pub fn silent_since(&self) -> Option<f64> {
        self.open.borrow().is_none().then(|| self.silent_since.get())
    }

    /// Whether part of a request's head has come.
    pub fn is_in_head(&self) -> bool {
        self.read.get() != self.read_before.get()
    }

    /// What bytes of a head have waited for the link, in seconds.
    pub fn queued_so_far(&self) -> f64 {
        self.queued_before.get()
    }
}
