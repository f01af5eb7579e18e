//! The machine that measures: its identity, and what would make numbers worse, with advice.
//! Detection takes the root folder, so that a temporary folder can play the system.

use std::fs;
use std::path::Path;
use std::time::Instant;

use lukewarm_model::{Bytes, Host, Warning};
use sha2::{Digest, Sha256};

/// The least free space that a run starts with.
const LEAST_DISK: u64 = 5_000_000_000;

/// Reads the machine's identity below `root`, which is `/` outside tests.
pub fn host(root: &Path, scratch: &Path) -> Host {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    Host {
        cpu: field(&read("proc/cpuinfo"), "model name", ':').unwrap_or_default(),
        cores: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        memory: Bytes(memory(&read("proc/meminfo"), "MemTotal") * 1024),
        kernel: format!(
            "{} {}",
            read("proc/sys/kernel/ostype").trim(),
            read("proc/sys/kernel/osrelease").trim()
        ),
        system: field(&read("etc/os-release"), "PRETTY_NAME", '=')
            .map(|name| name.trim_matches('"').to_owned())
            .unwrap_or_default(),
        filesystem: filesystem(&read("proc/self/mounts"), scratch),
        load: read("proc/loadavg").split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0.0),
    }
}

/// What makes numbers worse on this machine now.
pub fn warnings(root: &Path, host: &Host, scratch: &Path) -> Vec<Warning> {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let mut warnings = Vec::new();
    if host.load > f64::from(host.cores) * 0.5 {
        warnings.push(Warning::new(
            format!("load average {:.1} on {} cores before anything ran", host.load, host.cores),
            "stop other work, or take more iterations",
        ));
    }
    let governor = read("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    if !matches!(governor.trim(), "" | "performance") {
        warnings.push(Warning::new(
            format!("CPU frequency governor `{}`", governor.trim()),
            "choose `performance` (`cpupower frequency-set -g performance`)",
        ));
    }
    if matches!(host.filesystem.as_str(), "tmpfs" | "overlay" | "nfs" | "nfs4" | "9p") {
        warnings.push(Warning::new(
            format!("scratch lies on {}", host.filesystem),
            "choose a local disk with `--scratch DIR`: others time file access differently",
        ));
    }
    if let Ok(free) = fs4::available_space(existing(scratch))
        && free < LEAST_DISK
    {
        warnings.push(Warning::new(
            format!("{} free for scratch", Bytes(free)),
            format!("free {} or choose another disk with `--scratch DIR`", Bytes(LEAST_DISK)),
        ));
    }
    if host.memory.0 > 0 && host.memory.0 < 2_000_000_000 {
        warnings.push(Warning::new(
            format!("{} of memory", host.memory),
            "builds may swap; take a machine with 2 GB or more",
        ));
    }
    warnings
}

/// How much a fixed piece of work varies on this machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// The slowest turn over the fastest, less one.
    pub spread: f64,
    /// How often the work was done.
    pub turns: u32,
}

/// Does a fixed piece of work, the hash of 16 MB, in a row of turns, and compares their times.
pub fn noise() -> Noise {
    const TURNS: u32 = 20;
    let block = vec![7_u8; 1 << 20];
    let turn = || {
        let began = Instant::now();
        let mut hash = Sha256::new();
        (0..16).for_each(|_| hash.update(&block));
        std::hint::black_box(hash.finalize());
        began.elapsed().as_secs_f64()
    };
    let times: Vec<f64> = (0..TURNS).map(|_| turn()).collect();
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times.iter().copied().fold(0.0, f64::max);
    Noise { spread: most / least - 1.0, turns: TURNS }
}

impl Noise {
    /// A warning where the spread is large.
    pub fn warning(self) -> Option<Warning> {
        (self.spread > 0.15).then(|| {
            Warning::new(
                format!("a fixed piece of work varies by {:.0} %", self.spread * 100.0),
                "stop other work, or take more iterations: small differences will not be seen",
            )
        })
    }
}

/// Share of processor time that the hypervisor gave to somebody else, from two readings of
/// `/proc/stat`; none where it is not told.
pub fn stolen_share(before: &str, after: &str) -> Option<f64> {
    let (total_before, stolen_before) = processor_ticks(before)?;
    let (total_after, stolen_after) = processor_ticks(after)?;
    let total = total_after.checked_sub(total_before).filter(|ticks| *ticks > 0)?;
    Some(stolen_after.checked_sub(stolen_before)? as f64 / total as f64)
}

/// What `/proc/stat` says now.
pub fn processor_time(root: &Path) -> String {
    fs::read_to_string(root.join("proc/stat")).unwrap_or_default()
}

fn processor_ticks(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal; guest time is part of user.
    Some((ticks.get(..8)?.iter().sum(), ticks[7]))
}

/// The nearest folder above that exists.
fn existing(path: &Path) -> &Path {
    path.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"))
}

fn field(text: &str, name: &str, separator: char) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(separator)?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

fn memory(meminfo: &str, name: &str) -> u64 {
    let value = field(meminfo, name, ':').unwrap_or_default();
    value.split(' ').next().and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

/// The type of the filesystem with the longest mount point above a path.
fn filesystem(mounts: &str, path: &Path) -> String {
    let path = existing(path);
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            let (point, kind) = (fields.next()?, fields.next()?);
            path.starts_with(point).then_some((point.len(), kind))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind.to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn a_folder_can_play_the_system() {
        let root = machine(&[
            ("proc/cpuinfo", "processor\t: 0\nmodel name\t: Fast One\n"),
            ("proc/meminfo", "MemTotal:        1000000 kB\n"),
            ("proc/sys/kernel/ostype", "Linux\n"),
            ("proc/sys/kernel/osrelease", "6.1.0\n"),
            ("etc/os-release", "PRETTY_NAME=\"Some Linux 12\"\n"),
            ("proc/self/mounts", "a / ext4 rw 0 0\nb /tmp tmpfs rw 0 0\n"),
            ("proc/loadavg", "9.50 1.00 1.00 1/100 5\n"),
            ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n"),
        ]);
        let host = host(root.path(), Path::new("/tmp/not-there"));
        assert_eq!((host.cpu.as_str(), host.kernel.as_str()), ("Fast One", "Linux 6.1.0"));
        assert_eq!((host.memory, host.filesystem.as_str()), (Bytes(1_024_000_000), "tmpfs"));
        let host = Host { cores: 2, ..host };
        let said: Vec<String> =
            warnings(root.path(), &host, Path::new("/")).into_iter().map(|w| w.what).collect();
        assert!(said[0].starts_with("load average 9.5 on 2 cores"), "{said:?}");
        assert!(said[1].contains("powersave") && said[2].contains("tmpfs"), "{said:?}");
    }

    #[test]
    fn an_unknown_system_is_no_error() {
        let root = machine(&[]);
        let host = host(root.path(), Path::new("/"));
        assert_eq!((host.memory, host.load), (Bytes(0), 0.0));
    }

    #[test]
    fn stolen_time_is_a_share_of_all_time() {
        let before = "cpu  100 0 100 800 0 0 0 0 0 0\n";
        let after = "cpu  150 0 100 830 0 0 0 20 0 0\n";
        assert_eq!(stolen_share(before, after), Some(0.2));
        assert_eq!(stolen_share(before, before), None);
        assert_eq!(stolen_share("", after), None);
    }
}
