//! Evaluation: each job of a record read once, into everything that is ever said of it.
//! Owns the order of that: the job's raw facts, what its tool and its service say, the verdict,
//! the samples. Everything after it (comparisons, findings, the gate, claims, `run.json`) reads
//! evaluated jobs. It must not compare jobs with each other.

mod expected_reuse;
mod job_under_test;
mod outcomes;
mod samples;
mod samples_by_row;
mod verdict;

use std::collections::BTreeMap;

use lukewarm_model::{
    JobFacts, JobSamples, JobVerdict, LedgerSummary, Plan, RawRecord, RunFacts, Sample,
    SampleWorkspace, Scenario, attempts,
};

use job_under_test::JobUnderTest;
pub use outcomes::Outcomes;
pub(crate) use samples_by_row::{ByIteration, RowSamples, SamplesByRow};

/// A record whose jobs are evaluated, each once.
#[derive(Debug)]
pub struct Evaluation<'a> {
    record: &'a RawRecord,
    jobs: Vec<EvaluatedJob<'a>>,
    rows: SamplesByRow<'a>,
}

/// One job with everything that is said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluatedJob<'a> {
    /// Its raw facts.
    pub facts: &'a JobFacts,
    /// The scenario and the workspace of its case; absent when the plan does not know the case.
    pub case: Option<PlannedCase<'a>>,
    /// Which attempt at its block it belongs to, from 0.
    pub repeat: u32,
    /// Its units by outcome; absent for a job whose case is not planned, and where the statistics
    /// that tell hits from misses cannot be read.
    pub outcomes: Option<Outcomes>,
    /// The requests of all its steps; absent where a step's ledger is.
    pub ledger: Option<LedgerSummary>,
    /// Whether it may be believed.
    pub verdict: JobVerdict,
    /// Its values, those of the whole job before those of its steps. Empty for a job that failed:
    /// what it left is no measurement.
    pub samples: Vec<Sample>,
}

/// The scenario and the workspace that a case of the plan names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlannedCase<'a> {
    /// How its jobs cache.
    pub scenario: &'a Scenario,
    /// What its jobs build.
    pub workspace: &'a SampleWorkspace,
}

impl<'a> Evaluation<'a> {
    /// Evaluates every job of a record.
    pub fn of(record: &'a RawRecord) -> Evaluation<'a> {
        let cases = planned_cases(&record.run.plan);
        let numbered = record.jobs.iter().zip(attempts(&record.jobs));
        let evaluated = |(facts, repeat): (&'a JobFacts, u32)| {
            let case = cases.get(facts.case.as_str()).copied();
            EvaluatedJob::of(&record.run, facts, case, repeat)
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

impl<'a> EvaluatedJob<'a> {
    fn of(
        run: &'a RunFacts,
        facts: &'a JobFacts,
        case: Option<PlannedCase<'a>>,
        repeat: u32,
    ) -> EvaluatedJob<'a> {
        let Some(planned) = case else {
            let verdict = JobVerdict::Unchecked(vec![verdict::without_a_case(facts)]);
            let (outcomes, ledger, samples) = (None, None, Vec::new());
            return EvaluatedJob { facts, case, repeat, outcomes, ledger, verdict, samples };
        };
        let job = JobUnderTest::of(run, facts, planned);
        let verdict = verdict::verdict(&job);
        let samples = if facts.failure.is_none() { samples::samples(&job) } else { Vec::new() };
        let JobUnderTest { outcomes, ledger, .. } = job;
        EvaluatedJob { facts, case, repeat, outcomes, ledger, verdict, samples }
    }

    /// Its row: the case's id and the job's name.
    pub fn row(&self) -> (&'a str, &'a str) {
        (&self.facts.case, &self.facts.job)
    }

    /// Whether it counts in estimates, its attempt aside: it is not priming, and has a result.
    pub fn counts(&self) -> bool {
        self.facts.attempt.iteration > 0 && self.facts.failure.is_none()
    }

    fn into_samples(self, run: &RunFacts) -> Option<JobSamples> {
        let EvaluatedJob { facts, case, repeat, verdict, samples, .. } = self;
        let case = case.filter(|_| !samples.is_empty())?;
        Some(JobSamples {
            case: facts.case.clone(),
            scenario: case.scenario.name.clone(),
            workspace: case.workspace.name.clone(),
            story: run.plan.story.name.clone(),
            job: facts.job.clone(),
            iteration: facts.attempt.iteration,
            position: facts.attempt.position,
            repeat,
            state: facts.state,
            verdict: verdict.kind(),
            samples,
        })
    }
}

/// The cases of a plan, by id.
fn planned_cases(plan: &Plan) -> BTreeMap<&str, PlannedCase<'_>> {
    let scenario = |name: &String| plan.scenarios.iter().find(|it| it.name == *name);
    let workspace = |name: &String| plan.workspaces.iter().find(|it| it.name == *name);
    let planned = plan.cases.iter().filter_map(|case| {
        let (scenario, workspace) = (scenario(&case.scenario)?, workspace(&case.workspace)?);
        Some((case.id.as_str(), PlannedCase { scenario, workspace }))
    });
    planned.collect()
}
