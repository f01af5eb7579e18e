//! A record whose jobs are evaluated.
//! Owns that each is evaluated once, and that their samples are grouped once.

use lukewarm_cache_tools::Tools;
use lukewarm_model::{JobFacts, JobSamples, RawRecord, attempts};

use super::case::planned_cases;
use super::job::EvaluatedJob;
use super::samples_by_row::SamplesByRow;

/// A record whose jobs are evaluated, each once.
#[derive(Debug)]
pub struct Evaluation<'a> {
    record: &'a RawRecord,
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
        let numbered = record.jobs.iter().zip(attempts(&record.jobs));
        let evaluated = |(facts, repeat): (&'a JobFacts, u32)| {
            let case = cases.get(&facts.case).copied();
            EvaluatedJob::of(&record.run, tools, facts, case, repeat)
        };
        let jobs: Vec<EvaluatedJob<'a>> = numbered.map(evaluated).collect();
        let rows = SamplesByRow::of(&jobs);
        Evaluation { record, jobs, rows }
    }

    /// The record.
    pub fn record(&self) -> &'a RawRecord {
        self.record
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
