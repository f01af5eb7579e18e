//! Warnings about the machine's state before a run.
//! Owns their thresholds. What is only visible over a time belongs to `watch`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use lukewarm_model::{Bytes, Host, Seconds, Warning};

use super::pressure::{self, Waiting};
use super::{disk, frequency, kibibytes};

/// The least free space that a run starts with.
const LEAST_DISK: u64 = 5_000_000_000;

/// The least memory that builds of any size have room in.
const LEAST_MEMORY: u64 = 2_000_000_000;

/// More than this in swap was pushed out by work that lacked memory.
const MOST_SWAPPED: u64 = 256_000_000;

/// A busy processor below this share of its highest clock is held back.
const LEAST_CLOCK: f64 = 0.8;

/// A small write that takes longer to be safe waits for somebody else, or for a slow disk.
const LONGEST_WRITE: Seconds = Seconds(0.02);

/// How often it is looked whether something runs, and how long after each other.
const LOOKS: usize = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// The warnings about this machine now. Takes about 50 ms, and 100 ms more after a time of load: a
/// small file is written, and a processor is kept busy for a moment where the system shows its
/// frequency.
pub fn warnings(root: &Path, host: &Host, scratch: &Path) -> Vec<Warning> {
    let mut warnings = Vec::new();
    warnings.extend(load(root, host));
    warnings.extend(clock(root));
    warnings.extend(disk_below(host, scratch));
    warnings.extend(memory(root, host));
    warnings.extend(waiting(root));
    warnings
}

/// The other work on this machine, before any of ours begins.
pub fn unrest(root: &Path, host: &Host) -> Vec<Warning> {
    load(root, host).into_iter().chain(waiting(root)).collect()
}

/// The load of the last minute, where it goes on: what built this program is over by now.
fn load(root: &Path, host: &Host) -> Option<Warning> {
    let is_high = host.load > f64::from(host.cores) * 0.5;
    (is_high && others_run(root) != Some(false)).then(|| {
        Warning::new(
            format!("load average {:.1} on {} cores before anything ran", host.load, host.cores),
            "stop other work, or take more iterations",
        )
    })
}

/// Whether something beside this thread runs, or waits for a processor, at most of some looks;
/// none where the system does not say.
fn others_run(root: &Path) -> Option<bool> {
    let mut busy = 0;
    for _ in 0..LOOKS {
        let text = fs::read_to_string(root.join("proc/loadavg")).ok()?;
        let (running, _) = text.split(' ').nth(3)?.split_once('/')?;
        busy += usize::from(running.parse::<u32>().ok()? > 1);
        std::thread::sleep(BETWEEN_LOOKS);
    }
    Some(busy > LOOKS / 2)
}

fn clock(root: &Path) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let others = frequency::governors(root).into_iter().filter(|name| name != "performance");
    for governor in others {
        warnings.push(Warning::new(
            format!("CPU frequency governor `{governor}`"),
            "choose `performance` (`cpupower frequency-set -g performance`)",
        ));
    }
    if frequency::now_and_most(root).is_some() {
        // Only a busy processor shows its maximum frequency; an idle one may be clocked down.
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(30) {
            std::hint::spin_loop();
        }
    }
    if let Some((now, most)) = frequency::now_and_most(root)
        && (now as f64) < most as f64 * LEAST_CLOCK
    {
        let (now, most) = (frequency::gigahertz(now), frequency::gigahertz(most));
        warnings.push(Warning::new(
            format!("a busy processor runs at {now} of {most}"),
            "let it cool down, plug in the power supply, or choose another power profile",
        ));
    }
    warnings
}

fn disk_below(host: &Host, scratch: &Path) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if matches!(host.filesystem.as_str(), "tmpfs" | "overlay" | "nfs" | "nfs4" | "9p") {
        warnings.push(Warning::new(
            format!("scratch lies on {}", host.filesystem),
            "choose a local disk with `--scratch DIR`: others time file access differently",
        ));
    }
    if host.details.as_ref().and_then(|details| details.journal) == Some(false) {
        warnings.push(Warning::new(
            format!(
                "scratch lies on {} without a journal, which is slow to make files for minutes \
                 after others were deleted",
                host.filesystem
            ),
            "choose another disk with `--scratch DIR`: jobs that restore many files look slower \
             than in CI",
        ));
    }
    if let Ok(free) = fs4::available_space(disk::existing(scratch))
        && free < LEAST_DISK
    {
        warnings.push(Warning::new(
            format!("{} free for scratch", Bytes(free)),
            format!("free {} or choose another disk with `--scratch DIR`", Bytes(LEAST_DISK)),
        ));
    }
    warnings.extend(disk::write_latency(scratch).and_then(slow_write));
    warnings
}

fn slow_write(latency: Seconds) -> Option<Warning> {
    (latency > LONGEST_WRITE).then(|| {
        Warning::new(
            format!("a write of 4 kB to scratch took {latency} to be safe"),
            "wait until the disk is idle, or choose another with `--scratch DIR`",
        )
    })
}

fn memory(root: &Path, host: &Host) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let limit = host.details.as_ref().and_then(|details| details.memory_limit);
    let granted = limit.map_or(host.memory, |limit| limit.min(host.memory));
    if granted.0 > 0 && granted.0 < LEAST_MEMORY {
        warnings.push(Warning::new(
            format!("{granted} of memory"),
            "builds may swap; take a machine with 2 GB or more",
        ));
    }
    let meminfo = fs::read_to_string(root.join("proc/meminfo")).unwrap_or_default();
    let of = |name: &str| kibibytes(&meminfo, name).0;
    let swapped = of("SwapTotal").saturating_sub(of("SwapFree"));
    if swapped > MOST_SWAPPED {
        warnings.push(Warning::new(
            format!("{} of memory are swapped out", Bytes(swapped)),
            "stop what fills the memory, then `swapoff -a && swapon -a`",
        ));
    }
    warnings
}

/// What others wait for now: nothing of ours runs yet.
fn waiting(root: &Path) -> Vec<Warning> {
    let bounds = [
        ("cpu", 0.1, "a processor", "stop other work, or take more iterations"),
        ("io", 0.1, "the disk", "stop what reads and writes, or wait until it is done"),
        ("memory", 0.01, "memory", "stop what fills the memory, or take a larger machine"),
    ];
    let over = |(resource, most, name, advice): (&str, f64, &str, &str)| {
        let share = pressure::lately(root, resource, Waiting::Some)?;
        let what = format!("other work waited for {name} {:.0} % of the last 10 s", share * 100.0);
        (share > most).then(|| Warning::new(what, advice))
    };
    bounds.into_iter().filter_map(over).collect()
}

#[cfg(test)]
mod tests {
    use lukewarm_model::HostDetails;

    use super::super::testing::system;
    use super::*;

    fn quiet() -> Host {
        Host { cores: 2, memory: Bytes(8_000_000_000), load: 0.2, ..Host::default() }
    }

    /// What is said of a system, but for what the real disk would add.
    fn said(files: &[(&str, &str)], host: &Host) -> Vec<String> {
        let root = system(files);
        let mut warnings = load(root.path(), host).into_iter().collect::<Vec<_>>();
        warnings.extend(clock(root.path()));
        warnings.extend(memory(root.path(), host));
        warnings.extend(waiting(root.path()));
        assert!(warnings.iter().all(|warning| !warning.advice.is_empty()));
        warnings.into_iter().map(|warning| warning.what).collect()
    }

    const CPU: &str = "sys/devices/system/cpu/cpu0/cpufreq/";

    #[test]
    fn a_quiet_machine_has_no_warnings() {
        let files = [
            (&*format!("{CPU}scaling_governor"), "performance\n"),
            (&*format!("{CPU}scaling_cur_freq"), "3400000\n"),
            (&*format!("{CPU}scaling_max_freq"), "3500000\n"),
            ("proc/meminfo", "SwapTotal: 4000000 kB\nSwapFree: 3900000 kB\n"),
            ("proc/pressure/cpu", "some avg10=3.00 avg60=50.00 avg300=0.00 total=1\n"),
        ];
        assert_eq!(said(&files, &quiet()), Vec::<String>::new());
        assert_eq!(said(&[], &quiet()), Vec::<String>::new(), "a system that tells nothing");
    }

    #[test]
    fn load_governor_and_a_low_clock_are_told() {
        let files = [
            (&*format!("{CPU}scaling_governor"), "powersave\n"),
            (&*format!("{CPU}scaling_cur_freq"), "1200000\n"),
            (&*format!("{CPU}scaling_max_freq"), "3500000\n"),
        ];
        let wanted = [
            "load average 9.5 on 2 cores before anything ran",
            "CPU frequency governor `powersave`",
            "a busy processor runs at 1.20 GHz of 3.50 GHz",
        ];
        assert_eq!(said(&files, &Host { load: 9.5, ..quiet() }), wanted);
    }

    #[test]
    fn a_load_that_is_over_is_not_told() {
        let host = Host { load: 2.0, ..quiet() };
        let told = |file: &str| !said(&[("proc/loadavg", file)], &host).is_empty();
        assert!(!told("2.00 1.00 1.00 1/100 5\n"));
        assert!(told("2.00 1.00 1.00 3/100 5\n"));
        assert!(told("2.00\n"), "a system that does not say what runs");
    }

    #[test]
    fn little_memory_and_swap_are_told() {
        let files = [("proc/meminfo", "SwapTotal: 4000000 kB\nSwapFree: 3000000 kB\n")];
        let limit = HostDetails { memory_limit: Some(Bytes(1_000_000_000)), ..Default::default() };
        let host = Host { details: Some(limit), ..quiet() };
        let wanted = ["1.00 GB of memory", "1.02 GB of memory are swapped out"];
        assert_eq!(said(&files, &host), wanted);
    }

    #[test]
    fn what_others_wait_for_is_told() {
        let some = |percent: &str| format!("some avg10={percent} avg60=0.00 avg300=0.00 total=1\n");
        let (cpu, io, memory) = (some("40.00"), some("11.00"), some("2.00"));
        let files = [
            ("proc/pressure/cpu", cpu.as_str()),
            ("proc/pressure/io", io.as_str()),
            ("proc/pressure/memory", memory.as_str()),
        ];
        let wanted = [
            "other work waited for a processor 40 % of the last 10 s",
            "other work waited for the disk 11 % of the last 10 s",
            "other work waited for memory 2 % of the last 10 s",
        ];
        assert_eq!(said(&files, &quiet()), wanted);
    }

    #[test]
    fn a_slow_disk_and_a_strange_one_are_told() {
        assert_eq!(slow_write(Seconds(0.019)), None);
        let slow = slow_write(Seconds(0.05)).unwrap();
        assert_eq!(slow.what, "a write of 4 kB to scratch took 50.0 ms to be safe");
        let folder = tempfile::tempdir().unwrap();
        let first = |host: &Host| warnings(system(&[]).path(), host, folder.path())[0].what.clone();
        let host = Host { filesystem: "tmpfs".to_owned(), ..quiet() };
        assert_eq!(first(&host), "scratch lies on tmpfs");
        let details = HostDetails { journal: Some(false), ..Default::default() };
        let host = Host { filesystem: "ext4".to_owned(), details: Some(details), ..quiet() };
        assert_eq!(
            first(&host),
            "scratch lies on ext4 without a journal, which is slow to make files for minutes after \
             others were deleted"
        );
    }
}
