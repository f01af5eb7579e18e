//! One record as claims look it up: values by scenario, job, step and metric, with what speaks
//! against them. It must not judge anything by itself.

use std::collections::BTreeMap;

use lukewarm_model::{Experiment, JobVerdict, Metric, Observed, RawRecord, Sample, Step};

use crate::compare::ByIteration;
use crate::judge::judge;

/// A job of a case: case id and job name.
type Row = (String, String);

/// One record, by row.
pub(super) struct Table<'a> {
    record: &'a RawRecord,
    values: BTreeMap<Row, BTreeMap<(Option<Step>, Metric), ByIteration>>,
    /// Why jobs of a row may not be believed.
    doubts: BTreeMap<Row, String>,
}

impl<'a> Table<'a> {
    pub(super) fn of(record: &'a RawRecord, samples: &'a [Sample]) -> Table<'a> {
        let mut values: BTreeMap<Row, BTreeMap<_, ByIteration>> = BTreeMap::new();
        for sample in samples.iter().filter(|it| it.iteration > 0) {
            let row = values.entry((sample.case.clone(), sample.job.clone())).or_default();
            let of_metric = row.entry((sample.step, sample.metric)).or_default();
            of_metric.insert(sample.iteration, sample.value);
        }
        let mut doubts = BTreeMap::new();
        for job in record.jobs.iter().filter(|job| job.attempt.iteration > 0) {
            let verdict = judge(&record.run, job);
            if !matches!(verdict, JobVerdict::Valid(_)) {
                let (word, why) = (verdict.word(), verdict.reasons().join("; "));
                let said = format!("{} {}: {word}: {why}", job.case, job.job);
                doubts.entry((job.case.clone(), job.job.clone())).or_insert(said);
            }
        }
        Table { record, values, doubts }
    }

    /// The case of a scenario in an experiment.
    pub(super) fn case(&self, experiment: &Experiment, scenario: &str) -> Option<String> {
        let workspace = &experiment.workspace.name;
        let is_case =
            |it: &&lukewarm_model::Case| it.scenario == scenario && it.workspace == *workspace;
        self.record.run.plan.cases.iter().find(is_case).map(|it| it.id.clone())
    }

    /// The values of a quantity; none where nothing was measured.
    pub(super) fn values(&self, experiment: &Experiment, of: &Observed) -> Option<&ByIteration> {
        let case = self.case(experiment, &of.scenario)?;
        self.values.get(&(case, of.job.clone()))?.get(&(of.step, of.metric))
    }

    /// Why a quantity may not be believed.
    pub(super) fn doubt(&self, experiment: &Experiment, of: &Observed) -> Option<&String> {
        let case = self.case(experiment, &of.scenario)?;
        self.doubts.get(&(case, of.job.clone()))
    }
}
