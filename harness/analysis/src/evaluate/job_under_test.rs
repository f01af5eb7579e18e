//! One job with its scenario, its workspace and its tool's statistics.
//! Owns reading a job's raw facts, once; it must not decide anything.

use lukewarm_cache_tools::{
    CacheTool, JobObservation, Outcomes, ToolReport, Tools, only_default_branch_saves,
};
use lukewarm_model::{
    CopyFacts, ErrorChain, JobFacts, JobSpec, LedgerSummary, RestoreScope, RunFacts,
    SampleWorkspace, Scenario,
};

use super::case::PlannedCase;

/// One job with its scenario, its workspace and its tool's statistics.
pub(super) struct JobUnderTest<'a> {
    pub(super) run: &'a RunFacts,
    pub(super) facts: &'a JobFacts,
    pub(super) scenario: &'a Scenario,
    pub(super) workspace: &'a SampleWorkspace,
    /// Absent when this lukewarm does not know the tool.
    pub(super) tool: Option<&'static dyn CacheTool>,
    /// What the scenario restores of earlier jobs; absent when one of its tools is not known.
    pub(super) restores: Option<RestoreScope>,
    /// The tool's evaluation of the job: absent for a job that failed, an error where the tool's
    /// statistics cannot be read.
    pub(super) report: Result<Option<ToolReport>, String>,
    /// The requests of all steps; absent where a step's ledger is.
    pub(super) ledger: Option<LedgerSummary>,
    /// What it is to others that ran at once; absent for a job that ran alone.
    pub(super) beside: Option<BesideCopies>,
}

/// What one copy of a job is to the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct BesideCopies {
    /// Writes of it that were refused because the key was there, or reserved by another.
    pub(super) taken: u64,
}

impl BesideCopies {
    /// Of a copy of a case.
    pub(super) fn of(copy: &CopyFacts, case: PlannedCase<'_>) -> BesideCopies {
        const CONFLICT: u16 = 409;
        // Where entries lie in folders, a conflict is about these.
        let takes_once = case.scenario.service.is_some_and(|it| !it.has_folders());
        let taken = copy.refused.get(&CONFLICT).copied().filter(|_| takes_once);
        BesideCopies { taken: taken.unwrap_or_default() }
    }
}

impl<'a> JobUnderTest<'a> {
    /// Whether the job may save what it makes: in some scenarios only those of the default branch
    /// may.
    pub(super) fn may_save(&self) -> bool {
        let jobs = &self.run.plan.story.jobs;
        let place = jobs.iter().position(|it| it.name == self.facts.job).unwrap_or_default();
        let is_ref = |it: &JobSpec| it.change.kind.is_ref();
        !only_default_branch_saves(self.scenario) || !jobs[..=place].iter().any(is_ref)
    }

    /// Reads a job of a planned case.
    pub(super) fn of(
        run: &'a RunFacts,
        tools: &Tools,
        facts: &'a JobFacts,
        case: PlannedCase<'a>,
    ) -> JobUnderTest<'a> {
        let PlannedCase { scenario, workspace } = case;
        let tool = tools.find(&scenario.tool.name);
        let report = match (tool, &facts.failure) {
            // What a failed job's tool said may be cut off, and nothing is computed from it.
            (_, Some(_)) => Ok(None),
            (Some(tool), None) => {
                let report = tool.evaluate(&JobObservation { job: facts, scenario });
                report.map(Some).map_err(|error| ErrorChain(&error).to_string())
            }
            (None, None) => Err(format!("this lukewarm does not know `{}`", scenario.tool.name)),
        };
        let ledger = ledger(facts);
        let restores = tools.restore_scope(scenario);
        let beside = None;
        JobUnderTest { run, facts, scenario, workspace, tool, restores, report, ledger, beside }
    }

    /// Reads one copy of a job of a planned case.
    pub(super) fn of_copy(
        run: &'a RunFacts,
        tools: &Tools,
        copy: &'a JobFacts,
        case: PlannedCase<'a>,
        beside: BesideCopies,
    ) -> JobUnderTest<'a> {
        JobUnderTest { beside: Some(beside), ..JobUnderTest::of(run, tools, copy, case) }
    }

    /// Whether it is one of several copies that ran at once, so that it may have found what
    /// another one stored meanwhile.
    pub(super) fn is_copy(&self) -> bool {
        self.beside.is_some()
    }

    /// Whether units have hits and misses.
    pub(super) fn is_wrapper(&self) -> bool {
        self.tool.is_some_and(|tool| tool.description().is_wrapper())
    }

    /// The tool's evaluation of the job; absent where its statistics cannot be read.
    pub(super) fn report(&self) -> Option<&ToolReport> {
        self.report.as_ref().ok()?.as_ref()
    }

    /// The same for a compiler wrapper only.
    pub(super) fn wrapper(&self) -> Option<&ToolReport> {
        self.report().filter(|_| self.is_wrapper())
    }

    /// The units by outcome; absent where the tool's statistics cannot be read.
    pub(super) fn outcomes(&self) -> Option<Outcomes> {
        self.report().map(|report| report.outcomes)
    }

    /// Whether it is the story's first job, which starts from nothing.
    pub(super) fn is_first(&self) -> bool {
        self.run.plan.story.jobs.first().is_some_and(|first| first.name == self.facts.job)
    }
}

/// The requests of all steps, with everything that is known of them.
fn ledger(job: &JobFacts) -> Option<LedgerSummary> {
    let mut sum = LedgerSummary::default();
    for step in &job.steps {
        sum.merge(step.ledger.as_ref()?);
    }
    (!job.steps.is_empty()).then_some(sum)
}

/// Requests that the service failed at: 5xx, or broken off before an answer.
pub(super) fn failed(ledger: &LedgerSummary) -> u64 {
    let bad = ledger.by_status.iter().filter(|(status, _)| **status == 0 || **status >= 500);
    bad.map(|(_, count)| count).sum()
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Operation, RawRecord};

    use super::*;
    use crate::evaluate::Evaluation;
    use crate::examples;

    #[test]
    fn the_ledger_of_a_job_has_all_that_its_steps_have() {
        let run = examples::run(vec![examples::webdav()], &["cold", "unchanged"], 1);
        let mut job = examples::sccache_job("finder/sccache-webdav", "unchanged", 1, 14);
        let summaries = job.steps.iter().filter_map(|step| step.ledger.clone());
        let mut whole = LedgerSummary::default();
        summaries.for_each(|it| whole.merge(&it));
        let of = |job: &JobFacts| {
            let record = RawRecord { run: run.clone(), jobs: vec![job.clone()], end: None };
            Evaluation::of(&record).jobs()[0].ledger.clone()
        };
        let ledger = of(&job).unwrap();
        assert_eq!(ledger, whole);
        assert!(ledger.wire_down > ledger.bytes_down, "{ledger:?}");
        assert_eq!(ledger.by_operation.get(&Operation::Read), Some(&ledger.requests));
        job.steps[0].ledger = None;
        assert_eq!(of(&job), None);
    }
}
