//! Waits to the tenth of a millisecond: the runtime's own timers count whole ones, which is more
//! than a link may be wrong by. One kernel timer serves all waits of a service.
//! It knows no link; what is waited for is the callers'.

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

/// The kernel wakes us later than it was asked to, and an idle processor later still: by how much
/// lately is taken off, at most so many nanoseconds.
const MOST_LATENESS: u64 = 400_000;
/// Lateness is a mean over about so many waits.
const MEMORY: u64 = 8;
/// A wait that ends so many nanoseconds early has ended.
const EARLY: u64 = 20_000;

/// All waits of one service, by the ledger's clock.
#[derive(Clone)]
pub struct Timers {
    shared: Rc<TimerState>,
}

struct TimerState {
    ledger: Ledger,
    kernel: AsyncFd<OwnedFd>,
    /// Who waits, by the nanosecond at which it ends and a number.
    waiting: RefCell<BTreeMap<Key, Waker>>,
    /// For whom the kernel will wake us, in nanoseconds.
    armed: Cell<u64>,
    /// When it was told to, which is earlier by how late it usually is.
    asked: Cell<u64>,
    lateness: Cell<u64>,
    next: Cell<u64>,
}

type Key = (u64, u64);

/// One wait.
pub struct Wait {
    shared: Rc<TimerState>,
    key: Key,
    is_waiting: bool,
}

impl Timers {
    /// Timers of the runtime that this is called in.
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

    /// A wait until that many seconds of the ledger's clock.
    pub fn until(&self, seconds: f64) -> Wait {
        let number = self.shared.next.get();
        self.shared.next.set(number + 1);
        let key = ((seconds.max(0.0) * 1e9) as u64, number);
        Wait { shared: Rc::clone(&self.shared), key, is_waiting: false }
    }

    /// A wait of so many seconds.
    pub fn wait(&self, seconds: f64) -> Wait {
        self.until(self.shared.ledger.now() + seconds)
    }

    /// Wakes who has waited long enough, for ever.
    pub async fn drive(self) {
        let shared = &self.shared;
        while let Ok(mut ready) = shared.kernel.readable().await {
            // The count of expirations is of no interest, reading it makes the timer quiet.
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

    /// Lets the kernel wake us at that nanosecond, or earlier.
    fn arm(&self, at: u64) {
        if at >= self.armed.get() {
            return;
        }
        self.armed.set(at);
        let now = self.now();
        // What is nearer than that is waited for by a processor that has not gone to sleep.
        let early = at.saturating_sub(self.lateness.get());
        let asked = if early > now { early } else { at };
        self.asked.set(asked);
        // Zero would stop the timer.
        let left = asked.saturating_sub(now).max(1);
        let it_value = Timespec {
            tv_sec: (left / 1_000_000_000) as i64,
            tv_nsec: (left % 1_000_000_000) as _,
        };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value };
        // It fails for times that are none only.
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
