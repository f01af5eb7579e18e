//! Earlier runs that may serve a claim: found in a folder, and made under this machine's
//! conditions. It must not judge what they say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use lukewarm_model::{Experiment, Host, JobFacts, Predicate, RawRecord, Toolchain};
use lukewarm_plan::{Effort, Files};
use lukewarm_runner::{Processes, machine};

use crate::args::{ClaimsArgs, Common};
use crate::{home, terminal};

/// The conditions of this machine, as far as a run's result rests on them.
pub struct Here {
    host: Host,
    toolchain: Toolchain,
    /// SHA-256 of this program.
    executable: Option<String>,
    /// What stands for the content of each sample.
    sources: BTreeMap<String, String>,
}

impl Here {
    /// Looks at this machine.
    pub fn look(common: &Common, args: &ClaimsArgs, files: &Files) -> anyhow::Result<Here> {
        let scratch = home::scratch(&args.places)?;
        lukewarm_runner::take_scratch(&scratch)?;
        let samples = home::root(common)?.join("sample-workspaces");
        let toolchain = lukewarm_runner::toolchain(&samples, &home::user(), &Processes::default())?;
        let identified = files.workspaces.iter().map(|it| {
            let identity = lukewarm_runner::source_identity(&it.folder)?;
            Ok((it.name.clone(), identity))
        });
        let sources = identified.collect::<anyhow::Result<_>>()?;
        let (host, executable) =
            (machine::host(Path::new("/"), &scratch), lukewarm_runner::executable_hash());
        Ok(Here { host, toolchain, executable, sources })
    }

    /// Whether a run was measured under these conditions.
    fn is_alike(&self, record: &RawRecord) -> bool {
        let run = &record.run;
        let toolchains = run.toolchains.values().all(|it| it.rustc == self.toolchain.rustc);
        // Two builds of one version are two programs, and an old record does not say which it was.
        let version = run.lukewarm == env!("CARGO_PKG_VERSION")
            && run.executable.is_some()
            && run.executable == self.executable;
        let sources = run.sources.iter().all(|(name, it)| self.sources.get(name) == Some(it));
        self.host.differences(&run.host).is_empty() && toolchains && version && sources
    }
}

/// All records in a folder, newest first.
///
/// # Errors
/// When one of them cannot be read.
pub fn all(folder: &Path) -> anyhow::Result<Vec<RawRecord>> {
    let folders = folders(folder).with_context(|| folder.display().to_string())?;
    let read = |it: &PathBuf| lukewarm_record::read(it).with_context(|| it.display().to_string());
    folders.iter().map(read).collect()
}

/// The runs in a folder that were measured on this machine, cut off or not, newest first. One that
/// cannot be read is passed over, and told of.
pub fn of_this_machine(folder: &Path, here: &Here) -> Vec<(PathBuf, RawRecord)> {
    let mut runs = Vec::new();
    for folder in folders(folder).unwrap_or_default() {
        match lukewarm_record::read(&folder) {
            Ok(record) if here.is_alike(&record) => runs.push((folder, record)),
            Ok(_) => {}
            Err(error) => terminal::say(format!("{} is passed over: {error}", folder.display())),
        }
    }
    runs
}

/// The results folders in a folder, newest first: their names begin with their time.
fn folders(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?;
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.join(lukewarm_record::JOURNAL).is_file());
    folders.sort();
    folders.reverse();
    Ok(folders)
}

/// Whether a record has as many iterations as the effort wants for these predicates: as many pairs
/// as any test needs for each timed one, and a second value for what repeats.
pub fn is_enough(
    record: &RawRecord,
    experiment: &Experiment,
    predicates: &[Predicate],
    effort: Effort,
) -> bool {
    let measured = |predicate: &Predicate| {
        let scenario = match &experiment.sweep {
            // Every point of a sweep is measured as often as the others, until it is decided.
            Some(sweep) => sweep.points[0].scenario(&predicate.value.scenario),
            None => &predicate.value.scenario,
        };
        let cases = record.run.plan.cases.iter();
        let mut cases = cases.filter(|it| it.workspace == experiment.workspace.name);
        let case = cases.find(|it| it.scenario == *scenario);
        let is_of = |job: &&JobFacts| {
            let counts = job.attempt.iteration > 0 && job.job == predicate.value.job;
            counts && case.is_some_and(|case| case.id == job.case)
        };
        let iterations: BTreeSet<u32> =
            record.jobs.iter().filter(is_of).map(|job| job.attempt.iteration).collect();
        iterations.len()
    };
    predicates.iter().all(|predicate| {
        let wanted = match predicate.is_timed() && effort == Effort::Usual {
            true => lukewarm_analysis::FEWEST_PAIRS as usize,
            false => 2,
        };
        measured(predicate) >= wanted
    })
}
