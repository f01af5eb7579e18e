//! The loop of a run: each job of the itinerary at its position, taken from the record or run now.
//! Owns the position, and with it how an interrupted run is resumed. It must not decide which jobs
//! come, whether there is time for them, or what they start from.

use std::collections::BTreeMap;
use std::time::Instant;

use lukewarm_model::{
    Case, EnoughReason, JobFacts, NoRoom, Order, Plan, Portion, Probe, RawRecord, Scenario,
    Seconds, StopReason, UncachedBuild,
};

use crate::error::RunnerError;
use crate::job::State;
use crate::job::event::{Event, Observer, emit};
use crate::job::scheduled_job::ScheduledJob;
use crate::run::account::Account;
use crate::run::budget::Budget;
use crate::run::calibration::Calibration;
use crate::run::comparison_builds::{self, ComparisonBuilds};
use crate::run::itinerary::{Decide, Itinerary, Next};
use crate::run::jobs::Jobs;
use crate::run::states::States;

/// A run in progress.
pub struct RunLoop<'a> {
    /// The plan, with the cases of this run alone.
    plan: &'a Plan,
    portion: Portion,
    jobs: &'a mut dyn Jobs,
    /// What was measured, from this part of the run and earlier ones.
    pub record: RawRecord,
    /// Where the time went.
    pub account: Account,
    /// What an earlier part of the run left: by place in the order, the place in the record.
    done: BTreeMap<u64, usize>,
    states: States,
    budget: Budget,
    calibration: Calibration,
    comparison_builds: ComparisonBuilds,
    /// The builds for comparison that were made since the last job, which its successor's facts
    /// take along.
    uncached: Vec<UncachedBuild>,
    /// The next job's place.
    position: u64,
}

/// Why no further job runs.
pub enum Halt {
    /// In order, before the plan was done.
    Stopped(StopReason),
    /// The run cannot go on.
    Error(RunnerError),
}

impl From<RunnerError> for Halt {
    fn from(error: RunnerError) -> Halt {
        match error.is_cancelled() {
            true => Halt::Stopped(StopReason::Cancelled),
            false => Halt::Error(error),
        }
    }
}

impl<'a> RunLoop<'a> {
    /// A run that goes on where a record ends.
    pub fn new(plan: &'a Plan, jobs: &'a mut dyn Jobs, record: RawRecord) -> RunLoop<'a> {
        let account = Account::start(&record.jobs, record.end.as_ref());
        // The itinerary of an adaptive plan fits each block into the budget by itself.
        let limit = plan.budget.filter(|_| plan.allocation.is_even());
        let portion = record.run.portion();
        let first = portion.blocks(&record.run.plan).next().unwrap_or(1);
        let budget = Budget::new(limit, account.spent_before(), first);
        RunLoop {
            plan,
            portion,
            jobs,
            account,
            done: (0..).zip(&record.jobs).map(|(place, it)| (it.attempt.position, place)).collect(),
            record: RawRecord { end: None, ..record },
            states: States::of(plan, portion),
            budget,
            calibration: Calibration::default(),
            comparison_builds: ComparisonBuilds::default(),
            uncached: Vec::new(),
            position: 0,
        }
    }

    /// Every job; gives why fewer iterations than the plan's most were enough, where they were.
    ///
    /// # Errors
    /// When no further job can run, or is to.
    pub fn all(
        &mut self,
        decide: Decide<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Option<EnoughReason>, Halt> {
        let traits = |scenario: &Scenario| self.jobs.build_traits(scenario);
        let mut itinerary = Itinerary::of(self.plan, self.portion, traits);
        loop {
            let position = self.position;
            let next = self.as_it_was(|record| itinerary.next(record, position, &mut *decide));
            match next {
                Next::Jobs(slots) => {
                    if let Some(why) = self.jobs(slots, observer)? {
                        return Ok(Some(EnoughReason::Budget(why)));
                    }
                }
                Next::Repeats(slots) => {
                    if slots.iter().any(|slot| !self.is_done(slot)) {
                        self.emit_planned(&slots, observer)?;
                    }
                    slots.iter().try_for_each(|slot| self.slot(slot, observer))?;
                }
                Next::LeftOut { cases, jobs, whole } => {
                    emit(observer, &Event::LeftOut { cases, jobs, whole })?;
                }
                Next::Enough(why) => return Ok(Some(why)),
                Next::End => return Ok(None),
            }
        }
    }

    /// Asks something of the record as it was at this place: a run that goes on must decide as it
    /// did when it was there first. What came later is set aside meanwhile, not copied.
    fn as_it_was<T>(&mut self, ask: impl FnOnce(&RawRecord) -> T) -> T {
        let later = self.record.jobs.partition_point(|it| it.attempt.position < self.position);
        let later = self.record.jobs.split_off(later);
        let answer = ask(&self.record);
        self.record.jobs.extend(later);
        answer
    }

    /// Some jobs, until the budget is spent; gives that it was, where it was.
    fn jobs(
        &mut self,
        slots: Vec<ScheduledJob>,
        observer: &mut dyn Observer,
    ) -> Result<Option<NoRoom>, Halt> {
        if slots.is_empty() {
            return Ok(None);
        }
        self.emit_planned(&slots, observer)?;
        for slot in &slots {
            if !self.budget.is_in(slot.within)
                && let Some(why) = self.begin(slot)
            {
                return match self.plan.order {
                    Order::Interleaved => Ok(Some(why)),
                    // Other cases may not have been measured at all.
                    Order::Serial => Err(Halt::Stopped(StopReason::Budget(why))),
                };
            }
            if !self.is_done(slot) {
                self.build_for_comparison(slot, &slots, observer)?;
            }
            self.slot(slot, observer)?;
        }
        Ok(None)
    }

    /// Begins an iteration; gives why it does not begin, where there is no time for it.
    fn begin(&mut self, slot: &ScheduledJob) -> Option<NoRoom> {
        let (iteration, spent) = (slot.within, self.account.spent());
        let refused = match self.is_done(slot) {
            true => None,
            false => self.budget.refuses(iteration, spent),
        };
        if refused.is_none() {
            self.budget.begin(iteration, spent);
        }
        refused
    }

    fn emit_planned(
        &self,
        slots: &[ScheduledJob],
        observer: &mut dyn Observer,
    ) -> Result<(), RunnerError> {
        let open = slots.iter().filter(|slot| !self.is_done(slot));
        emit(observer, &Event::Planned(open.cloned().collect()))
    }

    /// Whether an earlier part of the run has it.
    fn is_done(&self, slot: &ScheduledJob) -> bool {
        self.done.contains_key(&slot.attempt.position)
    }

    /// One place of the schedule: a job that the record has, or one that is run now.
    fn slot(&mut self, slot: &ScheduledJob, observer: &mut dyn Observer) -> Result<(), Halt> {
        self.position = slot.attempt.position + 1;
        match self.done.get(&slot.attempt.position) {
            Some(place) => agrees(self.plan, slot, &self.record.jobs[*place])?,
            None => self.one(slot, observer)?,
        }
        Ok(())
    }

    /// Does the calibration load, where it is due.
    fn calibrate(&mut self, slot: &ScheduledJob) -> Result<Option<Probe>, RunnerError> {
        // In a test of soundness no time counts.
        let is_timed = self.plan.workspace(&slot.case).variation.is_none();
        if !is_timed || !self.calibration.is_due_before(slot) {
            return Ok(None);
        }
        let began = Instant::now();
        let Some(probe) = self.jobs.calibrate()? else { return Ok(None) };
        self.account.laying += Seconds::from(began.elapsed());
        self.calibration.took(probe);
        Ok(Some(probe))
    }

    /// Runs one job, or leaves it out where its predecessor failed.
    fn one(&mut self, slot: &ScheduledJob, observer: &mut dyn Observer) -> Result<(), RunnerError> {
        if slot.first_pass && slot.job == 0 {
            self.states.draw(&slot.case, &self.record.jobs);
        }
        let before = self.state_before(slot, observer)?;
        let probe = self.calibrate(slot)?;
        let case = slot.case.clone();
        let name = self.plan.story.jobs[slot.job].name.clone();
        let attempt = slot.attempt;
        emit(observer, &Event::JobStarted { case, job: name, attempt })?;
        let (mut facts, state) = match before {
            None => (self.jobs.skipped(slot), None),
            Some(before) => {
                let outcome = self.jobs.run(slot, &before, observer)?;
                self.account.add(outcome.facts.wall(), outcome.setup);
                self.calibration.ran(outcome.facts.wall());
                (outcome.facts, outcome.state)
            }
        };
        if slot.first_pass {
            self.states.keep(&slot.case, slot.job, state);
        }
        facts.probe = probe;
        facts.state = self.states.draw_of(slot);
        let goes_on = !self.done.is_empty() && self.record.jobs.len() == self.done.len();
        facts.resumed = goes_on.then(|| self.jobs.warnings());
        facts.uncached = std::mem::take(&mut self.uncached);
        comparison_builds::share_all(&mut facts, &self.record.jobs);
        self.record.jobs.push(facts);
        // What was measured is kept, whatever becomes of the builds that are to explain it.
        let explained = self.explain(observer);
        if let Some(facts) = self.record.jobs.last() {
            emit(observer, &Event::JobFinished(Box::new(facts.clone())))?;
        }
        explained
    }

    /// Makes the builds that a block's outputs can be compared with, before its first job.
    fn build_for_comparison(
        &mut self,
        slot: &ScheduledJob,
        block: &[ScheduledJob],
        observer: &mut dyn Observer,
    ) -> Result<(), RunnerError> {
        let from = block.iter().position(|it| it == slot).unwrap_or_default();
        let same = |it: &&ScheduledJob| it.attempt.iteration == slot.attempt.iteration;
        let block: Vec<ScheduledJob> = block[from..].iter().take_while(same).cloned().collect();
        let traits = |scenario: &Scenario| self.jobs.build_traits(scenario);
        let due = self.comparison_builds.due_before(slot, &block, &self.record, traits);
        for slot in due {
            let build = self.uncached_build(&slot, observer)?;
            self.uncached.push(build);
        }
        Ok(())
    }

    /// Makes the builds that may explain why outputs of the last job's block differ.
    fn explain(&mut self, observer: &mut dyn Observer) -> Result<(), RunnerError> {
        loop {
            let traits = |scenario: &Scenario| self.jobs.build_traits(scenario);
            let Some(slot) = comparison_builds::due_after(&self.record, traits) else {
                return Ok(());
            };
            let build = self.uncached_build(&slot, observer)?;
            if let Some(last) = self.record.jobs.last_mut() {
                last.uncached.push(build);
            }
        }
    }

    /// Builds the sources of a job from an empty cache. It is no job of the run.
    fn uncached_build(
        &mut self,
        slot: &ScheduledJob,
        observer: &mut dyn Observer,
    ) -> Result<UncachedBuild, RunnerError> {
        let (case, name) = (&slot.case, &self.plan.story.jobs[slot.job].name);
        let what = format!("building {case} {name} from an empty cache, to compare outputs with");
        emit(observer, &Event::Preparing(what))?;
        let outcome = self.jobs.run(slot, &State::default(), &mut |_: &Event| Ok(()))?;
        self.account.laying += outcome.facts.wall() + outcome.setup;
        let mut build = comparison_builds::uncached_build(outcome.facts);
        if let Some(outputs) = &mut build.outputs {
            comparison_builds::share(outputs, &self.record.jobs);
        }
        Ok(build)
    }

    /// What a job starts from; none where its predecessor failed.
    fn state_before(
        &mut self,
        slot: &ScheduledJob,
        observer: &mut dyn Observer,
    ) -> Result<Option<State>, RunnerError> {
        let case = &slot.case;
        let earlier = self.states.before(self.plan, case, slot.job, &self.record.jobs);
        let Some(earlier) = earlier else { return Ok(Some(State::default())) };
        if let Some(state) = self.states.left_by(case, earlier) {
            return Ok(state);
        }
        let state = self.make_again(case, earlier, observer)?;
        self.states.keep(case, earlier, state.clone());
        Ok(state)
    }

    /// The state that a job of the first pass left in an earlier part of the run. The job is run
    /// once more for it, and not recorded: its facts are there already.
    fn make_again(
        &mut self,
        case: &Case,
        job: usize,
        observer: &mut dyn Observer,
    ) -> Result<Option<State>, RunnerError> {
        let maker = self.states.maker(self.plan, case, job, &self.record.jobs);
        let Some(slot) = maker else { return Ok(None) };
        if slot.job == 0 {
            self.states.draw(&slot.case, &self.record.jobs);
        }
        let Some(before) = self.state_before(&slot, observer)? else { return Ok(None) };
        let name = &self.plan.story.jobs[job].name;
        emit(observer, &Event::Preparing(format!("making the state after {case} {name} again")))?;
        let outcome = self.jobs.run(&slot, &before, &mut |_: &Event| Ok(()))?;
        self.account.laying += outcome.facts.wall() + outcome.setup;
        Ok(outcome.state)
    }
}

/// Whether a record has at a place what the schedule has there.
fn agrees(plan: &Plan, slot: &ScheduledJob, facts: &JobFacts) -> Result<(), RunnerError> {
    let name = &plan.story.jobs[slot.job].name;
    let planned = (&slot.case, name, slot.attempt);
    if planned == (&facts.case, &facts.job, facts.attempt) {
        return Ok(());
    }
    Err(RunnerError::Input(format!(
        "the record has {} {} at place {}, and its plan {} {name}: it was written by another \
         version, or changed by hand",
        facts.case, facts.job, slot.attempt.position, slot.case
    )))
}

#[cfg(test)]
mod comparison_tests;
#[cfg(test)]
mod tests;
