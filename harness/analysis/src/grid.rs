//! Samples by row: the values of each case and job, by metric and step.
//! Owns which of a block's attempts they come from: pairs never mix two.

use std::collections::BTreeMap;

use lukewarm_model::{Blocks, Metric, Sample, Step};

use crate::compare::ByIteration;

/// The values of a row.
pub(crate) type Values = BTreeMap<(Option<Step>, Metric), ByIteration>;

/// The values of every row, by case id and job name.
pub(crate) type Grid<'a> = BTreeMap<(&'a str, &'a str), Values>;

/// The samples that count: iteration 0 is priming and counts in no estimate. Where a block was
/// measured again, the values of all its cases come from one attempt: the last that is whole.
pub(crate) fn grid(samples: &[Sample]) -> Grid<'_> {
    let mut grid: Grid<'_> = BTreeMap::new();
    for sample in counting(samples) {
        let row = grid.entry((&sample.case, &sample.job)).or_default();
        let values = row.entry((sample.step, sample.metric)).or_default();
        values.insert(sample.iteration, sample.value);
    }
    grid
}

/// The samples that count, in their order.
pub(crate) fn counting(samples: &[Sample]) -> impl Iterator<Item = &Sample> {
    let superseded = Superseded::of(samples);
    samples
        .iter()
        .filter(move |it| it.iteration > 0 && !superseded.has((it.iteration, &it.job), it.repeat))
}

/// The attempts at blocks that do not count.
pub(crate) struct Superseded<'a> {
    blocks: Blocks<'a>,
    any: bool,
}

impl<'a> Superseded<'a> {
    /// Those of a record, from its samples. An attempt in which a case of the first has no value,
    /// because its job failed or was not reached, is not whole.
    pub(crate) fn of(samples: &'a [Sample]) -> Superseded<'a> {
        let jobs = samples
            .iter()
            .filter(|it| it.iteration > 0 && it.metric == Metric::Wall && it.step.is_none())
            .map(|it| ((it.iteration, it.job.as_str()), it.repeat, it.case.as_str()));
        let blocks = Blocks::of(jobs);
        Superseded { any: blocks.repeated() > 0, blocks }
    }

    /// Whether an attempt at a block is one of them.
    pub(crate) fn has(&self, block: (u32, &str), attempt: u32) -> bool {
        self.any && self.blocks.counting(block) != attempt
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{JobFacts, RawRecord};

    use super::*;
    use crate::{examples, measure};

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
        let samples = measure(record);
        let grid = grid(&samples);
        grid.values().map(|row| row[&(None, Metric::Wall)].values().copied().collect()).collect()
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
