//! Latency of the requests of a row's jobs.
//! Owns which jobs count, as `analyse` has it for every other value.

use std::collections::BTreeMap;

use lukewarm_model::{JobFacts, Latencies, Operation};

/// The requests of all steps of jobs whose attempt counts, by operation: priming and failed jobs
/// left out.
pub(super) fn latency<'a>(
    jobs: impl Iterator<Item = &'a JobFacts>,
) -> BTreeMap<Operation, Latencies> {
    let counting = jobs.filter(|job| job.attempt.iteration > 0 && job.failure.is_none());
    let by_iteration: BTreeMap<u32, &JobFacts> =
        counting.map(|job| (job.attempt.iteration, job)).collect();
    let mut sums: BTreeMap<Operation, Latencies> = BTreeMap::new();
    let steps = by_iteration.values().flat_map(|job| job.all_steps());
    for (operation, found) in steps.filter_map(|step| step.ledger.as_ref()).flat_map(|l| &l.latency)
    {
        sums.entry(*operation).or_default().merge(found);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;
    use lukewarm_model::Seconds;

    fn job(iteration: u32, took: f64) -> JobFacts {
        let mut job = examples::sccache_job("finder/sccache-webdav", "unchanged", iteration, 14);
        let mut found = Latencies::default();
        found.record(Seconds(took));
        for ledger in job.steps.iter_mut().filter_map(|step| step.ledger.as_mut()) {
            ledger.latency.insert(Operation::Read, found.clone());
        }
        job
    }

    #[test]
    fn steps_and_iterations_are_summed_and_only_what_counts() {
        let mut failed = job(4, 1.0);
        failed.failure = Some(lukewarm_model::Failure {
            step: None,
            kind: lukewarm_model::FailureKind::Tool,
            message: "it fell over".to_owned(),
            last_lines: Vec::new(),
        });
        let jobs = [job(0, 1.0), job(1, 1.0), job(2, 0.001), job(1, 0.001), failed];
        let found = latency(jobs.iter());
        assert_eq!(found[&Operation::Read].count(), 6);
        assert!(found[&Operation::Read].quantile(1.0).is_some_and(|it| it.0 < 0.002));
        let without = examples::job("finder/none", "cold", 1, 12.0);
        assert!(latency([&without].into_iter()).is_empty());
    }
}
