//! The request ledger of one service, and the count of requests in flight.
//! Owns its clock: seconds since the service started.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lukewarm_model::Request;

/// The finished requests: written by the service, taken by its owner.
#[derive(Clone, Debug)]
pub struct Ledger {
    shared: Arc<LedgerState>,
}

#[derive(Debug)]
struct LedgerState {
    began: Instant,
    finished: Mutex<Vec<Request>>,
    in_flight: AtomicUsize,
}

impl Ledger {
    /// An empty ledger; its clock starts now.
    pub fn new() -> Ledger {
        let shared = LedgerState {
            began: Instant::now(),
            finished: Mutex::new(Vec::new()),
            in_flight: AtomicUsize::new(0),
        };
        Ledger { shared: Arc::new(shared) }
    }

    /// The ledger's clock: seconds since it was made.
    pub fn now(&self) -> f64 {
        self.shared.began.elapsed().as_secs_f64()
    }

    /// Counts a request as in flight.
    pub fn begin(&self) {
        self.shared.in_flight.fetch_add(1, Ordering::SeqCst);
    }

    /// Adds a finished request.
    pub fn end(&self, request: Request) {
        self.shared.finished.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        self.shared.in_flight.fetch_sub(1, Ordering::SeqCst);
    }

    /// The number of requests in flight.
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::SeqCst)
    }

    /// The requests finished since the last call, ordered by start.
    pub fn take(&self) -> Vec<Request> {
        let mut finished = self.shared.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = std::mem::take(&mut *finished);
        taken.sort_by(|a, b| a.at.0.total_cmp(&b.at.0));
        taken
    }
}
