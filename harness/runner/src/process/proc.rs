//! What `/proc` says of processes: CPU time, memory, group.
//! Owns the parsing; on systems without `/proc` everything is absent.

use std::collections::BTreeSet;
use std::fs;

use lukewarm_model::{Bytes, Seconds};

/// The fields of `/proc/PID/stat` that are used here.
struct Stat {
    state: char,
    parent: i32,
    group: i32,
    /// User and system ticks, of the process and of the children it has waited for.
    ticks: u64,
    resident_pages: u64,
}

/// CPU time of a process and of every descendant that was waited for; a zombie still has it.
pub fn cpu(pid: i32) -> Option<Seconds> {
    let ticks = stat(pid)?.ticks;
    Some(Seconds(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

/// The process group of a process.
pub fn group(pid: i32) -> Option<i32> {
    Some(stat(pid)?.group)
}

/// Resident memory of all processes in these groups.
pub fn resident(groups: &BTreeSet<i32>) -> Bytes {
    let pages: u64 = all()
        .filter(|stat| groups.contains(&stat.1.group))
        .map(|(_, stat)| stat.resident_pages)
        .sum();
    Bytes(pages * rustix::param::page_size() as u64)
}

/// The processes of a group that have not been reaped.
pub fn members(group: i32) -> Vec<i32> {
    all().filter(|(_, stat)| stat.group == group && stat.state != 'X').map(|(pid, _)| pid).collect()
}

/// The children of this process, zombies included.
pub fn children_of_this_process() -> Vec<i32> {
    let own = std::process::id() as i32;
    all().filter(|(_, stat)| stat.parent == own).map(|(pid, _)| pid).collect()
}

fn all() -> impl Iterator<Item = (i32, Stat)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        Some((pid, stat(pid)?))
    })
}

fn stat(pid: i32) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// See proc_pid_stat(5). The name, in parentheses, may hold spaces and parentheses itself.
fn parse(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        ticks: number(11)? + number(12)? + number(13)? + number(14)?,
        resident_pages: number(21)?,
    })
}

/// Living processes whose command line contains this, arguments separated by NUL.
#[cfg(test)]
pub fn named(command: &str) -> usize {
    let lives = |pid: &i32| stat(*pid).is_some_and(|stat| stat.state != 'Z');
    let matches = |pid: &i32| {
        fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains(command))
    };
    all().map(|(pid, _)| pid).filter(|pid| matches(pid) && lives(pid)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_name_with_spaces_and_parentheses() {
        let text = "42 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 7 5 3 2 20 0 1 0 100 1000 250 0";
        let stat = parse(text).unwrap();
        assert_eq!((stat.state, stat.parent, stat.group), ('S', 1, 42));
        assert_eq!((stat.ticks, stat.resident_pages), (17, 250));
        assert!(parse("nonsense").is_none());
    }

    #[test]
    fn sees_this_very_process() {
        let own = std::process::id() as i32;
        assert!(cpu(own).is_some());
        assert!(members(group(own).unwrap()).contains(&own));
    }
}
