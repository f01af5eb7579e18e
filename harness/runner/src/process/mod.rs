//! The only home of process starting: every child of the harness is started, measured and
//! stopped here. Each child leads a process group of its own, bears the mark of this process and
//! dies with the harness; what a child leaves behind is adopted and stopped too. It must not know
//! what a job is, and must not end what is not ours.

mod accounts;
mod child_limits;
mod error;
mod groups;
mod lines;
mod mark;
mod memory_group;
mod memory_watch;
mod namespace;
mod proc;
mod running_groups;
mod sampler;
mod sockets;
mod strays;
mod suspension;
mod wait;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lukewarm_model::{Bytes, Seconds};
use rustix::fd::OwnedFd;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, set_child_subreaper, set_parent_process_death_signal,
    waitid,
};

use accounts::Accounts;
use lines::LineReader;

pub use child_limits::{ChildLimits, bind_this_process};
pub use error::ProcessError;
pub use groups::{Processes, TimeLimit, is_interrupted};
pub use lines::LineListener;
pub use memory_group::{MemoryGroup, remove_leftovers};
pub use memory_watch::MemoryWatch;
pub use namespace::{lay_over, why_not_lay_over};
pub use strays::end_leftovers;
pub use wait::has_descriptors;

/// A process to run.
#[derive(Clone, Debug)]
pub struct CommandSpec {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its complete environment, except for the mark of this process; nothing is inherited.
    pub environment: BTreeMap<OsString, OsString>,
    /// The folder it starts in.
    pub folder: PathBuf,
    /// Where its standard output goes.
    pub stdout: Output,
    /// Where its standard error goes.
    pub stderr: Output,
    /// The time after which it is stopped.
    pub timeout: Duration,
}

/// The destination of a stream.
#[derive(Clone, Debug)]
pub enum Output {
    /// Nowhere.
    Discard,
    /// To the end of this file, made where it is missing.
    Append(PathBuf),
    /// To a listener, line by line, with the time at which each was read. When the child has been
    /// waited for, the listener has received all that was printed until then.
    Lines(LineListener),
}

/// A child that runs. Dropping it stops its whole group.
#[derive(Debug)]
pub struct Child {
    handle: Option<duct::Handle>,
    /// The readers of its output.
    readers: Vec<LineReader>,
    pid: Pid,
    command: String,
    began: Instant,
    timeout: Duration,
    limit: Option<TimeLimit>,
    processes: Processes,
}

/// How a child ended.
#[derive(Clone, Copy, Debug)]
pub struct ExitReport {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Time from its start to its own end, before its remaining descendants were stopped.
    pub wall: Seconds,
    /// CPU time of it and of every descendant that it waited for.
    pub cpu: Option<Seconds>,
    /// The largest resident memory of any one of them.
    pub largest: Option<Bytes>,
}

impl CommandSpec {
    /// A command with an empty environment, a timeout of an hour and its output discarded.
    pub fn new(program: impl Into<PathBuf>, folder: impl Into<PathBuf>) -> CommandSpec {
        CommandSpec {
            program: program.into(),
            args: Vec::new(),
            environment: BTreeMap::new(),
            folder: folder.into(),
            stdout: Output::Discard,
            stderr: Output::Discard,
            timeout: Duration::from_secs(3600),
        }
    }

    /// This command with these arguments.
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> CommandSpec {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// This command with this environment.
    pub fn environment(mut self, environment: BTreeMap<OsString, OsString>) -> CommandSpec {
        self.environment = environment;
        self
    }

    /// The command line, for messages.
    pub fn command(&self) -> String {
        let mut words = vec![self.program.display().to_string()];
        words.extend(self.args.iter().map(|arg| arg.to_string_lossy().into_owned()));
        words.join(" ")
    }

    /// The environment of the process, with the mark by which it is recognised as ours.
    fn marked(&self) -> BTreeMap<OsString, OsString> {
        let mut environment = self.environment.clone();
        environment.insert(mark::NAME.into(), mark::own().into());
        environment
    }

    /// Starts the process.
    ///
    /// # Errors
    /// When it cannot be started, or the run is already cancelled.
    #[expect(clippy::disallowed_methods, reason = "this is the home of process starting")]
    pub fn start(&self, processes: &Processes) -> Result<Child, ProcessError> {
        let command = self.command();
        let cannot_start = |source| ProcessError::Start {
            command: command.clone(),
            folder: self.folder.clone(),
            source,
        };
        if processes.is_cancelled() {
            return Err(ProcessError::Cancelled { command });
        }
        let limits = processes.limits().clone();
        let expression = duct::cmd(self.program.as_os_str(), &self.args)
            .full_env(self.marked())
            .dir(&self.folder)
            .stdin_null()
            .unchecked()
            .before_spawn(move |command| lead_a_group(command, limits.clone()));
        let mut readers = Vec::new();
        let expression = match self.stdout.open(&mut readers).map_err(cannot_start)? {
            None => expression.stdout_null(),
            Some(file) => expression.stdout_file(file),
        };
        let expression = match self.stderr.open(&mut readers).map_err(cannot_start)? {
            None => expression.stderr_null(),
            Some(file) => expression.stderr_file(file),
        };
        let began = Instant::now();
        let started = processes.join(|| {
            let handle = expression.start()?;
            let pid = handle.pids().first().and_then(|pid| Pid::from_raw(*pid as i32));
            Ok((handle, pid.expect("duct has one process for one command")))
        });
        let (handle, pid) = started.map_err(cannot_start)?;
        Ok(Child {
            handle: Some(handle),
            readers,
            pid,
            command,
            began,
            timeout: self.timeout,
            limit: processes.limit(),
            processes: processes.clone(),
        })
    }

    /// Starts the process and waits until it has ended.
    ///
    /// # Errors
    /// When it cannot be started or waited for, takes too long, or the run is cancelled.
    pub fn run(&self, processes: &Processes) -> Result<ExitReport, ProcessError> {
        let finished = self.start(processes)?.wait()?;
        // Not in `wait`, since a server's largest child belongs to the steps that it ran through.
        processes.saw_memory(finished.largest.unwrap_or_default());
        Ok(finished)
    }

    /// Runs the process and returns its standard output.
    ///
    /// # Errors
    /// As [`CommandSpec::run`], and when the output cannot be kept.
    pub fn read(mut self, processes: &Processes) -> Result<(ExitReport, String), ProcessError> {
        let command = self.command();
        let folder = self.folder.clone();
        let kept = tempfile::NamedTempFile::new().map_err(|source| ProcessError::Start {
            command: command.clone(),
            folder,
            source,
        })?;
        self.stdout = Output::Append(kept.path().to_owned());
        let finished = self.run(processes)?;
        let text =
            std::fs::read(kept.path()).map_err(|source| ProcessError::Wait { command, source })?;
        Ok((finished, String::from_utf8_lossy(&text).into_owned()))
    }
}

impl Output {
    /// What the child writes to; none for nothing.
    fn open(&self, readers: &mut Vec<LineReader>) -> io::Result<Option<OwnedFd>> {
        match self {
            Output::Discard => Ok(None),
            Output::Append(path) => Ok(Some(append(path)?.into())),
            Output::Lines(listener) => {
                let (stream, reader) = LineReader::start(listener.clone())?;
                readers.push(reader);
                Ok(Some(stream.into()))
            }
        }
    }
}

impl Child {
    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        !matches!(waitid(WaitId::Pid(self.pid), options), Ok(None))
    }

    /// Whether it, or a process of its group, listens on a loopback port; none where the system
    /// does not show it.
    pub fn listens_on(&self, port: u16) -> Option<bool> {
        sockets::is_listener(port, self.pid.as_raw_pid())
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// When it exceeds its timeout, or the run is cancelled.
    pub fn wait(mut self) -> Result<ExitReport, ProcessError> {
        let command = std::mem::take(&mut self.command);
        let cannot_wait = |source| ProcessError::Wait { command: command.clone(), source };
        let timeout = self.began + self.timeout;
        let limit = self.limit.filter(|limit| limit.at < timeout);
        let last = limit.map_or(timeout, |limit| limit.at);
        let ended = wait::until(self.pid, last).map_err(cannot_wait)?;
        let end = Instant::now();
        let (code, accounts) = self.reap(end).map_err(cannot_wait)?;
        if let (false, Some(TimeLimit { given, .. })) = (ended, limit) {
            return Err(ProcessError::JobTimeout { command, given });
        }
        if !ended {
            let timeout = Seconds::from(self.timeout);
            return Err(ProcessError::Timeout { command, timeout });
        }
        if self.processes.is_cancelled() {
            return Err(ProcessError::Cancelled { command });
        }
        Ok(ExitReport {
            code,
            wall: Seconds::from(end - self.began),
            cpu: accounts.map(|accounts| accounts.cpu),
            largest: accounts.map(|accounts| accounts.largest),
        })
    }

    /// Stops the child if it has not ended, and the rest of its group, and reaps it. The time since
    /// `began` counts as cleaning.
    fn reap(&mut self, began: Instant) -> io::Result<(Option<i32>, Option<Accounts>)> {
        let Some(handle) = self.handle.take() else { return Ok((None, None)) };
        self.processes.stop_group(self.pid);
        let ended = wait::until(self.pid, Instant::now() + strays::PATIENCE);
        // The zombie still has its accounts; once reaped they are gone.
        let accounts = accounts::of_zombie(self.pid);
        self.processes.add_ended_cpu(accounts.map(|it| it.cpu).unwrap_or_default());
        let code = match ended {
            Ok(true) => handle.wait().map(|output| output.status.code()),
            // Killed and still there: it waits for a disk, or runs as another user.
            ended => {
                let id = self.pid.as_raw_pid();
                let stat = proc::stat(id);
                self.processes.could_not_end(stat.map(|stat| strays::named(id, &stat)));
                ended.map(|_| None)
            }
        };
        self.processes.left(self.pid);
        // Listeners receive what was printed until now; other holders of the stream are not waited
        // for.
        self.readers.clear();
        self.processes.add_cleaning(began.elapsed());
        Ok((code?, accounts))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // A failure here leaves nothing to do: the group was killed, and the kernel reaps the
        // rest when the harness ends.
        let _ = self.reap(Instant::now());
    }
}

/// Adopts what children leave behind, so that it can be stopped.
///
/// # Errors
/// When the kernel refuses.
pub fn adopt_orphans() -> io::Result<()> {
    Ok(set_child_subreaper(Pid::from_raw(1))?)
}

fn append(path: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(path)
}

/// Makes the child lead its own process group, die when the harness does, and keep to its limits.
#[expect(unsafe_code, reason = "pre_exec is the only place where a child can ask to die with us")]
fn lead_a_group(command: &mut std::process::Command, limits: ChildLimits) -> io::Result<()> {
    command.process_group(0);
    // SAFETY: prctl, sched_setaffinity and write are async-signal-safe and touch no memory of the
    // parent.
    unsafe {
        command.pre_exec(move || {
            set_parent_process_death_signal(Some(Signal::KILL))?;
            limits.put_on()
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
