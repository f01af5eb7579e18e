//! How long jobs took with everything around them, from what a record says of their beginnings.
//! Owns the rule, so that a run that goes on reckons with the same times as the one before it.

use crate::{JobFacts, Seconds};

/// How long each job took, in order: until the next one began, so that checking out, preparing and
/// clearing are part of it. At least its steps' wall-clock; exactly that for the last job, before
/// a resume, and for the last one of each part of a merged record.
pub fn durations(jobs: &[JobFacts]) -> Vec<Seconds> {
    let next = jobs.iter().skip(1).map(Some).chain([None]);
    let duration = |(job, next): (&JobFacts, Option<&JobFacts>)| {
        let wall = job.wall();
        // Machines have clocks and days of their own.
        let next = next.filter(|it| it.resumed.is_none() && it.part == job.part);
        let whole = next.map(|it| it.started.since(job.started));
        whole.filter(|whole| *whole > wall).unwrap_or(wall)
    };
    jobs.iter().zip(next).map(duration).collect()
}

/// How long all of them took; zero without any.
pub fn elapsed(jobs: &[JobFacts]) -> Seconds {
    durations(jobs).into_iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attempt, Case, Step, StepFacts, Timestamp};

    #[test]
    fn a_job_takes_until_the_next_one_begins_but_not_over_an_interruption() {
        let job = |second: u32, wall: f64| {
            let started: Timestamp = format!("2026-11-27T10:00:{second:02}Z").parse().unwrap();
            let attempt = Attempt { iteration: 1, position: 0, repeat: 0 };
            let mut job = JobFacts::new(Case::new("w", "a"), "cold".into(), attempt, started);
            job.steps.push(StepFacts::new(Step::Build, Seconds(wall)));
            job
        };
        let mut jobs = [job(0, 3.0), job(5, 4.0), job(50, 2.0), job(51, 7.0)];
        jobs[2].resumed = Some(Vec::new());
        let found: Vec<f64> = durations(&jobs).into_iter().map(|it| it.0).collect();
        // The clock of the third went back, or it was written by hand: its wall-clock counts.
        assert_eq!(found, [5.0, 4.0, 2.0, 7.0]);
        assert_eq!(elapsed(&jobs), Seconds(18.0));
        assert_eq!(elapsed(&[]), Seconds(0.0));
    }
}
