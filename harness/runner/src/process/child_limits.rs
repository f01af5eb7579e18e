//! What a child and all that it starts may use of the machine: processors, memory.
//! Owns how the limits are put on between `fork` and `exec`, where nothing may allocate.

use std::fs::File;
use std::io;
use std::sync::Arc;

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_setaffinity};

/// The limits of children. The default is none.
#[derive(Clone, Debug, Default)]
pub struct ChildLimits {
    /// The processors that they run on; none for those of the harness.
    pub cpus: Option<CpuSet>,
    /// The list of processes of the control group that they join; none for that of the harness.
    pub group: Option<Arc<File>>,
}

impl ChildLimits {
    /// Puts the limits on the calling process, which is a child before its `exec`: only calls that
    /// are safe there.
    pub(super) fn put_on(&self) -> io::Result<()> {
        if let Some(cpus) = &self.cpus {
            sched_setaffinity(None, cpus)?;
        }
        if let Some(group) = &self.group {
            // 0 stands for the process that writes.
            rustix::io::write(&**group, b"0")?;
        }
        Ok(())
    }
}

/// Binds every thread of this process to processors; threads and processes that they start later
/// inherit them.
pub fn bind_this_process(cpus: &CpuSet) {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let ids = tasks.filter_map(|task| task.file_name().to_str()?.parse().ok());
    for id in ids.filter_map(Pid::from_raw) {
        // An error means that the thread has ended meanwhile.
        let _ = sched_setaffinity(Some(id), cpus);
    }
}
