//! One job beside what it was meant to be: its scenario, its workspace, its tool's statistics.
//! Owns finding these in a run's facts; it must not decide anything.

use std::error::Error;

use lukewarm_cache_tools::{CacheTool, find};
use lukewarm_model::{Counts, JobFacts, LedgerSummary, RunFacts, SampleWorkspace, Scenario};

use crate::outcomes::Outcomes;

/// One job beside what it was meant to be.
pub(crate) struct Reading<'a> {
    pub(crate) run: &'a RunFacts,
    pub(crate) job: &'a JobFacts,
    pub(crate) scenario: &'a Scenario,
    pub(crate) workspace: &'a SampleWorkspace,
    /// Absent when this lukewarm does not know the tool.
    pub(crate) tool: Option<&'static dyn CacheTool>,
    /// The tool's statistics: absent for a tool that keeps none, an error where they cannot be
    /// read.
    pub(crate) counts: Result<Option<Counts>, String>,
}

impl<'a> Reading<'a> {
    /// Reads a job; absent when the plan does not know the job's case.
    pub(crate) fn of(run: &'a RunFacts, job: &'a JobFacts) -> Option<Reading<'a>> {
        let plan = &run.plan;
        let case = plan.cases.iter().find(|case| case.id == job.case)?;
        let scenario = plan.scenarios.iter().find(|s| s.name == case.scenario)?;
        let workspace = plan.workspaces.iter().find(|w| w.name == case.workspace)?;
        let tool = find(&scenario.tool.name);
        let counts = match (tool, &job.failure) {
            // What a failed job's tool said may be cut off, and nothing is computed from it.
            (_, Some(_)) => Ok(None),
            (Some(tool), None) => tool.counts(&job.statements).map_err(|error| whole(&error)),
            (None, None) => Err(format!("this lukewarm does not know `{}`", scenario.tool.name)),
        };
        Some(Reading { run, job, scenario, workspace, tool, counts })
    }

    /// Whether units have hits and misses.
    pub(crate) fn is_wrapper(&self) -> bool {
        self.tool.is_some_and(|tool| tool.is_wrapper())
    }

    /// The units by outcome; absent where the statistics that tell hits from misses are.
    pub(crate) fn outcomes(&self) -> Option<Outcomes> {
        match (&self.counts, self.is_wrapper()) {
            (Ok(Some(counts)), true) => Some(Outcomes::wrapped(&self.job.units, counts)),
            (Ok(_), false) => Some(Outcomes::plain(&self.job.units)),
            _ => None,
        }
    }

    /// The requests of all steps, with everything that is known of them; absent where a step's
    /// ledger is.
    pub(crate) fn ledger(&self) -> Option<LedgerSummary> {
        let mut sum = LedgerSummary::default();
        for step in &self.job.steps {
            sum.merge(step.ledger.as_ref()?);
        }
        (!self.job.steps.is_empty()).then_some(sum)
    }
}

/// Requests that the service failed at: 5xx, or broken off before an answer.
pub(crate) fn failed(ledger: &LedgerSummary) -> u64 {
    let bad = ledger.by_status.iter().filter(|(status, _)| **status == 0 || **status >= 500);
    bad.map(|(_, count)| count).sum()
}

/// An error with everything that it wraps, in one line.
fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Operation;

    use super::*;
    use crate::examples;

    #[test]
    fn the_ledger_of_a_job_has_all_that_its_steps_have() {
        let run = examples::run(vec![examples::webdav()], &["cold", "unchanged"], 1);
        let mut job = examples::sccache_job("finder/sccache-webdav", "unchanged", 1, 14);
        let summaries = job.steps.iter().filter_map(|step| step.ledger.clone());
        let mut whole = LedgerSummary::default();
        summaries.for_each(|it| whole.merge(&it));
        let ledger = Reading::of(&run, &job).unwrap().ledger().unwrap();
        assert_eq!(ledger, whole);
        assert!(ledger.wire_down > ledger.bytes_down, "{ledger:?}");
        assert_eq!(ledger.by_operation.get(&Operation::Read), Some(&ledger.requests));
        job.steps[0].ledger = None;
        assert_eq!(Reading::of(&run, &job).unwrap().ledger(), None);
    }
}
