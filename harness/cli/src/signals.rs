//! Signals: the first SIGINT, SIGTERM or SIGHUP ends a command in order, the second at once;
//! Ctrl-Z stops the children too.
//! Owns which signals are caught. A signal that was ignored when lukewarm was started stays
//! ignored: `nohup` and background jobs of scripts rely on that.

use std::path::Path;
use std::thread;

use lukewarm_runner::Processes;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use crate::failure::{Context, Result};

/// Exit code of a command that a second signal ended, whichever it was: 128 + SIGINT, as shells
/// have it.
const INTERRUPTED: i32 = 130;

/// The signals that end a command.
const ENDING: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// Handles signals from here on: the first ending signal calls `end`, the second kills the children
/// and ends this process at once.
pub fn catch(processes: &Processes, end: impl FnOnce() + Send + 'static) -> Result<()> {
    let ignored = ignored(&std::fs::read(Path::new("/proc/self/status")).unwrap_or_default());
    let wanted = ENDING.iter().chain([&SIGTSTP]).filter(|signal| !ignored.contains(signal));
    let mut signals = Signals::new(wanted).context("signals cannot be caught")?;
    let processes = processes.clone();
    let mut end = Some(end);
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                if signal == SIGTSTP {
                    stop(&processes);
                    continue;
                }
                // In a thread of its own, so that a second signal is handled meanwhile.
                let ends = end.take().is_some_and(spawn);
                if !ends {
                    // Nothing is printed or written: that may be what hangs.
                    processes.kill();
                    low_level::exit(INTERRUPTED);
                }
            }
        })
        .context("no thread for signals")?;
    Ok(())
}

/// Handles signals from here on: the first ending signal interrupts these processes in order.
pub fn catch_for(processes: &Processes) -> Result<()> {
    let cancelled = processes.clone();
    catch(processes, move || cancelled.interrupt())
}

fn spawn(end: impl FnOnce() + Send + 'static) -> bool {
    thread::Builder::new().name("end".to_owned()).spawn(end).is_ok()
}

/// Ctrl-Z: the children are in groups of their own, which the terminal does not reach.
fn stop(processes: &Processes) {
    processes.pause();
    // Returns when this process is continued.
    let _ = low_level::emulate_default_handler(SIGTSTP);
    processes.go_on();
}

/// The signals that this process ignores, from `/proc/self/status`: bit 0 is signal 1.
fn ignored(status: &[u8]) -> Vec<i32> {
    let status = String::from_utf8_lossy(status);
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..=64).filter(|signal| mask >> (signal - 1) & 1 == 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_mask() {
        let status = b"Name:\tluke\xff\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000005003\n";
        assert_eq!(ignored(status), [SIGHUP, SIGINT, 13, SIGTERM]);
        assert!(ignored(b"SigIgn:\t0000000000000000\n").is_empty());
        assert!(ignored(b"nothing").is_empty());
    }
}
