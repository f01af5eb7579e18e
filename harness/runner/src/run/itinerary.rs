//! The next jobs of a run: the first pass, then the iterations up to each look, each followed by
//! the blocks that are measured again. Owns the order of these. It must give the same answers for
//! the same record, since a resumed run asks again.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use lukewarm_model::{Case, EnoughReason, Order, Plan, RawRecord, to_repeat};

use crate::job::scheduled_job::ScheduledJob;
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
    /// Nothing: fewer iterations than the plan's most were enough, for this reason.
    Enough(EnoughReason),
    /// Nothing: the plan is done.
    End,
}

/// A plan's jobs, part by part.
pub struct Itinerary<'a> {
    plan: &'a Plan,
    stages: Vec<RangeInclusive<u32>>,
    open: OpenCells,
    at: Progress,
}

/// How far it has come.
#[derive(Clone, Copy)]
enum Progress {
    Start,
    Stage(usize),
    Repeats(usize),
    End,
}

impl Itinerary<'_> {
    /// The jobs of a plan from the first on.
    pub fn of(plan: &Plan) -> Itinerary<'_> {
        Itinerary {
            plan,
            stages: schedule::stages(plan),
            open: schedule::everything(plan),
            at: Progress::Start,
        }
    }

    /// What comes behind the jobs of a record, of which there are as many as `position` says.
    pub fn next(&mut self, record: &RawRecord, position: u64, decide: Decide<'_>) -> Next {
        match (self.at, self.plan.order) {
            (Progress::Start, Order::Serial) => {
                self.at = Progress::End;
                Next::Jobs(schedule::serial(self.plan))
            }
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
                Next::Repeats(schedule::again(self.plan, &to_repeat(&record.jobs), position))
            }
            (Progress::End, _) => Next::End,
        }
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
            return Next::End;
        };
        if number > 0 {
            let before = iterations.start() - 1;
            self.open = decide(record);
            if self.open.is_empty() {
                self.at = Progress::End;
                return Next::Enough(EnoughReason::Decided { iterations: before });
            }
        }
        self.at = Progress::Repeats(number);
        let by_chance = by_chance(record);
        Next::Jobs(schedule::measured(self.plan, iterations, &self.open, &by_chance, position))
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
