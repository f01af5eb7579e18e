//! What a connection's client is allowed: whether it is authenticated, and how long it has been
//! idle. Owns no state of its own; the trace keeps it.

use super::RequestTrace;
use crate::slots::Occupancy;

impl RequestTrace {
    /// Marks the current request as authenticated.
    pub fn trust(&self) {
        self.is_trusted.set(true);
    }

    /// Whether the current request is authenticated.
    pub fn is_trusted(&self) -> bool {
        self.is_trusted.get()
    }

    /// The time left for the body of the current request where it is not authenticated, in seconds.
    pub fn patience(&self) -> f64 {
        let began = self.open.borrow().as_ref().map_or(0.0, |open| open.at);
        (began + self.patience - self.ledger.now()).max(0.0)
    }

    /// Leaves the rest of the request body unread: the connection ends with the response.
    pub fn leave_unread(&self) {
        self.left_unread.set(true);
    }

    /// Whether a request body was left unread.
    pub fn has_left_unread(&self) -> bool {
        self.left_unread.get()
    }
}

impl Occupancy for RequestTrace {
    fn has_begun(&self) -> bool {
        self.has_begun.get()
    }

    fn silent_since(&self) -> Option<f64> {
        self.open.borrow().is_none().then(|| self.silent_since.get())
    }

    fn is_in_head(&self) -> bool {
        self.read.get() != self.read_before.get()
    }

    fn queued_so_far(&self) -> f64 {
        self.queued_before.get()
    }
}
