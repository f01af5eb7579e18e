//! The order of jobs: pure, and the same for the same plan and the same decisions.
//! Owns interleaving; it must not know what a job does.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use lukewarm_model::{Attempt, Case, Order, Plan, Priming, Stopping};
use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Which jobs of which cases are measured: case id and job name.
pub type Open = BTreeSet<(String, String)>;

/// One job's place in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The case.
    pub case: Case,
    /// The job's index in the story.
    pub job: usize,
    /// Which pass, and the place in the order of the run.
    pub attempt: Attempt,
    /// Whether it belongs to the pass whose states later jobs start from.
    pub first_pass: bool,
}

/// Everything that may be measured.
pub fn everything(plan: &Plan) -> Open {
    let jobs = || plan.story.jobs.iter().map(|job| job.name.clone());
    plan.cases.iter().flat_map(|case| jobs().map(|job| (case.id.clone(), job))).collect()
}

/// The iterations that are measured from one decision to the next; the first pass comes before.
pub fn stages(plan: &Plan) -> Vec<RangeInclusive<u32>> {
    let ends = match &plan.stopping {
        Stopping::Fixed => vec![plan.iterations],
        Stopping::Sequential { looks } => looks.clone(),
    };
    let mut begin = first_iteration(plan) + 1;
    let mut stages = Vec::new();
    for end in ends {
        if begin <= end {
            stages.push(begin..=end);
            begin = end + 1;
        }
    }
    stages
}

/// The jobs of the first pass. It goes through the story in order, since each job needs what its
/// predecessor left; within a job the cases follow in random order.
pub fn first_pass(plan: &Plan) -> Vec<Slot> {
    let mut random = random(plan, 0);
    let mut jobs = 0..plan.story.jobs.len();
    if plan.priming == Priming::Separate {
        // No job starts from what the last one leaves: it needs no priming.
        jobs.next_back();
    }
    let mut order = Numbered::from(0);
    for job in jobs {
        order.block(shuffled(plan.cases.clone(), &mut random), job, first_iteration(plan), true);
    }
    order.slots
}

/// The jobs of some iterations, from a place on. In each the jobs are in random order: each starts
/// from the state that the first pass kept. The cases of one job stay together, also in random
/// order, so that a case and its reference share the machine's mood.
pub fn measured(
    plan: &Plan,
    iterations: RangeInclusive<u32>,
    open: &Open,
    position: u64,
) -> Vec<Slot> {
    let mut order = Numbered::from(position);
    for iteration in iterations {
        // Each iteration has random numbers of its own, whatever was left out of those before.
        let mut random = random(plan, iteration);
        for job in shuffled((0..plan.story.jobs.len()).collect(), &mut random) {
            let name = &plan.story.jobs[job].name;
            let mut cases = shuffled(plan.cases.clone(), &mut random);
            cases.retain(|case| open.contains(&(case.id.clone(), name.clone())));
            order.block(cases, job, iteration, false);
        }
    }
    order.slots
}

/// Blocks, each one job of one iteration, that are measured once more.
pub fn again(plan: &Plan, blocks: &[(u32, String)], open: &Open, position: u64) -> Vec<Slot> {
    let mut order = Numbered::from(position);
    for (iteration, name) in blocks {
        // Other random numbers than those that made the block's first order.
        let mut random = random(plan, u32::MAX - iteration);
        let mut cases = shuffled(plan.cases.clone(), &mut random);
        cases.retain(|case| open.contains(&(case.id.clone(), name.clone())));
        let job = plan.story.jobs.iter().position(|job| job.name == *name);
        order.block(cases, job.unwrap_or_default(), *iteration, false);
    }
    order.slots
}

/// Every job of a plan in serial order: one case to its end, then the next.
pub fn serial(plan: &Plan) -> Vec<Slot> {
    let mut order = Numbered::from(0);
    for case in &plan.cases {
        let one = Plan { cases: vec![case.clone()], order: Order::Interleaved, ..plan.clone() };
        let first = first_pass(&one);
        let rest = first_iteration(plan) + 1..=plan.iterations;
        for slot in first.into_iter().chain(measured(&one, rest, &everything(&one), 0)) {
            order.block(vec![slot.case], slot.job, slot.attempt.iteration, slot.first_pass);
        }
    }
    order.slots
}

fn first_iteration(plan: &Plan) -> u32 {
    match plan.priming {
        Priming::Separate => 0,
        Priming::Measured => 1,
    }
}

/// Slots with their places.
struct Numbered {
    from: u64,
    slots: Vec<Slot>,
}

impl Numbered {
    fn from(from: u64) -> Numbered {
        Numbered { from, slots: Vec::new() }
    }

    fn block(&mut self, cases: Vec<Case>, job: usize, iteration: u32, first_pass: bool) {
        for case in cases {
            let position = self.from + self.slots.len() as u64;
            let attempt = Attempt { iteration, position };
            self.slots.push(Slot { case, job, attempt, first_pass });
        }
    }
}

fn random(plan: &Plan, iteration: u32) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(plan.seed);
    random.set_stream(u64::from(iteration));
    random
}

/// Fisher–Yates, written out so that the order of a seed never changes with a library.
fn shuffled<T>(mut items: Vec<T>, random: &mut ChaCha8Rng) -> Vec<T> {
    for last in (1..items.len()).rev() {
        items.swap(last, random.random_range(0..=last));
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::plan;

    /// The whole of a plan without decisions.
    fn whole(plan: &Plan) -> Vec<Slot> {
        let mut slots = first_pass(plan);
        for stage in stages(plan) {
            slots.extend(measured(plan, stage, &everything(plan), slots.len() as u64));
        }
        slots
    }

    fn describe(slots: &[Slot]) -> Vec<(u32, usize, &str)> {
        slots.iter().map(|s| (s.attempt.iteration, s.job, s.case.scenario.as_str())).collect()
    }

    #[test]
    fn the_first_pass_tells_the_story_in_order() {
        let plan = plan(&["none", "sccache"], &["cold", "unchanged", "leaf-body"], 1);
        let slots = whole(&plan);
        let jobs: Vec<usize> = slots[..4].iter().map(|slot| slot.job).collect();
        assert_eq!(jobs, [0, 0, 1, 1], "nothing starts from what the last job leaves");
        for (index, slot) in slots.iter().enumerate() {
            assert_eq!(slot.attempt.iteration, u32::from(index >= 4));
            assert_eq!(slot.first_pass, index < 4);
        }
    }

    #[test]
    fn each_pass_has_every_case_and_job_once_with_a_job_kept_together() {
        let plan = plan(&["a", "b", "c"], &["cold", "unchanged", "leaf-body"], 4);
        let slots = whole(&plan);
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
        let slots = whole(&plan);
        assert_eq!(slots.len(), 4);
        assert!(slots.iter().all(|slot| slot.attempt.iteration == 1 && slot.first_pass));
    }

    #[test]
    fn the_same_seed_gives_the_same_order_and_another_seed_another() {
        let mut plan = plan(&["a", "b", "c", "d"], &["cold", "unchanged"], 5);
        let first = whole(&plan);
        assert_eq!(first, whole(&plan));
        plan.seed += 1;
        assert_ne!(first, whole(&plan));
    }

    #[test]
    fn what_is_decided_is_left_out_and_the_rest_keeps_its_order() {
        let mut plan = plan(&["a", "b", "c"], &["cold", "unchanged"], 16);
        plan.stopping = Stopping::Sequential { looks: vec![8, 16] };
        assert_eq!(stages(&plan), [1..=8, 9..=16]);
        let mut open = everything(&plan);
        let all = measured(&plan, 9..=16, &open, 0);
        open.remove(&("w/b".to_owned(), "cold".to_owned()));
        let fewer = measured(&plan, 9..=16, &open, 70);
        assert_eq!((all.len(), fewer.len()), (48, 40));
        let rest: Vec<_> =
            describe(&all).into_iter().filter(|it| (it.1, it.2) != (0, "b")).collect();
        assert_eq!(describe(&fewer), rest);
        assert_eq!(fewer[0].attempt.position, 70);
        assert!(measured(&plan, 9..=16, &Open::new(), 0).is_empty());
    }

    #[test]
    fn serial_order_ends_one_case_before_it_begins_the_next() {
        let plan = plan(&["a", "b"], &["cold", "unchanged"], 2);
        let slots = serial(&plan);
        let cases: Vec<&str> = slots.iter().map(|slot| slot.case.scenario.as_str()).collect();
        assert_eq!(cases, [["a"; 5], ["b"; 5]].concat());
        let iterations: Vec<u32> = slots.iter().map(|slot| slot.attempt.iteration).collect();
        assert_eq!(iterations, [[0, 1, 1, 2, 2], [0, 1, 1, 2, 2]].concat());
        assert!(slots.iter().enumerate().all(|(i, slot)| slot.attempt.position == i as u64));
        assert_eq!(slots.len(), plan.job_count());
    }
}
