//! The clock that entry ages are computed from: the system time at the service's start plus the
//! monotonic time since then, so that a jump of the system clock expires nothing. The service's
//! owner can move it ahead. Owns no timer: waiting is `timer`'s.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lukewarm_model::Seconds;

/// One service's clock, shared by all its parts.
#[derive(Clone, Debug)]
pub struct Clock {
    /// The system time when the service started.
    began: SystemTime,
    since: Instant,
    /// How far it was moved ahead, in nanoseconds.
    ahead: Arc<AtomicU64>,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::from(SystemTime::now())
    }
}

impl From<SystemTime> for Clock {
    fn from(began: SystemTime) -> Clock {
        Clock { began, since: Instant::now(), ahead: Arc::default() }
    }
}

impl Clock {
    /// The current time.
    pub fn now(&self) -> SystemTime {
        let ahead = Duration::from_nanos(self.ahead.load(Ordering::Relaxed));
        self.began + self.since.elapsed() + ahead
    }

    /// The current time in seconds since 1970.
    pub fn seconds(&self) -> f64 {
        self.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
    }

    /// Moves the clock ahead.
    pub fn pass(&self, time: Seconds) {
        let time = (time.0.max(0.0) * 1e9) as u64;
        let further = |ahead: u64| Some(ahead.saturating_add(time));
        // It always says where to go on from.
        let _ = self.ahead.fetch_update(Ordering::Relaxed, Ordering::Relaxed, further);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_from_one_reading_of_the_machines_clock() {
        let began = UNIX_EPOCH + Duration::from_secs(1_000);
        let clock = Clock::from(began);
        let now = clock.seconds();
        assert!((1_000.0..1_010.0).contains(&now), "the machine's clock is asked once: {now}");
        clock.pass(Seconds(86_400.0));
        assert!((87_400.0..87_410.0).contains(&clock.seconds()));
        clock.pass(Seconds(-5.0));
        clock.pass(Seconds(f64::NAN));
        assert!(clock.seconds() >= 87_400.0, "it never goes back");
        // Further than the clock can count, it stands at its end.
        (0..3).for_each(|_| clock.pass(Seconds(f64::INFINITY)));
        assert!(clock.now() > began + Duration::from_secs(500 * 365 * 86_400));
    }
}
