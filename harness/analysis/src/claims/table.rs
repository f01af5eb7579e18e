//! One record as claims look it up: values by scenario, job, step and metric, with what speaks
//! against them. It must not judge anything by itself.

use std::collections::BTreeMap;

use lukewarm_model::{
    ALL_JOBS, Case, Experiment, JobName, JobVerdict, Metric, Observed, ScenarioName,
};

use crate::compare::ratio;
use crate::estimate::Estimate;
use crate::evaluate::{ByIteration, Evaluation};

use super::reach::{Reach, reach};

/// A job of a case.
type CaseJob<'a> = (&'a Case, &'a JobName);

/// One record, by row.
pub(super) struct Table<'a> {
    evaluation: &'a Evaluation<'a>,
    /// Whether the run goes on, and has come to a look just now.
    at_a_look: bool,
    /// Why jobs of a row may not be believed.
    doubts: BTreeMap<CaseJob<'a>, String>,
}

impl<'a> Table<'a> {
    pub(super) fn of(evaluation: &'a Evaluation<'a>) -> Table<'a> {
        let mut doubts = BTreeMap::new();
        for job in evaluation.jobs().iter().filter(|job| job.facts.attempt.iteration > 0) {
            if !matches!(job.verdict, JobVerdict::Valid(_)) {
                let (word, why) = (job.verdict.word(), job.verdict.reasons().join("; "));
                let said = format!("{} {}: {word}: {why}", job.facts.case, job.facts.job);
                doubts.entry(job.row()).or_insert(said);
            }
        }
        Table { evaluation, at_a_look: false, doubts }
    }

    /// Of a run that has come to a look and goes on.
    pub(super) fn at_a_look(evaluation: &'a Evaluation<'a>) -> Table<'a> {
        Table { at_a_look: true, ..Table::of(evaluation) }
    }

    /// The case of a scenario in an experiment.
    pub(super) fn case(&self, experiment: &Experiment, scenario: &ScenarioName) -> Option<&Case> {
        let workspace = &experiment.workspace.name;
        let is_case = |it: &&Case| it.scenario == *scenario && it.workspace == *workspace;
        self.evaluation.record().run.plan.cases.iter().find(is_case)
    }

    /// The values of a quantity; none where nothing was measured. That of all jobs is their sum, in
    /// iterations that have each of them.
    pub(super) fn values(&self, experiment: &Experiment, of: &Observed) -> Option<ByIteration> {
        let case = self.case(experiment, &of.scenario)?;
        self.of_case(case, of)
    }

    fn of_case(&self, case: &Case, of: &Observed) -> Option<ByIteration> {
        let jobs = of.jobs(&self.evaluation.record().run.plan.story);
        let values = |job| self.evaluation.rows().values(case, job, (of.step, of.metric));
        let (first, others) = jobs.split_first()?;
        let mut sums = values(first)?.clone();
        for job in others {
            let values = values(job)?;
            sums.retain(|iteration, _| values.contains_key(iteration));
            sums.iter_mut().for_each(|(iteration, sum)| *sum += values[iteration]);
        }
        Some(sums)
    }

    /// How far pairs of these iterations came among the looks of the run's plan.
    pub(super) fn reach(&self, iterations: &[u32]) -> Reach {
        match self.at_a_look {
            true => Reach { pairs: iterations.len(), look: None, preliminary: None },
            false => reach(self.evaluation, iterations),
        }
    }

    /// The part of a merged record that measured a block; 0 in an ordinary one.
    pub(super) fn part(&self, iteration: u32) -> u32 {
        self.evaluation.parts().of_block(iteration)
    }

    /// Wall-clock of the reference's twin over its own, in a job of the first workspace or in all.
    pub(super) fn twins(
        &self,
        reference: &ScenarioName,
        twin: &ScenarioName,
        job: &JobName,
        level: f64,
    ) -> Option<Estimate> {
        let values = |scenario: &ScenarioName| {
            let mut cases = self.evaluation.record().run.plan.cases.iter();
            let case = cases.find(|it| it.scenario == *scenario)?;
            let (metric, job) = (Metric::Wall, job.clone());
            self.of_case(case, &Observed { metric, step: None, scenario: scenario.clone(), job })
        };
        Some(ratio(&values(twin)?, &values(reference)?, level)?.estimate)
    }

    /// Why a quantity may not be believed.
    pub(super) fn doubt<'t>(
        &'t self,
        experiment: &Experiment,
        of: &'t Observed,
    ) -> Option<&'t String> {
        let case = self.case(experiment, &of.scenario)?;
        let jobs = self.evaluation.record().run.plan.story.jobs.iter().map(|it| &it.name);
        let mut jobs = jobs.filter(|job| of.job == ALL_JOBS || of.job == **job);
        jobs.find_map(|job| self.doubts.get(&(case, job)))
    }
}
