//! The process groups that are alive, so that one call stops them all.
//! Owns cancellation: it is set once and never taken back.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lukewarm_model::{Bytes, Seconds};
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpid};

use super::child_limits::ChildLimits;
use super::running_groups::{self, lock};
use super::{proc, strays};

/// The running children of one run, shared between the runner and those who may cancel it.
#[derive(Clone, Debug, Default)]
pub struct Processes {
    shared: Arc<GroupsState>,
    /// What the children that are started through this handle may use.
    limits: ChildLimits,
}

#[derive(Debug, Default)]
struct GroupsState {
    /// What this is a part of; none for a whole run.
    whole: Option<Arc<GroupsState>>,
    groups: Mutex<BTreeSet<i32>>,
    /// CPU time of all children that have ended, in nanoseconds.
    ended_cpu: AtomicU64,
    /// Memory of the largest process that has ended since it was last taken, in bytes.
    largest: AtomicU64,
    /// Time spent stopping and reaping what children that had ended left, in nanoseconds.
    cleaning: AtomicU64,
    /// Names of processes that could not be ended.
    unkillable: Mutex<Vec<String>>,
    /// Names of strays that were running and were ended.
    ended_strays: Mutex<Vec<String>>,
    /// When every child must have ended; absent where nothing says so.
    limit: Mutex<Option<TimeLimit>>,
    cancelled: AtomicBool,
}

/// A moment at which children are stopped.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimit {
    /// The moment.
    pub at: Instant,
    /// The time that was given until then.
    pub given: Seconds,
}

/// Whether a signal asked the whole process to end. Unlike a cancellation this is global, since a
/// signal is sent to the process.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether a signal asked this process to end.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// The time that a group has to end after SIGTERM.
const GRACE: Duration = Duration::from_millis(500);

impl Processes {
    /// A handle on the same run whose children have these limits from their start.
    pub fn limited(&self, limits: ChildLimits) -> Processes {
        Processes { shared: Arc::clone(&self.shared), limits }
    }

    /// A handle on a part of the run that counts for itself: its children, their CPU time and what
    /// stopping them takes. They are children of the run too, which cancels them.
    pub fn part(&self) -> Processes {
        let whole = Some(Arc::clone(&self.shared));
        let shared = Arc::new(GroupsState { whole, ..GroupsState::default() });
        Processes { shared, limits: self.limits.clone() }
    }

    /// The state of this part and of what it is a part of.
    fn with_whole(&self) -> impl Iterator<Item = &GroupsState> {
        std::iter::successors(Some(&*self.shared), |it| it.whole.as_deref())
    }

    /// The state of the whole run.
    fn whole(&self) -> &GroupsState {
        self.with_whole().last().unwrap_or(&self.shared)
    }

    /// The limits of the children that are started through this handle.
    pub(super) fn limits(&self) -> &ChildLimits {
        &self.limits
    }

    /// Stops every child: asks first, then kills. Nothing starts afterwards.
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::SeqCst);
        self.signal_all(Signal::TERM);
        std::thread::sleep(GRACE);
        self.signal_all(Signal::KILL);
    }

    /// Cancels this run because the whole process is to end: copying and hashing files stops too.
    pub fn interrupt(&self) {
        INTERRUPTED.store(true, Ordering::SeqCst);
        self.cancel();
    }

    /// Kills every child immediately, without SIGTERM and without waiting.
    pub fn kill(&self) {
        self.shared.cancelled.store(true, Ordering::SeqCst);
        let Ok(groups) = self.shared.groups.try_lock() else { return };
        signal(&groups, Signal::KILL);
    }

    /// Suspends every child, including one that is just being started.
    pub fn pause(&self) {
        let _nobody_starts = running_groups::held();
        self.signal_all(Signal::STOP);
    }

    /// Resumes every child.
    pub fn go_on(&self) {
        self.signal_all(Signal::CONT);
    }

    /// Whether the run was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.with_whole().any(|it| it.cancelled.load(Ordering::SeqCst))
    }

    /// CPU time of all children that have ended so far.
    pub fn ended_cpu(&self) -> Seconds {
        Seconds(self.shared.ended_cpu.load(Ordering::SeqCst) as f64 / 1e9)
    }

    /// CPU time so far of the children that go on, and of every descendant that they have waited
    /// for; absent where the system does not show it.
    pub fn running_cpu(&self) -> Option<Seconds> {
        self.groups().into_iter().map(proc::cpu).sum::<Option<Seconds>>()
    }

    /// Total time of stopping the remaining descendants of ended children, which is no part of a
    /// step's time.
    pub fn cleaning(&self) -> Duration {
        Duration::from_nanos(self.shared.cleaning.load(Ordering::SeqCst))
    }

    /// The names of strays that were running and were ended since the last call.
    pub fn take_ended_strays(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.whole().ended_strays))
    }

    /// Sets when children that start from now on are stopped, or that nothing stops them.
    pub fn set_limit(&self, limit: Option<TimeLimit>) {
        *lock(&self.shared.limit) = limit;
    }

    pub(super) fn limit(&self) -> Option<TimeLimit> {
        *lock(&self.shared.limit)
    }

    pub(super) fn add_cleaning(&self, time: Duration) {
        self.shared.cleaning.fetch_add(time.as_nanos() as u64, Ordering::SeqCst);
    }

    /// The names of processes that could not be ended since the last call.
    pub fn take_unkillable(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.whole().unkillable))
    }

    pub(super) fn add_ended_cpu(&self, cpu: Seconds) {
        let nanoseconds = (cpu.0 * 1e9) as u64;
        self.with_whole().for_each(|it| {
            it.ended_cpu.fetch_add(nanoseconds, Ordering::SeqCst);
        });
    }

    pub(super) fn saw_memory(&self, largest: Bytes) {
        self.whole().largest.fetch_max(largest.0, Ordering::SeqCst);
    }

    pub(super) fn take_largest(&self) -> Bytes {
        Bytes(self.whole().largest.swap(0, Ordering::SeqCst))
    }

    /// Sleeps for a time, or until the run is cancelled.
    pub fn sleep(&self, time: Duration) {
        const LONGEST: Duration = Duration::from_millis(50);
        let deadline = Instant::now() + time;
        while !self.is_cancelled() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(LONGEST));
        }
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
        let mut living = running_groups::held();
        strays::remember_children();
        let (child, leader) = start()?;
        living.insert(leader.as_raw_pid());
        self.with_whole().for_each(|it| {
            lock(&it.groups).insert(leader.as_raw_pid());
        });
        drop(living);
        // Cancelled between the check before the start and now: the canceller did not see it.
        if self.is_cancelled() {
            self.stop_group(leader);
        }
        Ok((child, leader))
    }

    pub(super) fn left(&self, leader: Pid) {
        self.with_whole().for_each(|it| {
            lock(&it.groups).remove(&leader.as_raw_pid());
        });
        running_groups::held().remove(&leader.as_raw_pid());
    }

    /// Kills a group and waits for those of its members that we have adopted; not for its leader,
    /// and not for zombies whose parent lives elsewhere. What cannot be ended is kept by name.
    pub(super) fn stop_group(&self, leader: Pid) {
        let deadline = Instant::now() + strays::PATIENCE;
        let mut pause = Duration::from_millis(1);
        // An error means that no member is left, or none that we may signal.
        while kill_process_group(leader, Signal::KILL).is_ok() {
            let mut members = proc::members(leader.as_raw_pid());
            members.remove(&leader.as_raw_pid());
            for pid in members.keys().filter_map(|pid| Pid::from_raw(*pid)) {
                // Not ours when its parent still lives; then the parent, or the next turn, has it.
                let _ = waitpid(Some(pid), WaitOptions::NOHANG);
            }
            members.retain(|_, stat| !stat.is_zombie());
            if members.is_empty() {
                break;
            }
            if Instant::now() > deadline {
                self.could_not_end(members.iter().map(|(id, stat)| strays::named(*id, stat)));
                break;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Stops and reaps whatever children left behind outside their groups.
    pub fn stop_strays(&self) {
        let (ended, left) = strays::stop();
        lock(&self.whole().ended_strays).extend(ended);
        self.could_not_end(left);
    }

    pub(super) fn could_not_end(&self, names: impl IntoIterator<Item = String>) {
        lock(&self.whole().unkillable).extend(names);
    }

    fn signal_all(&self, wanted: Signal) {
        signal(&self.groups(), wanted);
    }
}

fn signal(groups: &BTreeSet<i32>, signal: Signal) {
    for pid in groups.iter().filter_map(|pid| Pid::from_raw(*pid)) {
        // An error means that the group has ended meanwhile.
        let _ = kill_process_group(pid, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{CommandSpec, ProcessError};

    fn shell(script: &str) -> CommandSpec {
        CommandSpec::new("/bin/sh", "/").args(["-c", script])
    }

    #[test]
    fn a_part_counts_for_itself_and_is_cancelled_with_the_whole() {
        let whole = Processes::default();
        let [one, other] = [whole.part(), whole.part()];
        shell("i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done").run(&one).unwrap();
        assert!(one.ended_cpu() > Seconds(0.0) && whole.ended_cpu() >= one.ended_cpu());
        assert_eq!(other.ended_cpu(), Seconds(0.0));
        let sleeping = shell("exec sleep 94.5").start(&one).unwrap();
        assert_eq!((one.groups().len(), other.groups().len(), whole.groups().len()), (1, 0, 1));
        one.set_limit(Some(TimeLimit { at: Instant::now(), given: Seconds(0.0) }));
        assert!(other.limit().is_none() && whole.limit().is_none());
        whole.cancel();
        assert!(matches!(sleeping.wait(), Err(ProcessError::Cancelled { .. })));
        assert!(whole.groups().is_empty() && other.is_cancelled());
        assert!(matches!(shell("true").run(&other), Err(ProcessError::Cancelled { .. })));
    }
}
