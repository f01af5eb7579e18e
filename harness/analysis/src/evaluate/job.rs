//! One evaluated job.
//! Owns the order in which a job's facts become its verdict and its samples, each once.

use lukewarm_cache_tools::{Outcomes, Tools};
use lukewarm_model::{
    Case, JobFacts, JobName, JobSamples, JobVerdict, LedgerSummary, RunFacts, Sample,
};

use super::case::PlannedCase;
use super::copies::{EvaluatedCopy, JoinedCopies, joined};
use super::job_under_test::{BesideCopies, JobUnderTest};
use super::outputs::{MadeByJob, OutputEvidence};
use super::{samples, verdict};

/// One job with everything that was derived from its facts.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluatedJob<'a> {
    /// Its raw facts.
    pub facts: &'a JobFacts,
    /// The scenario and the workspace of its case; absent when the plan does not know the case.
    pub case: Option<PlannedCase<'a>>,
    /// Which attempt at its block it belongs to, from 0.
    pub repeat: u32,
    /// Its units by outcome; absent for a job whose case is not planned, and where the tool's
    /// statistics cannot be read.
    pub outcomes: Option<Outcomes>,
    /// The requests of all its steps; absent where a step's ledger is.
    pub ledger: Option<LedgerSummary>,
    /// What is known of its outputs.
    pub made: OutputEvidence,
    /// Its verdict.
    pub verdict: JobVerdict,
    /// Its values, those of the whole job before those of its steps. Empty for a job that failed.
    pub samples: Vec<Sample>,
    /// Its copies, where several ran at once; empty for a job that ran alone.
    pub copies: Vec<EvaluatedCopy>,
}

impl<'a> EvaluatedJob<'a> {
    /// Evaluates one job of a run by these tools.
    pub(super) fn of(
        run: &'a RunFacts,
        tools: &Tools,
        facts: &'a JobFacts,
        case: Option<PlannedCase<'a>>,
        (repeat, made): (u32, MadeByJob),
    ) -> EvaluatedJob<'a> {
        let MadeByJob { own: made, copies: made_by_copies } = made;
        let nothing = EvaluatedJob {
            facts,
            case,
            repeat,
            outcomes: None,
            ledger: None,
            made,
            verdict: JobVerdict::Valid(Vec::new()),
            samples: Vec::new(),
            copies: Vec::new(),
        };
        let Some(planned) = case else {
            let verdict = JobVerdict::Unchecked(vec![verdict::without_a_case(facts)]);
            return EvaluatedJob { verdict, ..nothing };
        };
        if let Some(together) = &facts.copies {
            let copies = facts.as_copies();
            let jobs = copies.iter().zip(&together.copies).map(|(copy, facts)| {
                let beside = BesideCopies::of(facts, planned);
                JobUnderTest::of_copy(run, tools, copy, planned, beside)
            });
            let copies = jobs.zip(made_by_copies).map(|(it, made)| EvaluatedCopy::of(&it, made));
            let copies: Vec<EvaluatedCopy> = copies.collect();
            let all = joined(facts.failure.as_ref(), together, &copies);
            let JoinedCopies { outcomes, ledger, comparison, verdict, samples } = all;
            let made = OutputEvidence { comparison, ..nothing.made };
            return EvaluatedJob { outcomes, ledger, made, verdict, samples, copies, ..nothing };
        }
        let job = JobUnderTest::of(run, tools, facts, planned);
        let verdict = verdict::verdict(&job, &nothing.made);
        let samples = if facts.failure.is_none() { samples::samples(&job) } else { Vec::new() };
        let outcomes = job.outcomes();
        let JobUnderTest { ledger, .. } = job;
        EvaluatedJob { outcomes, ledger, verdict, samples, ..nothing }
    }

    /// Its row: the case and the job.
    pub fn row(&self) -> (&'a Case, &'a JobName) {
        (&self.facts.case, &self.facts.job)
    }

    /// Whether it counts in estimates, apart from repeats: it is not priming, and has a result.
    pub fn counts(&self) -> bool {
        self.facts.attempt.iteration > 0 && self.facts.failure.is_none()
    }

    /// Its samples with its identity; absent where it has none.
    pub(super) fn into_samples(self, run: &RunFacts) -> Option<JobSamples> {
        let EvaluatedJob { facts, case, repeat, verdict, samples, .. } = self;
        case.filter(|_| !samples.is_empty())?;
        Some(JobSamples {
            case: facts.case.clone(),
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
