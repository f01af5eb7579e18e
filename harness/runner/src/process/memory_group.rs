//! Control groups that limit the memory of children.
//! Owns the folders that it makes below the groups of this process: they bear the mark of the
//! process that made them, and only such are removed. It must not change a group of others.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lukewarm_model::Bytes;

use super::child_limits::ChildLimits;
use super::groups::Processes;
use super::{CommandSpec, mark};
use crate::machine::{MemoryController, memory_controller};

/// What the names of our groups begin with; the mark of the process follows.
const PREFIX: &str = "lukewarm-";

/// The time that a group has to become empty.
const PATIENCE: Duration = Duration::from_secs(1);

/// A control group with a limit on memory. Dropping it removes it.
#[derive(Debug)]
pub struct MemoryGroup {
    folder: PathBuf,
    version: MemoryController,
    limit: Bytes,
    members: Arc<File>,
}

impl MemoryGroup {
    /// Makes a group below one of this process, with the limit, and tries whether a child can join
    /// it. Groups that killed processes of ours left are removed first.
    ///
    /// # Errors
    /// Says why no group can be made.
    pub fn make(limit: Bytes, processes: &Processes) -> Result<MemoryGroup, String> {
        let places = memory_controller(Path::new("/"));
        places.iter().for_each(|(_, place)| remove_dead(place));
        let mut why = "no control group of this process accounts for memory".to_owned();
        for (version, place) in places {
            match MemoryGroup::make_in(&place, version, limit, processes) {
                Ok(group) => return Ok(group),
                Err(error) => why = format!("{}: {error}", place.display()),
            }
        }
        Err(why)
    }

    fn make_in(
        place: &Path,
        version: MemoryController,
        limit: Bytes,
        processes: &Processes,
    ) -> io::Result<MemoryGroup> {
        let folder = place.join(format!("{PREFIX}{}", mark::own()));
        // A group of this process from an earlier run is empty, or in use.
        let _ = fs::remove_dir(&folder);
        fs::create_dir(&folder)?;
        // From here on an error removes it.
        let made = MadeFolder(folder.clone());
        let value = limit.0.to_string();
        match version {
            MemoryController::V1 => {
                fs::write(folder.join("memory.limit_in_bytes"), &value)?;
                // Missing where swap is not accounted for.
                let _ = fs::write(folder.join("memory.memsw.limit_in_bytes"), &value);
            }
            MemoryController::V2 => {
                fs::write(folder.join("memory.max"), &value)?;
                let _ = fs::write(folder.join("memory.swap.max"), "0");
            }
        }
        let members = File::options().write(true).open(folder.join("cgroup.procs"))?;
        std::mem::forget(made);
        let group = MemoryGroup { folder, version, limit, members: Arc::new(members) };
        let nothing = CommandSpec::new("/bin/sh", "/").args(["-c", ":"]);
        let tried = nothing.run(&processes.limited(group.limits()));
        tried.map_err(|error| io::Error::other(lukewarm_model::ErrorChain(&error).to_string()))?;
        Ok(group)
    }

    /// The limits of children that join it.
    pub fn limits(&self) -> ChildLimits {
        ChildLimits { cpus: None, group: Some(Arc::clone(&self.members)) }
    }

    /// The memory that its processes have together.
    pub fn limit(&self) -> Bytes {
        self.limit
    }

    /// How many processes in it the kernel has killed because the limit was reached; 0 where the
    /// kernel does not count.
    pub fn killed(&self) -> u64 {
        let file = match self.version {
            MemoryController::V1 => "memory.oom_control",
            MemoryController::V2 => "memory.events",
        };
        let text = fs::read_to_string(self.folder.join(file)).unwrap_or_default();
        let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
    }
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        // A group with processes in it cannot be removed: what is killed is not gone at once.
        while fs::remove_dir(&self.folder).is_err() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A folder of a group that could not be finished.
struct MadeFolder(PathBuf);

impl Drop for MadeFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Removes the groups in a folder whose makers are dead. Their processes bear the same mark and
/// are ended as strays; a group that still has some is left to the next time.
fn remove_dead(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let maker = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if maker.is_some_and(mark::is_dead) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// Removes what killed processes of ours left of control groups.
pub fn remove_leftovers() {
    memory_controller(Path::new("/")).iter().for_each(|(_, place)| remove_dead(place));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_groups_whose_maker_is_dead_are_removed() {
        let place = tempfile::tempdir().unwrap();
        let parts: Vec<&str> = mark::own().split('.').collect();
        let dead = format!("{PREFIX}{}.999999999.{}", parts[0], parts[2]);
        let own = format!("{PREFIX}{}", mark::own());
        for name in [dead.as_str(), own.as_str(), "lukewarm-by-hand", "other"] {
            fs::create_dir(place.path().join(name)).unwrap();
        }
        remove_dead(place.path());
        let there = |name: &str| place.path().join(name).exists();
        assert!(!there(&dead));
        assert!(there(&own) && there("lukewarm-by-hand") && there("other"));
    }
}
