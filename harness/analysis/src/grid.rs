//! Samples by row: the values of each case and job, by metric and step.

use std::collections::BTreeMap;

use lukewarm_model::{Metric, Sample, Step};

use crate::compare::ByIteration;

/// The values of a row.
pub(crate) type Values = BTreeMap<(Option<Step>, Metric), ByIteration>;

/// The values of every row, by case id and job name.
pub(crate) type Grid<'a> = BTreeMap<(&'a str, &'a str), Values>;

/// The samples that count: iteration 0 is priming and counts in no estimate. Where an iteration of
/// a job is recorded twice, the later one counts.
pub(crate) fn grid(samples: &[Sample]) -> Grid<'_> {
    let mut grid: Grid<'_> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| sample.iteration > 0) {
        let row = grid.entry((&sample.case, &sample.job)).or_default();
        let values = row.entry((sample.step, sample.metric)).or_default();
        values.insert(sample.iteration, sample.value);
    }
    grid
}
