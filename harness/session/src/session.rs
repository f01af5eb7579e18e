//! A measuring session: from a plan to its record and reports, whatever ends it.
//! Owns how a run begins, how one that was cut off goes on, and that each fact is kept the moment
//! it is there.

use std::path::Path;

use jiff::Timestamp;
use lukewarm_model::{Difference, Plan, RawRecord, RunFacts, Seconds, Warning};
use lukewarm_plan::Files;
use lukewarm_record::Writer;
use lukewarm_runner::{Decide, Event, Prepared, Settings, machine};

use crate::error::SessionError;
use crate::event::{Observer, SessionEvent};
use crate::privacy::Home;
use crate::report_files::{RunReport, write_report};
use crate::results::{self, Results};
use crate::run_facts::run_facts;
use crate::samples;

/// Where and with what is measured.
#[derive(Clone, Debug)]
pub struct Session<'a> {
    /// The project's definition files.
    pub files: &'a Files,
    /// Folders, tools, the user's environment and the processes of the runs.
    pub settings: Settings,
    /// Where results go.
    pub results: Results,
    /// The command line as it was typed, for the record.
    pub command: Vec<String>,
}

/// A run that came to an end, and what it says.
#[derive(Debug)]
pub struct Measured {
    /// What was measured.
    pub record: RawRecord,
    /// What it comes to.
    pub report: RunReport,
    /// Its results folder.
    pub folder: std::path::PathBuf,
}

/// A run that was begun before, held open: nobody else goes on with it meanwhile.
#[derive(Debug)]
pub struct OpenedRun {
    writer: Writer,
    record: RawRecord,
}

impl OpenedRun {
    /// Opens the run in a results folder.
    ///
    /// # Errors
    /// When the folder has no readable journal, is another user's, or another process holds it.
    pub fn open(folder: &Path) -> Result<OpenedRun, SessionError> {
        let writer = Writer::resume(folder)?;
        let record = lukewarm_record::read(folder)?;
        Ok(OpenedRun { writer, record })
    }

    /// What was measured so far.
    pub fn record(&self) -> &RawRecord {
        &self.record
    }

    /// Its results folder.
    pub fn folder(&self) -> &Path {
        self.writer.folder()
    }

    /// What is doubtful about its record.
    pub fn warnings(&self) -> Vec<Warning> {
        match self.writer.has_checksums() {
            true => Vec::new(),
            false => vec![Warning::new(
                format!("the journal of {} has no checksums", self.folder().display()),
                "an earlier lukewarm wrote it, or somebody by hand: what it says is built and run",
            )],
        }
    }
}

impl Session<'_> {
    /// Measures a new plan. `decide` says at each look what is worth measuring further.
    ///
    /// # Errors
    /// When the plan cannot be prepared, or the run cannot go on; what was measured is then kept.
    pub fn measure(
        &self,
        plan: Plan,
        decide: Decide<'_>,
        observer: Observer<'_>,
    ) -> Result<Measured, SessionError> {
        let out = self.results.folder()?;
        let started = Timestamp::now();
        let id = results::new_id(started, &plan.name);
        let prepared = self.prepare(plan, &id, observer)?;
        let facts = self.facts(&prepared, id, started);
        let writer = Writer::create(&out, &facts)?;
        let record = RawRecord { run: facts, jobs: Vec::new(), end: None };
        carry_out(prepared, OpenedRun { writer, record }, decide, observer)
    }

    /// Goes on with a run, on the machine and with the tools that it began with.
    ///
    /// # Errors
    /// When something differs from what the run began with, or the run cannot go on.
    pub fn resume(
        &self,
        run: OpenedRun,
        decide: Decide<'_>,
        observer: Observer<'_>,
    ) -> Result<Measured, SessionError> {
        let folder = run.folder().to_owned();
        let mut recorded = run.record.run.plan.clone();
        self.home().show_in_plan(&mut recorded);
        let plan = lukewarm_plan::carried_out(self.files, &recorded)
            .map_err(|source| SessionError::RecordedPlan { folder: folder.clone(), source })?;
        samples::unpack(&plan.workspaces, &self.settings)?;
        // Before a run's folder is made, as far as that can be: of what is built, and where.
        refuse_differences(&folder, differences_before(&plan, &run.record.run, &self.settings)?)?;
        let id = run.record.run.id.clone();
        let prepared = self.prepare(plan, &id, observer)?;
        let now = self.facts(&prepared, id, Timestamp::now());
        refuse_differences(&folder, differences(&now, &run.record.run))?;
        carry_out(prepared, run, decide, observer)
    }

    /// The user's home folder.
    pub(crate) fn home(&self) -> Home {
        Home::of(&self.settings.user)
    }

    /// Prepares a plan, and reports what is about to happen.
    fn prepare(
        &self,
        plan: Plan,
        id: &str,
        observer: Observer<'_>,
    ) -> Result<Prepared, SessionError> {
        let estimate = estimate(&plan);
        samples::unpack(&plan.workspaces, &self.settings)?;
        observer(SessionEvent::Planned { plan: &plan, estimate });
        let prepared = lukewarm_runner::prepare(plan, id, self.settings.clone(), &mut |what| {
            observer(SessionEvent::Run(&Event::Preparing(what)));
        });
        let prepared = prepared.inspect_err(|_| observer(SessionEvent::RunEnded))?;
        observer(SessionEvent::Prepared { warnings: prepared.warnings() });
        Ok(prepared)
    }

    fn facts(&self, prepared: &Prepared, id: String, started: Timestamp) -> RunFacts {
        run_facts(prepared, id, started, &self.command, &self.settings.user)
    }
}

/// How long a plan takes on this machine, roughly; none where one of its workspaces was never
/// measured.
pub fn estimate(plan: &Plan) -> Option<Seconds> {
    lukewarm_plan::estimate(plan, cores())
}

/// Logical processors of this machine.
pub fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u32)
}

/// What differs from what a run began with, as far as it is known before anything is prepared.
fn differences_before(
    plan: &Plan,
    run: &RunFacts,
    settings: &Settings,
) -> Result<Vec<Difference>, SessionError> {
    let mut now = run.clone();
    env!("CARGO_PKG_VERSION").clone_into(&mut now.lukewarm);
    now.executable = lukewarm_runner::executable_hash();
    now.host = machine::host(Path::new("/"), &settings.scratch);
    for workspace in &plan.workspaces {
        let identity = lukewarm_runner::source_identity(&workspace.folder)?;
        now.sources.insert(workspace.name.clone(), identity);
    }
    if differences(&now, run).is_empty() {
        return Ok(Vec::new());
    }
    // Then everything is named at once. By itself it proves nothing yet: rustup may choose another
    // toolchain in a folder than in a copy of it elsewhere.
    for workspace in &plan.workspaces {
        let (folder, user, processes) = (&workspace.folder, &settings.user, &settings.processes);
        let toolchain = lukewarm_runner::toolchain(folder, user, processes)?;
        now.toolchains.insert(workspace.name.to_string(), toolchain);
    }
    Ok(differences(&now, run))
}

/// Everything that makes jobs of now incomparable with those that a run has.
fn differences(now: &RunFacts, run: &RunFacts) -> Vec<Difference> {
    let mut differences = now.conditions_that_differ(run);
    differences.extend(now.subjects_that_differ(run));
    differences
}

fn refuse_differences(folder: &Path, differences: Vec<Difference>) -> Result<(), SessionError> {
    match differences.is_empty() {
        true => Ok(()),
        false => Err(SessionError::Differs { folder: folder.to_owned(), differences }),
    }
}

/// Runs what is open, keeps every fact the moment it is there, and reports, whatever ended it.
fn carry_out(
    prepared: Prepared,
    run: OpenedRun,
    decide: Decide<'_>,
    observer: Observer<'_>,
) -> Result<Measured, SessionError> {
    let OpenedRun { mut writer, record } = run;
    let (folder, logs) = (writer.folder().to_owned(), writer.log_folder());
    let mut keep = |event: &Event| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        match event {
            Event::JobFinished(facts) => writer.job(facts)?,
            Event::Finished(end) => writer.end(end)?,
            _ => {}
        }
        observer(SessionEvent::Run(event));
        Ok(())
    };
    let ended = lukewarm_runner::run(prepared, record, &logs, decide, &mut keep);
    observer(SessionEvent::RunEnded);
    match ended {
        Ok(record) => {
            let report = write_report(&record, &folder)?;
            observer(SessionEvent::Reported { folder: &folder, record: &record });
            Ok(Measured { record, report, folder })
        }
        Err(source) => {
            // The journal has every finished job: make what can be made of it, and then say why
            // the run stopped. The first error is the one that matters.
            let record = lukewarm_record::read(&folder).ok();
            if let Some(report) = record.and_then(|it| write_report(&it, &folder).ok()) {
                observer(SessionEvent::Salvaged(&report));
            }
            Err(SessionError::Stopped { folder, source })
        }
    }
}
