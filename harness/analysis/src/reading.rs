//! One job beside what it was meant to be: its scenario, its workspace, its tool's statistics.
//! Owns finding these in a run's facts; it must not decide anything.

use std::error::Error;

use lukewarm_cache_tools::{Brings, CacheTool, JobObservation, Outcomes, ToolReport, Tools};
use lukewarm_model::{JobFacts, LedgerSummary, RunFacts, SampleWorkspace, Scenario};

/// One job beside what it was meant to be.
pub(crate) struct Reading<'a> {
    pub(crate) run: &'a RunFacts,
    pub(crate) job: &'a JobFacts,
    pub(crate) scenario: &'a Scenario,
    pub(crate) workspace: &'a SampleWorkspace,
    /// Absent when this lukewarm does not know the tool.
    pub(crate) tool: Option<&'static dyn CacheTool>,
    /// What the scenario brings back of earlier jobs; absent when a tool of it is not known.
    pub(crate) brings: Option<Brings>,
    /// What the tool makes of the job: absent for a job that failed, an error where its statistics
    /// cannot be read.
    pub(crate) report: Result<Option<ToolReport>, String>,
}

impl<'a> Reading<'a> {
    /// Reads a job; absent when the plan does not know the job's case.
    pub(crate) fn of(run: &'a RunFacts, job: &'a JobFacts, tools: &Tools) -> Option<Reading<'a>> {
        let plan = &run.plan;
        let case = plan.cases.iter().find(|case| case.id == job.case)?;
        let scenario = plan.scenarios.iter().find(|s| s.name == case.scenario)?;
        let workspace = plan.workspaces.iter().find(|w| w.name == case.workspace)?;
        let tool = tools.find(&scenario.tool.name);
        let report = match (tool, &job.failure) {
            // What a failed job's tool said may be cut off, and nothing is computed from it.
            (_, Some(_)) => Ok(None),
            (Some(tool), None) => {
                let report = tool.evaluate(&JobObservation { job, scenario });
                report.map(Some).map_err(|error| whole(&error))
            }
            (None, None) => Err(format!("this lukewarm does not know `{}`", scenario.tool.name)),
        };
        let brings = tools.brings(scenario);
        Some(Reading { run, job, scenario, workspace, tool, brings, report })
    }

    /// Whether units have hits and misses.
    pub(crate) fn is_wrapper(&self) -> bool {
        self.tool.is_some_and(|tool| tool.description().is_wrapper())
    }

    /// The units by outcome; absent where the statistics that tell hits from misses are.
    pub(crate) fn outcomes(&self) -> Option<Outcomes> {
        self.report().map(|report| report.outcomes)
    }

    /// What the tool makes of the job, where it can be read.
    pub(crate) fn report(&self) -> Option<&ToolReport> {
        self.report.as_ref().ok()?.as_ref()
    }

    /// The same for a wrapper only.
    pub(crate) fn wrapper(&self) -> Option<&ToolReport> {
        self.report().filter(|_| self.is_wrapper())
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
        let ledger = Reading::of(&run, &job, &Tools::shipped()).unwrap().ledger().unwrap();
        assert_eq!(ledger, whole);
        assert!(ledger.wire_down > ledger.bytes_down, "{ledger:?}");
        assert_eq!(ledger.by_operation.get(&Operation::Read), Some(&ledger.requests));
        job.steps[0].ledger = None;
        assert_eq!(Reading::of(&run, &job, &Tools::shipped()).unwrap().ledger(), None);
    }
}
