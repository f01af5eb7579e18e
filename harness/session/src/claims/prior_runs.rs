//! Earlier runs in a folder: of this machine's conditions or not, complete or interrupted.
//! Owns which of them may replace a new run. It must not judge what they measured.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lukewarm_model::{Host, Plan, RawRecord, RunFacts, Runner, Shard, Toolchain, WorkspaceName};
use lukewarm_record::RecordError;
use lukewarm_runner::machine;

use crate::assignment::Assignment;
use crate::error::SessionError;
use crate::event::{Observer, SessionEvent};
use crate::results::run_folders;
use crate::samples;
use crate::session::Session;

/// The conditions of this machine that affect the result of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineConditions {
    /// The machine.
    pub host: Host,
    /// The toolchain of the samples.
    pub toolchain: Toolchain,
    /// Version of lukewarm.
    pub lukewarm: String,
    /// SHA-256 of the program that measures; none where the system does not expose it.
    pub executable: Option<String>,
    /// A hash of the content of each sample, by its name.
    pub sources: BTreeMap<WorkspaceName, String>,
    /// What jobs may use of the machine; absent means all of it.
    pub runner: Option<Runner>,
}

/// An interrupted run of this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct CutOffRun {
    /// Its results folder.
    pub folder: PathBuf,
    /// Its plan, as it is recorded.
    pub plan: Plan,
    /// Which shard of it, where it is one.
    pub shard: Option<Shard>,
    /// The first block that it had to measure, where that is not the plan's.
    pub first_block: Option<u32>,
}

/// The runs that were measured under some conditions, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PriorRuns {
    /// Complete runs.
    pub complete: Vec<RawRecord>,
    /// Interrupted runs, which can be resumed.
    pub cut_off: Vec<CutOffRun>,
}

impl MachineConditions {
    /// The conditions now for jobs on a runner, with the toolchain that is selected in the folder
    /// of the samples.
    ///
    /// # Errors
    /// When there is no toolchain, a sample cannot be read, or scratch belongs to another user.
    pub fn look(
        session: &Session<'_>,
        runner: Option<Runner>,
    ) -> Result<MachineConditions, SessionError> {
        let settings = &session.settings;
        lukewarm_runner::take_scratch(&settings.scratch)?;
        samples::unpack(&session.files.workspaces, settings)?;
        let samples = session.files.workspaces.first().and_then(|it| it.folder.parent());
        let samples = samples.unwrap_or(Path::new("."));
        let toolchain = lukewarm_runner::toolchain(samples, &settings.user, &settings.processes)?;
        let identified = session.files.workspaces.iter().map(|it| {
            let identity = lukewarm_runner::source_identity(it, settings)?;
            Ok((it.name.clone(), identity))
        });
        Ok(MachineConditions {
            sources: identified.collect::<Result<_, SessionError>>()?,
            host: machine::host(Path::new("/"), &settings.scratch),
            toolchain,
            lukewarm: env!("CARGO_PKG_VERSION").to_owned(),
            executable: lukewarm_runner::executable_hash(),
            runner,
        })
    }

    /// Whether a run was measured under these conditions.
    pub fn hold_for(&self, run: &RunFacts) -> bool {
        let toolchains = run.toolchains.values().all(|it| it.rustc == self.toolchain.rustc);
        // Two builds of one version are two programs; old records do not say which build it was.
        let program = run.lukewarm == self.lukewarm
            && run.executable.is_some()
            && run.executable == self.executable;
        let sources = run.sources.iter().all(|(name, it)| self.sources.get(name) == Some(it));
        let runner = run.plan.runner == self.runner;
        // A merged record has several machines.
        let here = run.parts.is_empty() && self.host.differences(&run.host).is_empty();
        here && runner && toolchains && program && sources
    }
}

impl PriorRuns {
    /// Finds the runs in a folder. One that cannot be read is skipped, with an event.
    pub fn look(folder: &Path, here: &MachineConditions, observer: Observer<'_>) -> PriorRuns {
        let mut found = Vec::new();
        for folder in run_folders(folder).unwrap_or_default() {
            match lukewarm_record::read(&folder) {
                Ok(record) => found.push((folder, record)),
                Err(error) => {
                    let reason = error.to_string();
                    observer(SessionEvent::PassedOver { folder: &folder, reason: &reason });
                }
            }
        }
        PriorRuns::of(found, here)
    }

    /// The runs that were measured under these conditions.
    pub fn of(runs: Vec<(PathBuf, RawRecord)>, here: &MachineConditions) -> PriorRuns {
        let mut prior = PriorRuns::default();
        for (folder, record) in runs.into_iter().filter(|(_, it)| here.hold_for(&it.run)) {
            let RunFacts { shard, first_block, .. } = record.run;
            match record.is_complete() {
                true if record.run.portion().is_whole() => prior.complete.push(record),
                // A shard decides nothing by itself.
                true => {}
                false => {
                    let plan = record.run.plan;
                    prior.cut_off.push(CutOffRun { folder, plan, shard, first_block });
                }
            }
        }
        prior
    }

    /// The newest interrupted run with a recorded plan and of the same part of it, to be resumed
    /// instead of a new run.
    pub fn to_resume(&self, recorded: &Plan, own: &Assignment) -> Option<&CutOffRun> {
        let wanted = (recorded, own.shard, own.first_block);
        self.cut_off.iter().find(|it| (&it.plan, it.shard, it.first_block) == wanted)
    }
}

/// All records in a folder, newest first.
///
/// # Errors
/// When the folder or one of the records cannot be read.
pub fn records_in(folder: &Path) -> Result<Vec<RawRecord>, SessionError> {
    let folders = run_folders(folder).map_err(SessionError::file("read folder", folder))?;
    let records: Result<Vec<RawRecord>, RecordError> =
        folders.iter().map(|it| lukewarm_record::read(it)).collect();
    Ok(records?)
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Seconds;
    use lukewarm_plan::Selection;

    use super::*;
    use crate::examples::{ended, files, measured};

    fn plan(seed: u64) -> Plan {
        let scenarios = vec!["none".to_owned()];
        let selection = Selection { scenarios, seed: Some(seed), ..Selection::default() };
        lukewarm_plan::plan(&files(), &selection).unwrap()
    }

    fn conditions() -> MachineConditions {
        let run = crate::examples::run_facts(&plan(1), "a");
        let MachineConditions { host, .. } = MachineConditions::default();
        let (lukewarm, executable) = (run.lukewarm, run.executable);
        let toolchain = Toolchain { rustc: "rustc 1".to_owned(), ..Toolchain::default() };
        let sources = BTreeMap::from([("cli".into(), "ab".to_owned())]);
        MachineConditions { host, toolchain, lukewarm, executable, sources, runner: None }
    }

    /// A run of a plan, in a folder of its own: whole, or cut off.
    fn run(name: &str, seed: u64, is_whole: bool) -> (PathBuf, RawRecord) {
        let mut record = measured(&plan(seed), name, 1, |_| 1.0);
        record.end = is_whole.then(|| ended(None));
        (PathBuf::from(name), record)
    }

    #[test]
    fn a_run_that_was_cut_off_goes_on_where_its_plan_is_the_same() {
        let runs = vec![
            run("e-whole", 2, true),
            run("d-other-seed", 3, false),
            run("c-newest", 2, false),
            run("b-older", 2, false),
        ];
        let prior = PriorRuns::of(runs, &conditions());
        assert_eq!(prior.complete.len(), 1);
        let chosen =
            |plan: &Plan| prior.to_resume(plan, &Assignment::default()).map(|it| it.folder.clone());
        assert_eq!(chosen(&plan(2)), Some(PathBuf::from("c-newest")));
        assert_eq!(chosen(&plan(3)), Some(PathBuf::from("d-other-seed")));
        assert_eq!(chosen(&plan(4)), None);
        let longer = Plan { budget: Some(Seconds(60.0)), ..plan(2) };
        assert_eq!(chosen(&longer), None, "another budget is another plan");
    }

    #[test]
    fn a_shard_is_no_evidence_and_goes_on_as_the_same_shard_only() {
        let shard = |name: &str, is_whole, index| {
            let (folder, mut record) = run(name, 1, is_whole);
            record.run.shard = Some(Shard { index, count: 4 });
            (folder, record)
        };
        let runs = vec![shard("done", true, 1), shard("cut-off", false, 2)];
        let prior = PriorRuns::of(runs, &conditions());
        assert_eq!((prior.complete.len(), prior.cut_off.len()), (0, 1));
        let own = |index: u32| Assignment {
            shard: Some(Shard { index, count: 4 }),
            ..Assignment::default()
        };
        assert!(prior.to_resume(&plan(1), &own(2)).is_some());
        assert_eq!(prior.to_resume(&plan(1), &own(3)), None);
        assert_eq!(prior.to_resume(&plan(1), &Assignment::default()), None);
    }

    #[test]
    fn a_run_that_was_stopped_in_order_goes_on_too() {
        let (folder, mut record) = run("a", 1, true);
        record.end = Some(ended(Some("cancelled")));
        let prior = PriorRuns::of(vec![(folder, record)], &conditions());
        assert_eq!((prior.complete.len(), prior.cut_off.len()), (0, 1));
    }

    #[test]
    fn a_run_of_another_machine_compiler_program_or_source_is_no_prior_run() {
        type Change = fn(&mut RunFacts);
        let here = conditions();
        let mut same = run("a", 1, true).1.run;
        same.sources.insert("cli".into(), "ab".to_owned());
        same.toolchains.insert("cli".to_owned(), here.toolchain.clone());
        assert!(here.hold_for(&same));
        let changes: [(&str, Change); 6] = [
            ("kernel", |it| it.host.kernel = "other".to_owned()),
            ("compiler", |it| {
                it.toolchains.values_mut().for_each(|it| it.rustc = "rustc 2".to_owned());
            }),
            ("version", |it| it.lukewarm = "0.0.1".to_owned()),
            ("build of the program", |it| it.executable = Some("00".to_owned())),
            ("unknown program", |it| it.executable = None),
            ("source", |it| drop(it.sources.insert("cli".into(), "cd".to_owned()))),
        ];
        for (what, change) in changes {
            let mut run = same.clone();
            change(&mut run);
            assert!(!here.hold_for(&run), "{what}");
        }
    }
}
