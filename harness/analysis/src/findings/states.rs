//! The number of different primed states behind the samples of a row.
//! Owns which cases have a random state; the rule is the run's own.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{Case, JobFacts, JobName, RawRecord};

/// The cases of a record with a random primed state.
pub(super) struct States<'a> {
    cases: BTreeSet<&'a Case>,
    first_job: Option<&'a JobName>,
}

impl<'a> States<'a> {
    /// Those of a record.
    pub(super) fn of(record: &'a RawRecord) -> States<'a> {
        let plan = &record.run.plan;
        let mut jobs: BTreeMap<&Case, Vec<&JobFacts>> = BTreeMap::new();
        for job in &record.jobs {
            jobs.entry(&job.case).or_default().push(job);
        }
        let by_chance = |case: &&Case| {
            let jobs = jobs.get(case).into_iter().flatten().copied();
            let scenario = plan.scenarios.iter().find(|it| it.name == case.scenario);
            scenario.is_some_and(|it| it.has_chance_in_its_state(jobs))
        };
        let cases = plan.cases.iter().filter(by_chance).collect();
        States { cases, first_job: plan.story.jobs.first().map(|job| &job.name) }
    }

    /// How many states these jobs of one row started from; absent where all states are equal, and
    /// for the first job, which starts from nothing.
    pub(super) fn of_row<'j>(&self, jobs: impl Iterator<Item = &'j JobFacts>) -> Option<usize> {
        let counting = jobs.filter(|job| {
            job.attempt.iteration > 0
                && job.failure.is_none()
                && self.cases.contains(&job.case)
                && Some(&job.job) != self.first_job
        });
        // Each machine of a merged record numbers its own.
        let states: BTreeSet<_> = counting.map(|job| (job.part, job.state)).collect();
        (!states.is_empty()).then_some(states.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;
    use lukewarm_model::{Fault, LedgerSummary};

    fn states(record: &RawRecord, job: &str) -> Option<usize> {
        let jobs = record.jobs.iter().filter(|it| it.job == job);
        States::of(record).of_row(jobs)
    }

    #[test]
    fn draws_are_counted_where_a_limit_or_a_fault_makes_them_differ() {
        let scenario = examples::throttled();
        let run = examples::run(vec![scenario], &["cold", "unchanged"], 12);
        let jobs = (0..=12).flat_map(|iteration: u32| {
            ["cold", "unchanged"].map(|name| {
                let mut job =
                    examples::service_job("finder/sccache-throttled", name, iteration, 9.0);
                job.state = iteration.saturating_sub(1) / 4;
                job
            })
        });
        let mut record = RawRecord { run, jobs: jobs.collect(), end: None };
        assert_eq!(states(&record, "unchanged"), None, "nothing reached the limit");
        let refused = LedgerSummary { by_status: [(429, 3)].into(), ..LedgerSummary::default() };
        record.jobs[0].steps[0].ledger = Some(refused);
        assert_eq!(states(&record, "unchanged"), Some(3));
        assert_eq!(states(&record, "cold"), None, "it starts from nothing");
        record.jobs[0].steps[0].ledger = None;
        let faults = |text: &str| vec![text.parse::<Fault>().unwrap()];
        record.run.plan.scenarios[0].faults = faults("404/read=20%");
        assert_eq!(states(&record, "unchanged"), Some(3));
        record.run.plan.scenarios[0].faults = faults("405/lookup");
        assert_eq!(states(&record, "unchanged"), None, "what always strikes leaves one state");
    }
}
