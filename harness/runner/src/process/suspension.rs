//! Suspensions: lukewarm was stopped (Ctrl-Z, `kill -STOP`), or the machine slept. Times that
//! include one are wrong. Owns the rule by which one is detected. It must only look at clocks.

use std::time::Duration;

use lukewarm_model::Seconds;
use rustix::time::{ClockId, Timespec, clock_gettime};

/// Two clocks at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// Time since some moment, without that in which the machine slept.
    pub awake: Duration,
    /// The same with it.
    pub all: Duration,
}

/// A thread that wakes so much later than it wanted to did not only wait for a processor.
const LATE: Duration = Duration::from_secs(2);

/// The two clocks differ by less where the machine did not sleep between.
const ASLEEP: Duration = Duration::from_millis(500);

impl Clocks {
    /// As they are now.
    pub fn now() -> Clocks {
        let read = |clock| {
            let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
            Duration::new(u64::try_from(tv_sec).unwrap_or(0), u32::try_from(tv_nsec).unwrap_or(0))
        };
        // In this order: a moment between the two readings is no sleep.
        let all = read(ClockId::Boottime);
        Clocks { awake: read(ClockId::Monotonic), all }
    }
}

/// Time of suspension between two readings of the clocks, of which the second was expected after
/// `wanted`; zero without a suspension.
pub fn suspended(before: Clocks, after: Clocks, wanted: Duration) -> Seconds {
    let awake = after.awake.saturating_sub(before.awake);
    let asleep = after.all.saturating_sub(before.all).saturating_sub(awake);
    let asleep = if asleep >= ASLEEP { asleep } else { Duration::ZERO };
    let late = awake.saturating_sub(wanted);
    let late = if late >= LATE { late } else { Duration::ZERO };
    Seconds::from(asleep + late)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(awake: f64, all: f64) -> Clocks {
        let [awake, all] = [awake, all].map(Duration::from_secs_f64);
        Clocks { awake, all }
    }

    fn seen(before: Clocks, after: Clocks) -> f64 {
        suspended(before, after, Duration::from_millis(100)).0
    }

    #[test]
    fn a_thread_that_wakes_in_time_or_a_little_late_saw_no_pause() {
        assert_eq!(seen(at(5.0, 9.0), at(5.1, 9.1)), 0.0);
        assert_eq!(seen(at(5.0, 9.0), at(6.5, 10.5)), 0.0, "it waited for a processor");
        assert_eq!(seen(at(5.0, 9.0), at(5.1, 9.2)), 0.0, "the clocks were read one by one");
        assert_eq!(seen(at(5.0, 9.0), at(4.0, 8.0)), 0.0);
    }

    #[test]
    fn a_process_that_was_stopped_wakes_far_too_late() {
        assert!((seen(at(5.0, 9.0), at(17.1, 21.1)) - 12.0).abs() < 1e-6);
    }

    #[test]
    fn a_machine_that_slept_shows_in_the_clock_that_counts_it() {
        assert!((seen(at(5.0, 9.0), at(5.1, 609.1)) - 600.0).abs() < 1e-6);
        assert!((seen(at(5.0, 9.0), at(10.1, 20.1)) - 11.0).abs() < 1e-6, "both");
    }

    #[test]
    fn the_clocks_of_this_machine_go_on() {
        let before = Clocks::now();
        std::thread::sleep(Duration::from_millis(5));
        let after = Clocks::now();
        assert!(after.awake > before.awake && after.all > before.all);
        assert!(suspended(before, after, Duration::from_secs(60)).0 == 0.0);
    }
}
