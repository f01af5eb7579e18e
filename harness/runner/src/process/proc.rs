//! Processes as `/proc` shows them: state, CPU time, memory, group, parent.
//! Owns the parsing, of bytes: a process may have any name. Where there is no `/proc`, everything
//! is absent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;

use lukewarm_model::{Bytes, Seconds};

/// The fields of `/proc/PID/stat` that are used here.
#[derive(Clone, Debug)]
pub struct Stat {
    /// Its name, as far as it is text.
    pub name: String,
    /// One letter; `Z` has ended and was not waited for, `X` is about to vanish.
    pub state: char,
    /// The id of its parent.
    pub parent: i32,
    /// Its process group.
    pub group: i32,
    /// When it was started, in ticks since the system was.
    pub started: u64,
    /// User and system ticks, of the process and of the children it has waited for.
    ticks: u64,
    resident_pages: u64,
}

impl Stat {
    /// Whether it has ended and was not reaped yet.
    pub fn is_zombie(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }
}

/// CPU time of a process and of every descendant that was waited for; a zombie still has it.
pub fn cpu(pid: i32) -> Option<Seconds> {
    let ticks = stat(pid)?.ticks;
    Some(Seconds(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
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
pub fn members(group: i32) -> BTreeMap<i32, Stat> {
    all().filter(|(_, stat)| stat.group == group && stat.state != 'X').collect()
}

/// All processes of this moment.
pub fn table() -> BTreeMap<i32, Stat> {
    all().collect()
}

/// Whether a process runs as the user that we are.
pub fn is_of_this_user(pid: i32) -> bool {
    let own = rustix::process::geteuid().as_raw();
    fs::metadata(format!("/proc/{pid}")).is_ok_and(|it| it.uid() == own)
}

fn all() -> impl Iterator<Item = (i32, Stat)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        Some((pid, stat(pid)?))
    })
}

/// The facts of one process.
pub fn stat(pid: i32) -> Option<Stat> {
    parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// See proc_pid_stat(5). The name, in parentheses, may hold spaces, parentheses and bytes that are
/// no text, since the kernel cuts it at 15 bytes.
pub(super) fn parse(line: &[u8]) -> Option<Stat> {
    let (opens, closes) = (memchr::memchr(b'(', line)?, memchr::memrchr(b')', line)?);
    let name = String::from_utf8_lossy(line.get(opens + 1..closes)?).into_owned();
    let rest = std::str::from_utf8(line.get(closes + 1..)?).ok()?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Stat {
        name,
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        started: number(19)?,
        ticks: number(11)? + number(12)? + number(13)? + number(14)?,
        resident_pages: number(21)?,
    })
}

/// Living processes whose command line contains this, arguments separated by NUL.
#[cfg(test)]
pub fn named(command: &str) -> usize {
    let lives = |pid: &i32| stat(*pid).is_some_and(|stat| !stat.is_zombie());
    let matches = |pid: &i32| {
        fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| memchr::memmem::find(&line, command.as_bytes()).is_some())
    };
    all().map(|(pid, _)| pid).filter(|pid| matches(pid) && lives(pid)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "S 1 42 42 0 -1 4194560 100 0 0 0 7 5 3 2 20 0 1 0 100 1000 250 0";

    #[test]
    fn reads_a_name_with_spaces_and_parentheses() {
        let stat = parse(format!("42 (a (b) c) {REST}").as_bytes()).unwrap();
        assert_eq!((&*stat.name, stat.state, stat.parent, stat.group), ("a (b) c", 'S', 1, 42));
        assert_eq!((stat.ticks, stat.resident_pages, stat.started), (17, 250, 100));
        assert!(parse(b"nonsense").is_none() && parse(b")(").is_none() && parse(b"").is_none());
    }

    #[test]
    fn reads_a_name_that_was_cut_inside_a_letter() {
        let line = [b"42 (pr\xc3\xbcfung_datei\xc3) ".as_slice(), REST.as_bytes()].concat();
        let stat = parse(&line).unwrap();
        assert_eq!((&*stat.name, stat.group), ("prüfung_datei\u{fffd}", 42));
    }

    #[test]
    fn sees_this_very_process() {
        let own = std::process::id() as i32;
        assert!(cpu(own).is_some() && is_of_this_user(own));
        assert!(members(stat(own).unwrap().group).contains_key(&own));
    }
}
