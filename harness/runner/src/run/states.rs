//! The states that jobs start from, which are those that each case's jobs of the first pass left.
//! Owns their numbers: a state that is made again is another draw, where chance affects it. It must
//! not run a job.

use std::collections::BTreeMap;

use lukewarm_model::{Case, JobFacts, Order, Plan, Portion};

use crate::job::State;
use crate::job::scheduled_job::ScheduledJob;
use crate::run::schedule;

/// The states of a run, as far as this part of it has made them.
pub struct States {
    /// The jobs whose states others start from.
    makers: Vec<ScheduledJob>,
    /// What each case's jobs left; none where one failed.
    left: BTreeMap<(Case, usize), Option<State>>,
    /// Which draw of each case's states is there, where it was made in this part of the run.
    draws: BTreeMap<Case, u32>,
}

impl States {
    /// No states of a plan yet.
    pub fn of(plan: &Plan, portion: Portion) -> States {
        let makers = match plan.order {
            Order::Interleaved => schedule::first_pass(plan),
            Order::Serial => {
                schedule::serial(plan, portion).into_iter().filter(|slot| slot.first_pass).collect()
            }
        };
        States { makers, left: BTreeMap::new(), draws: BTreeMap::new() }
    }

    /// What a job left, where that is known: a state, or none because it failed.
    pub fn left_by(&self, case: &Case, job: usize) -> Option<Option<State>> {
        self.left.get(&(case.clone(), job)).cloned()
    }

    /// Keeps what a job left.
    pub fn keep(&mut self, case: &Case, job: usize, state: Option<State>) {
        self.left.insert((case.clone(), job), state);
    }

    /// Numbers the states that are about to be made for a case, behind those that a record tells
    /// of.
    pub fn draw(&mut self, case: &Case, recorded: &[JobFacts]) {
        let jobs = recorded.iter().filter(|job| job.case == *case);
        let last = jobs.map(|job| job.state).max();
        self.draws.insert(case.clone(), last.map_or(0, |last| last + 1));
    }

    /// The draw that a job makes or starts from.
    pub fn draw_of(&self, slot: &ScheduledJob) -> u32 {
        // A later iteration of the first job starts from nothing, and belongs to no draw.
        let drawn = slot.first_pass || slot.job > 0;
        self.draws.get(&slot.case).copied().filter(|_| drawn).unwrap_or(0)
    }

    /// The job whose state another starts from: the one before it, without those that a budget had
    /// no room for; none for the first.
    pub fn before(
        &self,
        plan: &Plan,
        case: &Case,
        job: usize,
        recorded: &[JobFacts],
    ) -> Option<usize> {
        let ran = |place: &usize| {
            let name = &plan.story.jobs[*place].name;
            self.left.contains_key(&(case.clone(), *place))
                || recorded.iter().any(|it| it.case == *case && it.job == *name)
        };
        (0..job).rev().find(ran).or(job.checked_sub(1))
    }

    /// The job that makes a state which is gone with an earlier part of the run; none where there
    /// is no such job, or it failed then.
    pub fn maker(
        &self,
        plan: &Plan,
        case: &Case,
        job: usize,
        recorded: &[JobFacts],
    ) -> Option<ScheduledJob> {
        let slot = self.makers.iter().find(|slot| slot.case == *case && slot.job == job)?;
        let name = &plan.story.jobs[job].name;
        // Of several passes that made it, the last one counts.
        let first = slot.attempt.iteration;
        let mut made = recorded.iter().rev().filter(|it| {
            let pass = it.attempt.iteration == 0 || it.attempt.iteration == first;
            pass && it.attempt.repeat == 0 && it.case == *case && it.job == *name
        });
        let failed = made.next().is_some_and(|facts| facts.failure.is_some());
        (!failed).then(|| slot.clone())
    }
}
