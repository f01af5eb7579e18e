//! The next jobs of a run: the first pass, then the iterations up to each look, each followed by
//! the blocks that are measured again. With adaptive allocation, the first pass job by job and then
//! block by block. Owns the order of these. It must give the same answers for the same record,
//! since a resumed run asks again.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use lukewarm_model::{
    Allocation, BuildTraits, Case, EnoughReason, JobName, NoRoom, Order, Plan, Portion, RawRecord,
    Scenario, ScenarioName, Seconds, to_repeat,
};

use crate::job::scheduled_job::ScheduledJob;
use crate::run::allocation::{self, Scope};
use crate::run::comparison_builds;
use crate::run::schedule::{self, OpenCells};

/// Says which jobs of which cases are worth measuring further, from what was measured so far.
pub type Decide<'a> = &'a mut dyn FnMut(&RawRecord) -> OpenCells;

/// What comes next.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// These jobs, as long as the budget has room for their iterations.
    Jobs(Vec<ScheduledJob>),
    /// These blocks once more, whose machine was disturbed: there is always room for them.
    Repeats(Vec<ScheduledJob>),
    /// These are left out, since the budget has no room for them; then it is asked again.
    LeftOut {
        /// Cases.
        cases: Vec<Case>,
        /// Jobs of the story, in all cases.
        jobs: Vec<JobName>,
        /// What two blocks of everything would take.
        whole: Seconds,
    },
    /// Nothing: fewer iterations than the plan's most were enough, for this reason.
    Enough(EnoughReason),
    /// Nothing: the plan is done.
    End,
}

/// A plan's jobs, part by part.
pub struct Itinerary<'a> {
    plan: &'a Plan,
    /// Which of its blocks are measured.
    portion: Portion,
    /// What the builds of each scenario are like.
    traits: BTreeMap<ScenarioName, BuildTraits>,
    stages: Vec<RangeInclusive<u32>>,
    open: OpenCells,
    /// Whether anything has been left out of an iteration.
    is_narrowed: bool,
    at: Progress,
    /// The first pass, where it is gone through job by job.
    first: Vec<ScheduledJob>,
    /// The cases and jobs for which there is time.
    scope: Scope,
}

/// How far it has come.
#[derive(Clone, Copy)]
enum Progress {
    Start,
    /// In the first pass, before this place of it.
    First(usize),
    Stage(usize),
    Repeats(usize),
    End,
}

impl Itinerary<'_> {
    /// The jobs of a plan's portion from the first on.
    pub fn of(
        plan: &Plan,
        portion: Portion,
        traits: impl Fn(&Scenario) -> BuildTraits,
    ) -> Itinerary<'_> {
        let of_scenario = |it: &Scenario| (it.name.clone(), traits(it));
        Itinerary {
            plan,
            portion,
            traits: plan.scenarios.iter().map(of_scenario).collect(),
            stages: schedule::stages(plan),
            open: schedule::everything(plan),
            is_narrowed: false,
            at: Progress::Start,
            first: Vec::new(),
            scope: Scope::whole(plan),
        }
    }

    /// What comes behind the jobs of a record, of which there are as many as `position` says.
    pub fn next(&mut self, record: &RawRecord, position: u64, decide: Decide<'_>) -> Next {
        match (self.at, self.plan.order) {
            (Progress::Start, Order::Serial) => {
                self.at = Progress::End;
                Next::Jobs(schedule::serial(self.plan, self.portion))
            }
            (Progress::Start, Order::Interleaved) if self.is_adaptive() => {
                self.first = schedule::first_pass(self.plan);
                // What it takes decides what there is room for: it is one that there always is.
                let kept = allocation::kept_always(self.plan);
                let one = self.first.iter().position(|slot| kept.contains(&slot.case));
                self.first[..=one.unwrap_or_default()].rotate_right(1);
                let one = self.first.iter().take(1).cloned().collect();
                let one = schedule::renumbered(one, position, 0);
                self.at =
                    if self.first.is_empty() { Progress::Stage(0) } else { Progress::First(1) };
                Next::Jobs(one)
            }
            (Progress::First(place), _) => self.first_pass(place, record, position),
            // What a limit refuses in the first pass says whose states are drawn by chance.
            (Progress::Start, Order::Interleaved) => {
                self.at = Progress::Stage(0);
                Next::Jobs(schedule::first_pass(self.plan))
            }
            (Progress::Stage(number), _) => self.stage(number, record, position, decide),
            // The rule knows nothing of what the jobs took. It is the same for a run that goes on,
            // since it follows from what is recorded; each repeated job says that it is one.
            (Progress::Repeats(number), _) => {
                self.at = Progress::Stage(number + 1);
                let mut blocks = to_repeat(&record.jobs);
                if self.is_adaptive() {
                    blocks.retain(|((_, job), cases)| self.has_room(record, job, cases));
                }
                Next::Repeats(schedule::again(self.plan, &blocks, position))
            }
            (Progress::End, _) => Next::End,
        }
    }

    fn is_adaptive(&self) -> bool {
        self.plan.allocation == Allocation::Adaptive
    }

    fn has_room(&self, record: &RawRecord, job: &JobName, cases: &BTreeSet<Case>) -> bool {
        let cells: Vec<_> = cases.iter().map(|case| (case.clone(), job.clone())).collect();
        allocation::fits(self.plan, record, &cells)
    }

    /// The classes of builds that are still to be made to compare with; without a budget there is
    /// room for all of them, and nobody asks.
    fn still_to_build(&self, record: &RawRecord) -> Vec<BTreeSet<Case>> {
        if self.plan.budget.is_none() {
            return Vec::new();
        }
        comparison_builds::still_to_make(record, |it| self.traits[&it.name].clone())
    }

    /// The next job of the first pass, for the cases for which there is time: as soon as one was
    /// measured it is known whether all of them fit.
    fn first_pass(&mut self, place: usize, record: &RawRecord, position: u64) -> Next {
        if place >= self.first.len() {
            self.at = Progress::Stage(0);
            return Next::Jobs(Vec::new());
        }
        let classes = self.still_to_build(record);
        let kept = allocation::affordable(self.plan, record, &self.scope, &classes);
        if kept != self.scope {
            let before = std::mem::replace(&mut self.scope, kept);
            let is_out = |it: &&Case| before.cases.contains(it) && !self.scope.cases.contains(it);
            let jobs = before.jobs.difference(&self.scope.jobs);
            return Next::LeftOut {
                cases: self.plan.cases.iter().filter(is_out).cloned().collect(),
                jobs: jobs.map(|place| self.plan.story.jobs[*place].name.clone()).collect(),
                whole: allocation::whole(self.plan, record),
            };
        }
        let rest = &self.first[place..];
        let block = rest.iter().take_while(|slot| slot.job == rest[0].job);
        self.at = Progress::First(place + block.clone().count());
        let is_kept = |slot: &&ScheduledJob| {
            self.scope.jobs.contains(&slot.job) && self.scope.cases.contains(&slot.case)
        };
        let block = block.filter(is_kept).cloned().collect();
        Next::Jobs(schedule::renumbered(block, position, 0))
    }

    fn stage(
        &mut self,
        number: usize,
        record: &RawRecord,
        position: u64,
        decide: Decide<'_>,
    ) -> Next {
        let Some(iterations) = self.stages.get(number).cloned() else {
            self.at = Progress::End;
            let iterations = self.plan.iterations;
            return match self.is_narrowed {
                true => Next::Enough(EnoughReason::Most { iterations }),
                false => Next::End,
            };
        };
        if number > 0 || self.is_adaptive() {
            let before = iterations.start() - 1;
            self.open = decide(record);
            let Scope { cases, jobs } = &self.scope;
            let names: BTreeSet<&JobName> =
                jobs.iter().map(|place| &self.plan.story.jobs[*place].name).collect();
            self.open.retain(|(case, job)| cases.contains(case) && names.contains(job));
            if self.open.is_empty() {
                self.at = Progress::End;
                return Next::Enough(EnoughReason::Decided { iterations: before });
            }
        }
        if let (true, Some(budget)) = (self.is_adaptive(), self.plan.budget) {
            let classes = self.still_to_build(record);
            self.open = allocation::next_block(self.plan, record, &self.open, &classes);
            if self.open.is_empty() {
                self.at = Progress::End;
                let iteration = *iterations.start();
                return Next::Enough(EnoughReason::Budget(NoRoom { budget, iteration }));
            }
        }
        self.is_narrowed |= self.open != schedule::everything(self.plan);
        self.at = Progress::Repeats(number);
        let by_chance = by_chance(record);
        let blocks = (self.portion, iterations);
        Next::Jobs(schedule::measured(self.plan, blocks, &self.open, &by_chance, position))
    }
}

/// The cases with chance in their state, as far as a record shows it.
fn by_chance(record: &RawRecord) -> BTreeSet<Case> {
    let plan = &record.run.plan;
    let is_drawn = |case: &&Case| {
        let jobs = record.jobs.iter().filter(|job| job.case == **case);
        plan.scenario(case).has_chance_in_its_state(jobs)
    };
    plan.cases.iter().filter(is_drawn).cloned().collect()
}
