//! The ledger: every request that a service saw.
//! Owns the entry and its summary; writing entries belongs to the cache services.

use std::collections::BTreeMap;

use crate::{Bytes, FaultKind, Latencies, Operation, Seconds};

/// One request as the service saw it. Times count from the ledger's start.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// When the request's head was read.
    pub at: Seconds,
    /// HTTP method, or the Twirp method's name.
    pub verb: String,
    /// What was asked for: a cache key, a path; empty where a request has none.
    pub key: String,
    /// Where the entry is looked for or made, such as `refs/heads/main`; empty where a service has
    /// no scopes.
    pub scope: String,
    /// What the request does to the store.
    pub operation: Operation,
    /// HTTP status answered; 0 when the connection broke before an answer.
    pub status: u16,
    /// Body bytes from client to service.
    pub body_up: Bytes,
    /// Body bytes from service to client.
    pub body_down: Bytes,
    /// Head and body bytes from client to service.
    pub wire_up: Bytes,
    /// Head and body bytes from service to client.
    pub wire_down: Bytes,
    /// How long its bytes waited for their turn on the link, behind those of others and its own.
    pub queued: Seconds,
    /// When the answer's first byte was sent.
    pub first_byte: Seconds,
    /// When the answer's last byte was sent.
    pub end: Seconds,
    /// Number of the connection, in order of acceptance.
    pub connection: u64,
    /// Number of the address that it came to: 0 is the service's own, the others are each for one
    /// of several clients that are to be told apart.
    pub listener: u32,
    /// What was made to go wrong on purpose.
    pub fault: Option<FaultKind>,
}

/// The requests of one step, summed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LedgerSummary {
    /// Requests of any kind.
    pub requests: u64,
    /// Requests by HTTP status.
    pub by_status: BTreeMap<u16, u64>,
    /// Requests by operation.
    pub by_operation: BTreeMap<Operation, u64>,
    /// Body bytes received by the job.
    pub bytes_down: Bytes,
    /// Body bytes sent by the job.
    pub bytes_up: Bytes,
    /// Head and body bytes received by the job.
    pub wire_down: Bytes,
    /// Head and body bytes sent by the job.
    pub wire_up: Bytes,
    /// Sum over requests of the time from head to last byte; overlapping requests count each.
    pub waiting: Seconds,
    /// How long requests took from head to last byte, by operation; empty where nobody looked.
    pub latency: BTreeMap<Operation, Latencies>,
    /// Requests in which something was made to go wrong on purpose.
    pub faults: u64,
}

impl LedgerSummary {
    /// Sums requests.
    pub fn of<'a>(requests: impl IntoIterator<Item = &'a Request>) -> LedgerSummary {
        let mut summary = LedgerSummary::default();
        summary.add(requests);
        summary
    }

    /// Adds the sums of other requests: every field, so that none of a whole job is empty where
    /// its steps have it.
    pub fn merge(&mut self, other: &LedgerSummary) {
        // Taken apart by name, so that a new field cannot be forgotten here.
        let LedgerSummary {
            requests,
            by_status,
            by_operation,
            bytes_down,
            bytes_up,
            wire_down,
            wire_up,
            waiting,
            latency,
            faults,
        } = other;
        self.requests += requests;
        for (status, count) in by_status {
            *self.by_status.entry(*status).or_default() += count;
        }
        for (operation, count) in by_operation {
            *self.by_operation.entry(*operation).or_default() += count;
        }
        self.bytes_down += *bytes_down;
        self.bytes_up += *bytes_up;
        self.wire_down += *wire_down;
        self.wire_up += *wire_up;
        self.waiting += *waiting;
        for (operation, took) in latency {
            self.latency.entry(*operation).or_default().merge(took);
        }
        self.faults += faults;
    }

    /// Adds requests to the sums.
    pub fn add<'a>(&mut self, requests: impl IntoIterator<Item = &'a Request>) {
        // Taken apart by name for the same reason as in `merge`.
        let LedgerSummary {
            requests: count,
            by_status,
            by_operation,
            bytes_down,
            bytes_up,
            wire_down,
            wire_up,
            waiting,
            latency,
            faults,
        } = self;
        for request in requests {
            *count += 1;
            *by_status.entry(request.status).or_default() += 1;
            *by_operation.entry(request.operation).or_default() += 1;
            *bytes_down += request.body_down;
            *bytes_up += request.body_up;
            *wire_down += request.wire_down;
            *wire_up += request.wire_up;
            let took = request.end - request.at;
            *waiting += took;
            latency.entry(request.operation).or_default().record(took);
            *faults += u64::from(request.fault.is_some());
        }
    }

    /// Requests that a limit refused (429).
    pub fn limited(&self) -> u64 {
        self.by_status.get(&429).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(operation: Operation, at: f64, end: f64) -> Request {
        Request {
            at: Seconds(at),
            verb: "GET".to_owned(),
            key: "a/b".to_owned(),
            scope: String::new(),
            operation,
            status: 200,
            body_up: Bytes(0),
            body_down: Bytes(10),
            wire_up: Bytes(0),
            wire_down: Bytes(20),
            queued: Seconds(0.0),
            first_byte: Seconds(end),
            end: Seconds(end),
            connection: 1,
            listener: 0,
            fault: None,
        }
    }

    #[test]
    fn sums_of_steps_are_the_sums_of_all_their_requests() {
        let mut requests = vec![
            request(Operation::Read, 1.0, 1.5),
            request(Operation::Write, 2.0, 2.25),
            request(Operation::Read, 1.0, 1.25),
        ];
        requests[1].status = 429;
        (requests[0].wire_up, requests[0].body_up) = (Bytes(7), Bytes(5));
        requests[2].fault = Some(crate::FaultKind::Status(503));
        let whole = LedgerSummary::of(&requests);
        let mut sum = LedgerSummary::of(&requests[..1]);
        sum.merge(&LedgerSummary::of(&requests[1..]));
        assert_eq!(sum, whole);
        assert!(whole.wire_up.0 > 0 && whole.faults > 0 && whole.by_operation.len() == 2);
        assert!(whole.latency.len() == 2 && whole.by_status.len() == 2);
    }

    #[test]
    fn latency_is_kept_by_operation() {
        let requests = [
            request(Operation::Read, 1.0, 1.5),
            request(Operation::Read, 1.0, 1.25),
            request(Operation::Write, 2.0, 2.001),
        ];
        let summary = LedgerSummary::of(&requests);
        assert_eq!(summary.latency[&Operation::Read].count(), 2);
        let half = summary.latency[&Operation::Read].quantile(1.0).map(|it| it.0);
        assert!(half.is_some_and(|it| (0.5..0.5625).contains(&it)), "{half:?}");
    }
}
