//! A measuring session: from a plan to its record and reports, whatever ends it.
//! Owns how a run begins, how an interrupted one is resumed, and that each fact is written to the
//! journal at once.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lukewarm_model::{
    Difference, Origin, Plan, Portion, Priming, RawRecord, RunFacts, Seconds, Stopping, Timestamp,
    ToolDescription, Warning,
};
use lukewarm_plan::Files;
use lukewarm_record::Writer;
use lukewarm_runner::{Event, Prepared, Settings, UserEnvironment, machine};

use crate::assignment::{Assignment, remark};
use crate::deciding::Deciding;
use crate::earlier_times::EarlierTimes;
use crate::error::SessionError;
use crate::event::{Observer, SessionEvent};
use crate::packing;
use crate::privacy::Home;
use crate::report_files::{RunReport, write_report};
use crate::results::{self, Results};
use crate::run_facts::{recorded_plan, run_facts};
use crate::samples;

/// Everything that measurements need: files, settings, and where results go.
#[derive(Clone, Debug)]
pub struct Session<'a> {
    /// The project's definition files.
    pub files: &'a Files,
    /// Folders, tools, the user's environment and the processes of the runs.
    pub settings: Settings,
    /// Where results go.
    pub results: Results,
    /// What this machine measures of a plan.
    pub assignment: Assignment,
    /// The command line as it was typed, for the record.
    pub command: Vec<String>,
}

/// A run that ended, with its report.
#[derive(Debug)]
pub struct Measured {
    /// What was measured.
    pub record: RawRecord,
    /// Its evaluation.
    pub report: RunReport,
    /// Its results folder.
    pub folder: std::path::PathBuf,
}

/// An existing run, locked so that no other process resumes it.
#[derive(Debug)]
pub struct OpenedRun {
    writer: Writer,
    record: RawRecord,
}

impl OpenedRun {
    /// Opens the run in a results folder.
    ///
    /// # Errors
    /// When the folder has no readable journal, belongs to another user, or is locked by another
    /// process.
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

    /// The user's folders that it builds, on this machine.
    pub fn own_folders(&self, user: &UserEnvironment) -> Vec<PathBuf> {
        let home = Home::of(user);
        let workspaces = self.record.run.plan.workspaces.iter();
        let own = workspaces.filter(|workspace| workspace.origin == Origin::Foreign);
        own.map(|workspace| home.shown(&workspace.folder)).collect()
    }

    /// Warnings about its journal.
    pub fn warnings(&self) -> Vec<Warning> {
        match self.writer.has_checksums() {
            true => Vec::new(),
            false => vec![Warning::new(
                format!("the journal of {} has no checksums", self.folder().display()),
                "an earlier lukewarm wrote it, or it was written by hand: resuming builds and runs \
                 what it says",
            )],
        }
    }
}

/// Makes the reports of a run that has nothing left to be measured. It may have been killed before
/// it had removed everything: that is done first, in `scratch` and in the folder for `temporary`
/// files.
///
/// # Errors
/// When scratch cannot be cleaned, or a report cannot be written.
pub fn report_ended(
    run: OpenedRun,
    scratch: &Path,
    temporary: &Path,
) -> Result<Measured, SessionError> {
    lukewarm_runner::sweep(scratch)?;
    lukewarm_cache_services::sweep(temporary);
    let folder = run.folder().to_owned();
    let report = write_report(&run.record, &folder)?;
    Ok(Measured { record: run.record, report, folder })
}

impl Session<'_> {
    /// Measures a new plan.
    ///
    /// # Errors
    /// When the plan cannot be prepared, or the run stops; its finished jobs are kept.
    pub fn measure(
        &self,
        plan: Plan,
        deciding: Deciding<'_>,
        observer: Observer<'_>,
    ) -> Result<Measured, SessionError> {
        check_runner(&plan)?;
        let plan = self.assignment.plan(plan)?;
        self.assignment.remarks(&plan).iter().for_each(|it| observer(SessionEvent::Remark(it)));
        let out = self.results.folder()?;
        let started = SystemTime::now().into();
        let id = results::new_id(started, &plan.name);
        let prepared = self.prepare(plan, &id, observer)?;
        let mut facts = self.facts(&prepared, id, started);
        facts.decided_by.clone_from(&deciding.by);
        (facts.shard, facts.first_block) = (self.assignment.shard, self.assignment.first_block);
        facts.warnings.extend(remark(&facts));
        let file = packing::file_of(&self.assignment, &facts, &out)?;
        let writer = Writer::create(&out, &facts)?;
        let record = RawRecord { run: facts, jobs: Vec::new(), end: None };
        carry_out(prepared, (OpenedRun { writer, record }, file), deciding, observer)
    }

    /// Resumes a run, on the same machine and with the same tools. What decided before whether it
    /// has enough does so again.
    ///
    /// # Errors
    /// When claims decide, whose campaign resumes it; when machine, tools or sources differ from
    /// those of the run, or the run stops again.
    pub fn resume(&self, run: OpenedRun, observer: Observer<'_>) -> Result<Measured, SessionError> {
        let deciding = Deciding::as_recorded(&run.record, run.folder())?;
        self.resume_deciding(run, deciding, observer)
    }

    /// Resumes a run, with the same questions.
    pub(crate) fn resume_deciding(
        &self,
        run: OpenedRun,
        deciding: Deciding<'_>,
        observer: Observer<'_>,
    ) -> Result<Measured, SessionError> {
        let folder = run.folder().to_owned();
        if !run.record.run.parts.is_empty() {
            return Err(SessionError::ResumedMerged(folder));
        }
        let beside = folder.parent().unwrap_or(Path::new("."));
        let file = packing::file_of(&self.assignment, &run.record.run, beside)?;
        let mut recorded = run.record.run.plan.clone();
        self.home().show_in_plan(&mut recorded);
        let plan = lukewarm_plan::carried_out(self.files, &recorded)
            .map_err(|source| SessionError::RecordedPlan { folder: folder.clone(), source })?;
        samples::unpack(&plan.workspaces, &self.settings)?;
        // As much as possible before the folders of the run are made.
        refuse_differences(&folder, differences_before(&plan, &run.record.run, &self.settings)?)?;
        let id = run.record.run.id.clone();
        let prepared = self.prepare(plan, &id, observer)?;
        let now = self.facts(&prepared, id, SystemTime::now().into());
        refuse_differences(&folder, differences(&now, &run.record.run))?;
        carry_out(prepared, (run, file), deciding, observer)
    }

    /// The user's home folder.
    pub(crate) fn home(&self) -> Home {
        Home::of(&self.settings.user)
    }

    /// Reports and prepares a plan.
    fn prepare(
        &self,
        plan: Plan,
        id: &str,
        observer: Observer<'_>,
    ) -> Result<Prepared, SessionError> {
        let estimate = self.estimate(&plan);
        samples::unpack(&plan.workspaces, &self.settings)?;
        observer(SessionEvent::Planned { plan: &plan, estimate });
        let prepared = lukewarm_runner::prepare(plan, id, self.settings.clone(), &mut |what| {
            observer(SessionEvent::Run(&Event::Preparing(what)));
        });
        let prepared = prepared.inspect_err(|_| observer(SessionEvent::RunEnded))?;
        observer(SessionEvent::Prepared { warnings: prepared.warnings() });
        Ok(prepared)
    }

    /// How long a plan takes, from earlier runs of the same on this machine; none where there are
    /// no such runs.
    pub fn estimate(&self, plan: &Plan) -> Option<Seconds> {
        let Assignment { shard, first_block, .. } = self.assignment;
        let count = Portion::of(plan, shard, first_block).job_count(plan);
        self.earlier_times(plan).estimate(&recorded_plan(plan, &self.home()), count)
    }

    /// What the jobs of a plan took in earlier runs.
    pub(crate) fn earlier_times(&self, plan: &Plan) -> EarlierTimes {
        let here = machine::host(Path::new("/"), &self.settings.scratch);
        let recorded = recorded_plan(plan, &self.home());
        EarlierTimes::look(self.results.preferred(), &recorded, &here)
    }

    fn facts(&self, prepared: &Prepared, id: String, started: Timestamp) -> RunFacts {
        run_facts(prepared, id, started, &self.command, &self.settings.user)
    }
}

/// A plan of one build from nothing of each workspace, in its reference or first scenario: what a
/// build takes, before anything is compared.
pub fn one_build(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    let wanted = plan.reference.clone().or_else(|| Some(plan.scenarios.first()?.name.clone()));
    plan.scenarios.retain(|it| Some(&it.name) == wanted.as_ref());
    plan.cases.retain(|it| Some(&it.scenario) == wanted.as_ref());
    plan.story.jobs.truncate(1);
    Plan {
        name: "one-build".to_owned(),
        reference: wanted,
        twin: None,
        iterations: 1,
        stopping: Stopping::Fixed,
        priming: Priming::Measured,
        prime_every: None,
        pairs: Vec::new(),
        budget: None,
        sweep: None,
        ..plan
    }
}

/// Checks that this machine has what the runner of a plan is to have, and can run the jobs of its
/// story.
///
/// # Errors
/// When it has fewer CPUs or less memory, or cannot run several copies of a job at once.
pub fn check_runner(plan: &Plan) -> Result<(), SessionError> {
    let memory = machine::memory(Path::new("/"));
    lukewarm_runner::check_runner(plan.runner, memory)?;
    Ok(lukewarm_runner::check_copies(&plan.story)?)
}

/// Rough time that a plan takes on this machine; none where one of its workspaces was never
/// measured.
pub(crate) fn estimate(plan: &Plan, tools: &[ToolDescription]) -> Option<Seconds> {
    let limit = plan.runner.and_then(|runner| runner.cpus);
    lukewarm_plan::estimate(plan, tools, limit.unwrap_or_else(cores))
}

/// Logical processors of this machine.
pub fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u32)
}

/// Differences from the start of a run, as far as they are known before anything is prepared.
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
        let identity = lukewarm_runner::source_identity(workspace, settings)?;
        now.sources.insert(workspace.name.clone(), identity);
    }
    if differences(&now, run).is_empty() {
        return Ok(Vec::new());
    }
    // The toolchain is named only beside other differences: rustup may choose another one in a
    // folder than in a copy of it.
    for workspace in &plan.workspaces {
        let (folder, user, processes) = (&workspace.folder, &settings.user, &settings.processes);
        let toolchain = lukewarm_runner::toolchain(folder, user, processes)?;
        now.toolchains.insert(workspace.name.to_string(), toolchain);
    }
    Ok(differences(&now, run))
}

/// Every difference that makes new jobs incomparable with those of a run.
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

/// Runs the remaining jobs, writes each fact at once, and reports whatever ended the run.
fn carry_out(
    prepared: Prepared,
    (run, file): (OpenedRun, Option<PathBuf>),
    mut deciding: Deciding<'_>,
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
    let ended = lukewarm_runner::run(prepared, record, &logs, &mut deciding.open, &mut keep);
    observer(SessionEvent::RunEnded);
    // Before any report: who ends the machine soon takes what there is.
    let packed = file.map(|file| pack(&folder, &file, observer)).transpose();
    match ended {
        Ok(record) => {
            let report = write_report(&record, &folder)?;
            observer(SessionEvent::Reported { folder: &folder, record: &record });
            packed?;
            Ok(Measured { record, report, folder })
        }
        Err(source) => {
            // The journal has every finished job: report those, then return the error that stopped
            // the run. Errors of this report would only hide it.
            let record = lukewarm_record::read(&folder).ok();
            if let Some(report) = record.and_then(|it| write_report(&it, &folder).ok()) {
                observer(SessionEvent::Salvaged(&report));
            }
            Err(SessionError::Stopped { folder, source: Box::new(source) })
        }
    }
}

/// Packs what was measured into the run's file.
fn pack(folder: &Path, file: &Path, observer: Observer<'_>) -> Result<(), SessionError> {
    let packed = lukewarm_record::read(folder)
        .map_err(SessionError::from)
        .and_then(|record| packing::write(folder, &record, file));
    let packed = packed.map_err(|source| SessionError::NotPacked {
        folder: folder.to_owned(),
        source: Box::new(source),
    })?;
    observer(SessionEvent::Packed(&packed));
    Ok(())
}
