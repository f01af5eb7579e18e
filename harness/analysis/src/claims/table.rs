//! One record as claims look it up: values by scenario, job, step and metric, with what speaks
//! against them. It must not judge anything by itself.

use std::collections::BTreeMap;

use lukewarm_model::{Case, Experiment, JobVerdict, Observed, RawRecord, Sample};

use crate::compare::ByIteration;
use crate::grid::{Grid, grid};
use crate::judge::judge;

/// A job of a case: case id and job name.
type Row<'a> = (&'a str, &'a str);

/// One record, by row.
pub(super) struct Table<'a> {
    record: &'a RawRecord,
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
        Table { record, grid: grid(samples), doubts }
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
