//! Warnings about the machine over a time, from the system's counters at its beginning and end.
//! Owns the counters and their thresholds. Our own work must not count as that of others.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lukewarm_model::{Seconds, Warning};

use super::pressure::{self, Waiting};
use super::processes::Tasks;
use super::{cgroup, field, frequency};

/// Above this share of stolen processor time the numbers are not the machine's own.
const STOLEN: f64 = 0.02;

/// Above this share of all processor time others compete with the builds.
const OTHERS: f64 = 0.05;

/// Above this share of time in which all work waits for it, the disk is the limit.
const DISK_STALL: f64 = 0.1;

/// The same for memory.
const MEMORY_STALL: f64 = 0.01;

/// Above this share of time, summed over processors, the control group's limit is what is
/// measured.
const GROUP_STOPPED: f64 = 0.01;

/// More pages than these came from swap, or went there: 4 MB where a page has 4 KiB.
const PAGES_SWAPPED: u64 = 1000;

/// A shorter time has too few clock ticks for shares of it.
const SHORTEST: Seconds = Seconds(0.2);

/// A time that is watched, from its beginning.
#[derive(Debug)]
pub struct Watch {
    root: PathBuf,
    began: Instant,
    before: Counters,
}

impl Watch {
    /// Begins to watch the system below `root`, which is `/` outside tests.
    pub fn start(root: &Path) -> Watch {
        Watch { root: root.to_owned(), began: Instant::now(), before: Counters::read(root) }
    }

    /// The warnings from the beginning until now. It may be called more than once.
    pub fn warnings(&self) -> Vec<Warning> {
        let elapsed = Seconds::from(self.began.elapsed());
        warnings(&self.before, &Counters::read(&self.root), elapsed)
    }
}

/// What the system counts, at one moment.
#[derive(Clone, Debug)]
struct Counters {
    processor: String,
    tasks: Tasks,
    lowered_by_heat: u64,
    swapped: u64,
    stopped: Seconds,
    no_disk: Seconds,
    no_memory: Seconds,
}

impl Counters {
    fn read(root: &Path) -> Counters {
        let vmstat = fs::read_to_string(root.join("proc/vmstat")).unwrap_or_default();
        let pages = |name: &str| -> u64 {
            field(&vmstat, name, ' ').and_then(|n| n.parse().ok()).unwrap_or(0)
        };
        let waited = |resource: &str| pressure::total(root, resource, Waiting::Full);
        Counters {
            processor: processor_time(root),
            tasks: Tasks::read(root),
            lowered_by_heat: frequency::lowered_by_heat(root),
            swapped: pages("pswpin") + pages("pswpout"),
            stopped: cgroup::stopped(root),
            no_disk: waited("io").unwrap_or_default(),
            no_memory: waited("memory").unwrap_or_default(),
        }
    }
}

fn warnings(before: &Counters, after: &Counters, elapsed: Seconds) -> Vec<Warning> {
    if elapsed < SHORTEST {
        return Vec::new();
    }
    let share = |after: Seconds, before: Seconds| (after - before).0 / elapsed.0;
    let over = |share: f64, most: f64, what: &str, advice: &str| {
        let what = format!("{what} {:.1} % of {elapsed}", share * 100.0);
        (share > most).then(|| Warning::new(what, advice))
    };
    let stolen = stolen_share(&before.processor, &after.processor).unwrap_or(0.0);
    let own = "use a machine of your own, or take more iterations";
    let heat = after.lowered_by_heat.saturating_sub(before.lowered_by_heat);
    let swapped = after.swapped.saturating_sub(before.swapped);
    let found = [
        over(stolen, STOLEN, "the hypervisor took processor time away:", own),
        others(before, after, elapsed),
        (heat > 0).then(|| {
            let what = format!("heat lowered the processors' clock {heat} times in {elapsed}");
            Warning::new(what, "cool the machine, or bound the clock (`cpupower frequency-set -u`)")
        }),
        over(
            share(after.stopped, before.stopped),
            GROUP_STOPPED,
            "the control group's limit held work back for",
            "grant the container whole processors, or state the limit beside the numbers",
        ),
        over(
            share(after.no_disk, before.no_disk),
            DISK_STALL,
            "all work waited for the disk for",
            "choose a faster disk with `--scratch DIR`, or stop what else uses it",
        ),
        over(
            share(after.no_memory, before.no_memory),
            MEMORY_STALL,
            "all work waited for memory for",
            "stop what fills the memory, or take a larger machine",
        ),
        (swapped > PAGES_SWAPPED).then(|| {
            let what = format!("{swapped} pages of memory were swapped in {elapsed}");
            Warning::new(what, "stop what fills the memory, or take a larger machine")
        }),
    ];
    found.into_iter().flatten().collect()
}

/// Other processes, with the names of those that were there all the time or at its end: a name
/// is not known of what came and went in between.
fn others(before: &Counters, after: &Counters, elapsed: Seconds) -> Option<Warning> {
    let (then, now) = (Ticks::of(&before.processor)?, Ticks::of(&after.processor)?);
    let all = now.all.checked_sub(then.all).filter(|ticks| *ticks > 0)?;
    let own = after.tasks.own_ticks().saturating_sub(before.tasks.own_ticks());
    let share = now.busy.saturating_sub(then.busy).saturating_sub(own) as f64 / all as f64;
    if share <= OTHERS {
        return None;
    }
    let names = after.tasks.busy_since(&before.tasks, elapsed);
    let named: Vec<String> =
        names.iter().take(5).map(|(name, share)| format!("{name} {share:.1}")).collect();
    let advice = match named.is_empty() {
        true => "stop other work, or take more iterations".to_owned(),
        false => format!("stop it, or take more iterations (processors: {})", named.join(", ")),
    };
    let what = format!("other work used {:.0} % of the processors in {elapsed}", share * 100.0);
    Some(Warning::new(what, advice))
}

/// The current content of `/proc/stat`.
pub fn processor_time(root: &Path) -> String {
    fs::read_to_string(root.join("proc/stat")).unwrap_or_default()
}

/// Share of processor time that the hypervisor gave to somebody else, from two readings of
/// `/proc/stat`; none where it is missing.
pub fn stolen_share(before: &str, after: &str) -> Option<f64> {
    let (then, now) = (Ticks::of(before)?, Ticks::of(after)?);
    let all = now.all.checked_sub(then.all).filter(|ticks| *ticks > 0)?;
    Some(now.stolen.checked_sub(then.stolen)? as f64 / all as f64)
}

/// Clock ticks of all processors since the system began.
struct Ticks {
    all: u64,
    busy: u64,
    stolen: u64,
}

impl Ticks {
    fn of(stat: &str) -> Option<Ticks> {
        let line = stat.lines().next()?.strip_prefix("cpu ")?;
        let ticks: Vec<u64> = line.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        // user nice system idle iowait irq softirq steal; guest time is part of user.
        let all = ticks.get(..8)?.iter().sum();
        Some(Ticks { all, busy: all - ticks[3] - ticks[4] - ticks[7], stolen: ticks[7] })
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::testing::{system, task};
    use super::*;

    /// What is said of ten seconds on two processors, from files at their beginning and end.
    fn said(before: &TempDir, after: &TempDir) -> Vec<String> {
        let (before, after) = (Counters::read(before.path()), Counters::read(after.path()));
        let warnings = warnings(&before, &after, Seconds(10.0));
        assert!(warnings.iter().all(|warning| !warning.advice.is_empty()));
        warnings.into_iter().map(|warning| warning.what).collect()
    }

    fn one(path: &str, text: &str) -> TempDir {
        system(&[(path, text)])
    }

    /// A system whose processors were busy for `busy` ticks of `all`, `own` of them for us.
    fn at(busy: u64, all: u64, own: u64) -> TempDir {
        let stat = format!("cpu  {busy} 0 0 {} 0 0 0 0 0 0\n", all - busy);
        let own = task(7, "lukewarm", 1, own);
        let other = task(30, "mysqld", 1, busy / 2);
        let files = [("stat", &stat), ("self/stat", &own), ("7/stat", &own), ("30/stat", &other)];
        let files = files.map(|(path, text)| (format!("proc/{path}"), text));
        system(&files.each_ref().map(|(path, text)| (path.as_str(), text.as_str())))
    }

    #[test]
    fn our_own_work_is_no_noise_and_that_of_others_is() {
        assert_eq!(said(&at(0, 8000, 0), &at(1900, 10_000, 1850)), [""; 0]);
        let wanted = ["other work used 45 % of the processors in 10.0 s"];
        assert_eq!(said(&at(0, 8000, 0), &at(1900, 10_000, 1000)), wanted);
    }

    #[test]
    fn who_worked_is_named_in_the_advice() {
        let (before, after) = (at(0, 8000, 0), at(1900, 10_000, 900));
        let (before, after) = (Counters::read(before.path()), Counters::read(after.path()));
        let seconds = 1000.0 / rustix::param::clock_ticks_per_second() as f64;
        let advice = others(&before, &after, Seconds(seconds)).unwrap().advice;
        assert!(advice.ends_with("(processors: mysqld 0.9)"), "{advice}");
    }

    #[test]
    fn stolen_time_is_a_share_of_all_time() {
        let before = "cpu  100 0 100 800 0 0 0 0 0 0\n";
        let after = "cpu  150 0 100 830 0 0 0 20 0 0\n";
        assert_eq!(stolen_share(before, after), Some(0.2));
        assert_eq!(stolen_share(before, before), None);
        assert_eq!(stolen_share("", after), None);
        let said = said(&one("proc/stat", before), &one("proc/stat", after));
        assert_eq!(said[0], "the hypervisor took processor time away: 20.0 % of 10.0 s");
    }

    #[test]
    fn heat_is_told_when_it_lowered_the_clock_meanwhile() {
        let count = "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count";
        assert_eq!(said(&one(count, "7\n"), &one(count, "7\n")), [""; 0], "it was long ago");
        let wanted = ["heat lowered the processors' clock 2 times in 10.0 s"];
        assert_eq!(said(&one(count, "7\n"), &one(count, "9\n")), wanted);
    }

    #[test]
    fn swapping_is_told_and_what_is_swapped_out_already_is_not() {
        let at = |pages: u64| one("proc/vmstat", &format!("pswpin {pages}\npswpout 5\n"));
        assert_eq!(said(&at(5000), &at(6000)), [""; 0]);
        assert_eq!(said(&at(0), &at(1001)), ["1001 pages of memory were swapped in 10.0 s"]);
    }

    #[test]
    fn waiting_for_disk_and_memory_is_told() {
        let at = |resource: &str, microseconds: u64| {
            let text = format!("full avg10=0.00 avg60=0.00 avg300=0.00 total={microseconds}\n");
            one(&format!("proc/pressure/{resource}"), &text)
        };
        assert_eq!(said(&at("io", 0), &at("io", 900_000)), [""; 0]);
        let wanted = ["all work waited for the disk for 15.0 % of 10.0 s"];
        assert_eq!(said(&at("io", 0), &at("io", 1_500_000)), wanted);
        let wanted = ["all work waited for memory for 2.0 % of 10.0 s"];
        assert_eq!(said(&at("memory", 500_000), &at("memory", 700_000)), wanted);
    }

    #[test]
    fn a_limit_that_stopped_the_work_is_told() {
        let at = |microseconds: u64| {
            let stat = format!("throttled_usec {microseconds}\n");
            system(&[("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/cpu.stat", &stat)])
        };
        let wanted = ["the control group's limit held work back for 30.0 % of 10.0 s"];
        assert_eq!(said(&at(0), &at(3_000_000)), wanted);
    }

    #[test]
    fn a_moment_is_too_short_to_judge() {
        let before = Counters::read(one("proc/vmstat", "pswpin 0\n").path());
        let after = Counters::read(one("proc/vmstat", "pswpin 99999\n").path());
        assert_eq!(warnings(&before, &after, Seconds(0.1)), []);
    }

    #[test]
    fn a_watch_reads_the_system_at_both_ends() {
        let root = one("proc/vmstat", "pswpin 0\n");
        let watch = Watch { began: Instant::now() - LONG_AGO, ..Watch::start(root.path()) };
        assert_eq!(watch.warnings(), []);
        fs::write(root.path().join("proc/vmstat"), "pswpin 4000\n").unwrap();
        assert!(watch.warnings()[0].what.starts_with("4000 pages of memory were swapped in"));
    }

    const LONG_AGO: std::time::Duration = std::time::Duration::from_millis(9200);
}
