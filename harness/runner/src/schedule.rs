//! The order of jobs: pure, and the same for the same plan.
//! Owns interleaving; it must not know what a job does.

use lukewarm_model::{Attempt, Case, Plan, Priming};
use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// One job's place in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The case.
    pub case: Case,
    /// The job's index in the story.
    pub job: usize,
    /// Which pass, and the place in the order of the run.
    pub attempt: Attempt,
}

impl Slot {
    /// Whether it belongs to the pass whose states later jobs start from.
    pub fn is_first_pass(&self, plan: &Plan) -> bool {
        self.attempt.position < plan.first_pass_length() as u64
    }
}

/// Every job of a plan, in the order they run.
///
/// The first pass goes through the story in order, since each job needs what its predecessor
/// left; within a job the cases follow in random order. In later passes the jobs are in random
/// order too: each starts from the state that the first pass kept. The cases of one job stay
/// together, so that a case and its reference share the machine's mood.
pub fn schedule(plan: &Plan) -> Vec<Slot> {
    let mut random = ChaCha8Rng::seed_from_u64(plan.seed);
    let first = match plan.priming {
        Priming::Separate => 0,
        Priming::Measured => 1,
    };
    let mut slots = Vec::new();
    for iteration in first..=plan.iterations {
        let mut jobs: Vec<usize> = (0..plan.story.jobs.len()).collect();
        if iteration == 0 {
            // No job starts from what the last one leaves: it needs no priming.
            jobs.pop();
        } else if iteration > first {
            shuffle(&mut jobs, &mut random);
        }
        for job in jobs {
            let mut cases = plan.cases.clone();
            shuffle(&mut cases, &mut random);
            for case in cases {
                let attempt = Attempt { iteration, position: slots.len() as u64 };
                slots.push(Slot { case, job, attempt });
            }
        }
    }
    slots
}

/// Fisher–Yates, written out so that the order of a seed never changes with a library.
fn shuffle<T>(items: &mut [T], random: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, random.random_range(0..=last));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::plan;

    fn describe(slots: &[Slot]) -> Vec<(u32, usize, &str)> {
        slots.iter().map(|s| (s.attempt.iteration, s.job, s.case.scenario.as_str())).collect()
    }

    #[test]
    fn the_first_pass_tells_the_story_in_order() {
        let plan = plan(&["none", "sccache"], &["cold", "unchanged", "leaf-body"], 1);
        let slots = schedule(&plan);
        let jobs: Vec<usize> = slots[..4].iter().map(|slot| slot.job).collect();
        assert_eq!(jobs, [0, 0, 1, 1], "nothing starts from what the last job leaves");
        for (index, slot) in slots.iter().enumerate() {
            assert_eq!(slot.attempt.iteration, u32::from(index >= 4));
            assert_eq!(slot.is_first_pass(&plan), index < 4);
        }
    }

    #[test]
    fn each_pass_has_every_case_and_job_once_with_a_job_kept_together() {
        let plan = plan(&["a", "b", "c"], &["cold", "unchanged", "leaf-body"], 4);
        let slots = schedule(&plan);
        assert_eq!(slots.len(), plan.job_count());
        for (index, pass) in slots[6..].chunks(9).enumerate() {
            let seen: BTreeSet<_> = describe(pass).into_iter().collect();
            assert_eq!(seen.len(), 9);
            assert!(pass.iter().all(|slot| slot.attempt.iteration == index as u32 + 1));
            assert!(pass.chunks(3).all(|cases| cases.iter().all(|s| s.job == cases[0].job)));
        }
        assert!(slots.iter().enumerate().all(|(i, slot)| slot.attempt.position == i as u64));
    }

    #[test]
    fn a_measured_first_pass_is_iteration_one() {
        let mut plan = plan(&["a", "b"], &["cold", "unchanged"], 1);
        plan.priming = Priming::Measured;
        let slots = schedule(&plan);
        assert_eq!(slots.len(), 4);
        assert!(slots.iter().all(|slot| slot.attempt.iteration == 1));
    }

    #[test]
    fn the_same_seed_gives_the_same_order_and_another_seed_another() {
        let mut plan = plan(&["a", "b", "c", "d"], &["cold", "unchanged"], 5);
        assert_eq!(schedule(&plan), schedule(&plan));
        let first = schedule(&plan);
        plan.seed += 1;
        assert_ne!(first, schedule(&plan));
    }
}
