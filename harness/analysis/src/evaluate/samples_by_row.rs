//! Samples by row: the values of each case and job, by metric and step.
//! Owns which of a block's attempts they come from: pairs never mix two.

use std::collections::BTreeMap;

use lukewarm_model::{Blocks, Case, JobName, Metric, Plan, Sample, Step, WorkspaceName};

use super::first_pass;
use super::job::EvaluatedJob;
use super::parts::Parts;

/// Values of one metric by iteration.
pub(crate) type ByIteration = BTreeMap<u32, f64>;

/// The values of a row, by step and metric.
pub(crate) type RowSamples = BTreeMap<(Option<Step>, Metric), ByIteration>;

/// The samples of a record that count: iteration 0 is priming and counts in no estimate. Of a
/// merged record they are those of one kind of machine, without blocks of several parts. Where a
/// block was measured again, the values of all its cases come from one attempt: the last that is
/// whole. An attempt in which a case of the first has no value, because its job failed or was not
/// reached, is not whole.
#[derive(Debug)]
pub(crate) struct SamplesByRow<'a> {
    /// By case and job.
    rows: BTreeMap<&'a Case, BTreeMap<&'a JobName, RowSamples>>,
    blocks: Blocks<'a>,
    any_repeated: bool,
    /// The jobs whose first pass does not count, since all of it was slow.
    slow_first_passes: Vec<(&'a WorkspaceName, &'a JobName)>,
}

impl<'a> SamplesByRow<'a> {
    /// Those of evaluated jobs, of one kind of a record's machines.
    pub(super) fn of(
        plan: &'a Plan,
        jobs: &[EvaluatedJob<'a>],
        (parts, kind): (&Parts, usize),
    ) -> SamplesByRow<'a> {
        let measured = || jobs.iter().filter(|job| job.counts() && !job.samples.is_empty());
        let attempts = measured().map(|job| (job.facts, job.repeat));
        let blocks =
            Blocks::of(attempts.map(|(facts, repeat)| {
                ((facts.attempt.iteration, &facts.job), repeat, &facts.case)
            }));
        let any_repeated = blocks.repeated() > 0;
        let mut found = SamplesByRow {
            rows: BTreeMap::new(),
            blocks,
            any_repeated,
            slow_first_passes: Vec::new(),
        };
        let mut collected: BTreeMap<&Case, BTreeMap<&JobName, CollectedRow>> = BTreeMap::new();
        for job in measured() {
            let iteration = job.facts.attempt.iteration;
            if found.is_superseded(job) || !parts.is_of_kind(iteration, kind) {
                continue;
            }
            let (case, name) = job.row();
            let row = collected.entry(case).or_default().entry(name).or_default();
            row.add(iteration, &job.samples);
        }
        let whole = |row: BTreeMap<_, CollectedRow>| {
            row.into_iter().map(|(job, row)| (job, row.whole())).collect()
        };
        found.rows = collected.into_iter().map(|(case, row)| (case, whole(row))).collect();
        if first_pass::applies(plan) {
            for first in parts.first_blocks() {
                found.leave_out_slow_first_passes(plan, parts, first);
            }
        }
        found
    }

    /// Takes the first pass of a part out of the jobs in which all of it was slow.
    fn leave_out_slow_first_passes(
        &mut self,
        plan: &'a Plan,
        parts: &Parts,
        (first, part): (u32, u32),
    ) {
        let families = plan.workspaces.iter().flat_map(|workspace| {
            plan.story.jobs.iter().map(move |job| (&workspace.name, &job.name))
        });
        for (workspace, job) in families {
            let cases = || plan.cases.iter().filter(|it| it.workspace == *workspace);
            let times: Vec<&ByIteration> = cases().filter_map(|it| self.wall(it, job)).collect();
            if first_pass::counts(&times, first, |block| parts.of_block(block) == part) {
                continue;
            }
            if !self.slow_first_passes.contains(&(workspace, job)) {
                self.slow_first_passes.push((workspace, job));
            }
            for case in cases() {
                let row = self.rows.get_mut(case).and_then(|it| it.get_mut(job));
                let values = row.into_iter().flat_map(|row| row.values_mut());
                values.filter(|it| it.len() > 1).for_each(|it| {
                    it.remove(&first);
                });
            }
        }
    }

    /// The values of a row; absent where it has none that count.
    pub(crate) fn row(&self, case: &Case, job: &JobName) -> Option<&RowSamples> {
        self.rows.get(case)?.get(job)
    }

    /// The values of one metric of a row; no step is the whole job.
    pub(crate) fn values(
        &self,
        case: &Case,
        job: &JobName,
        (step, metric): (Option<Step>, Metric),
    ) -> Option<&ByIteration> {
        self.row(case, job)?.get(&(step, metric))
    }

    /// Wall-clock of a row's whole jobs.
    pub(crate) fn wall(&self, case: &Case, job: &JobName) -> Option<&ByIteration> {
        self.values(case, job, (None, Metric::Wall))
    }

    /// The jobs of a workspace whose measured first pass counts in no estimate.
    pub(crate) fn slow_first_passes(&self) -> &[(&'a WorkspaceName, &'a JobName)] {
        &self.slow_first_passes
    }

    /// Whether a job belongs to an attempt at its block that does not count.
    pub(crate) fn is_superseded(&self, job: &EvaluatedJob<'_>) -> bool {
        let block = (job.facts.attempt.iteration, &job.facts.job);
        self.any_repeated && self.blocks.counting(block) != job.repeat
    }
}

/// The samples of a row while jobs are gone through. Nearly all jobs of a row have the same metrics
/// in the same order: the next is where it was in the job before, and is not looked for.
#[derive(Default)]
struct CollectedRow(Vec<CollectedValues>);

/// The values of one metric of a step, each with its iteration.
struct CollectedValues {
    key: (Option<Step>, Metric),
    values: Vec<(u32, f64)>,
}

impl CollectedRow {
    fn add(&mut self, iteration: u32, samples: &[Sample]) {
        let mut next = 0;
        for Sample { step, metric, value, .. } in samples {
            let key = (*step, *metric);
            let is_next = self.0.get(next).is_some_and(|it| it.key == key);
            let found =
                if is_next { Some(next) } else { self.0.iter().position(|it| it.key == key) };
            let place = found.unwrap_or_else(|| {
                self.0.push(CollectedValues { key, values: Vec::new() });
                self.0.len() - 1
            });
            self.0[place].values.push((iteration, *value));
            next = place + 1;
        }
    }

    /// All of them; of two values of an iteration the later.
    fn whole(self) -> RowSamples {
        let values = |it: CollectedValues| (it.key, it.values.into_iter().collect());
        self.0.into_iter().map(values).collect()
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{JobFacts, RawRecord};

    use super::*;
    use crate::evaluate::Evaluation;
    use crate::examples;

    /// Three cases, two iterations; what each took says its case, iteration and attempt.
    fn record() -> RawRecord {
        let scenarios =
            vec![examples::none(), examples::laptop(), examples::scenario("b", "none", None)];
        let run = examples::run(scenarios, &["cold"], 2);
        let jobs = [1, 2].into_iter().flat_map(|iteration| block(iteration, 0));
        RawRecord { run, jobs: jobs.collect(), end: None }
    }

    fn block(iteration: u32, repeat: u32) -> Vec<JobFacts> {
        let one = |(number, case): (u32, &str)| {
            let wall = f64::from(100 * number + 10 * iteration + repeat);
            let mut job = examples::job(&format!("finder/{case}"), "cold", iteration, wall);
            job.attempt.repeat = repeat;
            job
        };
        [(1, "none"), (2, "persistent-target"), (3, "b")].map(one).to_vec()
    }

    fn walls(record: &RawRecord) -> Vec<Vec<f64>> {
        let evaluation = Evaluation::of(record);
        let walls = |row: &RowSamples| row[&(None, Metric::Wall)].values().copied().collect();
        evaluation.rows().rows.values().flat_map(BTreeMap::values).map(walls).collect()
    }

    #[test]
    fn a_block_that_was_measured_again_counts_whole_from_its_repeat() {
        let mut record = record();
        record.jobs.extend(block(1, 1));
        // By case: b, none, persistent-target.
        let wanted = [[311.0, 320.0], [111.0, 120.0], [211.0, 220.0]];
        assert_eq!(walls(&record), wanted);
    }

    #[test]
    fn a_repeat_that_is_not_whole_counts_for_no_case() {
        let wanted = walls(&record());
        let mut cut_off = record();
        cut_off.jobs.extend(block(1, 1).into_iter().take(2));
        assert_eq!(walls(&cut_off), wanted);
        let mut failed = record();
        failed.jobs.extend(block(1, 1));
        failed.jobs.last_mut().unwrap().failure = Some(lukewarm_model::Failure {
            step: None,
            kind: lukewarm_model::FailureKind::Build,
            message: "no".to_owned(),
            last_lines: Vec::new(),
        });
        assert_eq!(walls(&failed), wanted);
        // As earlier versions did it: what was still open, under the same number.
        let mut earlier = record();
        earlier.jobs.push(block(1, 0).remove(0));
        assert_eq!(walls(&earlier), wanted);
    }
}
