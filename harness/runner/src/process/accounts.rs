//! The kernel's accounts of a child that has ended and was not reaped yet.
//! Owns the one system call that neither the standard library nor rustix offers: `waitid` with
//! `WNOWAIT` and the resource usage of the zombie and of every descendant that it waited for.

use std::mem::MaybeUninit;

use lukewarm_model::{Bytes, Seconds};
use rustix::process::Pid;

/// What a child and its descendants used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accounts {
    /// User and system time.
    pub cpu: Seconds,
    /// The largest resident memory of any one of them.
    pub largest: Bytes,
}

/// The accounts of a child that has ended; none where the system does not have them.
#[expect(unsafe_code, reason = "no safe wrapper gives resource usage without reaping")]
pub fn of_zombie(pid: Pid) -> Option<Accounts> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the kernel writes at most one siginfo_t and one rusage, both of which outlive the
    // call; all-zero bytes are valid values of both.
    let usage = unsafe {
        let result = libc::syscall(
            libc::SYS_waitid,
            libc::P_PID,
            pid.as_raw_pid(),
            info.as_mut_ptr(),
            libc::WEXITED | libc::WNOWAIT | libc::WNOHANG,
            usage.as_mut_ptr(),
        );
        if result != 0 || info.assume_init_ref().si_pid() == 0 {
            return None;
        }
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Some(Accounts {
        cpu: Seconds(seconds(usage.ru_utime) + seconds(usage.ru_stime)),
        // Linux counts it in units of 1024 bytes (getrusage(2)).
        largest: Bytes(usage.ru_maxrss as u64 * 1024),
    })
}
