//! The timed steps of a job, and everything that is counted while one runs.
//! Owns what belongs to a step's time and what does not.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use lukewarm_cache_services::Service;
use lukewarm_cache_tools::{Action, Archive, Invocation};
use lukewarm_model::{
    Check, Failure, FailureKind, LedgerSummary, Request, Seconds, Step, StepFacts, ToolStatement,
};

use super::{Job, Stop, tell};
use crate::error::RunnerError;
use crate::job::archive::{self, Client, Outcome, Retries, Site};
use crate::job::build;
use crate::job::event::{Event, Observer};
use crate::prepare::Served;
use crate::process::{Order, Output};

/// How many of a log's last lines a failure carries.
pub(super) const LAST_LINES: usize = 20;
/// How long requests may still be on their way when a step's processes have ended.
const SETTLING: Duration = Duration::from_secs(30);

/// What a step's body leaves.
#[derive(Default)]
pub(super) struct Done {
    /// CPU time of processes that ended.
    pub cpu: Option<Seconds>,
    /// What is worth a word.
    pub note: Option<String>,
}

impl Done {
    pub fn add(&mut self, cpu: Option<Seconds>) {
        if let Some(cpu) = cpu {
            self.cpu = Some(self.cpu.unwrap_or_default() + cpu);
        }
    }
}

impl Job<'_> {
    /// Runs one step and counts what happens while it runs. One that fails keeps its measures too:
    /// they say what went wrong. What its processes left is stopped when they have ended, and that
    /// takes none of its time.
    pub(super) fn step(
        &mut self,
        step: Step,
        observer: &mut dyn Observer,
        body: impl FnOnce(&mut Self, &mut Done) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        tell(observer, &Event::StepStarted(step))?;
        self.at = Some(step);
        let bench = self.bench;
        let processes = &bench.prepared.settings.processes;
        bench.watch.take_peak();
        let service_cpu = self.service().and_then(Service::cpu_time);
        let (mut done, cleaning) = (Done::default(), processes.cleaning());
        let began = Instant::now();
        let stopped = body(self, &mut done);
        let wall = began.elapsed().saturating_sub(processes.cleaning() - cleaning);
        if stopped.is_err() && processes.is_cancelled() {
            // The job is no row: nobody waits for requests on their way.
            return stopped;
        }
        let measured = self.measured(step, wall.into(), done, service_cpu);
        let kept = measured.and_then(|facts| {
            self.facts.steps.push(facts);
            tell(observer, &Event::StepFinished(step, wall.into()))
        });
        // Why a step failed matters more than why it was not measured.
        stopped.and(kept.map_err(Stop::Run))?;
        self.at = None;
        Ok(())
    }

    /// What a step that has ended leaves.
    fn measured(
        &mut self,
        step: Step,
        wall: Seconds,
        done: Done,
        service_cpu: Option<Seconds>,
    ) -> Result<StepFacts, RunnerError> {
        let ledger = self.close_ledger()?;
        let server_cpu = self.server_cpu();
        let service_cpu = service_cpu
            .and_then(|before| Some(self.service()?.cpu_time()? - before))
            .or_else(|| self.service().is_none().then_some(Seconds(0.0)));
        Ok(StepFacts {
            step,
            wall,
            cpu: done.cpu.map_or(server_cpu, |cpu| Some(cpu + server_cpu.unwrap_or_default())),
            peak_rss: self.bench.watch.take_peak(),
            service_cpu,
            ledger,
            note: done.note,
        })
    }

    /// Carries out the actions of a restore or save step.
    pub(super) fn act(&mut self, actions: &[Action], done: &mut Done) -> Result<(), Stop> {
        for action in actions {
            match action {
                Action::RestoreArchive(archive) => self.restore_archive(archive, done)?,
                Action::SaveArchive(archive) => self.save_archive(archive, done)?,
                Action::StartServer(server) => self.start_server(server, done)?,
                Action::StopServer(stop) => self.stop_server(stop, done)?,
            }
        }
        Ok(())
    }

    /// `cargo build`.
    pub(super) fn build(&mut self, messages: &Path, done: &mut Done) -> Result<(), Stop> {
        let mut environment = self.environment.clone();
        let added = &self.recipe.environment;
        environment.extend(added.iter().map(|(name, value)| (name.into(), value.into())));
        let mut settings = self.shop.configuration.arguments(&environment);
        settings.extend(self.flags.clone());
        let log = self.log("build");
        let profile = &self.bench.prepared.plan.cargo_profile;
        let checkout = &self.folders.checkout;
        let bin = &self.toolchain.ok_or_else(no_second_toolchain)?.bin;
        let files = (messages, log.as_path());
        let order = build::order(bin, checkout, profile, environment, settings, files);
        let processes = &self.bench.prepared.settings.processes;
        let before = processes.ended_cpu();
        let finished = order.run(processes);
        // What took too long has used its time too.
        done.add(match &finished {
            Ok(finished) => finished.cpu,
            Err(_) => Some(processes.ended_cpu() - before),
        });
        let finished = finished.map_err(RunnerError::from)?;
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
        Ok(())
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
    pub(super) fn order(&self, invocation: &Invocation, log: &str) -> Order {
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
