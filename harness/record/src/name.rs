//! Names of results folders.
//! Owns their form; the clock and the randomness come from the caller.

use lukewarm_model::Timestamp;

/// The longest part of a folder's name that comes from the plan's name, in characters.
const LONGEST: usize = 40;

/// The name of a run's folder, `<date>T<time>-<name>-<short id>` in UTC. It sorts by time, has
/// only characters that every filesystem and URL takes, and `entropy` keeps two runs that start
/// in the same second apart.
///
/// ```
/// let started = "2026-11-23T03:54:07Z".parse().unwrap();
/// let id = lukewarm_record::new_id(started, "my run", 0xbeef);
/// assert_eq!(id, "2026-11-23T035407-my-run-0000beef");
/// ```
pub fn new_id(started: Timestamp, name: &str, entropy: u32) -> String {
    let taken = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = name.chars().map(|c| if taken(c) { c } else { '-' }).take(LONGEST).collect();
    let time = started.to_second().to_string().replace([':', 'Z'], "");
    format!("{time}-{name}-{entropy:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_runs_sort_later() {
        let id = |started: &str| new_id(started.parse().unwrap(), "default", u32::MAX);
        assert!(id("2026-11-23T09:59:59Z") < id("2026-11-23T10:00:00Z"));
    }

    proptest::proptest! {
        #[test]
        fn any_name_is_one_plain_path_component(name in "\\PC{0,80}", entropy: u32) {
            let id = new_id(Timestamp::default(), &name, entropy);
            proptest::prop_assert!(id.len() <= 80);
            proptest::prop_assert!(lukewarm_model::is_run_id(&id), "{}", id);
            proptest::prop_assert!(!id.contains(['/', '\\', ':', ' ']));
        }
    }
}
