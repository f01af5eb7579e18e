//! The process groups that are alive, so that one call stops them all.
//! Owns cancellation: it is set once and never taken back.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lukewarm_model::{Bytes, Seconds};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, waitpid};

use super::proc;

/// Every living child of one run, shared between the runner and whoever may cancel it.
#[derive(Clone, Debug, Default)]
pub struct Processes {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    groups: Mutex<BTreeSet<i32>>,
    /// CPU time of all children that have ended, in nanoseconds.
    ended_cpu: AtomicU64,
    /// Memory of the largest process that has ended since it was last taken, in bytes.
    largest: AtomicU64,
    cancelled: AtomicBool,
}

/// The groups of every run in this process: what is in none of them is a stray. Held while a
/// child is started, so that none is taken for a stray before it is known.
static LIVING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// How long a group has to end on its own after it was asked to.
const GRACE: Duration = Duration::from_millis(500);

impl Processes {
    /// Stops every child: asks first, then kills. Nothing starts afterwards.
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::SeqCst);
        self.signal_all(Signal::TERM);
        std::thread::sleep(GRACE);
        self.signal_all(Signal::KILL);
    }

    /// Whether the run was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::SeqCst)
    }

    /// CPU time of all children that have ended so far.
    pub fn ended_cpu(&self) -> Seconds {
        Seconds(self.shared.ended_cpu.load(Ordering::SeqCst) as f64 / 1e9)
    }

    pub(super) fn add_ended_cpu(&self, cpu: Seconds) {
        self.shared.ended_cpu.fetch_add((cpu.0 * 1e9) as u64, Ordering::SeqCst);
    }

    pub(super) fn saw_memory(&self, largest: Bytes) {
        self.shared.largest.fetch_max(largest.0, Ordering::SeqCst);
    }

    pub(super) fn take_largest(&self) -> Bytes {
        Bytes(self.shared.largest.swap(0, Ordering::SeqCst))
    }

    /// The living groups, by their leaders.
    pub(super) fn groups(&self) -> BTreeSet<i32> {
        lock(&self.shared.groups).clone()
    }

    /// Starts a child by `start`, which gives its leader, and knows it from then on.
    pub(super) fn join<T>(
        &self,
        start: impl FnOnce() -> io::Result<(T, Pid)>,
    ) -> io::Result<(T, Pid)> {
        let mut living = lock(&LIVING);
        let (child, leader) = start()?;
        living.insert(leader.as_raw_pid());
        lock(&self.shared.groups).insert(leader.as_raw_pid());
        drop(living);
        // Cancelled between the check before the start and now: the canceller did not see it.
        if self.is_cancelled() {
            self.stop_group(leader);
        }
        Ok((child, leader))
    }

    pub(super) fn left(&self, leader: Pid) {
        lock(&self.shared.groups).remove(&leader.as_raw_pid());
        lock(&LIVING).remove(&leader.as_raw_pid());
    }

    /// Kills a group and waits for those of its members that we have adopted.
    pub(super) fn stop_group(&self, leader: Pid) {
        // An error means that no member is left.
        while kill_process_group(leader, Signal::KILL).is_ok() {
            let members = proc::members(leader.as_raw_pid());
            let others: Vec<i32> =
                members.into_iter().filter(|pid| *pid != leader.as_raw_pid()).collect();
            if others.is_empty() {
                break;
            }
            for pid in others.into_iter().filter_map(Pid::from_raw) {
                // Not ours when its parent still lives; then the parent, or the next turn, has it.
                let _ = waitpid(Some(pid), WaitOptions::NOHANG);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Stops and reaps whatever children left behind outside their groups.
    pub fn stop_strays(&self) {
        let living = lock(&LIVING);
        for child in proc::children_of_this_process() {
            let ours = proc::group(child).is_some_and(|group| living.contains(&group));
            let Some(pid) = Pid::from_raw(child).filter(|_| !ours) else { continue };
            let _ = kill_process(pid, Signal::KILL);
            let _ = waitpid(Some(pid), WaitOptions::empty());
        }
    }

    fn signal_all(&self, signal: Signal) {
        for pid in self.groups().into_iter().filter_map(Pid::from_raw) {
            // An error means that the group has ended meanwhile.
            let _ = kill_process_group(pid, signal);
        }
    }
}

/// A lock whose holder cannot have left half a change behind.
fn lock(groups: &Mutex<BTreeSet<i32>>) -> MutexGuard<'_, BTreeSet<i32>> {
    groups.lock().unwrap_or_else(PoisonError::into_inner)
}
