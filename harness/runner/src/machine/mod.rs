//! The machine that measures: its identity, and what would make numbers worse, with advice.
//! Detection takes the root folder, so that a temporary folder can play the system.

mod cgroup;
pub(crate) mod cpus;
mod disk;
mod frequency;
mod identity;
mod pressure;
mod processes;
mod state;
mod watch;

use lukewarm_model::Bytes;

pub(crate) use cgroup::{MemoryController, memory_controller};
pub use identity::{host, memory};
pub use state::{unrest, warnings};
pub use watch::{Watch, processor_time, stolen_share};

/// The value of a line `name<separator>value`.
fn field(text: &str, name: &str, separator: char) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(separator)?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

/// A quantity of `/proc/meminfo`; 0 where it is missing.
fn kibibytes(meminfo: &str, name: &str) -> Bytes {
    let value = field(meminfo, name, ':').unwrap_or_default();
    Bytes(value.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0_u64) * 1024)
}

#[cfg(test)]
mod testing {
    use tempfile::TempDir;

    /// A folder that plays the system, from paths and texts.
    pub(super) fn system(files: &[(&str, &str)]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    /// A line of `/proc/<id>/stat`, whose process has used so many clock ticks.
    pub(super) fn task(id: u32, name: &str, parent: u32, ticks: u64) -> String {
        let user = ticks / 2;
        let system = ticks - user;
        format!("{id} ({name}) S {parent} 1 1 0 -1 4194560 1 2 3 4 {user} {system} 0 0 20 0 1 0\n")
    }
}
