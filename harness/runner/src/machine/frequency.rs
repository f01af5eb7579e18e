//! The clock of the processors: what governs it, where it is, and how often heat lowered it.
//! Owns the files of Linux's cpufreq (kernel documentation, `admin-guide/pm/cpufreq`) and of the
//! thermal counters of x86. Virtual machines mostly have neither.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Driver, governors, upper bound and boost, as text; none where the system shows nothing.
pub(super) fn policy(root: &Path) -> Option<String> {
    let mut words: Vec<String> = every(root, "cpufreq/scaling_driver").into_iter().collect();
    let governors: Vec<String> = governors(root).into_iter().collect();
    if !governors.is_empty() {
        words.push(format!("governor {}", governors.join(" and ")));
    }
    if let Some(most) = largest(root, "cpufreq/scaling_max_freq") {
        words.push(format!("at most {}", gigahertz(most)));
    }
    words.extend(boost(root).map(|state| format!("boost {state}")));
    (!words.is_empty()).then(|| words.join(", "))
}

/// The governors of all processors.
pub(super) fn governors(root: &Path) -> BTreeSet<String> {
    every(root, "cpufreq/scaling_governor")
}

/// The clock of the fastest processor and the highest that its policy allows, in kHz.
pub(super) fn now_and_most(root: &Path) -> Option<(u64, u64)> {
    let now = largest(root, "cpufreq/scaling_cur_freq")?;
    Some((now, largest(root, "cpufreq/scaling_max_freq")?))
}

/// How often heat has lowered the clock of a core or of a whole package since the system began.
/// All cores of a package show the package's count.
pub(super) fn lowered_by_heat(root: &Path) -> u64 {
    let cores: u64 = numbers(root, "thermal_throttle/core_throttle_count").sum();
    cores + largest(root, "thermal_throttle/package_throttle_count").unwrap_or(0)
}

/// A frequency of so many kHz, in words.
pub(super) fn gigahertz(khz: u64) -> String {
    format!("{:.2} GHz", khz as f64 / 1e6)
}

fn boost(root: &Path) -> Option<&'static str> {
    let flag = |path: &str| {
        let text = fs::read_to_string(root.join("sys/devices/system/cpu").join(path)).ok()?;
        Some(text.trim() == "1")
    };
    let on = flag("cpufreq/boost").or_else(|| flag("intel_pstate/no_turbo").map(|off| !off))?;
    Some(if on { "on" } else { "off" })
}

fn largest(root: &Path, name: &str) -> Option<u64> {
    numbers(root, name).max()
}

fn numbers(root: &Path, name: &str) -> impl Iterator<Item = u64> {
    texts(root, name).filter_map(|text| text.parse().ok())
}

fn every(root: &Path, name: &str) -> BTreeSet<String> {
    texts(root, name).collect()
}

/// The content of a file in the folder of each processor that has it.
fn texts(root: &Path, name: &str) -> impl Iterator<Item = String> {
    let text = move |folder: PathBuf| fs::read_to_string(folder.join(name)).ok();
    processors(root).into_iter().filter_map(text).map(|text| text.trim().to_owned())
}

fn processors(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join("sys/devices/system/cpu")).into_iter().flatten().flatten();
    let is_processor = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let digits = name.strip_prefix("cpu").unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    entries.map(|entry| entry.path()).filter(is_processor).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::system;
    use super::*;

    #[test]
    fn the_policy_is_told_in_words() {
        let root = system(&[
            ("sys/devices/system/cpu/cpu0/cpufreq/scaling_driver", "intel_pstate\n"),
            ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n"),
            ("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n"),
            ("sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq", "3500000\n"),
            ("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n"),
            ("sys/devices/system/cpu/cpufreq/policy0/scaling_driver", "not a processor\n"),
        ]);
        let wanted =
            "intel_pstate, governor performance and powersave, at most 3.50 GHz, boost off";
        assert_eq!(policy(root.path()).as_deref(), Some(wanted));
        assert_eq!(policy(system(&[]).path()), None);
    }

    #[test]
    fn heat_is_counted_once_for_a_package_and_for_each_core() {
        let root = system(&[
            ("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3\n"),
            ("sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "4\n"),
            ("sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "10\n"),
            ("sys/devices/system/cpu/cpu1/thermal_throttle/package_throttle_count", "10\n"),
        ]);
        assert_eq!(lowered_by_heat(root.path()), 17);
    }
}
