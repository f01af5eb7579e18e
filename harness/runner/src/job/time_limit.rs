//! How long a job may take. Owns the rule where nobody gave a time; it must not stop anything.

use std::collections::BTreeMap;

use lukewarm_model::{JobFacts, JobName, Seconds};

/// The time of a job of which none was seen to end.
const UNKNOWN: Seconds = Seconds(7200.0);
/// A job may take so many times as long as the slowest of its name.
const TIMES: f64 = 10.0;
/// The least time that a job gets by that rule: small jobs on a busy machine vary more.
const LEAST: Seconds = Seconds(600.0);

/// How long the jobs of a run may take.
#[derive(Clone, Debug, Default)]
pub struct JobTimes {
    /// The time that the user gave; absent without.
    given: Option<Seconds>,
    slowest: BTreeMap<JobName, Seconds>,
}

impl JobTimes {
    /// The limits of a run, with the time that the user gave.
    pub fn new(given: Option<Seconds>) -> JobTimes {
        JobTimes { given, slowest: BTreeMap::new() }
    }

    /// The most that a job may take.
    pub fn limit(&self, job: &JobName) -> Seconds {
        let rule = |slowest: &Seconds| Seconds((TIMES * slowest.0).max(LEAST.0));
        let known = || self.slowest.get(job).map_or(UNKNOWN, rule);
        self.given.unwrap_or_else(known)
    }

    /// Learns from a job that ended.
    pub fn saw(&mut self, facts: &JobFacts) {
        if facts.failure.is_none() {
            let slowest = self.slowest.entry(facts.job.clone()).or_default();
            slowest.0 = slowest.0.max(facts.wall().0);
        }
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Attempt, Case, Failure, FailureKind, Step, StepFacts, Timestamp};

    use super::*;

    fn job(wall: f64) -> JobFacts {
        let attempt = Attempt { iteration: 0, position: 0, repeat: 0 };
        let case = Case::new("w", "a");
        let mut facts = JobFacts::new(case, "cold".into(), attempt, Timestamp::default());
        facts.steps.push(StepFacts::new(Step::Build, Seconds(wall)));
        facts
    }

    #[test]
    fn a_job_may_take_ten_times_as_long_as_the_slowest_of_its_name() {
        let mut times = JobTimes::new(None);
        let (cold, other) = (JobName::from("cold"), JobName::from("other"));
        assert_eq!(times.limit(&cold), UNKNOWN);
        times.saw(&job(3.0));
        assert_eq!(times.limit(&cold), LEAST);
        times.saw(&job(100.0));
        times.saw(&job(80.0));
        assert_eq!((times.limit(&cold), times.limit(&other)), (Seconds(1000.0), UNKNOWN));
        let failure = Some(Failure {
            step: None,
            kind: FailureKind::Build,
            message: String::new(),
            last_lines: Vec::new(),
        });
        times.saw(&JobFacts { failure, ..job(500.0) });
        assert_eq!(times.limit(&cold), Seconds(1000.0), "one that failed says nothing");
        assert_eq!(JobTimes::new(Some(Seconds(5.0))).limit(&cold), Seconds(5.0));
    }
}
