//! The runner that CI has: what a build may use of the machine that measures.
//! Owns the noun; making it so belongs to the crate `runner`.

use std::fmt;

use crate::{Bytes, Difference, counted};

/// The part of the machine that jobs may use; what is absent is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Runner {
    /// Logical processors.
    pub cpus: Option<u32>,
    /// Memory of all processes of a job together.
    pub memory: Option<Bytes>,
}

impl Runner {
    /// A runner with these limits; absent where there are none.
    pub fn of(cpus: Option<u32>, memory: Option<Bytes>) -> Option<Runner> {
        (cpus.is_some() || memory.is_some()).then_some(Runner { cpus, memory })
    }

    /// What differs from another run's runner, which came first.
    pub fn difference(is: Option<Runner>, was: Option<Runner>) -> Option<Difference> {
        Difference::between("runner", Runner::words(is), Runner::words(was))
    }

    /// A runner in words, where absent is the whole machine.
    pub fn words(runner: Option<Runner>) -> String {
        runner.map_or_else(|| "the whole machine".to_owned(), |runner| runner.to_string())
    }
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cpus = self.cpus.map(|cpus| counted(cpus as usize, "CPU"));
        let memory = self.memory.map(|memory| format!("{memory} of memory"));
        let parts: Vec<String> = cpus.into_iter().chain(memory).collect();
        f.write_str(&parts.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_without_limits_is_none() {
        assert_eq!(Runner::of(None, None), None);
        assert_eq!(Runner::words(None), "the whole machine");
        let limited = Runner::of(Some(4), Some(Bytes(16_000_000_000)));
        assert_eq!(Runner::words(limited), "4 CPUs and 16.0 GB of memory");
        assert_eq!(Runner::words(Runner::of(Some(1), None)), "1 CPU");
        let found = Runner::difference(limited, None).unwrap().to_string();
        assert_eq!(found, "runner was the whole machine and is 4 CPUs and 16.0 GB of memory");
        assert_eq!(Runner::difference(limited, limited), None);
    }
}
