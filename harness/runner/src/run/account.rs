//! The account of a run's time over all of its parts. It must not know what the time was for.

use std::time::Instant;

use lukewarm_model::{JobFacts, RunEnd, Seconds, TimeSpent};

/// The time of a run by purpose.
pub(crate) struct Account {
    began: Instant,
    /// Spent in earlier parts of the run. Of one that was killed only what its jobs took is known.
    earlier: TimeSpent,
    measured: Seconds,
    pub(crate) laying: Seconds,
}

impl Account {
    /// Goes on behind these jobs, and the end of the part that they were measured in.
    pub(crate) fn start(jobs: &[JobFacts], end: Option<&RunEnd>) -> Account {
        let measured = jobs.iter().map(JobFacts::wall).sum();
        let end = end.map_or(TimeSpent::default(), |end| end.time);
        let nothing = Seconds(0.0);
        Account {
            began: Instant::now(),
            earlier: TimeSpent { measured, ..end },
            measured: nothing,
            laying: nothing,
        }
    }

    /// What counted against the budget before this part.
    pub(crate) fn spent_before(&self) -> Seconds {
        self.earlier.measured
    }

    /// What counts against the budget: measured in earlier parts, and everything of this one.
    pub(crate) fn spent(&self) -> Seconds {
        self.earlier.measured + Seconds::from(self.began.elapsed())
    }

    pub(crate) fn add(&mut self, measured: Seconds, laying: Seconds) {
        self.measured += measured;
        self.laying += laying;
    }

    pub(crate) fn close(&self) -> TimeSpent {
        let own = Seconds::from(self.began.elapsed()) - self.measured - self.laying;
        TimeSpent {
            measured: self.earlier.measured + self.measured,
            laying: self.earlier.laying + self.laying,
            own: self.earlier.own + own,
        }
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Attempt, Case, Step, StepFacts, StopReason, Timestamp};

    use super::*;

    #[test]
    fn the_account_of_a_run_that_goes_on_is_of_all_its_parts() {
        let attempt = Attempt { iteration: 0, position: 0, repeat: 0 };
        let job =
            || JobFacts::new(Case::new("w", "a"), "cold".into(), attempt, Timestamp::default());
        let mut before = [job(), job()];
        for job in &mut before {
            job.steps.push(StepFacts::new(Step::Build, Seconds(5.0)));
        }
        let account = |end: Option<&RunEnd>| {
            let mut account = Account::start(&before, end);
            account.add(Seconds(2.0), Seconds(0.5));
            account.close()
        };
        let killed = account(None);
        assert_eq!((killed.measured, killed.laying), (Seconds(12.0), Seconds(0.5)));
        let time = TimeSpent { measured: Seconds(9.0), laying: Seconds(3.0), own: Seconds(40.0) };
        let end = RunEnd {
            ended: Timestamp::default(),
            stopped: Some(StopReason::Cancelled),
            enough: None,
            time,
            warnings: Vec::new(),
            machine: None,
            published: None,
        };
        let stopped = account(Some(&end));
        assert_eq!((stopped.measured, stopped.laying), (Seconds(12.0), Seconds(3.5)));
        assert!(stopped.own - killed.own > Seconds(39.0), "{stopped:?}");
    }
}
