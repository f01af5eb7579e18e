//! Run: every job of a plan in its scheduled order, told to one observer.
//! Owns the loop, the states between jobs and the account of time. A failing case is a row; only
//! what stops everything is an error.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use lukewarm_model::{RawRecord, RunEnd, RunFacts, Seconds, TimeSpent, Warning};

use crate::job::{self, Bench, State, now, tell};
use crate::prepare::Prepared;
use crate::process::MemoryWatch;
use crate::schedule::{Slot, schedule};
use crate::{Event, Observer, RunnerError, machine};

/// Above this share of stolen processor time the numbers are not the machine's own.
const STOLEN_SHARE: f64 = 0.02;

/// Runs a prepared plan. What processes print goes below `logs`; every event goes to the
/// observer the moment it happens, so that nothing measured is lost.
///
/// # Errors
/// When the run cannot go on. A cancelled run is none: its record says where it stopped.
pub fn run(
    prepared: Prepared,
    facts: RunFacts,
    logs: &Path,
    observer: &mut dyn Observer,
) -> Result<RawRecord, RunnerError> {
    let watch = MemoryWatch::start(&prepared.settings.processes);
    let bench = Bench { prepared: &prepared, logs: logs.to_owned(), watch };
    let slots = schedule(&prepared.plan);
    tell(observer, &Event::Started(slots.clone()))?;
    let mut record = RawRecord { run: facts, jobs: Vec::new(), end: None };
    let processor = machine::processor_time(Path::new("/"));
    let mut account = Account::start();
    let mut states: BTreeMap<(String, usize), Option<State>> = BTreeMap::new();
    let mut stopped = None;
    let mut iteration = slots.first().map_or(0, |slot| slot.attempt.iteration);
    for slot in &slots {
        if iteration != slot.attempt.iteration {
            iteration = slot.attempt.iteration;
            stopped = over_budget(&prepared, iteration, &account);
            if stopped.is_some() {
                break;
            }
        }
        match one(&bench, slot, &mut states, observer) {
            Ok((facts, laying)) => {
                account.add(facts.wall(), laying);
                tell(observer, &Event::JobFinished(Box::new(facts.clone())))?;
                record.jobs.push(facts);
            }
            Err(error) if error.is_cancelled() => {
                stopped = Some("cancelled".to_owned());
                break;
            }
            Err(error) => {
                let why = crate::error::chain(&error);
                record.end = Some(end(&account, Some(why), &processor));
                finish(&record, observer)?;
                return Err(error);
            }
        }
    }
    record.end = Some(end(&account, stopped, &processor));
    finish(&record, observer)?;
    Ok(record)
}

/// Runs one job, or leaves it out where its predecessor failed.
fn one(
    bench: &Bench<'_>,
    slot: &Slot,
    states: &mut BTreeMap<(String, usize), Option<State>>,
    observer: &mut dyn Observer,
) -> Result<(lukewarm_model::JobFacts, Seconds), RunnerError> {
    let case = slot.case.id.clone();
    let name = bench.prepared.plan.story.jobs[slot.job].name.clone();
    tell(observer, &Event::JobStarted { case: case.clone(), job: name, attempt: slot.attempt })?;
    let before = match slot.job.checked_sub(1) {
        None => Some(State::default()),
        Some(earlier) => states.get(&(case.clone(), earlier)).cloned().flatten(),
    };
    let first_pass = slot.is_first_pass(&bench.prepared.plan);
    let Some(before) = before else {
        if first_pass {
            states.insert((case, slot.job), None);
        }
        return Ok((job::skipped(bench, slot), Seconds(0.0)));
    };
    let outcome = job::run(bench, slot, &before, observer)?;
    if first_pass {
        states.insert((case, slot.job), outcome.state);
    }
    Ok((outcome.facts, outcome.laying))
}

/// Why no further iteration starts, where the budget is spent.
fn over_budget(prepared: &Prepared, iteration: u32, account: &Account) -> Option<String> {
    let budget = prepared.plan.budget?;
    let spent = Seconds::from(account.began.elapsed());
    (spent >= budget)
        .then(|| format!("the budget of {budget} was spent before iteration {iteration}"))
}

fn end(account: &Account, stopped: Option<String>, processor: &str) -> RunEnd {
    let mut warnings = Vec::new();
    let after = machine::processor_time(Path::new("/"));
    if let Some(share) = machine::stolen_share(processor, &after)
        && share > STOLEN_SHARE
    {
        warnings.push(Warning::new(
            format!("the hypervisor took {:.1} % of processor time while jobs ran", share * 100.0),
            "use a machine of your own, or take more iterations",
        ));
    }
    RunEnd { ended: now(), stopped, time: account.close(), warnings }
}

fn finish(record: &RawRecord, observer: &mut dyn Observer) -> Result<(), RunnerError> {
    match &record.end {
        Some(end) => tell(observer, &Event::Finished(Box::new(end.clone()))),
        None => Ok(()),
    }
}

/// Where the time went.
struct Account {
    began: Instant,
    measured: Seconds,
    laying: Seconds,
}

impl Account {
    fn start() -> Account {
        Account { began: Instant::now(), measured: Seconds(0.0), laying: Seconds(0.0) }
    }

    fn add(&mut self, measured: Seconds, laying: Seconds) {
        self.measured += measured;
        self.laying += laying;
    }

    fn close(&self) -> TimeSpent {
        let own = Seconds::from(self.began.elapsed()) - self.measured - self.laying;
        TimeSpent { measured: self.measured, laying: self.laying, own }
    }
}
