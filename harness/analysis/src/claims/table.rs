//! One record as claims look it up: values by scenario, job, step and metric, with what speaks
//! against them. It must not judge anything by itself.

use std::collections::BTreeMap;

use lukewarm_model::{Case, Experiment, JobVerdict, Metric, Observed, RawRecord, Sample};

use crate::compare::{ByIteration, ratio};
use crate::findings::Estimate;
use crate::grid::{Grid, grid};
use crate::judge::judge;

use super::reach::{Reach, reach};

/// A job of a case: case id and job name.
type Row<'a> = (&'a str, &'a str);

/// One record, by row.
pub(super) struct Table<'a> {
    record: &'a RawRecord,
    /// Whether the run goes on, and has come to a look just now.
    at_a_look: bool,
    grid: Grid<'a>,
    /// Why jobs of a row may not be believed.
    doubts: BTreeMap<Row<'a>, String>,
}

impl<'a> Table<'a> {
    pub(super) fn of(record: &'a RawRecord, samples: &'a [Sample]) -> Table<'a> {
        let mut doubts = BTreeMap::new();
        for job in record.jobs.iter().filter(|job| job.attempt.iteration > 0) {
            let verdict = judge(&record.run, job);
            if !matches!(verdict, JobVerdict::Valid(_)) {
                let (word, why) = (verdict.word(), verdict.reasons().join("; "));
                let said = format!("{} {}: {word}: {why}", job.case, job.job);
                doubts.entry((job.case.as_str(), job.job.as_str())).or_insert(said);
            }
        }
        Table { record, at_a_look: false, grid: grid(samples), doubts }
    }

    /// Of a run that has come to a look and goes on.
    pub(super) fn at_a_look(record: &'a RawRecord, samples: &'a [Sample]) -> Table<'a> {
        Table { at_a_look: true, ..Table::of(record, samples) }
    }

    /// The case of a scenario in an experiment.
    pub(super) fn case(&self, experiment: &Experiment, scenario: &str) -> Option<&str> {
        let workspace = &experiment.workspace.name;
        let is_case = |it: &&Case| it.scenario == scenario && it.workspace == *workspace;
        self.record.run.plan.cases.iter().find(is_case).map(|it| it.id.as_str())
    }

    /// The values of a quantity; none where nothing was measured.
    pub(super) fn values<'t>(
        &'t self,
        experiment: &Experiment,
        of: &'t Observed,
    ) -> Option<&'t ByIteration> {
        let case = self.case(experiment, &of.scenario)?;
        self.grid.get(&(case, of.job.as_str()))?.get(&(of.step, of.metric))
    }

    /// How far pairs of these iterations came among the looks of the run's plan.
    pub(super) fn reach(&self, iterations: &[u32]) -> Reach {
        match self.at_a_look {
            true => Reach { pairs: iterations.len(), look: None, preliminary: None },
            false => reach(self.record, iterations),
        }
    }

    /// Wall-clock of the reference's twin over its own, in a job of the first workspace.
    pub(super) fn twins(
        &self,
        reference: &str,
        twin: &str,
        job: &str,
        level: f64,
    ) -> Option<Estimate> {
        let values = |scenario: &str| {
            let case = self.record.run.plan.cases.iter().find(|it| it.scenario == scenario)?;
            self.grid.get(&(case.id.as_str(), job))?.get(&(None, Metric::Wall))
        };
        Some(ratio(values(twin)?, values(reference)?, level)?.estimate)
    }

    /// Why a quantity may not be believed.
    pub(super) fn doubt<'t>(
        &'t self,
        experiment: &Experiment,
        of: &'t Observed,
    ) -> Option<&'t String> {
        let case = self.case(experiment, &of.scenario)?;
        self.doubts.get(&(case, of.job.as_str()))
    }
}
