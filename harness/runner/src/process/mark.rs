//! The mark that every process started here carries, and hands down to all that it starts: an
//! environment variable that names the lukewarm process which is answerable for it.
//! Owns the mark's format and whether the process it names is alive. It must not signal a process.

use std::fs;
use std::sync::OnceLock;

use super::proc;

/// The variable. Its name begins with nothing that Cargo or a cache tool looks at, so that it is
/// part of no fingerprint and no cache key.
pub const NAME: &str = "LUKEWARM_RUN";

/// The namespaces where the system does not show them.
const NOWHERE: &str = "unknown";

/// The mark of this process: its namespaces, its id and the moment it was started, which together
/// name one process for good.
pub fn own() -> &'static str {
    static OWN: OnceLock<String> = OnceLock::new();
    OWN.get_or_init(|| {
        let id = std::process::id() as i32;
        let started = proc::stat(id).map_or(0, |stat| stat.started);
        format!("{}.{id}.{started}", scope())
    })
}

/// The mark of a process; none where it has none or may not be looked at.
pub fn of(id: i32) -> Option<String> {
    value(&fs::read(format!("/proc/{id}/environ")).ok()?)
}

/// Whether the process that a mark names is gone. Nothing is known of one that counts processes
/// or time otherwise than we do, such as one in a container.
pub fn is_dead(mark: &str) -> bool {
    let mut parts = mark.split('.');
    let (Some(there), Some(id), Some(started)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (Ok(id), Ok(started)) = (id.parse::<i32>(), started.parse::<u64>()) else { return false };
    if there == NOWHERE || there != scope() {
        return false;
    }
    // A zombie does nothing any more.
    proc::stat(id).is_none_or(|stat| stat.started != started || stat.is_zombie())
}

/// What ids and times are counted in: the namespaces of this process.
fn scope() -> String {
    let number = |name: &str| {
        let link = fs::read_link(format!("/proc/self/ns/{name}")).ok()?;
        let digits: String = link.to_str()?.chars().filter(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    };
    match number("pid") {
        // Kernels before 5.6 have one time for all.
        Some(pid) => format!("{pid}-{}", number("time").unwrap_or_default()),
        None => NOWHERE.to_owned(),
    }
}

/// The mark in an environment as the kernel shows it: `NAME=value`, each ended by NUL.
fn value(environment: &[u8]) -> Option<String> {
    environment.split(|byte| *byte == 0).find_map(|pair| {
        let value = pair.strip_prefix(NAME.as_bytes())?.strip_prefix(b"=")?;
        Some(String::from_utf8_lossy(value).into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_among_what_is_no_text() {
        let read = |text: &[u8]| value(text);
        assert_eq!(read(b"A=\xff\xfe\0LUKEWARM_RUN=7.8.9\0B=1\0").as_deref(), Some("7.8.9"));
        assert_eq!(read(b"MY_LUKEWARM_RUN=1\0LUKEWARM_RUNS=2\0"), None);
        assert_eq!(read(b""), None);
    }

    #[test]
    fn only_a_process_that_is_known_to_be_gone_is_dead() {
        assert!(!is_dead(own()), "{}", own());
        let parts: Vec<&str> = own().split('.').collect();
        let [scope, id, started] = parts[..] else { panic!("{parts:?}") };
        let later = started.parse::<u64>().unwrap() + 1;
        assert!(is_dead(&format!("{scope}.{id}.{later}")), "the id went to another process");
        assert!(is_dead(&format!("{scope}.999999999.{started}")));
        for strange in ["", "x", "1-2.3", "1-2.999999999.5", "unknown.999999999.5"] {
            assert!(!is_dead(strange), "{strange}");
        }
        assert!(!is_dead(&format!("{scope}.x.{started}")));
    }
}
