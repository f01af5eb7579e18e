//! A record whose jobs are evaluated.
//! Owns that each is evaluated once, and that their samples are grouped once.

use std::collections::BTreeMap;

use lukewarm_cache_tools::Tools;
use lukewarm_model::{
    Case, JobName, JobSamples, Plan, RawRecord, ToolDescription, VerdictKind, attempts, in_parallel,
};

use super::case::planned_cases;
use super::job::EvaluatedJob;
use super::outputs;
use super::parts::Parts;
use super::samples_by_row::SamplesByRow;

/// A record whose jobs are evaluated, each once.
#[derive(Debug)]
pub struct Evaluation<'a> {
    record: &'a RawRecord,
    tools: Vec<ToolDescription>,
    jobs: Vec<EvaluatedJob<'a>>,
    parts: Parts,
    rows: SamplesByRow<'a>,
    /// The rows that have results, and whether every one of them did what its scenario means.
    sound: BTreeMap<(&'a Case, &'a JobName), bool>,
    /// The samples of the machines of other kinds, a kind after the other.
    other_kinds: Vec<SamplesByRow<'a>>,
}

impl<'a> Evaluation<'a> {
    /// Evaluates every job of a record, by the tools of this lukewarm.
    pub fn of(record: &'a RawRecord) -> Evaluation<'a> {
        Evaluation::with(record, &Tools::shipped())
    }

    /// Evaluates every job of a record, by these tools.
    pub fn with(record: &'a RawRecord, tools: &Tools) -> Evaluation<'a> {
        let cases = planned_cases(&record.run.plan);
        let made = outputs::evidence(record, tools);
        let known = attempts(&record.jobs).into_iter().zip(made);
        let jobs = in_parallel(record.jobs.iter().zip(known), |(facts, known)| {
            let case = cases.get(&facts.case).copied();
            EvaluatedJob::of(&record.run, tools, facts, case, known)
        });
        let parts = Parts::of(record);
        let of_kind = |kind: usize| SamplesByRow::of(&record.run.plan, &jobs, (&parts, kind));
        let rows = of_kind(0);
        let other_kinds = (1..parts.kinds().len()).map(of_kind).collect();
        let tools = planned_tools(&record.run.plan, tools);
        let mut sound = BTreeMap::new();
        for job in jobs.iter().filter(|job| job.counts()) {
            *sound.entry(job.row()).or_insert(true) &= job.verdict.kind() <= VerdictKind::Unchecked;
        }
        Evaluation { record, tools, jobs, parts, rows, sound, other_kinds }
    }

    /// The record.
    pub fn record(&self) -> &'a RawRecord {
        self.record
    }

    /// The tools of the plan's scenarios, those of their archives included; one that is not known
    /// is left out.
    pub(crate) fn tools(&self) -> &[ToolDescription] {
        &self.tools
    }

    /// The jobs, in the order they ran.
    pub fn jobs(&self) -> &[EvaluatedJob<'a>] {
        &self.jobs
    }

    /// The parts of a merged record.
    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The samples that count, by row; of a merged record those of its first kind of machine.
    pub(crate) fn rows(&self) -> &SamplesByRow<'a> {
        &self.rows
    }

    /// The same of the machines of every other kind, in the order of the kinds.
    pub(crate) fn other_kinds(&self) -> &[SamplesByRow<'a>] {
        &self.other_kinds
    }

    /// Whether a row may be the fastest: it has results, and every one of them did what its
    /// scenario means.
    pub(crate) fn is_sound(&self, case: &Case, job: &JobName) -> bool {
        self.sound.get(&(case, job)).copied().unwrap_or_default()
    }

    /// The samples of every job that has any, in the order of the jobs.
    pub(crate) fn into_samples(self) -> Vec<JobSamples> {
        let run = &self.record.run;
        self.jobs.into_iter().filter_map(|job| job.into_samples(run)).collect()
    }
}

/// What the tools of a plan's scenarios say of themselves, in the order of lists.
fn planned_tools(plan: &Plan, tools: &Tools) -> Vec<ToolDescription> {
    let uses = |name: &str| {
        plan.scenarios.iter().any(|scenario| {
            scenario.tool.name == name
                || scenario.archive.as_ref().is_some_and(|archive| archive.tool == name)
        })
    };
    tools.descriptions().into_iter().filter(|tool| uses(tool.name)).collect()
}
