//! Strays: processes outside the groups of running children, which a job left in a session of its
//! own, or a killed lukewarm left behind.
//! Owns which of them are ours to end. It must not end any other: neither a child that this process
//! had before it started any (`exec` keeps them), nor one that its program started by other means,
//! nor what it adopted as the first process of a container, nor processes of others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, kill_process, pidfd_open, pidfd_send_signal, waitpid,
};

use super::proc::{self, Stat};
use super::{mark, running_groups, wait};

/// The time that killed processes have to disappear. One that waits for a broken disk, or runs as
/// another user, may never do so.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// The children that this process had before it started its first, each with the moment of its own
/// start.
static AT_START: OnceLock<BTreeSet<(i32, u64)>> = OnceLock::new();

/// Looks for the children that are there before the first of ours.
pub fn remember_children() {
    AT_START.get_or_init(|| {
        let own = std::process::id() as i32;
        let children = proc::table().into_iter().filter(|(_, stat)| stat.parent == own);
        children.map(|(id, stat)| (id, stat.started)).collect()
    });
}

/// The facts by which strays are recognised.
struct View<'a> {
    own: i32,
    /// The group that this process is in.
    own_group: i32,
    table: &'a BTreeMap<i32, Stat>,
    /// The groups of children that are at work.
    living: &'a BTreeSet<i32>,
    at_start: &'a BTreeSet<(i32, u64)>,
    /// Whether a process bears our mark.
    is_marked: &'a dyn Fn(i32) -> bool,
}

impl View<'_> {
    /// The processes that a job left behind.
    fn strays(&self) -> Vec<i32> {
        let ids = self.table.iter().filter(|(id, stat)| self.is_stray(**id, stat));
        ids.map(|(id, _)| *id).collect()
    }

    fn is_stray(&self, id: i32, stat: &Stat) -> bool {
        let is_child = stat.parent == self.own;
        let was_there = is_child && self.at_start.contains(&(id, stat.started));
        if id == self.own || was_there || self.is_at_work(id) {
            return false;
        }
        // Whatever comes to us descends from what we started, where nobody else could have sent it:
        // it had no other parent, and orphans of strangers come to the first process only.
        let only_ours = self.at_start.is_empty() && self.own != 1;
        // What we start leads a group of its own, so that nothing of it is in ours. What is was
        // started otherwise, by somebody who waits for it.
        let is_adopted = is_child && stat.group != self.own_group;
        (is_adopted && (only_ours || stat.is_zombie())) || (self.is_marked)(id)
    }

    /// Whether it belongs to a child that is at work, or descends from one.
    fn is_at_work(&self, id: i32) -> bool {
        let mut next = id;
        // A table that was read while processes came and went could have a ring.
        for _ in 0..self.table.len() {
            match self.table.get(&next) {
                Some(stat) if self.living.contains(&stat.group) => return true,
                Some(stat) if next != self.own => next = stat.parent,
                _ => return false,
            }
        }
        false
    }
}

/// Stops and reaps whatever children left behind outside their groups. Gives the names of those
/// that were running, and of those of them that could not be ended.
pub fn stop() -> (Vec<String>, Vec<String>) {
    let none = BTreeSet::new();
    let mut running = BTreeSet::new();
    let left = repeat_until_gone(|| {
        // No child starts meanwhile, and is taken for a stray before it is known.
        let living = running_groups::held();
        let table = proc::table();
        let own = std::process::id() as i32;
        let view = View {
            own,
            // 0 in a container whose first process was started into another's group.
            own_group: table.get(&own).map_or(0, |stat| stat.group),
            table: &table,
            living: &living,
            at_start: AT_START.get().unwrap_or(&none),
            is_marked: &|id| mark::of(id).is_some_and(|it| it == mark::own()),
        };
        let strays = view.strays();
        let found = strays.into_iter().filter_map(|id| Some((id, table.get(&id)?.clone())));
        let found: Vec<(i32, Stat)> = found.collect();
        for (id, seen) in &found {
            kill(*id, |id| proc::stat(id).is_some_and(|now| now.started == seen.started));
        }
        let alive = found.iter().filter(|(_, stat)| !stat.is_zombie());
        running.extend(alive.map(|(_, stat)| stat.name.clone()));
        found
    });
    (running.into_iter().collect(), left)
}

/// Ends what a lukewarm left behind that was itself killed: processes of this user that bear the
/// mark of one that is dead. Gives the names of those that could not be ended, which the machine's
/// watch will name when they disturb.
pub fn end_leftovers() -> Vec<String> {
    repeat_until_gone(|| {
        let table = proc::table();
        let above = ancestors(&table, std::process::id() as i32);
        let is_left = |id: i32| {
            proc::is_of_this_user(id) && mark::of(id).is_some_and(|it| mark::is_dead(&it))
        };
        let found = table.into_iter().filter(|(id, stat)| {
            // Somebody may have started us from a shell that a job left.
            !stat.is_zombie() && !above.contains(id) && is_left(*id)
        });
        let found: Vec<(i32, Stat)> = found.collect();
        found.iter().for_each(|(id, _)| kill(*id, is_left));
        found
    })
}

/// A process and all above it.
fn ancestors(table: &BTreeMap<i32, Stat>, id: i32) -> BTreeSet<i32> {
    let mut above = BTreeSet::new();
    let mut next = Some(id);
    while let Some(id) = next.filter(|id| above.insert(*id)) {
        next = table.get(&id).map(|stat| stat.parent);
    }
    above
}

/// Kills one process, if it still is the one that is meant when it can no longer be exchanged.
fn kill(id: i32, is_meant: impl Fn(i32) -> bool) {
    let Some(pid) = Pid::from_raw(id) else { return };
    if !wait::has_descriptors() {
        // An id that was free for a moment could have gone to another process: a small risk, on
        // old kernels only.
        if is_meant(id) {
            let _ = kill_process(pid, Signal::KILL);
        }
        return;
    }
    // An error means that it has ended meanwhile.
    if let Ok(descriptor) = pidfd_open(pid, PidfdFlags::empty())
        && is_meant(id)
    {
        let _ = pidfd_send_signal(&descriptor, Signal::KILL);
    }
}

/// Repeats `kill`, which returns the processes that it killed, until it finds none or a timeout is
/// over: the children of a stray are adopted only when it has ended.
fn repeat_until_gone(mut kill: impl FnMut() -> Vec<(i32, Stat)>) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(1);
    loop {
        let found = kill();
        for pid in found.iter().filter_map(|(id, _)| Pid::from_raw(*id)) {
            // Not our child, or not ended yet: left to the next turn.
            let _ = waitpid(Some(pid), WaitOptions::NOHANG);
        }
        if found.is_empty() {
            return Vec::new();
        }
        if Instant::now() > deadline {
            let living = found.into_iter().filter(|(_, stat)| !stat.is_zombie());
            return living.map(|(id, stat)| named(id, &stat)).collect();
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// A process's name and id for messages.
pub fn named(id: i32, stat: &Stat) -> String {
    format!("{} ({id})", stat.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(parent: i32, group: i32, state: char) -> Stat {
        let line = format!(
            "0 (it) {state} {parent} {group} 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 1000 250 0"
        );
        super::super::proc::parse(line.as_bytes()).unwrap()
    }

    /// We are 10. 20 leads a living group; 30 was our child before we started any.
    fn strays(own: i32, at_start: &[(i32, u64)], marked: &[i32]) -> Vec<i32> {
        let table = BTreeMap::from([
            (1, stat(0, 1, 'S')),
            (own, stat(0, 10, 'S')),
            (20, stat(own, 20, 'S')),
            // At work, in a session of its own.
            (21, stat(20, 21, 'S')),
            (22, stat(21, 21, 'S')),
            (30, stat(own, 30, 'S')),
            // Started by other means, at work and ended.
            (31, stat(own, 10, 'S')),
            (32, stat(own, 10, 'Z')),
            // Came to us when its parent ended.
            (40, stat(own, 40, 'S')),
            (41, stat(40, 40, 'S')),
            (42, stat(own, 42, 'Z')),
            // A stranger's.
            (50, stat(1, 50, 'S')),
        ]);
        let view = View {
            own,
            own_group: 10,
            table: &table,
            living: &BTreeSet::from([20]),
            at_start: &at_start.iter().copied().collect(),
            is_marked: &|id| marked.contains(&id),
        };
        view.strays()
    }

    #[test]
    fn what_was_there_before_us_is_no_stray_and_neither_is_what_it_leaves() {
        assert_eq!(strays(10, &[(30, 100)], &[]), [42]);
        assert_eq!(strays(10, &[(30, 100)], &[20, 21, 40, 41]), [40, 41, 42]);
        assert_eq!(strays(10, &[(30, 99)], &[]), [42], "another process with that id");
    }

    #[test]
    fn without_children_at_the_start_every_child_is_ours_with_a_mark_or_without() {
        assert_eq!(strays(10, &[], &[]), [30, 40, 42]);
        assert_eq!(strays(10, &[], &[50]), [30, 40, 42, 50]);
    }

    #[test]
    fn what_was_started_by_other_means_is_left_to_who_waits_for_it_unless_it_bears_the_mark() {
        assert_eq!(strays(10, &[], &[31]), [30, 31, 40, 42]);
        assert_eq!(strays(10, &[(30, 100)], &[]), [42]);
    }

    #[test]
    fn the_first_process_of_a_container_ends_only_what_bears_its_mark() {
        assert_eq!(strays(1, &[], &[40]), [40, 42]);
    }
}
