//! The clock that entries age by: the machine's, moved ahead by whoever owns the service.
//! Owns no timer; what lasts milliseconds is `timer`'s.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lukewarm_model::Seconds;

/// A clock that all parts of one service share.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Nanoseconds ahead of the machine's clock.
    ahead: Arc<AtomicU64>,
}

impl Clock {
    /// The time now.
    pub fn now(&self) -> SystemTime {
        SystemTime::now() + Duration::from_nanos(self.ahead.load(Ordering::Relaxed))
    }

    /// The same in seconds since 1970.
    pub fn seconds(&self) -> f64 {
        self.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
    }

    /// Goes ahead: days pass in no time.
    pub fn pass(&self, time: Seconds) {
        self.ahead.fetch_add((time.0.max(0.0) * 1e9) as u64, Ordering::Relaxed);
    }
}
