//! The estimates of one row, found by metric and step.
//! Owns the lookup and the order in which files list them; it must not estimate anything.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Metric, Step};
use serde::Serialize;

use crate::estimate::Estimate;

/// One metric of one row; no step is the whole job.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Measured {
    /// What was observed.
    pub metric: Metric,
    /// The step; none is the whole job.
    pub step: Option<Step>,
    /// What the samples say.
    pub estimate: Estimate,
}

/// The estimates of a row, one for each metric of the whole job and of its steps. Written as a
/// list: the whole job first, then step by step, each in the order of metrics.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Estimates {
    /// Sorted by step and metric, without duplicates.
    sorted: Vec<Measured>,
}

impl Measured {
    fn key(&self) -> (Option<Step>, Metric) {
        (self.step, self.metric)
    }
}

impl Estimates {
    /// The estimate of one metric; no step is the whole job. Absent where nothing was observed.
    pub fn get(&self, metric: Metric, step: Option<Step>) -> Option<&Estimate> {
        let found = self.sorted.binary_search_by_key(&(step, metric), Measured::key).ok()?;
        Some(&self.sorted[found].estimate)
    }

    /// Every estimate, in the order of files.
    pub fn iter(&self) -> impl Iterator<Item = &Measured> {
        self.sorted.iter()
    }

    /// Whether nothing was observed.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }
}

/// Of two estimates of one metric and step the first is kept.
impl FromIterator<Measured> for Estimates {
    fn from_iter<T: IntoIterator<Item = Measured>>(estimates: T) -> Estimates {
        let mut sorted: Vec<Measured> = estimates.into_iter().collect();
        sorted.sort_by_key(Measured::key);
        sorted.dedup_by_key(|it| it.key());
        Estimates { sorted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(metric: Metric, step: Option<Step>, value: f64) -> Measured {
        let estimate = Estimate::median_with_range([value]).unwrap();
        Measured { metric, step, estimate }
    }

    #[test]
    fn every_metric_and_step_is_found_whatever_order_they_came_in() {
        let steps = [Some(Step::Save), None, Some(Step::Restore), Some(Step::Build)];
        let mut keys: Vec<(Metric, Option<Step>)> =
            Metric::ALL.into_iter().flat_map(|metric| steps.map(|step| (metric, step))).collect();
        keys.reverse();
        let absent = keys.remove(7);
        let value = |(metric, step): &(Metric, Option<Step>)| {
            f64::from(100 * *metric as u32 + step.map_or(0, |step| 1 + step as u32))
        };
        let estimates: Estimates = keys.iter().map(|it| measured(it.0, it.1, value(it))).collect();
        for key in &keys {
            assert_eq!(estimates.get(key.0, key.1).map(|it| it.point), Some(value(key)), "{key:?}");
        }
        assert_eq!(estimates.get(absent.0, absent.1), None);
        let listed: Vec<_> = estimates.iter().map(Measured::key).collect();
        assert!(listed.is_sorted() && listed.len() == keys.len(), "{listed:?}");
    }

    #[test]
    fn of_two_estimates_of_one_metric_the_first_is_kept() {
        let twice = [1.0, 2.0].map(|value| measured(Metric::Wall, None, value));
        let estimates: Estimates = twice.into_iter().collect();
        assert_eq!((estimates.iter().count(), estimates.is_empty()), (1, false));
        assert_eq!(estimates.get(Metric::Wall, None).unwrap().point, 1.0);
    }
}
