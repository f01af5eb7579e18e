//! A record whose jobs are evaluated.
//! Owns that each is evaluated once, and that their samples are grouped once.

use lukewarm_cache_tools::Tools;
use lukewarm_model::{JobFacts, JobSamples, Plan, RawRecord, ToolDescription, attempts};

use super::case::planned_cases;
use super::job::EvaluatedJob;
use super::outputs::{self, MadeByJob};
use super::samples_by_row::SamplesByRow;

/// A record whose jobs are evaluated, each once.
#[derive(Debug)]
pub struct Evaluation<'a> {
    record: &'a RawRecord,
    tools: Vec<ToolDescription>,
    jobs: Vec<EvaluatedJob<'a>>,
    rows: SamplesByRow<'a>,
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
        let numbered = record.jobs.iter().zip(known);
        let evaluated = |(facts, known): (&'a JobFacts, (u32, MadeByJob))| {
            let case = cases.get(&facts.case).copied();
            EvaluatedJob::of(&record.run, tools, facts, case, known)
        };
        let jobs: Vec<EvaluatedJob<'a>> = numbered.map(evaluated).collect();
        let rows = SamplesByRow::of(&record.run.plan, &jobs);
        let tools = planned_tools(&record.run.plan, tools);
        Evaluation { record, tools, jobs, rows }
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

    /// The samples that count, by row.
    pub(crate) fn rows(&self) -> &SamplesByRow<'a> {
        &self.rows
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
