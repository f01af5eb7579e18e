//! Sets of processors: which this process may use, and which of them a smaller runner gets.
//! Owns the order in which they are given away. It must not bind anything to them.

use std::fs;
use std::path::Path;

use rustix::thread::{CpuSet, sched_getaffinity};

/// The processors of a limited runner, and what is left of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitCpus {
    /// Those that jobs run on.
    pub jobs: CpuSet,
    /// The others; none where there are none.
    pub rest: Option<CpuSet>,
    /// All that this process may use.
    pub all: CpuSet,
}

/// The processors that this process may use; none where the kernel does not say.
pub fn usable() -> Option<CpuSet> {
    sched_getaffinity(None).ok().filter(|set| set.count() > 0)
}

/// The numbers of the processors in a set.
pub fn numbers(set: &CpuSet) -> Vec<usize> {
    (0..CpuSet::MAX_CPU).filter(|cpu| set.is_set(*cpu)).collect()
}

/// Splits processors: so many for jobs, whole cores first, since two virtual processors of a cloud
/// machine are two threads of one core. None where there are fewer than wanted.
pub fn split(root: &Path, all: CpuSet, wanted: u32) -> Option<SplitCpus> {
    let mut order = numbers(&all);
    let wanted = wanted as usize;
    if wanted == 0 || wanted > order.len() {
        return None;
    }
    order.sort_by_key(|cpu| (core(root, *cpu), *cpu));
    let set = |cpus: &[usize]| {
        let mut set = CpuSet::new();
        cpus.iter().for_each(|cpu| set.set(*cpu));
        set
    };
    let (jobs, rest) = order.split_at(wanted);
    let rest = (!rest.is_empty()).then(|| set(rest));
    Some(SplitCpus { jobs: set(jobs), rest, all })
}

/// What stands for the core of a processor: the first of the processors that share it.
fn core(root: &Path, cpu: usize) -> usize {
    let file = format!("sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
    let siblings = fs::read_to_string(root.join(file)).unwrap_or_default();
    let first = siblings.split([',', '-']).next().and_then(|it| it.trim().parse().ok());
    first.unwrap_or(cpu)
}

#[cfg(test)]
mod tests {
    use super::super::testing::system;
    use super::*;

    fn set(cpus: &[usize]) -> CpuSet {
        let mut set = CpuSet::new();
        cpus.iter().for_each(|cpu| set.set(*cpu));
        set
    }

    fn siblings(cpu: usize) -> String {
        format!("sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    }

    #[test]
    fn both_threads_of_a_core_are_given_before_the_next_core() {
        let list = [(0, "0,4\n"), (1, "1,5\n"), (4, "0,4\n"), (5, "1,5\n")];
        let files: Vec<(String, &str)> =
            list.iter().map(|(cpu, text)| (siblings(*cpu), *text)).collect();
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, it)| (path.as_str(), *it)).collect();
        let root = system(&files);
        let found = split(root.path(), set(&[0, 1, 4, 5]), 2).unwrap();
        assert_eq!((numbers(&found.jobs), found.rest), (vec![0, 4], Some(set(&[1, 5]))));
        let found = split(root.path(), set(&[0, 1, 4, 5]), 4).unwrap();
        assert_eq!((found.jobs.count(), found.rest), (4, None));
    }

    #[test]
    fn more_than_there_are_is_none_and_an_unknown_topology_is_in_order() {
        let root = system(&[]);
        assert_eq!(split(root.path(), set(&[2, 7]), 3), None);
        assert_eq!(split(root.path(), set(&[2, 7]), 0), None);
        let found = split(root.path(), set(&[2, 7]), 1).unwrap();
        assert_eq!(numbers(&found.jobs), [2]);
    }

    #[test]
    fn this_process_may_use_what_the_standard_library_counts() {
        let all = usable().unwrap();
        assert_eq!(all.count() as usize, std::thread::available_parallelism().unwrap().get());
    }
}
