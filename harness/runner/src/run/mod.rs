//! Run: every job of a plan in its scheduled order, told to one observer.
//! Owns the loop, the states between jobs and the account of time. A failing case is a row; only
//! what stops everything is an error.

mod account;
pub mod schedule;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use lukewarm_model::{
    Case, ErrorChain, JobFacts, MachinePace, Order, Probe, RawRecord, RunEnd, Seconds, to_repeat,
};

use crate::error::RunnerError;
use crate::job::event::{Event, Observer};
use crate::job::slot::Slot;
use crate::job::{self, Bench, State, now, tell};
use crate::machine;
use crate::prepare::Prepared;
use crate::prepare::probe::{self, Load};
use crate::prepare::settings::Settings;
use crate::process::MemoryWatch;
use crate::run::account::Account;
use crate::run::schedule::Open;

/// Says which jobs of which cases are worth measuring further, from what was measured so far.
pub type Decide<'a> = &'a mut dyn FnMut(&RawRecord) -> Open;

/// Runs a prepared plan, from where the record ends: a new run's has no jobs. What processes
/// print goes below `logs`; every event goes to the observer the moment it happens, so that
/// nothing measured is lost. A plan that may stop early asks `decide` at each of its looks.
///
/// The order of jobs follows from the plan and the decisions alone. A run that was cut off goes
/// on by going through it again without what the record has; states that are gone with the
/// machine's memory are made again where a job needs them, and not recorded twice.
///
/// # Errors
/// When the run cannot go on. A cancelled run is none: its record says where it stopped.
pub fn run(
    prepared: Prepared,
    record: RawRecord,
    logs: &Path,
    decide: Decide<'_>,
    observer: &mut dyn Observer,
) -> Result<RawRecord, RunnerError> {
    let watch = MemoryWatch::start(&prepared.settings.processes);
    let machine = machine::Watch::start(Path::new("/"));
    let load = load(&prepared)?;
    let mut course = Course {
        bench: Bench { prepared: &prepared, logs: logs.to_owned(), watch },
        account: Account::start(&record.jobs, record.end.as_ref()),
        done: (0..).zip(&record.jobs).map(|(place, job)| (job.attempt.position, place)).collect(),
        record: RawRecord { end: None, ..record },
        first_pass: first_pass(&prepared),
        states: BTreeMap::new(),
        draws: BTreeMap::new(),
        position: 0,
        iteration: 0,
        load,
        last_probe: None,
        since_probe: Seconds(0.0),
        block: None,
    };
    let outcome = course.all(decide, observer);
    let mut end = RunEnd {
        ended: now(),
        stopped: None,
        enough: None,
        time: course.account.close(),
        warnings: machine.warnings(),
        machine: MachinePace::of(
            course.record.jobs.iter().filter_map(|job| job.probe.as_ref()),
            prepared.quiet.clone(),
        ),
        published: None,
    };
    match &outcome {
        Ok(enough) => end.enough.clone_from(enough),
        Err(Halt::Stopped(why)) => end.stopped = Some(why.clone()),
        Err(Halt::Error(error)) => end.stopped = Some(ErrorChain(error).to_string()),
    }
    tell(observer, &Event::Finished(Box::new(end.clone())))?;
    match outcome {
        Err(Halt::Error(error)) => Err(error),
        _ => Ok(RawRecord { end: Some(end), ..course.record }),
    }
}

/// The calibration load, with the compiler of the first workspace.
fn load(prepared: &Prepared) -> Result<Option<Load>, RunnerError> {
    let Some(shop) = prepared.workshops.values().next() else { return Ok(None) };
    let folder = prepared.scratch.probe();
    let Settings { user, processes, .. } = &prepared.settings;
    probe::lay(&folder, &shop.toolchain.bin, user, processes).map(Some)
}

/// The jobs whose states others start from.
fn first_pass(prepared: &Prepared) -> Vec<Slot> {
    match prepared.plan.order {
        Order::Interleaved => schedule::first_pass(&prepared.plan),
        Order::Serial => {
            let slots = schedule::serial(&prepared.plan);
            slots.into_iter().filter(|slot| slot.first_pass).collect()
        }
    }
}

/// A run on its way.
struct Course<'a> {
    bench: Bench<'a>,
    record: RawRecord,
    /// What an earlier part of the run left: by place in the order, the place in the record.
    done: BTreeMap<u64, usize>,
    first_pass: Vec<Slot>,
    /// What each case's jobs left; none where one failed.
    states: BTreeMap<(String, usize), Option<State>>,
    /// Which draw of each case's states is there, where it was made in this part of the run.
    draws: BTreeMap<String, u32>,
    account: Account,
    /// The next job's place.
    position: u64,
    /// The iteration that is under way.
    iteration: u32,
    load: Option<Load>,
    last_probe: Option<Probe>,
    /// Time of jobs since the calibration load was done.
    since_probe: Seconds,
    /// The pass and the job that ran last.
    block: Option<(u32, bool, u32, usize)>,
}

/// Why no further job runs.
enum Halt {
    /// In order, before the plan was done.
    Stopped(String),
    /// The run cannot go on.
    Error(RunnerError),
}

impl From<RunnerError> for Halt {
    fn from(error: RunnerError) -> Halt {
        match error.is_cancelled() {
            true => Halt::Stopped("cancelled".to_owned()),
            false => Halt::Error(error),
        }
    }
}

impl Course<'_> {
    /// Every job; gives why fewer iterations than the plan's most were enough, where they were.
    fn all(
        &mut self,
        decide: Decide<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Option<String>, Halt> {
        let plan = &self.bench.prepared.plan;
        if plan.order == Order::Serial {
            return self.jobs(schedule::serial(plan), observer);
        }
        let mut open = schedule::everything(plan);
        // What a limit refuses in the first pass says whose states are drawn by chance.
        if let Some(enough) = self.jobs(schedule::first_pass(plan), observer)? {
            return Ok(Some(enough));
        }
        for (number, stage) in schedule::stages(plan).into_iter().enumerate() {
            if number > 0 {
                let before = stage.start() - 1;
                open = self.as_it_was(|record| decide(record));
                if open.is_empty() {
                    return Ok(Some(format!("all was decided after {before} iterations")));
                }
            }
            let by_chance = self.as_it_was(by_chance);
            let slots = schedule::measured(plan, stage, &open, &by_chance, self.position);
            if let Some(enough) = self.jobs(slots, observer)? {
                return Ok(Some(enough));
            }
            self.again(observer)?;
        }
        Ok(None)
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
        slots: Vec<Slot>,
        observer: &mut dyn Observer,
    ) -> Result<Option<String>, Halt> {
        if slots.is_empty() {
            return Ok(None);
        }
        let is_open = |slot: &&Slot| !self.done.contains_key(&slot.attempt.position);
        tell(observer, &Event::Planned(slots.iter().filter(is_open).cloned().collect()))?;
        for slot in &slots {
            if self.iteration != slot.within
                && let Some(enough) = self.begin(slot)?
            {
                return Ok(Some(enough));
            }
            self.slot(slot, observer)?;
        }
        Ok(None)
    }

    /// Measures blocks once more before which the calibration load was slow: the rule knows
    /// nothing of what their jobs took. It is the same for a run that goes on, since it follows
    /// from what the record had at this place; each repeated job says in the record that it is one.
    fn again(&mut self, observer: &mut dyn Observer) -> Result<(), Halt> {
        let (plan, position) = (&self.bench.prepared.plan, self.position);
        let slots =
            self.as_it_was(|record| schedule::again(plan, &to_repeat(&record.jobs), position));
        let open = slots.iter().filter(|it| !self.done.contains_key(&it.attempt.position));
        let open: Vec<Slot> = open.cloned().collect();
        if !open.is_empty() {
            tell(observer, &Event::Planned(open))?;
        }
        slots.iter().try_for_each(|slot| self.slot(slot, observer))
    }

    /// One place of the schedule: a job that the record has, or one that is run now.
    fn slot(&mut self, slot: &Slot, observer: &mut dyn Observer) -> Result<(), Halt> {
        self.position = slot.attempt.position + 1;
        match self.done.get(&slot.attempt.position) {
            Some(place) => agrees(&self.bench, slot, &self.record.jobs[*place])?,
            None => self.one(slot, observer)?,
        }
        Ok(())
    }

    /// Does the calibration load, where a block begins and it is due.
    fn probe(&mut self, slot: &Slot) -> Result<Option<Probe>, RunnerError> {
        let block = (slot.within, slot.first_pass, slot.attempt.repeat, slot.job);
        let begins = self.block.replace(block) != Some(block);
        let due = probe::is_due(self.since_probe, self.last_probe.as_ref());
        let Some(load) = self.load.as_ref().filter(|_| begins && due) else { return Ok(None) };
        let began = Instant::now();
        let probe = probe::run(load, Path::new("/"), &self.bench.prepared.settings.processes)?;
        self.account.laying += Seconds::from(began.elapsed());
        self.since_probe = Seconds(0.0);
        self.last_probe = Some(probe);
        Ok(Some(probe))
    }

    /// Runs one job, or leaves it out where its predecessor failed.
    fn one(&mut self, slot: &Slot, observer: &mut dyn Observer) -> Result<(), RunnerError> {
        if slot.first_pass && slot.job == 0 {
            self.draw(&slot.case);
        }
        let before = self.state_before(slot, observer)?;
        let probe = self.probe(slot)?;
        let case = slot.case.id.clone();
        let name = self.bench.prepared.plan.story.jobs[slot.job].name.clone();
        let attempt = slot.attempt;
        tell(observer, &Event::JobStarted { case: case.clone(), job: name, attempt })?;
        let (mut facts, state) = match before {
            None => (job::skipped(&self.bench, slot), None),
            Some(before) => {
                let outcome = job::run(&self.bench, slot, &before, observer)?;
                self.account.add(outcome.facts.wall(), outcome.laying);
                self.since_probe += outcome.facts.wall();
                (outcome.facts, outcome.state)
            }
        };
        if slot.first_pass {
            self.states.insert((case, slot.job), state);
        }
        facts.probe = probe;
        // A later iteration of the first job starts from nothing, and belongs to no draw.
        let drawn = slot.first_pass || slot.job > 0;
        facts.state = self.draws.get(&slot.case.id).copied().filter(|_| drawn).unwrap_or(0);
        let goes_on = !self.done.is_empty() && self.record.jobs.len() == self.done.len();
        facts.resumed = goes_on.then(|| self.bench.prepared.warnings().to_vec());
        tell(observer, &Event::JobFinished(Box::new(facts.clone())))?;
        self.record.jobs.push(facts);
        Ok(())
    }

    /// What a job starts from; none where its predecessor failed.
    fn state_before(
        &mut self,
        slot: &Slot,
        observer: &mut dyn Observer,
    ) -> Result<Option<State>, RunnerError> {
        let Some(earlier) = slot.job.checked_sub(1) else { return Ok(Some(State::default())) };
        let key = (slot.case.id.clone(), earlier);
        if let Some(state) = self.states.get(&key) {
            return Ok(state.clone());
        }
        let state = self.make_again(&key, observer)?;
        self.states.insert(key, state.clone());
        Ok(state)
    }

    /// Numbers the states that are about to be made for a case, behind those that the record tells
    /// of: states that are made again are others, where there is chance in them.
    fn draw(&mut self, case: &Case) {
        let jobs = self.record.jobs.iter().filter(|job| job.case == case.id);
        let last = jobs.map(|job| job.state).max();
        self.draws.insert(case.id.clone(), last.map_or(0, |last| last + 1));
    }

    /// The state that a job of the first pass left in an earlier part of the run. The job is run
    /// once more for it, and not recorded: its facts are there already.
    fn make_again(
        &mut self,
        (case, job): &(String, usize),
        observer: &mut dyn Observer,
    ) -> Result<Option<State>, RunnerError> {
        let found = self.first_pass.iter().find(|slot| slot.case.id == *case && slot.job == *job);
        let Some(slot) = found.cloned() else { return Ok(None) };
        let name = &self.bench.prepared.plan.story.jobs[*job].name;
        // Of several passes that made it, the last one counts.
        let first = slot.attempt.iteration;
        let mut made = self.record.jobs.iter().rev().filter(|it| {
            let pass = it.attempt.iteration == 0 || it.attempt.iteration == first;
            pass && it.attempt.repeat == 0 && it.case == *case && it.job == *name
        });
        if made.next().is_some_and(|facts| facts.failure.is_some()) {
            return Ok(None);
        }
        if slot.job == 0 {
            self.draw(&slot.case);
        }
        let Some(before) = self.state_before(&slot, observer)? else { return Ok(None) };
        tell(observer, &Event::Preparing(format!("making the state after {case} {name} again")))?;
        let outcome = job::run(&self.bench, &slot, &before, &mut |_: &Event| Ok(()))?;
        self.account.laying += outcome.facts.wall() + outcome.laying;
        Ok(outcome.state)
    }

    /// Begins an iteration; gives why it does not begin, where the budget has no room for one as
    /// long as that before it. One that is measured there is always.
    fn begin(&mut self, slot: &Slot) -> Result<Option<String>, Halt> {
        let (plan, iteration) = (&self.bench.prepared.plan, slot.within);
        let spent = self.account.spent();
        let last = spent - self.account.iteration_began;
        let begun = self.done.contains_key(&slot.attempt.position);
        let has_room = |budget: &Seconds| iteration <= 1 || begun || spent + last <= *budget;
        if let Some(budget) = plan.budget.filter(|budget| !has_room(budget)) {
            let why = format!("the budget of {budget} has no room for iteration {iteration}");
            return match plan.order {
                Order::Interleaved => Ok(Some(why)),
                // Other cases may not have been measured at all.
                Order::Serial => Err(Halt::Stopped(why)),
            };
        }
        self.iteration = iteration;
        self.account.iteration_began = spent;
        Ok(None)
    }
}

/// The cases with chance in their state, as far as a record shows it.
fn by_chance(record: &RawRecord) -> BTreeSet<String> {
    let plan = &record.run.plan;
    let is_drawn = |case: &&Case| {
        let jobs = record.jobs.iter().filter(|job| job.case == case.id);
        plan.scenario(case).has_chance_in_its_state(jobs)
    };
    plan.cases.iter().filter(is_drawn).map(|case| case.id.clone()).collect()
}

/// Whether a record has at a place what the schedule has there.
fn agrees(bench: &Bench<'_>, slot: &Slot, facts: &JobFacts) -> Result<(), RunnerError> {
    let name = &bench.prepared.plan.story.jobs[slot.job].name;
    let planned = (&slot.case.id, name, slot.attempt);
    if planned == (&facts.case, &facts.job, facts.attempt) {
        return Ok(());
    }
    Err(RunnerError::Input(format!(
        "the record has {} {} at place {}, and its plan {} {name}: it was written by another \
         version, or changed by hand",
        facts.case, facts.job, slot.attempt.position, slot.case.id
    )))
}
