//! Timers with a resolution below 0.1 ms: tokio's have one of 1 ms, which is more than a link may
//! be wrong by. One kernel timer (`timerfd`) serves all waits of a service. It must not know what
//! is waited for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::ledger::Ledger;

/// The kernel wakes a thread late, and later still when the processor was idle. The recent mean is
/// subtracted from the requested time, at most this many nanoseconds.
const MOST_LATENESS: u64 = 400_000;
/// The number of waits over which the mean lateness is smoothed.
const MEMORY: u64 = 8;
/// How early a wait may end, in nanoseconds.
const EARLY: u64 = 20_000;

/// The timers of one service, by the ledger's clock.
#[derive(Clone)]
pub struct Timers {
    shared: Rc<TimerState>,
}

struct TimerState {
    ledger: Ledger,
    kernel: AsyncFd<OwnedFd>,
    /// The wakers of pending waits, by their end in nanoseconds and a serial number.
    waiting: RefCell<BTreeMap<Key, Waker>>,
    /// The end of the wait that the kernel timer is set for, in nanoseconds.
    armed: Cell<u64>,
    /// The time that the kernel timer is set to: earlier by the mean lateness.
    asked: Cell<u64>,
    lateness: Cell<u64>,
    next: Cell<u64>,
}

type Key = (u64, u64);

/// A pending wait.
pub struct Wait {
    shared: Rc<TimerState>,
    key: Key,
    is_waiting: bool,
}

impl Timers {
    /// Timers in the current runtime.
    ///
    /// # Errors
    /// When the kernel gives no timer.
    pub fn new(ledger: Ledger) -> io::Result<Timers> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        #[expect(deprecated, reason = "it asks that the descriptor stays: an OwnedFd's does")]
        let kernel = AsyncFd::with_interest(timer, Interest::READABLE)?;
        let shared = TimerState {
            ledger,
            kernel,
            waiting: RefCell::default(),
            armed: Cell::new(u64::MAX),
            asked: Cell::new(0),
            lateness: Cell::new(0),
            next: Cell::new(0),
        };
        Ok(Timers { shared: Rc::new(shared) })
    }

    /// A wait until a time of the ledger's clock, in seconds.
    pub fn until(&self, seconds: f64) -> Wait {
        let number = self.shared.next.get();
        self.shared.next.set(number + 1);
        let key = ((seconds.max(0.0) * 1e9) as u64, number);
        Wait { shared: Rc::clone(&self.shared), key, is_waiting: false }
    }

    /// A wait of that many seconds.
    pub fn wait(&self, seconds: f64) -> Wait {
        self.until(self.shared.ledger.now() + seconds)
    }

    /// Wakes the waits that are over; never returns.
    pub async fn drive(self) {
        let shared = &self.shared;
        while let Ok(mut ready) = shared.kernel.readable().await {
            // Reading the count of expirations, which is not used, clears the timer's readiness.
            let mut count = [0; 8];
            let _ = rustix::io::read(shared.kernel.get_ref(), &mut count);
            ready.clear_ready();
            shared.wake();
        }
    }
}

impl TimerState {
    fn now(&self) -> u64 {
        (self.ledger.now() * 1e9) as u64
    }

    fn wake(&self) {
        let now = self.now();
        let late = now.saturating_sub(self.asked.get()).min(MOST_LATENESS);
        let before = self.lateness.get();
        self.lateness.set(before - before / MEMORY + late / MEMORY);
        let mut waiting = self.waiting.borrow_mut();
        while let Some(entry) = waiting.first_entry() {
            if entry.key().0 > now + EARLY {
                break;
            }
            entry.remove().wake();
        }
        self.armed.set(u64::MAX);
        let next = waiting.first_key_value().map(|(key, _)| key.0);
        drop(waiting);
        next.into_iter().for_each(|next| self.arm(next));
    }

    /// Sets the kernel timer to that nanosecond, unless it is set to an earlier one.
    fn arm(&self, at: u64) {
        if at >= self.armed.get() {
            return;
        }
        self.armed.set(at);
        let now = self.now();
        // A processor that is waited for so shortly has not gone to sleep: nothing is subtracted.
        let early = at.saturating_sub(self.lateness.get());
        let asked = if early > now { early } else { at };
        self.asked.set(asked);
        // Zero would disarm the timer.
        let left = asked.saturating_sub(now).max(1);
        let it_value = Timespec {
            tv_sec: (left / 1_000_000_000) as i64,
            tv_nsec: (left % 1_000_000_000) as _,
        };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value };
        // It fails for invalid times only.
        let _ = timerfd_settime(self.kernel.get_ref(), TimerfdTimerFlags::empty(), &once);
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if this.shared.now() + EARLY >= this.key.0 {
            this.forget();
            return Poll::Ready(());
        }
        let waker = context.waker();
        let mut waiting = this.shared.waiting.borrow_mut();
        let known = waiting.entry(this.key).or_insert_with(|| waker.clone());
        if !known.will_wake(waker) {
            known.clone_from(waker);
        }
        drop(waiting);
        this.is_waiting = true;
        this.shared.arm(this.key.0);
        Poll::Pending
    }
}

impl Wait {
    fn forget(&mut self) {
        if std::mem::take(&mut self.is_waiting) {
            self.shared.waiting.borrow_mut().remove(&self.key);
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.forget();
    }
}
