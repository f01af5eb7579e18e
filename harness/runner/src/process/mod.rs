//! The only home of process starting: every child of the harness is started, measured and
//! stopped here. Each child leads a process group of its own, bears the mark of this process and
//! dies with the harness; what a child leaves behind is adopted and stopped too. It must not know
//! what a job is, and must not end what is not ours.
// Longer than 400 lines: the only place in which a process is started.

mod accounts;
mod child_limits;
mod groups;
mod lines;
mod mark;
mod memory_group;
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

use lukewarm_model::{Bytes, Classify, ErrorKind, Seconds};
use rustix::fd::OwnedFd;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, set_child_subreaper, set_parent_process_death_signal,
    waitid,
};

use accounts::Accounts;
use lines::LineReader;

pub use child_limits::{ChildLimits, bind_this_process};
pub use groups::{Processes, TimeLimit, is_interrupted};
pub use lines::LineListener;
pub use memory_group::{MemoryGroup, remove_leftovers};
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

/// Why a process gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It could not be started.
    #[error("cannot start `{command}` in {}", folder.display())]
    Start {
        /// The command line.
        command: String,
        /// The folder it was to start in.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It could not be waited for.
    #[error("cannot wait for `{command}`")]
    Wait {
        /// The command line.
        command: String,
        /// What the system said.
        source: io::Error,
    },
    /// It did not end in time and was stopped.
    #[error("`{command}` had not ended after {timeout} and was stopped")]
    Timeout {
        /// The command line.
        command: String,
        /// The time it was given.
        timeout: Seconds,
    },
    /// It had not ended when its job's time was over, and was stopped.
    #[error(
        "`{command}` was stopped, since its job had not ended after {given}, which is the most \
         that one may take; `--job-timeout TIME` gives another time"
    )]
    JobTimeout {
        /// The command line.
        command: String,
        /// The time that the job was given.
        given: Seconds,
    },
    /// The run was cancelled, and the process with it.
    #[error("`{command}` was stopped because the run was cancelled")]
    Cancelled {
        /// The command line.
        command: String,
    },
}

impl Classify for ProcessError {
    fn kind(&self) -> ErrorKind {
        match self {
            ProcessError::Start { .. }
            | ProcessError::Wait { .. }
            | ProcessError::Timeout { .. }
            | ProcessError::JobTimeout { .. } => ErrorKind::Environment,
            ProcessError::Cancelled { .. } => ErrorKind::Interrupted,
        }
    }
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

/// Watches the memory of all children together while a step runs, and notices suspensions.
pub struct MemoryWatch {
    sampler: sampler::Sampler,
    processes: Processes,
}

impl MemoryWatch {
    /// Starts to watch.
    pub fn start(processes: &Processes) -> MemoryWatch {
        let sampler = sampler::Sampler::start(processes.clone());
        MemoryWatch { sampler, processes: processes.clone() }
    }

    /// Peak resident memory of all children together since the last call, by sampling; pages that
    /// processes share count for each. At least that of the largest single process that has ended,
    /// by the kernel's accounts. Absent when nothing ran.
    pub fn take_peak(&self) -> Option<Bytes> {
        let peak = self.sampler.take_peak().max(self.processes.take_largest());
        Some(peak).filter(|peak| peak.0 > 0)
    }

    /// Time for which lukewarm was stopped or the machine slept, since the watch began.
    pub fn suspended(&self) -> Seconds {
        self.sampler.suspended()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> CommandSpec {
        let mut spec = CommandSpec::new("/bin/sh", "/").args(["-c", script]);
        spec.environment.insert("PATH".into(), "/usr/bin:/bin".into());
        spec
    }

    #[test]
    fn tells_code_and_output_and_inherits_nothing() {
        let processes = Processes::default();
        let (finished, text) = shell("env; exit 3").read(&processes).unwrap();
        assert_eq!(finished.code, Some(3));
        assert!(text.contains("PATH=/usr/bin:/bin"), "{text}");
        assert!(!text.contains("HOME="), "{text}");
    }

    #[test]
    fn a_child_sees_its_order_and_the_mark_of_this_process_and_nothing_else() {
        let mut spec = CommandSpec::new("/usr/bin/env", "/");
        spec.environment.insert("ONE".into(), "1".into());
        let (_, text) = spec.read(&Processes::default()).unwrap();
        let mark = format!("LUKEWARM_RUN={}", mark::own());
        assert_eq!(text.lines().collect::<Vec<_>>(), [mark.as_str(), "ONE=1"]);
    }

    #[test]
    fn each_line_is_heard_with_its_time_and_nobody_who_holds_the_stream_is_waited_for() {
        let (tell, told) = std::sync::mpsc::channel();
        let mut spec = shell("setsid sleep 95.25 & echo one; sleep 0.2; printf 'two\\nrest'");
        spec.stdout = Output::Lines(LineListener::new(move |read, line| {
            tell.send((read, line.to_owned())).unwrap();
        }));
        let processes = Processes::default();
        let began = Instant::now();
        let finished = spec.run(&processes).unwrap();
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!(finished.code, Some(0));
        drop(spec);
        let heard: Vec<(Instant, String)> = told.iter().collect();
        let lines: Vec<&str> = heard.iter().map(|(_, line)| line.as_str()).collect();
        assert_eq!(lines, ["one", "two", "rest"]);
        assert!(heard[1].0 - heard[0].0 >= Duration::from_millis(150), "{heard:?}");
        processes.stop_strays();
        assert_eq!(proc::named("sleep\095.25"), 0);
    }

    #[test]
    fn a_zombie_in_the_group_that_is_not_ours_is_not_waited_for() {
        let processes = Processes::default();
        let folder = tempfile::tempdir().unwrap();
        // A session of its own, whose beginning is waited for however busy the machine is. It must
        // not fork from there on: a shell that waits for a child would reap the zombie too.
        let session = "setsid sh -c ': >gone; exec sleep 92.75'";
        let script = format!(
            "sh -c \"sleep 0.02 & exec {session}\" &\nuntil [ -e gone ]; do sleep 0.01; done\n\
             sleep 0.2"
        );
        let spec = CommandSpec { folder: folder.path().to_owned(), ..shell(&script) };
        let began = Instant::now();
        let finished = spec.run(&processes).unwrap();
        // It is neither waited for until patience ends, nor named: a zombie does nothing.
        let after_its_end =
            began.elapsed().saturating_sub(Duration::from_secs_f64(finished.wall.0));
        assert!(after_its_end < strays::PATIENCE, "{after_its_end:?}");
        assert!((0.2..90.0).contains(&finished.wall.0), "{}", finished.wall);
        assert_eq!(processes.take_unkillable(), [""; 0]);
        assert!(processes.cleaning() > Duration::ZERO);
        assert_eq!(proc::named("sleep\092.75"), 1);
        processes.stop_strays();
        assert_eq!(proc::named("sleep\092.75"), 0);
    }

    #[test]
    fn what_has_not_ended_when_its_jobs_time_is_over_is_stopped() {
        let processes = Processes::default();
        let at = Instant::now() + Duration::from_millis(300);
        processes.set_limit(Some(TimeLimit { at, given: Seconds(0.3) }));
        let began = Instant::now();
        let error = shell("sleep 97.5").run(&processes).unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        assert!(matches!(error, ProcessError::JobTimeout { .. }), "{error}");
        assert!(error.to_string().contains("`--job-timeout TIME`"), "{error}");
        assert_eq!(proc::named("sleep\097.5"), 0);
        // A time of its own that is over earlier comes first.
        let at = Instant::now() + Duration::from_secs(90);
        processes.set_limit(Some(TimeLimit { at, given: Seconds(90.0) }));
        let short = CommandSpec { timeout: Duration::from_millis(200), ..shell("sleep 97.75") };
        let error = short.run(&processes).unwrap_err();
        assert!(matches!(error, ProcessError::Timeout { .. }), "{error}");
        processes.set_limit(None);
        assert_eq!(shell("exit 3").run(&processes).unwrap().code, Some(3));
    }

    #[test]
    fn a_stray_whose_name_is_no_text_is_stopped() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        // The kernel keeps 15 bytes of a name: here it cuts inside the last letter.
        let program = folder.path().join("prüfung_dateiä");
        std::fs::write(&program, "#!/bin/sh\nsleep 91.5 & wait\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let processes = Processes::default();
        let line = format!("setsid '{}' & sleep 0.2", program.display());
        shell(&line).run(&processes).unwrap();
        assert_eq!(proc::named("prüfung_dateiä"), 1);
        processes.stop_strays();
        assert!(processes.take_ended_strays().len() >= 2, "the script and its child are named");
        assert_eq!(proc::named("prüfung_dateiä") + proc::named("sleep\091.5"), 0);
    }

    #[test]
    fn children_stand_still_and_go_on() {
        let processes = Processes::default();
        let running = shell("sleep 0.3").start(&processes).unwrap();
        let state = || proc::stat(running.pid.as_raw_pid()).unwrap().state;
        processes.pause();
        std::thread::sleep(Duration::from_millis(500));
        // A shell whose child was stopped between `vfork` and `exec` waits for it: `D`.
        assert!(matches!(state(), 'T' | 'D') && !running.has_ended(), "{}", state());
        processes.go_on();
        assert_eq!(running.wait().unwrap().code, Some(0));
    }

    #[test]
    fn counts_the_cpu_time_of_grandchildren() {
        let busy = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        let nested = format!("sh -c '{busy}' & wait; exit 0");
        let finished = shell(&nested).run(&Processes::default()).unwrap();
        let cpu = finished.cpu.unwrap();
        assert!(cpu.0 > 0.02, "{cpu}");
        assert!(finished.largest.unwrap() > Bytes(100_000));
    }

    #[test]
    fn a_missing_program_and_a_missing_folder_are_named() {
        let error =
            CommandSpec::new("/no/such/program", "/").run(&Processes::default()).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `/no/such/program` in /");
        let error =
            CommandSpec::new("/bin/true", "/no/folder").run(&Processes::default()).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `/bin/true` in /no/folder");
    }

    #[test]
    fn a_process_that_takes_too_long_is_stopped_with_its_children() {
        let mut spec = shell("sleep 98.6 & sleep 98.6");
        spec.timeout = Duration::from_millis(100);
        let error = spec.run(&Processes::default()).unwrap_err();
        assert!(matches!(error, ProcessError::Timeout { .. }), "{error}");
        assert_eq!(proc::named("sleep\098.6"), 0);
    }

    #[test]
    fn cancelling_stops_the_whole_group() {
        let processes = Processes::default();
        let running = shell("sleep 97.5 & sleep 97.5").start(&processes).unwrap();
        let canceller = processes.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            canceller.cancel();
        });
        let error = running.wait().unwrap_err();
        thread.join().unwrap();
        assert!(matches!(error, ProcessError::Cancelled { .. }), "{error}");
        assert_eq!(proc::named("sleep\097.5"), 0);
        let refused = shell("true").start(&processes).unwrap_err();
        assert!(matches!(refused, ProcessError::Cancelled { .. }));
    }

    #[test]
    fn dropping_a_child_stops_it() {
        let processes = Processes::default();
        drop(shell("sleep 96.4").start(&processes).unwrap());
        assert_eq!(proc::named("sleep\096.4"), 0);
    }

    #[test]
    fn memory_is_seen_over_all_children() {
        let processes = Processes::default();
        let watch = MemoryWatch::start(&processes);
        shell("sleep 0.4").run(&processes).unwrap();
        let peak = watch.take_peak().expect("a child ran for four intervals");
        assert!(peak.0 > 100_000 && peak.0 < 100_000_000, "{peak}");
        assert_eq!(watch.take_peak(), None);
        shell("true").run(&processes).unwrap();
        assert!(watch.take_peak().is_some(), "a process too short to be looked at");
    }
}
