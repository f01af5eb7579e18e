//! The request ledger of one service, and the count of requests in flight.
//! Owns its clock: seconds since the service started.

use std::collections::BTreeMap;
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
    /// By listener.
    in_flight: Mutex<BTreeMap<u32, usize>>,
}

impl Ledger {
    /// An empty ledger; its clock starts now.
    pub fn new() -> Ledger {
        let shared = LedgerState {
            began: Instant::now(),
            finished: Mutex::new(Vec::new()),
            in_flight: Mutex::default(),
        };
        Ledger { shared: Arc::new(shared) }
    }

    /// The ledger's clock: seconds since it was made.
    pub fn now(&self) -> f64 {
        self.shared.began.elapsed().as_secs_f64()
    }

    /// Counts a request to a listener as in flight.
    pub fn begin(&self, listener: u32) {
        *locked(&self.shared.in_flight).entry(listener).or_default() += 1;
    }

    /// Adds a finished request.
    pub fn end(&self, request: Request) {
        let listener = request.listener;
        locked(&self.shared.finished).push(request);
        // Last, so that who sees none in flight finds all of them finished.
        if let Some(count) = locked(&self.shared.in_flight).get_mut(&listener) {
            *count = count.saturating_sub(1);
        }
    }

    /// The number of requests in flight.
    pub fn in_flight(&self) -> usize {
        locked(&self.shared.in_flight).values().sum()
    }

    /// The number of requests to one listener in flight.
    pub fn in_flight_at(&self, listener: u32) -> usize {
        locked(&self.shared.in_flight).get(&listener).copied().unwrap_or_default()
    }

    /// The requests finished since the last call, ordered by start.
    pub fn take(&self) -> Vec<Request> {
        in_order(std::mem::take(&mut *locked(&self.shared.finished)))
    }

    /// The requests to one listener that have finished since they were last taken, ordered by
    /// start; those to others stay.
    pub fn take_at(&self, listener: u32) -> Vec<Request> {
        let mut finished = locked(&self.shared.finished);
        let all = std::mem::take(&mut *finished);
        let (taken, left) = all.into_iter().partition(|it| it.listener == listener);
        *finished = left;
        in_order(taken)
    }
}

fn in_order(mut requests: Vec<Request>) -> Vec<Request> {
    requests.sort_by(|a, b| a.at.0.total_cmp(&b.at.0));
    requests
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
