//! What the control group of this process grants it, and how often it was stopped for it.
//! Owns the layouts of versions 1 and 2 (kernel documentation, `admin-guide/cgroup-v1` and
//! `admin-guide/cgroup-v2`). Where several groups lie above each other the narrowest counts.

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_model::{Bytes, Seconds};

/// What the groups grant; none where they set no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Limits {
    pub(super) processors: Option<f64>,
    pub(super) memory: Option<Bytes>,
}

/// The limits of this process.
pub(super) fn limits(root: &Path) -> Limits {
    let folders = folders(root);
    let processors = folders.iter().filter_map(|folder| processors(folder));
    let memory = folders.iter().filter_map(|folder| memory(folder));
    Limits { processors: processors.min_by(f64::total_cmp), memory: memory.min() }
}

/// How long the groups have held this process back for using up its share of processor time,
/// summed over processors.
pub(super) fn stopped(root: &Path) -> Seconds {
    let of = |folder: &PathBuf| {
        let stat = read(folder, "cpu.stat")?;
        let value = |name: &str| {
            let line = stat.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse::<f64>().ok()
        };
        let version_2 = value("throttled_usec ").map(|microseconds| microseconds / 1e6);
        version_2.or_else(|| value("throttled_time ").map(|nanoseconds| nanoseconds / 1e9))
    };
    Seconds(folders(root).iter().filter_map(of).sum())
}

/// The folders of this process's groups, each with those above. In a container the path that
/// `/proc` shows may not exist; then only the folders above it are.
fn folders(root: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let mut folders = Vec::new();
    for line in text.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let mounts = match controllers {
            "" => vec!["sys/fs/cgroup", "sys/fs/cgroup/unified"],
            _ => vec!["sys/fs/cgroup"],
        };
        for mount in mounts {
            let top = root.join(mount).join(controllers);
            let own = top.join(path.trim_start_matches('/'));
            let above = own.ancestors().take_while(|folder| folder.starts_with(&top));
            folders.extend(above.map(Path::to_owned));
        }
    }
    folders
}

/// The version of the control group that accounts for memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryController {
    /// A hierarchy of its own.
    V1,
    /// The unified hierarchy.
    V2,
}

/// The folders of groups, nearest first, in which a group that limits memory may lie so that
/// processes of this one can be moved there; empty where memory has no control group.
pub fn memory_controller(root: &Path) -> Vec<(MemoryController, PathBuf)> {
    // In version 2 only children of groups that hand the controller down have it, and these hold
    // no processes but at the top.
    let hands_down = |folder: &PathBuf| {
        let controllers = read(folder, "cgroup.subtree_control").unwrap_or_default();
        controllers.split(' ').any(|it| it == "memory")
    };
    let is_v1 = |folder: &PathBuf| folder.join("memory.limit_in_bytes").is_file();
    let found = folders(root).into_iter().filter_map(|folder| {
        let version = match () {
            () if hands_down(&folder) => MemoryController::V2,
            () if is_v1(&folder) => MemoryController::V1,
            () => return None,
        };
        Some((version, folder))
    });
    found.collect()
}

fn processors(folder: &Path) -> Option<f64> {
    let (quota, period) = match read(folder, "cpu.max") {
        Some(line) => {
            let (quota, period) = line.split_once(' ')?;
            (quota.to_owned(), period.to_owned())
        }
        None => (read(folder, "cpu.cfs_quota_us")?, read(folder, "cpu.cfs_period_us")?),
    };
    // `max` and -1 stand for no limit.
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

fn memory(folder: &Path) -> Option<Bytes> {
    let text = read(folder, "memory.max").or_else(|| read(folder, "memory.limit_in_bytes"))?;
    text.parse().ok().map(Bytes)
}

fn read(folder: &Path, name: &str) -> Option<String> {
    fs::read_to_string(folder.join(name)).ok().map(|text| text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::testing::system;
    use super::*;

    #[test]
    fn version_2_tells_the_narrowest_group_above_the_process() {
        let root = system(&[
            ("proc/self/cgroup", "0::/ci.slice/job.scope\n"),
            ("sys/fs/cgroup/ci.slice/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/ci.slice/job.scope/cpu.max", "max 100000\n"),
            ("sys/fs/cgroup/ci.slice/job.scope/memory.max", "4294967296\n"),
            ("sys/fs/cgroup/ci.slice/memory.max", "max\n"),
            ("sys/fs/cgroup/ci.slice/cpu.stat", "usage_usec 9\nthrottled_usec 2500000\n"),
        ]);
        let wanted = Limits { processors: Some(1.5), memory: Some(Bytes(4_294_967_296)) };
        assert_eq!(limits(root.path()), wanted);
        assert_eq!(stopped(root.path()), Seconds(2.5));
    }

    #[test]
    fn version_1_has_a_folder_for_each_controller() {
        let root = system(&[
            ("proc/self/cgroup", "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.stat", "nr_throttled 3\nthrottled_time 750000000\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000000000\n"),
        ]);
        let wanted = Limits { processors: Some(0.5), memory: Some(Bytes(2_000_000_000)) };
        assert_eq!(limits(root.path()), wanted, "the path is not visible in the container");
        assert_eq!(stopped(root.path()), Seconds(0.75));
    }

    #[test]
    fn a_group_for_memory_lies_where_the_controller_is_handed_down() {
        let root = system(&[
            ("proc/self/cgroup", "4:memory:/docker/abc\n3:cpu:/x\n0::/user/app/run.scope\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "1\n"),
            ("sys/fs/cgroup/user/app/run.scope/cgroup.subtree_control", "\n"),
            ("sys/fs/cgroup/user/app/cgroup.subtree_control", "cpu memory pids\n"),
            ("sys/fs/cgroup/user/cgroup.subtree_control", "memory_recursive\n"),
        ]);
        let at = |path: &str| root.path().join("sys/fs/cgroup").join(path);
        let wanted = [(MemoryController::V1, at("memory")), (MemoryController::V2, at("user/app"))];
        assert_eq!(memory_controller(root.path()), wanted);
        assert_eq!(memory_controller(system(&[]).path()), []);
    }

    #[test]
    fn no_limit_is_none() {
        let root = system(&[
            ("proc/self/cgroup", "2:cpu:/\n0::/\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/unified/memory.max", "max\n"),
        ]);
        assert_eq!(limits(root.path()), Limits::default());
        assert_eq!(limits(system(&[]).path()), Limits::default());
    }
}
