//! Waiting for a child's end without reaping it, up to a moment.
//! Owns the two ways: a file descriptor of the process (pidfd, Linux 5.3), and a thread where the
//! kernel or a sandbox does not offer one.

use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, getpid, pidfd_open, waitid};

/// Whether this system gives file descriptors of processes (`pidfd_open`, Linux 5.3); some
/// sandboxes and old container runtimes refuse it.
pub fn has_descriptors() -> bool {
    #[cfg(test)]
    if tests::WITHOUT.get() {
        return false;
    }
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| pidfd_open(getpid(), PidfdFlags::empty()).is_ok())
}

/// Waits for a child's end without reaping it; false when the deadline came first.
pub fn until(pid: Pid, deadline: Instant) -> io::Result<bool> {
    if !has_descriptors() {
        return by_thread(pid, deadline);
    }
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(descriptor) => by_descriptor(&descriptor, deadline),
        // No such process: it was reaped.
        Err(Errno::SRCH) => Ok(true),
        Err(_) => by_thread(pid, deadline),
    }
}

fn by_descriptor(descriptor: &OwnedFd, deadline: Instant) -> io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&left)) {
            Ok(0) => return Ok(false),
            Ok(_) => return Ok(true),
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
    }
}

/// The same by a thread that ends when the child does, as late as that may be.
fn by_thread(pid: Pid, deadline: Instant) -> io::Result<bool> {
    let (sender, receiver) = channel();
    std::thread::Builder::new().name("wait".to_owned()).spawn(move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let ended = loop {
            match waitid(WaitId::Pid(pid), options) {
                Err(Errno::INTR) => continue,
                // Reaped already.
                Err(Errno::CHILD) => break Ok(()),
                Err(error) => break Err(io::Error::from(error)),
                Ok(_) => break Ok(()),
            }
        };
        // Nobody listens any more when the deadline came first.
        let _ = sender.send(ended);
    })?;
    match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(ended) => ended.map(|()| true),
        Err(RecvTimeoutError::Timeout) => Ok(false),
        Err(RecvTimeoutError::Disconnected) => {
            Err(io::Error::other("the thread that waited for a process ended without a word"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::super::{CommandSpec, Processes, proc};
    use super::*;

    thread_local! {
        /// Whether this thread is to do without descriptors of processes.
        pub static WITHOUT: Cell<bool> = const { Cell::new(false) };
    }

    fn both(pid: Pid, deadline: Instant) -> [bool; 2] {
        let descriptor = pidfd_open(pid, PidfdFlags::empty()).unwrap();
        [by_descriptor(&descriptor, deadline).unwrap(), by_thread(pid, deadline).unwrap()]
    }

    #[test]
    fn both_ways_see_the_end_and_leave_the_zombie_its_accounts() {
        let spec = CommandSpec::new("/bin/sh", "/").args(["-c", "sleep 0.2; exit 5"]);
        let processes = Processes::default();
        let running = spec.start(&processes).unwrap();
        let soon = Instant::now() + Duration::from_millis(20);
        assert_eq!(both(running.pid, soon), [false, false]);
        let began = Instant::now();
        let later = Instant::now() + Duration::from_secs(30);
        assert!(by_thread(running.pid, later).unwrap());
        assert!(began.elapsed() < Duration::from_secs(20));
        assert_eq!(both(running.pid, later), [true, true]);
        let finished = running.wait().unwrap();
        assert_eq!(finished.code, Some(5));
        assert!(finished.cpu.is_some());
    }

    #[test]
    fn without_descriptors_children_are_waited_for_and_stopped_all_the_same() {
        let _alone = crate::process::tests::alone_with_strays();
        WITHOUT.set(true);
        let shell = |script: &str| CommandSpec::new("/bin/sh", "/").args(["-c", script]);
        let processes = Processes::default();
        assert_eq!(shell("exit 4").run(&processes).unwrap().code, Some(4));
        let mut spec = shell("sleep 93.25 & setsid sleep 94.25 & sleep 93.25");
        spec.timeout = Duration::from_millis(200);
        let error = spec.run(&processes).unwrap_err();
        assert!(error.to_string().contains("had not ended after"), "{error}");
        assert_eq!(proc::named("sleep\093.25"), 0);
        assert_eq!(proc::named("sleep\094.25"), 1);
        processes.stop_strays();
        assert_eq!(proc::named("sleep\094.25"), 0);
        assert_eq!(processes.take_unkillable(), [""; 0]);
    }
}
