//! One scheduled job: which job, and its position in the run. It must not decide the order, which
//! is the schedule's.

use lukewarm_model::{Attempt, Case, Plan};

use crate::prepare::workspace;

/// One scheduled job of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledJob {
    /// The case.
    pub case: Case,
    /// The job's index in the story.
    pub job: usize,
    /// The pass, and the position in the run.
    pub attempt: Attempt,
    /// Whether it belongs to a pass whose states later jobs start from.
    pub first_pass: bool,
    /// The iteration that it is scheduled in: its own, or the one that a priming pass is for.
    pub within: u32,
    /// Its number in its pass, from 1, and how many there are; zeros for a build that is no job of
    /// the run.
    pub turn: (usize, usize),
}

impl ScheduledJob {
    /// Whether it is made only to compare its outputs with those of the run's jobs.
    pub fn is_for_comparison(&self) -> bool {
        self.turn == (0, 0)
    }

    /// The iteration whose edits its checkout has. Every pass that makes states uses the same
    /// edits, since later jobs start from these states.
    pub fn edition(&self, plan: &Plan) -> u32 {
        if self.first_pass { workspace::first_pass(plan) } else { self.attempt.iteration }
    }
}
