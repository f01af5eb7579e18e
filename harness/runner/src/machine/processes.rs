//! Other users of the processors: the processes of the system with their CPU time.
//! Owns reading `/proc/<id>/stat` (man 5 proc_pid_stat). Our own process and its children are no
//! others.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use lukewarm_model::Seconds;

/// A process that uses less of one processor than this is not worth a name.
const BUSY: f64 = 0.2;

/// The processes of one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Tasks {
    own: Option<u32>,
    all: BTreeMap<u32, Task>,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Task {
    name: String,
    parent: u32,
    /// Its own CPU time, in clock ticks.
    ticks: u64,
    /// That of the children that it waited for.
    waited_for: u64,
}

/// What a process of another user is called: its name is that user's affair, and a report may be
/// published.
const ANOTHERS: &str = "another user's process";

impl Task {
    /// The process with the name that may be published.
    fn named_for(self, folder: &Path) -> Task {
        let user = rustix::process::geteuid().as_raw();
        match fs::metadata(folder).is_ok_and(|it| it.uid() != user) {
            true => Task { name: ANOTHERS.to_owned(), ..self },
            false => self,
        }
    }

    fn used(&self) -> u64 {
        self.ticks + self.waited_for
    }
}

impl Tasks {
    /// Reads them.
    pub(super) fn read(root: &Path) -> Tasks {
        let folder = root.join("proc");
        let stat = |name: &str| {
            // A name may be any bytes, and one that is long is cut inside a letter.
            let line = fs::read(folder.join(name).join("stat")).ok()?;
            parse(&String::from_utf8_lossy(&line))
        };
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let tasks = entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.parse::<u32>().ok()?;
            let (id, task) = stat(&name)?;
            Some((id, task.named_for(&folder.join(&name))))
        });
        Tasks { own: stat("self").map(|(id, _)| id), all: tasks.collect() }
    }

    /// CPU time of our own process and of all its children, living or waited for, in ticks.
    pub(super) fn own_ticks(&self) -> u64 {
        let own = self.all.iter().filter(|(id, _)| self.is_own(**id));
        own.map(|(_, task)| task.used()).sum()
    }

    /// The other processes that were busy since an earlier moment, with the children that they
    /// waited for: by name, how many processors they used together, the busiest first.
    pub(super) fn busy_since(&self, before: &Tasks, elapsed: Seconds) -> Vec<(String, f64)> {
        let others = self.all.iter().filter(|(id, _)| !self.is_own(**id));
        let mut used: BTreeMap<u32, u64> = others.map(|(id, task)| (*id, task.used())).collect();
        for (id, task) in &before.all {
            // What it had used by then is no part of this time.
            if let Some(ticks) = self.heir(before, *id).and_then(|heir| used.get_mut(&heir)) {
                *ticks = ticks.saturating_sub(task.used());
            }
        }
        let mut names: BTreeMap<&str, u64> = BTreeMap::new();
        for (id, ticks) in used {
            *names.entry(&self.all[&id].name).or_default() += ticks;
        }
        let ticks_a_second = rustix::param::clock_ticks_per_second() as f64;
        let share = |ticks: u64| ticks as f64 / ticks_a_second / elapsed.0;
        let shares = names.into_iter().map(|(name, ticks)| (name.to_owned(), share(ticks)));
        let mut busy: Vec<(String, f64)> = shares.filter(|(_, share)| *share >= BUSY).collect();
        busy.sort_by(|one, other| other.1.total_cmp(&one.1));
        busy
    }

    /// Whose account has now what a process had used before: its own, or, when it has ended, that
    /// of the nearest one above it that lives. An id may have gone to another process meanwhile.
    fn heir(&self, before: &Tasks, id: u32) -> Option<u32> {
        let mut next = id;
        for _ in 0..before.all.len() {
            let then = before.all.get(&next)?;
            if self.all.get(&next).is_some_and(|now| now.name == then.name) {
                return Some(next);
            }
            next = then.parent;
        }
        None
    }

    /// Whether a process is ours, or a child of one that is.
    fn is_own(&self, id: u32) -> bool {
        let mut next = Some(id);
        // A table that was read while processes came and went could have a ring.
        for _ in 0..self.all.len() {
            match next {
                Some(id) if self.own == Some(id) => return true,
                Some(id) => next = self.all.get(&id).map(|task| task.parent),
                None => return false,
            }
        }
        false
    }
}

/// The id and the facts of a line of `/proc/<id>/stat`. The name is in brackets and may have any
/// character, brackets too.
fn parse(stat: &str) -> Option<(u32, Task)> {
    let (head, tail) = stat.rsplit_once(')')?;
    let (id, name) = head.split_once(" (")?;
    let fields: Vec<&str> = tail.split_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
    let task = Task {
        name: name.to_owned(),
        parent: fields.get(1)?.parse().ok()?,
        ticks: number(11)? + number(12)?,
        waited_for: number(13)? + number(14)?,
    };
    Some((id.parse().ok()?, task))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{system, task};
    use super::*;

    #[test]
    fn who_is_busy_is_named_and_our_own_children_are_not() {
        let at = |us: u64, child: u64, other: u64, third: u64| {
            let files = [
                ("proc/self/stat", task(7, "lukewarm", 1, us)),
                ("proc/7/stat", task(7, "lukewarm", 1, us)),
                ("proc/8/stat", task(8, "cargo", 7, 0)),
                ("proc/9/stat", task(9, "rustc", 8, child)),
                ("proc/20/stat", task(20, "an (odd) name", 1, other)),
                ("proc/21/stat", task(21, "an (odd) name", 1, other)),
                ("proc/22/stat", task(22, "idle", 1, third)),
            ];
            let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
            Tasks::read(system(&files).path())
        };
        let (before, after) = (at(100, 0, 1000, 5), at(300, 400, 1090, 14));
        let seconds = Seconds(100.0 / rustix::param::clock_ticks_per_second() as f64);
        assert_eq!(after.busy_since(&before, seconds), [("an (odd) name".to_owned(), 1.8)]);
        assert_eq!(after.own_ticks() - before.own_ticks(), 600);
    }

    #[test]
    fn what_came_and_went_counts_for_who_waited_for_it() {
        let compiled = |waited: u64| {
            let line = task(40, "make", 1, 0);
            line.replacen(" 0 0 20 ", &format!(" {waited} 0 20 "), 1)
        };
        let one = system(&[
            ("proc/40/stat", &compiled(10)),
            ("proc/41/stat", &task(41, "old", 40, 5000)),
        ]);
        let other = system(&[("proc/40/stat", &compiled(10 + 5000 + 150))]);
        let (before, after) = (Tasks::read(one.path()), Tasks::read(other.path()));
        let seconds = Seconds(100.0 / rustix::param::clock_ticks_per_second() as f64);
        assert_eq!(after.busy_since(&before, seconds), [("make".to_owned(), 1.5)]);
    }

    #[test]
    fn an_id_that_went_to_another_process_counts_anew() {
        let one = system(&[("proc/20/stat", &task(20, "old", 1, 5000))]);
        let other = system(&[("proc/20/stat", &task(20, "new", 1, 100))]);
        let (before, after) = (Tasks::read(one.path()), Tasks::read(other.path()));
        let seconds = Seconds(100.0 / rustix::param::clock_ticks_per_second() as f64);
        assert_eq!(after.busy_since(&before, seconds), [("new".to_owned(), 1.0)]);
    }

    #[test]
    fn a_process_whose_name_is_no_text_is_seen() {
        let root = system(&[("proc/40/stat", "")]);
        let write = |ticks| {
            let line = task(40, "name", 1, ticks).into_bytes();
            let at = line.iter().position(|byte| *byte == b')').unwrap();
            let line = [&line[..at], b"\xc3", &line[at..]].concat();
            fs::write(root.path().join("proc/40/stat"), line).unwrap();
            Tasks::read(root.path())
        };
        let (before, after) = (write(0), write(100));
        let seconds = Seconds(100.0 / rustix::param::clock_ticks_per_second() as f64);
        assert_eq!(after.busy_since(&before, seconds), [("name\u{fffd}".to_owned(), 1.0)]);
    }

    #[test]
    fn a_process_of_another_user_has_no_name() {
        let root = system(&[("proc/40/stat", &task(40, "secret", 1, 0))]);
        let folder = root.path().join("proc/40");
        // Only root can give a folder away, and only then is there anything to see.
        if std::os::unix::fs::chown(&folder, Some(65_534), None).is_ok() {
            assert_eq!(Tasks::read(root.path()).all[&40].name, ANOTHERS);
        }
        let ours = parse(&task(41, "ours", 1, 0)).unwrap().1;
        assert_eq!(ours.named_for(root.path()).name, "ours");
    }

    #[test]
    fn the_real_table_has_this_process() {
        let tasks = Tasks::read(Path::new("/"));
        assert!(tasks.is_own(std::process::id()) && !tasks.is_own(1), "{:?}", tasks.own);
    }
}
