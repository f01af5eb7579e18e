//! The timed steps of a job, and everything that is counted while one runs.
//! Owns what belongs to a step's time and what does not.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use lukewarm_cache_services::Service;
use lukewarm_cache_tools::{Action, Archive, Invocation, Server as ServerOrder};
use lukewarm_model::{
    Check, Failure, FailureKind, LedgerSummary, Request, Seconds, Step, StepFacts, ToolStatement,
};

use super::{Job, Stop, tell};
use crate::archive::{self, Client, Outcome, Retries, Site};
use crate::prepare::Served;
use crate::process::{Finished, Order, Output, Running};
use crate::{Event, Observer, RunnerError, build};

/// How many of a log's last lines a failure carries.
const LAST_LINES: usize = 20;
/// How long a server may take until it listens; its check of a slow service is part of that.
const SERVER_START: Duration = Duration::from_secs(120);
/// How long requests may still be on their way when a step's processes have ended.
const SETTLING: Duration = Duration::from_secs(30);

/// A tool's server that runs beside the build.
pub(super) struct Server {
    running: Running,
    /// CPU time that earlier steps have already counted.
    counted: Seconds,
}

/// What a step's body leaves.
#[derive(Default)]
pub(super) struct Done {
    /// CPU time of processes that ended.
    cpu: Option<Seconds>,
    /// What is worth a word.
    note: Option<String>,
}

impl Done {
    fn add(&mut self, finished: Finished) {
        if let Some(cpu) = finished.cpu {
            self.cpu = Some(self.cpu.unwrap_or_default() + cpu);
        }
    }
}

impl Job<'_> {
    /// Runs one step and counts what happens while it runs.
    pub(super) fn step(
        &mut self,
        step: Step,
        observer: &mut dyn Observer,
        body: impl FnOnce(&mut Self) -> Result<Done, Stop>,
    ) -> Result<(), Stop> {
        tell(observer, &Event::StepStarted(step))?;
        let bench = self.bench;
        bench.watch.take_peak();
        let service_cpu = self.service().and_then(Service::cpu_time);
        let began = Instant::now();
        let done = body(self);
        let wall = Seconds::from(began.elapsed());
        let done = done.map_err(|stop| match stop {
            Stop::Failed(failure) => Stop::Failed(Failure { step: Some(step), ..failure }),
            stop => stop,
        })?;
        let ledger = self.close_ledger()?;
        let server_cpu = self.server_cpu();
        let service_cpu = service_cpu
            .and_then(|before| Some(self.service()?.cpu_time()? - before))
            .or_else(|| self.service().is_none().then_some(Seconds(0.0)));
        self.facts.steps.push(StepFacts {
            step,
            wall,
            cpu: done.cpu.map_or(server_cpu, |cpu| Some(cpu + server_cpu.unwrap_or_default())),
            peak_rss: bench.watch.take_peak(),
            service_cpu,
            ledger,
            note: done.note,
        });
        tell(observer, &Event::StepFinished(step, wall))?;
        Ok(())
    }

    /// Carries out the actions of a restore or save step.
    pub(super) fn act(&mut self, actions: &[Action]) -> Result<Done, Stop> {
        let mut done = Done::default();
        for action in actions {
            match action {
                Action::RestoreArchive(archive) => self.restore_archive(archive, &mut done)?,
                Action::SaveArchive(archive) => self.save_archive(archive, &mut done)?,
                Action::StartServer(server) => self.start_server(server)?,
                Action::StopServer(stop) => self.stop_server(stop, &mut done)?,
            }
        }
        Ok(done)
    }

    /// `cargo build`.
    pub(super) fn build(&mut self, messages: &Path) -> Result<Done, Stop> {
        let mut environment = self.environment.clone();
        let added = &self.recipe.environment;
        environment.extend(added.iter().map(|(name, value)| (name.into(), value.into())));
        let log = self.log("build");
        let profile = &self.bench.prepared.plan.cargo_profile;
        let checkout = &self.folders.checkout;
        let bin = &self.toolchain.ok_or_else(no_second_toolchain)?.bin;
        let order = build::order(bin, checkout, profile, environment, messages, &log);
        let finished =
            order.run(&self.bench.prepared.settings.processes).map_err(RunnerError::from)?;
        if finished.code != Some(0) {
            let how =
                finished.code.map_or("by a signal".to_owned(), |it| format!("with code {it}"));
            return Err(Stop::Failed(Failure {
                step: None,
                kind: FailureKind::Build,
                message: format!("`cargo build` ended {how}"),
                last_lines: build::last_lines(&log, LAST_LINES),
            }));
        }
        Ok(Done { cpu: finished.cpu, note: None })
    }

    /// Lets the tool speak, outside every step.
    pub(super) fn ask_tool(&mut self, moment: &str) -> Result<(), Stop> {
        let Some(invocation) = self.recipe.statistics.clone() else { return Ok(()) };
        let mut order = self.order(&invocation, "statistics");
        order.timeout = Duration::from_secs(30);
        let (_, text) =
            order.read(&self.bench.prepared.settings.processes).map_err(RunnerError::from)?;
        self.facts.statements.push(ToolStatement { moment: moment.to_owned(), text });
        Ok(())
    }

    fn start_server(&mut self, server: &ServerOrder) -> Result<(), Stop> {
        let order = self.order(&server.start, "server");
        let running =
            order.start(&self.bench.prepared.settings.processes).map_err(RunnerError::from)?;
        let address = SocketAddr::from(([127, 0, 0, 1], server.port));
        let deadline = Instant::now() + SERVER_START;
        while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
            let ended = running.has_ended();
            if ended || Instant::now() > deadline {
                let what = if ended { "ended" } else { "does not listen" };
                return Err(Stop::Failed(Failure {
                    step: None,
                    kind: FailureKind::Tool,
                    message: format!("the server `{}` {what}", order.command()),
                    last_lines: build::last_lines(&self.log("server"), LAST_LINES),
                }));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        self.server = Some(Server { running, counted: Seconds(0.0) });
        Ok(())
    }

    fn stop_server(&mut self, stop: &Invocation, done: &mut Done) -> Result<(), Stop> {
        let processes = &self.bench.prepared.settings.processes;
        done.add(self.order(stop, "server").run(processes).map_err(RunnerError::from)?);
        if let Some(server) = self.server.take() {
            let ended = server.running.wait().map_err(RunnerError::from)?;
            let total = ended.cpu.unwrap_or(server.counted);
            done.cpu = Some(done.cpu.unwrap_or_default() + (total - server.counted));
        }
        Ok(())
    }

    fn restore_archive(&mut self, archive: &Archive, done: &mut Done) -> Result<(), Stop> {
        let outcome =
            self.with_client(done, |client, site| archive::restore(archive, client, site))?;
        if let Outcome::Restored { key, .. } = &outcome {
            self.restored_key = Some(key.clone());
        }
        self.note(outcome, done);
        Ok(())
    }

    fn save_archive(&mut self, archive: &Archive, done: &mut Done) -> Result<(), Stop> {
        let restored = self.restored_key.take();
        let outcome = self.with_client(done, |client, site| {
            archive::save(archive, restored.as_deref(), client, site)
        })?;
        self.note(outcome, done);
        Ok(())
    }

    /// Does something with an archive client. The CPU time that counts is that of `tar` and the
    /// compressor; the client's own is a thread of the harness and is left out.
    fn with_client(
        &self,
        done: &mut Done,
        work: impl FnOnce(&Client, Site<'_>) -> Result<Outcome, RunnerError>,
    ) -> Result<Outcome, RunnerError> {
        let processes = &self.bench.prepared.settings.processes;
        let client = Client::new(processes.clone(), Retries::default());
        let site = Site {
            temporary: &self.folders.temporary,
            environment: &self.environment,
            processes,
            log: &self.log("archive"),
        };
        let before = processes.ended_cpu();
        let outcome = work(&client, site);
        done.cpu = Some(done.cpu.unwrap_or_default() + (processes.ended_cpu() - before));
        outcome
    }

    /// An archive's outcome as a word in the step, and as a check where it failed.
    fn note(&mut self, outcome: Outcome, done: &mut Done) {
        let text = match &outcome {
            Outcome::Restored { key, size } => format!("restored {size} under `{key}`"),
            Outcome::Missed => "no entry under any key".to_owned(),
            Outcome::Saved { size } => format!("saved {size}"),
            Outcome::Exists => "the key is there, not saved again".to_owned(),
            Outcome::Failed(why) => why.clone(),
        };
        if matches!(outcome, Outcome::Failed(_)) {
            let name = "archive moved".to_owned();
            self.facts.checks.push(Check { name, held: Some(false), seen: text.clone() });
        }
        done.note = Some(text);
    }

    /// An order for one of the tool's own calls.
    fn order(&self, invocation: &Invocation, log: &str) -> Order {
        let mut environment = self.environment.clone();
        let added = &invocation.environment;
        environment.extend(added.iter().map(|(name, value)| (name.into(), value.into())));
        let mut order = Order::new(&invocation.program, &self.folders.checkout)
            .args(&invocation.args)
            .environment(environment);
        order.stdout = Output::Append(self.log(log));
        order.stderr = Output::Append(self.log(log));
        order
    }

    /// CPU time of the running server since it was last counted.
    fn server_cpu(&mut self) -> Option<Seconds> {
        let server = self.server.as_mut()?;
        let total = server.running.cpu()?;
        let since = total - server.counted;
        server.counted = total;
        Some(since)
    }

    /// Waits for requests on their way, and sums what the service saw since the last step.
    fn close_ledger(&self) -> Result<Option<LedgerSummary>, RunnerError> {
        let Some(service) = self.service() else { return Ok(None) };
        service.settle(SETTLING);
        let requests = service.take_ledger();
        self.write_ledger(&requests)?;
        Ok(Some(LedgerSummary::of(&requests)))
    }

    fn write_ledger(&self, requests: &[Request]) -> Result<(), RunnerError> {
        let path = self.logs.join("ledger.jsonl");
        let mut text = Vec::new();
        for request in requests {
            serde_json::to_writer(&mut text, request)
                .map_err(|error| RunnerError::file("write", &path)(error.into()))?;
            text.push(b'\n');
        }
        std::fs::File::options()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(&text))
            .map_err(RunnerError::file("write", &path))
    }

    /// The scenario's service.
    pub(super) fn service(&self) -> Option<&Service> {
        self.served().map(|served| &served.service)
    }

    /// The same with what it held before the first job.
    pub(super) fn served(&self) -> Option<&Served> {
        self.bench.prepared.services.get(&self.scenario.name)
    }
}

/// Why a job that asks for another toolchain cannot be built.
fn no_second_toolchain() -> Stop {
    Stop::Failed(Failure {
        step: None,
        kind: FailureKind::Environment,
        message: "there is no second toolchain to change to; install one, such as with \
                  `rustup toolchain install beta --profile minimal`"
            .to_owned(),
        last_lines: Vec::new(),
    })
}
