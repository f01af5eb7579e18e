//! Several copies of one job at once, each in a thread of its own, with one service between them.
//! Owns what they do together: the service before them, their turns, what is left of them, and how
//! their facts become those of one job. What a copy does by itself is that of any job.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use lukewarm_model::{
    AtOnce, CopiesFacts, CopyFacts, Failure, JobFacts, Operation, Request, Seconds, ServiceKind,
    Step, StepFacts, result_of,
};

use crate::error::RunnerError;
use crate::job::copy::CopyPlace;
use crate::job::effects::{Effects, State};
use crate::job::event::{Event, Observer, emit};
use crate::job::execute::{Execution, JobOutcome};
use crate::job::machine::set_up_service;
use crate::job::plan::{JobPart, JobPlan};
use crate::job::real_effects::{self, RealEffects, RunContext};
use crate::job::recorders::{self, CopyRequests, StepRecorder};
use crate::job::scheduled_job::ScheduledJob;
use crate::job::turns::{Turn, Turns};

/// A job of which several copies run at once.
pub struct CopiedJob<'a> {
    pub context: &'a RunContext<'a>,
    pub slot: &'a ScheduledJob,
    pub before: &'a State,
    pub at_once: AtOnce,
}

/// What one copy left.
#[derive(Debug)]
pub(super) struct CopyOutcome {
    pub(super) outcome: JobOutcome,
    pub(super) started: Seconds,
    pub(super) ended: Seconds,
}

/// The requests of one copy, each with its step.
type CopyLedger = Mutex<Vec<(Step, Request)>>;

impl CopiedJob<'_> {
    /// Runs all copies; their facts are those of one job.
    ///
    /// # Errors
    /// Only when the run cannot continue.
    pub fn run(
        &self,
        facts: JobFacts,
        observer: &mut dyn Observer,
    ) -> Result<JobOutcome, RunnerError> {
        let prepared = self.context.prepared;
        let served = prepared.services.get(&self.slot.case.scenario);
        let began = Instant::now();
        served.map_or(Ok(()), |it| set_up_service(it, self.before))?;
        let set_up = Seconds::from(began.elapsed());
        emit(observer, &Event::StepStarted(Step::Build))?;
        let mut together = recorders::of_all_copies(&self.context.watch, served);
        let mut shared = StepFacts::new(Step::Build, Seconds(0.0));
        let ledgers: Vec<CopyLedger> =
            (0..self.at_once.copies).map(|_| CopyLedger::default()).collect();
        together.iter_mut().for_each(|it| it.begin(Step::Build));
        let outcomes = at_once(self.at_once, &|turn| {
            let ledger = &ledgers[turn.number as usize - 1];
            self.copy(turn, facts.clone(), ledger)
        })?;
        together.iter_mut().try_for_each(|it| it.end(Step::Build, &mut shared))?;
        let tool = &prepared.plan.scenario(&self.slot.case).tool.name;
        let warnings = real_effects::end_strays(prepared.limits.job_processes(), tool);
        let kind = prepared.plan.scenario(&self.slot.case).service;
        let ledgers = ledgers.into_iter();
        let ledgers: Vec<Vec<(Step, Request)>> =
            ledgers.map(|it| it.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        let mut outcome = joined(facts, outcomes, self.at_once);
        outcome.setup += set_up;
        outcome.facts.warnings.extend(warnings);
        if let Some(copies) = &mut outcome.facts.copies {
            copies.peak_rss = shared.peak_rss;
            copies.service_cpu = shared.service_cpu;
            count(copies, &ledgers, kind);
        }
        emit(observer, &Event::StepFinished(Step::Build, outcome.facts.wall()))?;
        Ok(outcome)
    }

    /// One copy, in the thread that is its own.
    fn copy(
        &self,
        turn: Turn<'_>,
        facts: JobFacts,
        kept: &CopyLedger,
    ) -> Result<Option<CopyOutcome>, RunnerError> {
        let prepared = self.context.prepared;
        let processes = prepared.limits.job_processes();
        let place = CopyPlace::take(turn.number, processes, &prepared.scratch)?;
        let (context, slot, before) = (self.context, self.slot, self.before);
        let mut effects = RealEffects::new(context, slot, before, Some(&place))?;
        let (plan, served) = (effects.plan(), effects.served());
        let ledger = effects.logs.join("ledger.jsonl");
        let requests = CopyRequests { listener: place.listener(), kept };
        let recorders = recorders::of_copy(&place.processes, served, ledger, requests);
        carry_out_copy(&plan, &mut effects, recorders, facts, turn)
    }
}

/// Runs each copy in a thread of its own. Gives what they left, by number.
///
/// # Errors
/// The first error that ends the run.
pub(super) fn at_once(
    at_once: AtOnce,
    copy: &(dyn Fn(Turn<'_>) -> Result<Option<CopyOutcome>, RunnerError> + Sync),
) -> Result<Vec<CopyOutcome>, RunnerError> {
    let turns = Turns::new(at_once);
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            turns.all().into_iter().map(|turn| scope.spawn(move || copy(turn))).collect();
        threads.into_iter().map(result_of).collect()
    });
    let all = results.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(all.into_iter().flatten().collect())
}

/// Carries out one copy in its turn; none where another one could not be set up. What is looked at
/// when nothing is measured any more is looked at when all have ended.
///
/// # Errors
/// When the run cannot continue.
pub(super) fn carry_out_copy<'a>(
    plan: &JobPlan,
    effects: &'a mut dyn Effects,
    recorders: Vec<Box<dyn StepRecorder + 'a>>,
    facts: JobFacts,
    mut turn: Turn<'_>,
) -> Result<Option<CopyOutcome>, RunnerError> {
    let began = Instant::now();
    effects.set_up()?;
    let set_up = Seconds::from(began.elapsed());
    let started = turn.start(|time| effects.wait_for_start(time))?;
    let Some(started) = started else {
        effects.tear_down()?;
        return Ok(None);
    };
    let (later, measured): (Vec<JobPart>, Vec<JobPart>) =
        plan.parts.iter().cloned().partition(|part| matches!(part, JobPart::BuildAgain));
    let mut unheard = |_: &Event| Ok(());
    let mut job = Execution::new(effects, recorders, facts, &mut unheard);
    let stopped = job.parts(&measured);
    let ended = turn.end();
    let stopped = stopped.and_then(|()| job.parts(&later));
    let outcome = job.finish(stopped)?;
    let outcome = JobOutcome { setup: set_up + outcome.setup, ..outcome };
    Ok(Some(CopyOutcome { outcome, started, ended }))
}

/// The facts of a job from those of its copies. It has a result only where each of them has, and
/// leaves the state of the first.
fn joined(mut facts: JobFacts, outcomes: Vec<CopyOutcome>, at_once: AtOnce) -> JobOutcome {
    let (mut state, mut setup) = (None, Seconds(0.0));
    let mut copies = Vec::new();
    for (number, CopyOutcome { outcome, started, ended }) in (1..).zip(outcomes) {
        if setup < outcome.setup {
            setup = outcome.setup;
        }
        if number == 1 {
            state = outcome.state;
            facts.service = outcome.facts.service.clone();
            facts.kept_bytes = outcome.facts.kept_bytes;
        }
        if let (None, Some(failure)) = (&facts.failure, &outcome.facts.failure) {
            let message = format!("copy {number}: {}", failure.message);
            facts.failure = Some(Failure { message, ..failure.clone() });
        }
        copies.push(CopyFacts::of(outcome.facts, (started, ended)));
    }
    let state = state.filter(|_| facts.failure.is_none());
    facts.copies = Some(CopiesFacts {
        stagger: at_once.stagger,
        peak_rss: None,
        service_cpu: None,
        offered: BTreeMap::new(),
        copies,
    });
    JobOutcome { facts, state, setup }
}

/// Counts what the requests of the copies say of each other: writes that were refused, and entries
/// that several wanted to write.
fn count(copies: &mut CopiesFacts, ledgers: &[Vec<(Step, Request)>], kind: Option<ServiceKind>) {
    let mut writers: BTreeMap<&str, u32> = BTreeMap::new();
    for (copy, requests) in copies.copies.iter_mut().zip(ledgers) {
        let mut keys: BTreeSet<&str> = BTreeSet::new();
        for (step, request) in requests.iter().filter(|(_, it)| is_write(it, kind)) {
            // What a tool's server writes when it starts, to see whether it may, is no entry.
            let is_entry = *step != Step::Restore;
            if request.status >= 400 && (is_entry || request.status != CONFLICT) {
                *copy.refused.entry(request.status).or_default() += 1;
            }
            if is_entry && !request.key.is_empty() {
                keys.insert(&request.key);
            }
        }
        keys.into_iter().for_each(|key| *writers.entry(key).or_default() += 1);
    }
    for count in writers.into_values() {
        *copies.offered.entry(count).or_default() += 1;
    }
}

/// The status of a write to a key that is there, or is reserved.
const CONFLICT: u16 = 409;

/// Whether a request writes an entry, or reserves one: where a service knows folders, what goes
/// around a write is about these.
fn is_write(request: &Request, kind: Option<ServiceKind>) -> bool {
    match request.operation {
        Operation::Write => true,
        Operation::Manage => kind.is_some_and(|it| !it.has_folders()),
        Operation::Lookup | Operation::Read | Operation::Other => false,
    }
}

#[cfg(test)]
mod tests;
