//! Pressure stall information: how much of the time work had to wait for a resource.
//! Owns the format of `/proc/pressure` (kernel documentation, `accounting/psi`, Linux 4.20).

use std::fs;
use std::path::Path;

use lukewarm_model::Seconds;

/// How many of the tasks had to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// At least one.
    Some,
    /// All that were not idle: nothing went on.
    Full,
}

/// Share of the last ten seconds in which tasks waited for `cpu`, `io` or `memory`.
pub(super) fn lately(root: &Path, resource: &str, waiting: Waiting) -> Option<f64> {
    let percent: f64 = value(root, resource, waiting, "avg10=")?.parse().ok()?;
    Some(percent / 100.0)
}

/// Time in which tasks waited, since the system began.
pub(super) fn total(root: &Path, resource: &str, waiting: Waiting) -> Option<Seconds> {
    let microseconds: f64 = value(root, resource, waiting, "total=")?.parse().ok()?;
    Some(Seconds(microseconds / 1e6))
}

fn value(root: &Path, resource: &str, waiting: Waiting, name: &str) -> Option<String> {
    let text = fs::read_to_string(root.join("proc/pressure").join(resource)).ok()?;
    let word = match waiting {
        Waiting::Some => "some ",
        Waiting::Full => "full ",
    };
    let line = text.lines().find_map(|line| line.strip_prefix(word))?;
    let mut fields = line.split(' ');
    fields.find_map(|field| field.strip_prefix(name)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::testing::system;
    use super::*;

    #[test]
    fn shares_and_totals_are_read_for_some_and_for_all() {
        let text = "some avg10=12.50 avg60=1.00 avg300=0.10 total=4000000\n\
                    full avg10=2.00 avg60=0.00 avg300=0.00 total=500000\n";
        let root = system(&[("proc/pressure/io", text)]);
        assert_eq!(lately(root.path(), "io", Waiting::Some), Some(0.125));
        assert_eq!(total(root.path(), "io", Waiting::Full), Some(Seconds(0.5)));
        assert_eq!(lately(root.path(), "memory", Waiting::Some), None);
    }
}
