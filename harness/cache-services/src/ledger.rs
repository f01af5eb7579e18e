//! The ledger of one service, and the requests in flight.
//! Owns its clock: seconds since the service started.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lukewarm_model::Request;

/// What a service writes and its owner takes.
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
    /// An empty ledger whose time begins now.
    pub fn new() -> Ledger {
        let shared = LedgerState {
            began: Instant::now(),
            finished: Mutex::new(Vec::new()),
            in_flight: AtomicUsize::new(0),
        };
        Ledger { shared: Arc::new(shared) }
    }

    /// Seconds since the ledger's start.
    pub fn now(&self) -> f64 {
        self.shared.began.elapsed().as_secs_f64()
    }

    /// A request began.
    pub fn begin(&self) {
        self.shared.in_flight.fetch_add(1, Ordering::SeqCst);
    }

    /// A request ended.
    pub fn end(&self, request: Request) {
        self.shared.finished.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        self.shared.in_flight.fetch_sub(1, Ordering::SeqCst);
    }

    /// Requests that began and have not ended.
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::SeqCst)
    }

    /// What ended since the last take, in the order in which it began.
    pub fn take(&self) -> Vec<Request> {
        let mut finished = self.shared.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = std::mem::take(&mut *finished);
        taken.sort_by(|a, b| a.at.0.total_cmp(&b.at.0));
        taken
    }
}
