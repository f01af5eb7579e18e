//! The identity of the machine: what a comparable run must have in common with this one.
//! Owns the system files that it is read from. It must not judge what it reads.

use std::fs;
use std::path::Path;

use lukewarm_model::{Bytes, Host, HostDetails, PageCache};

use super::{cgroup, disk, field, frequency, kibibytes};

/// Reads the machine's identity below `root`, which is `/` outside tests. Whether files can share
/// blocks is tried in `scratch`, or in the nearest folder above it that exists.
pub fn host(root: &Path, scratch: &Path) -> Host {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let memory = memory(root);
    Host {
        cpu: field(&read("proc/cpuinfo"), "model name", ':').unwrap_or_default(),
        cores: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        memory,
        kernel: format!(
            "{} {}",
            read("proc/sys/kernel/ostype").trim(),
            read("proc/sys/kernel/osrelease").trim()
        ),
        system: field(&read("etc/os-release"), "PRETTY_NAME", '=')
            .map(|name| name.trim_matches('"').to_owned())
            .unwrap_or_default(),
        filesystem: disk::filesystem(&read("proc/self/mounts"), scratch),
        load: read("proc/loadavg").split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0.0),
        details: Some(details(root, scratch, memory)),
    }
}

/// The machine's physical memory; 0 where the system does not say.
pub fn memory(root: &Path) -> Bytes {
    let text = fs::read_to_string(root.join("proc/meminfo")).unwrap_or_default();
    kibibytes(&text, "MemTotal")
}

fn details(root: &Path, scratch: &Path, memory: Bytes) -> HostDetails {
    let limits = cgroup::limits(root);
    let online = fs::read_to_string(root.join("proc/cpuinfo")).unwrap_or_default();
    let online = online.lines().filter(|line| line.starts_with("processor")).count();
    HostDetails {
        reflinks: disk::reflinks(scratch),
        journal: disk::journal(root, scratch),
        processor_limit: limits.processors.filter(|granted| *granted < online as f64),
        // Version 1 has an enormous limit where there is none.
        memory_limit: limits.memory.filter(|granted| *granted < memory),
        virtualisation: virtualisation(root),
        frequency_policy: frequency::policy(root),
        page_cache: PageCache::Warm,
    }
}

/// The hypervisor or virtual machine product; none on a physical machine. A guest's processor has
/// the flag `hypervisor` (x86), and its firmware names the product; others name only the
/// hypervisor.
fn virtualisation(root: &Path) -> Option<String> {
    let read = |path: &str| {
        let text = fs::read_to_string(root.join(path)).ok()?;
        let text = text.trim_matches(['\0', '\n', ' ']).to_owned();
        (!text.is_empty()).then_some(text)
    };
    let hypervisor =
        read("sys/hypervisor/type").or_else(|| read("proc/device-tree/hypervisor/compatible"));
    let flags = field(&read("proc/cpuinfo").unwrap_or_default(), "flags", ':');
    let is_guest = flags.map(|flags| flags.split(' ').any(|flag| flag == "hypervisor"));
    match (is_guest, hypervisor) {
        (None, hypervisor) => hypervisor,
        (Some(false), None) => Some("none".to_owned()),
        (Some(_), hypervisor) => {
            let firmware = |name: &str| read(&format!("sys/class/dmi/id/{name}"));
            let product: Vec<String> =
                ["sys_vendor", "product_name"].into_iter().filter_map(firmware).collect();
            let named = (!product.is_empty()).then(|| product.join(" "));
            Some(named.or(hypervisor).unwrap_or_else(|| "a hypervisor without a name".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::system;
    use super::*;

    #[test]
    fn a_folder_can_play_the_system() {
        let root = system(&[
            ("proc/cpuinfo", "processor\t: 0\nmodel name\t: Fast One\nflags\t: fpu hypervisor\n"),
            ("proc/meminfo", "MemTotal:        1000000 kB\n"),
            ("proc/sys/kernel/ostype", "Linux\n"),
            ("proc/sys/kernel/osrelease", "6.1.0\n"),
            ("etc/os-release", "PRETTY_NAME=\"Some Linux 12\"\n"),
            ("proc/self/mounts", "a / ext4 rw 0 0\nb /tmp tmpfs rw 0 0\n"),
            ("proc/loadavg", "9.50 1.00 1.00 1/100 5\n"),
            ("proc/self/cgroup", "0::/\n"),
            ("sys/fs/cgroup/cpu.max", "50000 100000\n"),
            ("sys/fs/cgroup/memory.max", "500000000\n"),
            ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n"),
            ("sys/class/dmi/id/sys_vendor", "Amazon EC2\n"),
            ("sys/class/dmi/id/product_name", "m7i.large\n"),
        ]);
        let host = host(root.path(), Path::new("/tmp/not-there"));
        assert_eq!((host.cpu.as_str(), host.kernel.as_str()), ("Fast One", "Linux 6.1.0"));
        assert_eq!((host.memory, host.filesystem.as_str()), (Bytes(1_024_000_000), "tmpfs"));
        assert_eq!((host.system.as_str(), host.load), ("Some Linux 12", 9.5));
        let wanted = HostDetails {
            reflinks: disk::reflinks(Path::new("/tmp")),
            journal: None,
            processor_limit: Some(0.5),
            memory_limit: Some(Bytes(500_000_000)),
            virtualisation: Some("Amazon EC2 m7i.large".to_owned()),
            frequency_policy: Some("governor powersave".to_owned()),
            page_cache: PageCache::Warm,
        };
        assert_eq!(host.details, Some(wanted));
    }

    #[test]
    fn a_limit_beyond_the_machine_is_none() {
        let root = system(&[
            ("proc/cpuinfo", "processor\t: 0\nprocessor\t: 1\n"),
            ("proc/meminfo", "MemTotal:        1000000 kB\n"),
            ("proc/self/cgroup", "5:memory:/\n0::/\n"),
            ("sys/fs/cgroup/cpu.max", "400000 100000\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
        ]);
        let details = host(root.path(), Path::new("/")).details.unwrap();
        assert_eq!((details.processor_limit, details.memory_limit), (None, None));
    }

    #[test]
    fn bare_metal_guests_and_the_unknown_are_told_apart() {
        let told = |files: &[(&str, &str)]| virtualisation(system(files).path());
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("proc/cpuinfo", "flags : fpu sse\n")]).as_deref(), Some("none"));
        let guest = ("proc/cpuinfo", "flags : fpu hypervisor\n");
        assert_eq!(told(&[guest]).as_deref(), Some("a hypervisor without a name"));
        let xen = ("sys/hypervisor/type", "xen\n");
        assert_eq!(told(&[guest, xen]).as_deref(), Some("xen"));
        assert_eq!(told(&[xen]).as_deref(), Some("xen"), "as on ARM, which has no such flag");
    }

    #[test]
    fn an_unknown_system_is_no_error() {
        let host = host(system(&[]).path(), Path::new("/"));
        assert_eq!((host.memory, host.load), (Bytes(0), 0.0));
    }
}
