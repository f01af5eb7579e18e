//! The order of jobs: pure, and the same for the same plan and the same decisions.
//! Owns interleaving; it must not know what a job does.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use lukewarm_model::{
    Attempt, Block, Case, JobName, Order, Plan, Portion, Priming, ScenarioName, Stopping,
    WorkspaceName,
};
use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::job::scheduled_job::ScheduledJob;
use crate::prepare::workspace;

/// Which jobs of which cases are measured.
pub type OpenCells = BTreeSet<(Case, JobName)>;

/// Everything that may be measured.
pub fn everything(plan: &Plan) -> OpenCells {
    let jobs = || plan.story.jobs.iter().map(|job| job.name.clone());
    plan.cases.iter().flat_map(|case| jobs().map(|job| (case.clone(), job))).collect()
}

/// The iterations that are measured from one decision to the next; the first pass comes before.
pub fn stages(plan: &Plan) -> Vec<RangeInclusive<u32>> {
    let ends = match &plan.stopping {
        Stopping::Fixed => vec![plan.iterations],
        // What is clear is looked for after each of them.
        Stopping::Sequential { .. } if !plan.allocation.is_even() => {
            (1..=plan.iterations).collect()
        }
        Stopping::Sequential { looks } => looks.clone(),
    };
    let mut begin = workspace::first_pass(plan) + 1;
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
pub fn first_pass(plan: &Plan) -> Vec<ScheduledJob> {
    let mut random = random(plan, 0);
    let mut jobs = 0..plan.story.jobs.len();
    if plan.priming == Priming::Separate {
        // No job starts from what the last one leaves: it needs no priming.
        jobs.next_back();
    }
    let iteration = workspace::first_pass(plan);
    let mut order = Numbered::from(0);
    for job in jobs {
        let attempt = Attempt { iteration, position: 0, repeat: 0 };
        let slot = |case| ScheduledJob { first_pass: true, ..slot(case, job, attempt) };
        order.block(side_by_side(plan, &mut random), slot);
    }
    order.turns()
}

/// The jobs of a portion's iterations among some, from a place on. In each the jobs are in random
/// order: each starts from the state that the first pass kept. The cases of one job stay together,
/// also in random order, so that a case and its reference share the machine's mood. The states of
/// cases with chance in them are made anew every few iterations.
pub fn measured(
    plan: &Plan,
    (portion, iterations): (Portion, RangeInclusive<u32>),
    open: &OpenCells,
    by_chance: &BTreeSet<Case>,
    position: u64,
) -> Vec<ScheduledJob> {
    let mut order = Numbered::from(position);
    for iteration in iterations.filter(|it| portion.has_block(*it)) {
        prime_anew(plan, (portion, iteration), open, by_chance, &mut order);
        // Each iteration has random numbers of its own, whatever was left out of those before, or
        // is measured by another shard.
        let mut random = random(plan, iteration);
        for job in shuffled((0..plan.story.jobs.len()).collect(), &mut random) {
            let name = &plan.story.jobs[job].name;
            let mut cases = side_by_side(plan, &mut random);
            cases.retain(|case| open.contains(&(case.clone(), name.clone())));
            let attempt = Attempt { iteration, position: 0, repeat: 0 };
            order.block(cases, |case| slot(case, job, attempt));
        }
    }
    order.turns()
}

/// The pass that makes new states before an iteration, where it is time for them: of the cases
/// with chance in their state that later jobs of this iteration start from. It is priming, and
/// counts in no estimate.
fn prime_anew(
    plan: &Plan,
    (portion, iteration): (Portion, u32),
    open: &OpenCells,
    by_chance: &BTreeSet<Case>,
    order: &mut Numbered,
) {
    // What counts is how often this machine's states were started from.
    let before = portion.ordinal(iteration).saturating_sub(1);
    let is_due = |every: u32| before > 0 && before.is_multiple_of(every.max(1));
    if !plan.prime_every.is_some_and(is_due) {
        return;
    }
    let mut random = stream(plan, PRIMING_ANEW + u64::from(iteration));
    for job in 0..plan.story.jobs.len().saturating_sub(1) {
        let needed = |case: &Case| {
            let later = plan.story.jobs[job + 1..].iter();
            by_chance.contains(case)
                && later.map(|it| (case.clone(), it.name.clone())).any(|it| open.contains(&it))
        };
        let mut cases = side_by_side(plan, &mut random);
        cases.retain(needed);
        let attempt = Attempt { iteration: 0, position: 0, repeat: 0 };
        let slot =
            |case| ScheduledJob { first_pass: true, within: iteration, ..slot(case, job, attempt) };
        order.block(cases, slot);
    }
}

/// Blocks, each one job of one iteration, that are measured once more, with all of their cases.
pub fn again(
    plan: &Plan,
    blocks: &[(Block<'_>, BTreeSet<Case>)],
    position: u64,
) -> Vec<ScheduledJob> {
    let mut order = Numbered::from(position);
    for ((iteration, name), measured) in blocks {
        // Other random numbers than those that made the block's first order.
        let mut random = random(plan, u32::MAX - iteration);
        let mut cases = side_by_side(plan, &mut random);
        cases.retain(|case| measured.contains(case));
        let job = plan.story.jobs.iter().position(|job| job.name == **name);
        let attempt = Attempt { iteration: *iteration, position: 0, repeat: 1 };
        order.block(cases, |case| slot(case, job.unwrap_or_default(), attempt));
    }
    order.turns()
}

/// Every job of a plan's portion in serial order: one case to its end, then the next.
pub fn serial(plan: &Plan, portion: Portion) -> Vec<ScheduledJob> {
    let mut order = Numbered::from(0);
    for case in &plan.cases {
        let one = Plan { cases: vec![case.clone()], order: Order::Interleaved, ..plan.clone() };
        let first = first_pass(&one);
        let rest = workspace::first_pass(plan) + 1..=plan.iterations;
        // What limits refuse is not known before: only faults say so.
        let by_chance = |case: &&Case| plan.scenario(case).has_chance_in_its_state([]);
        let by_chance = one.cases.iter().filter(by_chance).cloned().collect();
        let rest = measured(&one, (portion, rest), &everything(&one), &by_chance, 0);
        for slot in first.into_iter().chain(rest) {
            order.push(slot);
        }
    }
    order.slots
}

/// Slots of a pass from a place on, behind some that ran already.
pub fn renumbered(slots: Vec<ScheduledJob>, position: u64, before: usize) -> Vec<ScheduledJob> {
    let count = before + slots.len();
    let numbered = slots.into_iter().enumerate().map(|(place, mut slot)| {
        slot.attempt.position = position + place as u64;
        slot.turn = (before + place + 1, count);
        slot
    });
    numbered.collect()
}

/// Slots with their places.
struct Numbered {
    from: u64,
    slots: Vec<ScheduledJob>,
}

impl Numbered {
    fn from(from: u64) -> Numbered {
        Numbered { from, slots: Vec::new() }
    }

    fn block(&mut self, cases: Vec<Case>, slot: impl Fn(Case) -> ScheduledJob) {
        cases.into_iter().for_each(|case| self.push(slot(case)));
    }

    fn push(&mut self, mut slot: ScheduledJob) {
        slot.attempt.position = self.from + self.slots.len() as u64;
        self.slots.push(slot);
    }

    /// The slots, each with its turn in its pass.
    fn turns(mut self) -> Vec<ScheduledJob> {
        let pass = |slot: &ScheduledJob| (slot.within, slot.first_pass, slot.attempt.repeat);
        for slots in self.slots.chunk_by_mut(|a, b| pass(a) == pass(b)) {
            let count = slots.len();
            slots.iter_mut().enumerate().for_each(|(place, slot)| slot.turn = (place + 1, count));
        }
        self.slots
    }
}

/// A slot of a block, before its place.
fn slot(case: Case, job: usize, attempt: Attempt) -> ScheduledJob {
    ScheduledJob { case, job, attempt, first_pass: false, within: attempt.iteration, turn: (0, 0) }
}

/// Random numbers of passes that prime anew, behind those of all iterations.
const PRIMING_ANEW: u64 = 1 << 32;

fn random(plan: &Plan, iteration: u32) -> ChaCha8Rng {
    stream(plan, u64::from(iteration))
}

fn stream(plan: &Plan, number: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(plan.seed);
    random.set_stream(number);
    random
}

/// The cases of a block in random order, in which as many of the plan's pairs as can be stand side
/// by side: a case that belongs to several pairs stands beside one of them, by chance.
fn side_by_side(plan: &Plan, random: &mut ChaCha8Rng) -> Vec<Case> {
    let find = |scenario: &ScenarioName, workspace: &WorkspaceName| {
        plan.cases.iter().position(|it| it.scenario == *scenario && it.workspace == *workspace)
    };
    let pairs = plan.workspaces.iter().flat_map(|workspace| {
        let of = |name| find(name, &workspace.name);
        plan.pairs.iter().filter_map(move |(one, other)| Some([of(one)?, of(other)?]))
    });
    let (mut groups, mut paired): (Vec<Vec<usize>>, BTreeSet<usize>) = Default::default();
    for pair in shuffled(pairs.collect(), random) {
        if pair[0] != pair[1] && pair.iter().all(|case| !paired.contains(case)) {
            paired.extend(pair);
            groups.push(shuffled(pair.to_vec(), random));
        }
    }
    groups.extend((0..plan.cases.len()).filter(|case| !paired.contains(case)).map(|it| vec![it]));
    let order = shuffled(groups, random).into_iter().flatten();
    order.map(|case| plan.cases[case].clone()).collect()
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
    use lukewarm_testing::plan;

    use super::*;

    fn all(plan: &Plan) -> Portion {
        Portion::of(plan, None, None)
    }

    /// The whole of a plan without decisions.
    fn whole(plan: &Plan) -> Vec<ScheduledJob> {
        let mut slots = first_pass(plan);
        for stage in stages(plan) {
            slots.extend(planned(plan, stage, &everything(plan), slots.len() as u64));
        }
        slots
    }

    /// Without chance in any state.
    fn planned(
        plan: &Plan,
        iterations: RangeInclusive<u32>,
        open: &OpenCells,
        position: u64,
    ) -> Vec<ScheduledJob> {
        measured(plan, (all(plan), iterations), open, &BTreeSet::new(), position)
    }

    fn describe(slots: &[ScheduledJob]) -> Vec<(u32, usize, &str)> {
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
    fn cases_that_are_compared_are_measured_one_right_after_the_other() {
        let mut plan = plan(&["none", "a", "b", "c", "d", "e", "f"], &["cold", "unchanged"], 40);
        let named = |one: &str, other: &str| (one.into(), other.into());
        plan.pairs = vec![named("a", "b"), named("none", "c"), named("none", "d"), named("x", "e")];
        let slots = planned(&plan, 1..=40, &everything(&plan), 0);
        let (mut firsts, mut with_none) = (BTreeSet::new(), BTreeSet::new());
        for block in slots.chunks(7) {
            let at = |name: &str| block.iter().position(|it| it.case.scenario == name).unwrap();
            assert_eq!(at("a").abs_diff(at("b")), 1);
            let beside: BTreeSet<_> =
                ["c", "d"].into_iter().filter(|it| at(it).abs_diff(at("none")) == 1).collect();
            assert!(!beside.is_empty(), "one of its pairs at least");
            with_none.extend(beside);
            firsts.insert((at("a") < at("b"), block[0].case.scenario.clone()));
        }
        assert_eq!(with_none.len(), 2, "which one is a matter of chance");
        assert!(firsts.len() > 7, "so are the order within a pair and that of all: {firsts:?}");
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
        let all = planned(&plan, 9..=16, &open, 0);
        open.remove(&(Case::new("w", "b"), "cold".into()));
        let fewer = planned(&plan, 9..=16, &open, 70);
        assert_eq!((all.len(), fewer.len()), (48, 40));
        let rest: Vec<_> =
            describe(&all).into_iter().filter(|it| (it.1, it.2) != (0, "b")).collect();
        assert_eq!(describe(&fewer), rest);
        assert_eq!(fewer[0].attempt.position, 70);
        assert!(planned(&plan, 9..=16, &OpenCells::new(), 0).is_empty());
    }

    #[test]
    fn a_case_with_chance_in_its_state_is_primed_anew_every_few_iterations() {
        let mut plan = plan(&["a", "b"], &["cold", "unchanged", "leaf-body"], 12);
        plan.prime_every = Some(4);
        let (mut open, by_chance) = (everything(&plan), [Case::new("w", "b")].into());
        let passes = |open: &OpenCells, iterations| -> Vec<(u32, usize, ScenarioName, usize)> {
            let slots = measured(&plan, (all(&plan), iterations), open, &by_chance, 30);
            assert!(slots.iter().enumerate().all(|(i, it)| it.attempt.position == i as u64 + 30));
            let primed = slots.iter().enumerate().filter(|(_, slot)| slot.first_pass);
            let told = primed.map(|(place, slot)| {
                assert_eq!(slot.attempt.iteration, 0, "priming counts in no estimate");
                assert_eq!(slots[place + 2 - slot.job].within, slot.within, "it comes first");
                (slot.within, slot.job, slot.case.scenario.clone(), slot.turn.1)
            });
            told.collect()
        };
        // The last job leaves nothing that anybody starts from.
        let pass = |within| [0, 1].map(|job| (within, job, "b".into(), 2));
        assert_eq!(passes(&open, 1..=12), [pass(5), pass(9)].concat());
        assert_eq!(passes(&open, 5..=6), pass(5));
        // What is decided needs no state.
        open.remove(&(Case::new("w", "b"), "leaf-body".into()));
        assert_eq!(passes(&open, 5..=6), [(5, 0, "b".into(), 1)]);
        open.remove(&(Case::new("w", "b"), "unchanged".into()));
        assert_eq!(passes(&open, 1..=12), []);
    }

    #[test]
    fn a_block_is_measured_again_in_another_order_with_the_cases_that_it_had() {
        let plan = plan(&["a", "b", "c", "d", "e"], &["cold", "unchanged"], 3);
        let cases: BTreeSet<Case> = ["a", "b", "d", "e"].map(|it| Case::new("w", it)).into();
        let slots = again(&plan, &[((2, &"unchanged".into()), cases.clone())], 40);
        let seen: BTreeSet<Case> = slots.iter().map(|slot| slot.case.clone()).collect();
        assert_eq!((seen, slots.len()), (cases, 4));
        for (place, slot) in slots.iter().enumerate() {
            let attempt = Attempt { iteration: 2, position: 40 + place as u64, repeat: 1 };
            assert_eq!((slot.attempt, slot.job, slot.turn), (attempt, 1, (place + 1, 4)));
        }
    }

    #[test]
    fn serial_order_ends_one_case_before_it_begins_the_next() {
        let plan = plan(&["a", "b"], &["cold", "unchanged"], 2);
        let slots = serial(&plan, all(&plan));
        let cases: Vec<&str> = slots.iter().map(|slot| slot.case.scenario.as_str()).collect();
        assert_eq!(cases, [["a"; 5], ["b"; 5]].concat());
        let iterations: Vec<u32> = slots.iter().map(|slot| slot.attempt.iteration).collect();
        assert_eq!(iterations, [[0, 1, 1, 2, 2], [0, 1, 1, 2, 2]].concat());
        assert!(slots.iter().enumerate().all(|(i, slot)| slot.attempt.position == i as u64));
        assert_eq!(slots.len(), plan.job_count());
    }
}
