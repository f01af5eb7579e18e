//! A job that ran in several copies as jobs of their own, and back.
//! Owns which of a job's facts each copy has for itself.

use std::collections::BTreeMap;

use crate::{CopyFacts, JobFacts, Seconds, StepFacts, Warning};

impl CopyFacts {
    /// What a copy left, from the facts that it had as a job of its own.
    pub fn of(facts: JobFacts, (started, ended): (Seconds, Seconds)) -> CopyFacts {
        CopyFacts {
            started,
            ended,
            commands: facts.commands,
            warnings: facts.warnings,
            steps: facts.steps,
            units: facts.units,
            statements: facts.statements,
            restored: facts.restored,
            outputs: facts.outputs,
            settled: facts.settled,
            checks: facts.checks,
            refused: BTreeMap::new(),
            failure: facts.failure,
        }
    }
}

impl JobFacts {
    /// Every step that ran, those of all copies included.
    pub fn all_steps(&self) -> impl Iterator<Item = &StepFacts> {
        let of_copies = self.copies.iter().flat_map(|it| &it.copies);
        self.steps.iter().chain(of_copies.flat_map(|copy| &copy.steps))
    }

    /// What was odd, of all copies too.
    pub fn all_warnings(&self) -> impl Iterator<Item = &Warning> {
        let of_copies = self.copies.iter().flat_map(|it| &it.copies);
        self.warnings.iter().chain(of_copies.flat_map(|copy| &copy.warnings))
    }

    /// Each copy of the job as a job of its own, with what they have in common; empty for a job
    /// that ran alone.
    pub fn as_copies(&self) -> Vec<JobFacts> {
        let copies = self.copies.iter().flat_map(|it| &it.copies);
        let alone = |copy: &CopyFacts| {
            let mut facts =
                JobFacts::new(self.case.clone(), self.job.clone(), self.attempt, self.started);
            facts.state = self.state;
            facts.service = self.service.clone();
            facts.kept_bytes = self.kept_bytes;
            facts.commands = copy.commands.clone();
            facts.warnings = copy.warnings.clone();
            facts.steps = copy.steps.clone();
            facts.units = copy.units.clone();
            facts.statements = copy.statements.clone();
            facts.restored = copy.restored;
            facts.outputs = copy.outputs.clone();
            facts.settled = copy.settled.clone();
            facts.checks = copy.checks.clone();
            facts.failure = copy.failure.clone();
            facts
        };
        copies.map(alone).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Attempt, Case, CopiesFacts, Step, Timestamp};

    #[test]
    fn the_copies_of_a_job_take_as_long_as_from_the_first_start_to_the_last_end() {
        let attempt = Attempt { iteration: 1, position: 0, repeat: 0 };
        let mut job =
            JobFacts::new(Case::new("w", "a"), "cold".into(), attempt, Timestamp::default());
        job.steps.push(StepFacts::new(Step::Build, Seconds(99.0)));
        assert!(job.as_copies().is_empty());
        assert_eq!(job.wall(), Seconds(99.0));
        let copy = |started: f64, ended: f64| CopyFacts {
            started: Seconds(started),
            ended: Seconds(ended),
            steps: vec![StepFacts::new(Step::Build, Seconds(ended - started))],
            ..CopyFacts::default()
        };
        job.steps.clear();
        job.copies = Some(CopiesFacts {
            stagger: Seconds(5.0),
            peak_rss: None,
            service_cpu: None,
            offered: BTreeMap::new(),
            copies: vec![copy(0.0, 12.0), copy(5.0, 9.0)],
        });
        assert_eq!(job.wall(), Seconds(12.0));
        let walls: Vec<Seconds> = job.as_copies().iter().map(JobFacts::wall).collect();
        assert_eq!(walls, [Seconds(12.0), Seconds(4.0)]);
    }
}
