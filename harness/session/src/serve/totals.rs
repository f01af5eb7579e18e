//! Sums over the requests of a served cache.
//! Owns the sums; how they read on a terminal is the caller's.

use std::collections::BTreeMap;

use lukewarm_model::{LedgerSummary, Operation, Request, Seconds};

/// The requests of a served cache, summed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestTotals {
    /// All requests.
    pub all: LedgerSummary,
    /// The requests of each operation and HTTP status; status 0 is a connection that broke before
    /// an answer.
    pub by_status: BTreeMap<(Operation, u16), StatusTotals>,
}

/// The requests of one operation that were answered with one status.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StatusTotals {
    /// Number of requests.
    pub count: u64,
    /// Sum of the times from a request's head to its answer's last byte.
    pub time: Seconds,
}

impl RequestTotals {
    /// Adds requests that ended.
    pub fn add(&mut self, requests: &[Request]) {
        self.all.add(requests);
        for request in requests {
            let totals = self.by_status.entry((request.operation, request.status)).or_default();
            totals.count += 1;
            totals.time += request.end - request.at;
        }
    }
}

impl StatusTotals {
    /// Mean time of a request.
    pub fn mean(&self) -> Seconds {
        Seconds(self.time.0 / self.count.max(1) as f64)
    }
}
