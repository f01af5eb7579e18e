//! A thread that looks at the children's memory: at once when one starts, then ever more rarely.
//! Owns its own cost: it never takes more than about 2 % of one processor.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, park_timeout};
use std::time::{Duration, Instant};

use lukewarm_model::Bytes;

use super::{Processes, proc};

pub struct Sampler {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    peak: AtomicU64,
    stop: AtomicBool,
}

/// The longest time between two looks.
const INTERVAL: Duration = Duration::from_millis(100);
/// The first look after a child has started: short builds must be seen too.
const FIRST: Duration = Duration::from_millis(2);
/// A look may cost one part in this many of the time until the next.
const COST_SHARE: u32 = 50;

impl Sampler {
    pub fn start(processes: Processes) -> Sampler {
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("memory-watch".to_owned())
            .spawn(move || watch(&seen, &processes))
            // Without a thread there is no peak: the metric is absent, the run goes on.
            .ok();
        Sampler { shared, thread }
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

fn watch(shared: &Shared, processes: &Processes) {
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
        park_timeout(interval.max(began.elapsed() * COST_SHARE));
        interval = INTERVAL.min(interval * 2);
    }
}
