//! What happened since the start, as counters.
//! Owns the counters and their text form, which is Prometheus' exposition format.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use shelf_core::Error;

/// The counters of one service.
#[derive(Debug, Default)]
pub struct Metrics {
    kept: AtomicU64,
    read: AtomicU64,
    discarded: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
}

impl Metrics {
    /// A note was kept.
    pub fn count_kept(&self) {
        self.kept.fetch_add(1, Ordering::Relaxed);
    }

    /// A note was read.
    pub fn count_read(&self) {
        self.read.fetch_add(1, Ordering::Relaxed);
    }

    /// A note was discarded.
    pub fn count_discarded(&self) {
        self.discarded.fetch_add(1, Ordering::Relaxed);
    }

    /// A request failed: by the caller's fault, or by ours.
    pub fn count_error(&self, error: &Error) {
        let counter = match error {
            Error::NotFound(_) | Error::NotAnId(_) | Error::NoToken => &self.refused,
            Error::Damaged(_) | Error::File { .. } | Error::Setting(_) => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// All counters, and two gauges that the shelf gives.
    pub fn exposition(&self, notes: usize, stored_bytes: usize) -> String {
        let counters = [
            ("shelf_notes_kept_total", &self.kept),
            ("shelf_notes_read_total", &self.read),
            ("shelf_notes_discarded_total", &self.discarded),
            ("shelf_requests_refused_total", &self.refused),
            ("shelf_requests_failed_total", &self.failed),
        ];
        let mut text = String::new();
        for (name, counter) in counters {
            // Writing to a String cannot fail.
            let value = counter.load(Ordering::Relaxed);
            let _ = writeln!(text, "# TYPE {name} counter\n{name} {value}");
        }
        for (name, value) in [("shelf_notes", notes), ("shelf_stored_bytes", stored_bytes)] {
            let _ = writeln!(text, "# TYPE {name} gauge\n{name} {value}");
        }
        text
    }
}
