//! The limits of a runner on this machine: whether they can be kept, and what keeps them.
//! Owns what is refused and why. It must not start a job.

use std::path::Path;

use lukewarm_model::{Bytes, Runner, Warning, counted};
use rustix::thread::CpuSet;

use crate::error::RunnerError;
use crate::machine::cpus::{self, SplitCpus};
use crate::process::{ChildLimits, MemoryGroup, Processes, bind_this_process};

/// What keeps a runner's limits while its jobs run.
#[derive(Debug, Default)]
pub struct RunnerLimits {
    cpus: Option<SplitCpus>,
    memory: Option<MemoryGroup>,
    jobs: Processes,
}

/// The harness beside a limited runner: until it is dropped, its threads keep off the processors of
/// the jobs.
#[derive(Debug)]
pub struct KeptOff {
    all: Option<CpuSet>,
}

impl Drop for KeptOff {
    fn drop(&mut self) {
        if let Some(all) = &self.all {
            bind_this_process(all);
        }
    }
}

/// Checks that this machine is large enough for a runner with a memory of `memory`.
///
/// # Errors
/// When it has fewer processors, or less memory, with the numbers.
pub fn check(runner: Option<Runner>, memory: Bytes) -> Result<(), RunnerError> {
    split(runner)?;
    match runner.and_then(|runner| runner.memory) {
        Some(wanted) if wanted > memory && memory.0 > 0 => {
            Err(RunnerError::Input(format!("`--memory {wanted}`: this machine has {memory}")))
        }
        _ => Ok(()),
    }
}

/// The processors of a limited runner; none where they are not limited.
fn split(runner: Option<Runner>) -> Result<Option<SplitCpus>, RunnerError> {
    let Some(wanted) = runner.and_then(|runner| runner.cpus) else { return Ok(None) };
    let all = cpus::usable().ok_or_else(|| {
        let what = format!("`--cpus {wanted}`: the system does not say which CPUs may be used");
        RunnerError::Environment(what)
    })?;
    let found = cpus::split(Path::new("/"), all, wanted).ok_or_else(|| {
        let there = counted(all.count() as usize, "CPU");
        RunnerError::Input(format!("`--cpus {wanted}`: this process may use {there} only"))
    })?;
    Ok(Some(found))
}

impl RunnerLimits {
    /// Makes what keeps the limits of a runner.
    ///
    /// # Errors
    /// When they cannot be kept on this machine.
    pub fn make(
        runner: Option<Runner>,
        memory: Bytes,
        processes: &Processes,
    ) -> Result<RunnerLimits, RunnerError> {
        check(runner, memory)?;
        let wanted = runner.and_then(|runner| runner.memory);
        let group = wanted.map(|limit| {
            MemoryGroup::make(limit, processes).map_err(|why| {
                RunnerError::Environment(format!(
                    "`--memory {limit}`: no control group can be made to limit memory ({why}); \
                     run as root, or as `systemd-run --user --scope lukewarm …`, or leave the \
                     option out"
                ))
            })
        });
        let (cpus, memory) = (split(runner)?, group.transpose()?);
        let group = memory.as_ref().and_then(|group| group.limits().group);
        let jobs = processes.limited(ChildLimits { cpus: cpus.map(|cpus| cpus.jobs), group });
        Ok(RunnerLimits { cpus, memory, jobs })
    }

    /// The handle through which jobs start their processes, tool servers included.
    pub fn job_processes(&self) -> &Processes {
        &self.jobs
    }

    /// The handle for what runs beside jobs, such as the calibration load: on all processors, also
    /// while the harness itself keeps off some.
    pub fn for_others(&self, processes: &Processes) -> Processes {
        processes.limited(ChildLimits { cpus: self.cpus.map(|cpus| cpus.all), group: None })
    }

    /// Moves the harness, with its emulated services, off the processors of the jobs.
    pub fn keep_off(&self) -> KeptOff {
        let rest = self.cpus.and_then(|cpus| Some((cpus.rest?, cpus.all)));
        if let Some((rest, _)) = &rest {
            bind_this_process(rest);
        }
        KeptOff { all: rest.map(|(_, all)| all) }
    }

    /// How many processes of jobs were killed because they needed more memory.
    pub fn killed(&self) -> u64 {
        self.memory.as_ref().map_or(0, MemoryGroup::killed)
    }

    /// The memory of a job; none where it is not limited.
    pub fn memory(&self) -> Option<Bytes> {
        self.memory.as_ref().map(MemoryGroup::limit)
    }

    /// What is not as it is in CI.
    pub fn warnings(&self) -> Vec<Warning> {
        let shared = self.cpus.filter(|cpus| cpus.rest.is_none());
        let warning = shared.map(|cpus| {
            let count = counted(cpus.jobs.count() as usize, "CPU");
            Warning::new(
                format!("the emulated services share the runner's {count}: there is no other"),
                "give fewer with `--cpus N`, or measure on a machine with one more",
            )
        });
        warning.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(script: &str, processes: &Processes) -> String {
        let spec = crate::process::CommandSpec::new("/bin/sh", "/").args(["-c", script]);
        let mut spec = spec;
        spec.environment.insert("PATH".into(), "/usr/bin:/bin".into());
        spec.read(processes).unwrap().1.trim().to_owned()
    }

    #[test]
    fn what_the_machine_does_not_have_is_refused_with_its_numbers() {
        let refused = |cpus, memory| check(Runner::of(cpus, memory), Bytes(8_000_000_000));
        let cpus = cpus::usable().unwrap().count();
        assert!(refused(Some(cpus), Some(Bytes(8_000_000_000))).is_ok());
        let error = refused(Some(cpus + 1), None).unwrap_err().to_string();
        let wanted = format!(
            "`--cpus {}`: this process may use {}",
            cpus + 1,
            counted(cpus as usize, "CPU")
        );
        assert!(error.starts_with(&wanted), "{error}");
        let error = refused(None, Some(Bytes(9_000_000_000))).unwrap_err().to_string();
        assert_eq!(error, "`--memory 9.00 GB`: this machine has 8.00 GB");
    }

    #[test]
    fn children_of_jobs_see_their_cpus_and_grandchildren_inherit_them() {
        let processes = Processes::default();
        let runner = Runner::of(Some(1), None);
        let limits = RunnerLimits::make(runner, Bytes(0), &processes).unwrap();
        assert_eq!(printed("nproc; sh -c nproc", limits.job_processes()), "1\n1");
        let all = cpus::usable().unwrap().count().to_string();
        assert_eq!(printed("nproc", &limits.for_others(&processes)), all);
        assert_eq!(printed("nproc", &processes), all);
    }

    #[test]
    fn a_runner_of_all_cpus_shares_them_with_the_services_and_says_so() {
        let all = cpus::usable().unwrap().count();
        let limits =
            RunnerLimits::make(Runner::of(Some(all), None), Bytes(0), &Processes::default());
        let warnings = limits.unwrap().warnings();
        assert!(warnings[0].what.contains("there is no other"), "{warnings:?}");
        assert_eq!(RunnerLimits::default().warnings(), []);
    }
}
