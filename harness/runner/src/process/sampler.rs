//! A thread that looks at the children's memory at regular times.
//! Owns its own cost: it never takes more than about 2 % of one processor.

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

const INTERVAL: Duration = Duration::from_millis(100);
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

    pub fn take_peak(&self) -> Option<Bytes> {
        Some(Bytes(self.shared.peak.swap(0, Ordering::SeqCst))).filter(|peak| peak.0 > 0)
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
    while !shared.stop.load(Ordering::SeqCst) {
        let began = Instant::now();
        let groups = processes.groups();
        if !groups.is_empty() {
            shared.peak.fetch_max(proc::resident(&groups).0, Ordering::SeqCst);
        }
        park_timeout(INTERVAL.max(began.elapsed() * COST_SHARE));
    }
}
