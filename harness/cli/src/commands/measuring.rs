//! Measuring: from a plan to its record, with progress, whatever ends it.
//! Owns the wiring of runner, record and progress that every measuring command shares.

use std::path::{Path, PathBuf};

use anyhow::Context;
use lukewarm_model::{Difference, FORMAT_VERSION, Origin, Plan, RawRecord, RunFacts, Warning};
use lukewarm_record::Writer;
use lukewarm_runner::{Decide, Event, Prepared, Processes, Settings, machine};

use super::counted;
use super::report::{self, Reported};
use crate::args::{Common, MeasureArgs};
use crate::privacy::Home;
use crate::progress::{Progress, Show};
use crate::{home, signals, terminal};

/// A run that came to an end, and what it says.
pub struct Measured {
    pub record: RawRecord,
    pub reported: Reported,
    /// Where its results are.
    pub folder: PathBuf,
}

/// When a run has enough, and how a person goes on with one that was cut off.
pub struct Steering<'a> {
    /// Says what is worth measuring further.
    pub decide: Decide<'a>,
    /// The words that go on with the run in this folder.
    pub goes_on: fn(&Path) -> String,
}

/// The usual words that go on with a run.
pub fn resume(folder: &Path) -> String {
    format!("`lukewarm run --resume {}` goes on with it", folder.display())
}

/// Opens a run that was cut off. It is held from here on: nobody else goes on with it.
pub fn held(folder: &Path) -> anyhow::Result<(Writer, RawRecord)> {
    let writer = Writer::resume(folder)?;
    let record = lukewarm_record::read(folder)?;
    if !writer.has_checksums() {
        terminal::warn(&[Warning::new(
            format!("the journal of {} has no checksums", folder.display()),
            "an earlier lukewarm wrote it, or somebody by hand: what it says is built and run",
        )]);
    }
    Ok((writer, record))
}

/// Measures a new plan.
pub fn begin(
    common: &Common,
    plan: Plan,
    args: &MeasureArgs,
    settings: Settings,
    steering: Steering<'_>,
) -> anyhow::Result<Measured> {
    let out = out(common, args)?;
    let started = jiff::Timestamp::now();
    let entropy = std::process::id() ^ started.subsec_nanosecond() as u32;
    let id = lukewarm_record::new_id(started, &plan.name, entropy);
    let (prepared, progress) = prepare(common, plan, &id, settings)?;
    let facts = facts(&prepared, id, started);
    let writer = Writer::create(&out, &facts)?;
    let record = RawRecord { run: facts, jobs: Vec::new(), end: None };
    carry_out(common, prepared, record, writer, progress, steering)
}

/// Goes on with a record on the machine and with the tools that it began with.
pub fn go_on(
    common: &Common,
    record: RawRecord,
    writer: Writer,
    settings: Settings,
    steering: Steering<'_>,
) -> anyhow::Result<Measured> {
    let folder = writer.folder().to_owned();
    let mut recorded = record.run.plan.clone();
    Home::of(&home::user()).show_in_plan(&mut recorded);
    let plan = lukewarm_plan::carried_out(&super::files(common)?, &recorded)
        .with_context(|| format!("{} cannot go on", folder.display()))?;
    // Before a single folder is made, as far as that can be: of what is built, and where.
    refuse_differences(&folder, before(&plan, &record.run, &settings)?)?;
    let id = record.run.id.clone();
    let (prepared, progress) = prepare(common, plan, &id, settings)?;
    let now = facts(&prepared, id, jiff::Timestamp::now());
    let mut differences = now.conditions_that_differ(&record.run);
    differences.extend(now.subjects_that_differ(&record.run));
    refuse_differences(&folder, differences)?;
    carry_out(common, prepared, record, writer, progress, steering)
}

/// What differs from what a run was begun with, as far as it is known before anything is prepared.
fn before(plan: &Plan, run: &RunFacts, settings: &Settings) -> anyhow::Result<Vec<Difference>> {
    let mut now = run.clone();
    env!("CARGO_PKG_VERSION").clone_into(&mut now.lukewarm);
    now.executable = lukewarm_runner::executable_hash();
    now.host = machine::host(Path::new("/"), &settings.scratch);
    for workspace in &plan.workspaces {
        let identity = lukewarm_runner::source_identity(&workspace.folder)?;
        now.sources.insert(workspace.name.clone(), identity);
    }
    let mut differences = now.conditions_that_differ(run);
    let subjects = now.subjects_that_differ(run);
    if differences.is_empty() && subjects.is_empty() {
        return Ok(Vec::new());
    }
    // Then everything is named at once. By itself it proves nothing yet: rustup may choose another
    // toolchain in a folder than in a copy of it elsewhere.
    for workspace in &plan.workspaces {
        let (folder, user, processes) = (&workspace.folder, &settings.user, &settings.processes);
        let toolchain = lukewarm_runner::toolchain(folder, user, processes)?;
        now.toolchains.insert(workspace.name.clone(), toolchain);
    }
    differences = now.conditions_that_differ(run);
    differences.extend(subjects);
    Ok(differences)
}

fn refuse_differences(folder: &Path, differences: Vec<Difference>) -> anyhow::Result<()> {
    let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
    if !differences.is_empty() {
        anyhow::bail!(
            "{} cannot go on, because its jobs would not compare: {}",
            folder.display(),
            differences.join("; ")
        );
    }
    Ok(())
}

/// Where and with what is measured.
pub fn settings(args: &MeasureArgs) -> anyhow::Result<Settings> {
    let processes = Processes::default();
    // The run then ends in order, with what it has.
    let cancelled = processes.clone();
    signals::catch(&processes, move || cancelled.interrupt())?;
    let user = home::user();
    Ok(Settings {
        cache: home::cache(&user)?,
        scratch: home::scratch(&args.places)?,
        tools: lukewarm_cache_tools::Tools::shipped(),
        named_tools: args.places.tools.clone(),
        user,
        processes,
    })
}

/// Prepares a plan, and says what is about to happen.
fn prepare(
    common: &Common,
    plan: Plan,
    id: &str,
    settings: Settings,
) -> anyhow::Result<(Prepared, Progress)> {
    let estimate = lukewarm_plan::estimate(&plan, super::cores());
    if !common.quiet {
        terminal::say(introduction(&plan, estimate));
    }
    let mut progress = Progress::new(show(common), &plan, estimate);
    let prepared = lukewarm_runner::prepare(plan, id, settings, &mut |what| {
        progress.observe(&Event::Preparing(what));
    })?;
    if !common.quiet {
        terminal::warn(prepared.warnings());
    }
    Ok((prepared, progress))
}

/// Runs what is open, keeps every fact the moment it is there, and reports, whatever ended it.
fn carry_out(
    common: &Common,
    prepared: Prepared,
    record: RawRecord,
    mut writer: Writer,
    mut progress: Progress,
    steering: Steering<'_>,
) -> anyhow::Result<Measured> {
    let (folder, logs) = (writer.folder().to_owned(), writer.log_folder());
    let mut keep = |event: &Event| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        match event {
            Event::JobFinished(facts) => writer.job(facts)?,
            Event::Finished(end) => writer.end(end)?,
            _ => {}
        }
        progress.observe(event);
        Ok(())
    };
    let ended = lukewarm_runner::run(prepared, record, &logs, steering.decide, &mut keep);
    drop(progress);
    let goes_on = (steering.goes_on)(&folder);
    match ended {
        Ok(record) => {
            let reported = report::write(&record, &folder)?;
            if !common.quiet {
                terminal::say(format!("report: {}", folder.join("report.html").display()));
                if !record.is_complete() {
                    terminal::say(goes_on);
                }
            }
            Ok(Measured { record, reported, folder })
        }
        Err(error) => {
            // The journal has every finished job: make what can be made of it, and then say why
            // the run stopped. The first error is the one that matters.
            if let Ok(reported) =
                lukewarm_record::read(&folder).map(|record| report::write(&record, &folder))
            {
                let _ = reported.map(|reported| terminal::result(reported.table));
            }
            Err(error).with_context(|| format!("what was measured is kept, and {goes_on}"))
        }
    }
}

/// What is about to happen, before it does.
fn introduction(plan: &Plan, estimate: Option<lukewarm_model::Seconds>) -> String {
    let names = |names: Vec<&str>| names.join(", ");
    let length = super::length(plan);
    format!(
        "{} ({}) × {} ({}) × story {} ({}): {length}; {}",
        counted(plan.scenarios.len(), "scenario"),
        names(plan.scenarios.iter().map(|it| it.name.as_str()).collect()),
        counted(plan.workspaces.len(), "workspace"),
        names(plan.workspaces.iter().map(|it| it.name.as_str()).collect()),
        plan.story.name,
        names(plan.story.jobs.iter().map(|it| it.name.as_str()).collect()),
        super::estimated(plan, estimate)
    )
}

fn facts(prepared: &Prepared, id: String, started: jiff::Timestamp) -> RunFacts {
    let hidden = Home::of(&home::user());
    RunFacts {
        format: FORMAT_VERSION,
        id,
        started: started.to_string(),
        lukewarm: env!("CARGO_PKG_VERSION").to_owned(),
        executable: lukewarm_runner::executable_hash(),
        command: typed().iter().map(|word| hidden.hidden(word)).collect(),
        plan: recorded(prepared.plan()),
        host: prepared.host().clone(),
        toolchains: prepared.toolchains(),
        tools: prepared.tools(),
        sources: prepared.sources(),
        configuration: prepared.configuration(),
        warnings: hidden.hide_in_warnings(prepared.warnings()),
    }
}

/// The plan as it is recorded: where our own samples lie is this machine's affair, and where the
/// user's home does is the user's.
pub fn recorded(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    for workspace in plan.workspaces.iter_mut().filter(|it| it.origin == Origin::Sample) {
        workspace.folder = Path::new("sample-workspaces").join(&workspace.name);
    }
    Home::of(&home::user()).hide_in_plan(&mut plan);
    plan
}

/// The command line as it was typed, with the program's bare name.
fn typed() -> Vec<String> {
    let mut words: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(program) = words.first_mut() {
        let name = Path::new(program.as_str()).file_name();
        *program = name.map_or("lukewarm".to_owned(), |name| name.to_string_lossy().into_owned());
    }
    words
}

/// Where results go: the named folder, else `results` below the root, else, where that cannot be
/// written, below the current folder.
pub fn out(common: &Common, args: &MeasureArgs) -> anyhow::Result<PathBuf> {
    let mut candidates = vec![home::root(common)?.join("results"), PathBuf::from("results")];
    if let Some(out) = &args.out {
        candidates = vec![out.clone()];
    }
    let mut reasons = Vec::new();
    for folder in candidates {
        match writable(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) => reasons.push(format!("{}: {error}", folder.display())),
        }
    }
    anyhow::bail!("no folder for results; choose one with `--out DIR` ({})", reasons.join("; "))
}

/// Makes a folder, and tries a file in it.
fn writable(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    // It has no name: nothing of the user's can lie in its place.
    tempfile::tempfile_in(folder).map(drop)
}

fn show(common: &Common) -> Show {
    match (common.quiet, terminal::is_live()) {
        (true, _) => Show::Nothing,
        (false, true) => Show::Live,
        (false, false) => Show::Lines,
    }
}
