//! A thread that samples the children's memory: at once when one starts, then at growing intervals.
//! Since it wakes regularly, it also detects suspensions.
//! Owns its own cost, which must not exceed about 2 % of one processor.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, park_timeout};
use std::time::{Duration, Instant};

use lukewarm_model::{Bytes, Seconds};

use super::groups::Processes;
use super::proc;
use super::suspension::{Clocks, suspended};

pub struct Sampler {
    shared: Arc<SamplerState>,
    thread: Option<JoinHandle<()>>,
}

struct SamplerState {
    peak: AtomicU64,
    stop: AtomicBool,
    pauses: Mutex<Pauses>,
}

/// The suspensions so far.
struct Pauses {
    /// The last reading of the clocks, and the time until the next expected one.
    last: Clocks,
    wanted: Duration,
    seen: Seconds,
}

impl Pauses {
    /// Reads the clocks. Without `next` the next reading is expected when it was expected before.
    fn look(&mut self, next: Option<Duration>) {
        let now = Clocks::now();
        self.seen += suspended(self.last, now, self.wanted);
        let passed = now.awake.saturating_sub(self.last.awake);
        self.wanted = next.unwrap_or(self.wanted.saturating_sub(passed));
        self.last = now;
    }
}

impl SamplerState {
    fn look(&self, next: Option<Duration>) -> Seconds {
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.look(next);
        pauses.seen
    }
}

/// The maximum time between two samples.
const INTERVAL: Duration = Duration::from_millis(100);
/// The time of the first sample after a child has started, for short builds.
const FIRST: Duration = Duration::from_millis(2);
/// The time until the next sample, as a multiple of a sample's cost.
const COST_SHARE: u32 = 50;

impl Sampler {
    pub fn start(processes: Processes) -> Sampler {
        let (last, wanted, seen) = (Clocks::now(), INTERVAL, Seconds(0.0));
        let shared = Arc::new(SamplerState {
            peak: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            pauses: Mutex::new(Pauses { last, wanted, seen }),
        });
        let seen = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("memory-watch".to_owned())
            .spawn(move || watch(&seen, &processes))
            // Without a thread there is no peak: the metric is absent, the run goes on.
            .ok();
        Sampler { shared, thread }
    }

    /// Total time of suspension since the start, up to now.
    pub fn suspended(&self) -> Seconds {
        // The clocks are read here too, since the thread may not have woken yet.
        self.shared.look(None)
    }

    pub fn take_peak(&self) -> Bytes {
        Bytes(self.shared.peak.swap(0, Ordering::SeqCst))
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It can only have panicked; then there is no peak and nothing to clean.
            let _ = thread.join();
        }
    }
}

fn watch(shared: &SamplerState, processes: &Processes) {
    let (mut known, mut interval) = (BTreeSet::new(), FIRST);
    while !shared.stop.load(Ordering::SeqCst) {
        let began = Instant::now();
        let groups = processes.groups();
        if groups != known {
            (known, interval) = (groups, FIRST);
        }
        if known.is_empty() {
            interval = FIRST;
        } else {
            shared.peak.fetch_max(proc::resident(&known).0, Ordering::SeqCst);
        }
        rest(shared, interval.max(began.elapsed() * COST_SHARE));
        interval = INTERVAL.min(interval * 2);
    }
}

/// Waits while reading the clocks: a suspension shorter than the time between two readings goes
/// unnoticed.
fn rest(shared: &SamplerState, rest: Duration) {
    let began = Instant::now();
    while !shared.stop.load(Ordering::SeqCst) {
        let left = rest.saturating_sub(began.elapsed()).min(INTERVAL);
        if left.is_zero() {
            break;
        }
        shared.look(Some(left));
        park_timeout(left);
    }
}
