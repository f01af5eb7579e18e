//! Carries a job's plan out: sets up, does its parts in order, records its steps, and turns what
//! stops it into a row. Owns what happens after a failure and on a cancelled run; the effects say
//! only what failed. A failing step keeps its measures: they say what went wrong.

use std::time::Instant;

use lukewarm_model::{
    ErrorChain, Failure, FailureKind, JobFacts, Seconds, Step, StepFacts, ToolStatement,
};

use crate::error::RunnerError;
use crate::job::effects::{Effects, Notes, State, Stop};
use crate::job::event::{Event, Observer, tell};
use crate::job::plan::{Action, JobPart, JobPlan};
use crate::job::recorders::StepRecorder;

/// A job's facts, what it left, and the time its laying took.
#[derive(Debug)]
pub struct JobOutcome {
    /// What was seen.
    pub facts: JobFacts,
    /// What its successor starts from; none when it failed.
    pub state: Option<State>,
    /// Time for setting the machine up and clearing it away.
    pub laying: Seconds,
}

/// A job under way.
struct Execution<'a> {
    effects: &'a mut dyn Effects,
    recorders: Vec<Box<dyn StepRecorder + 'a>>,
    observer: &'a mut dyn Observer,
    facts: JobFacts,
    /// The step that is under way, or that failed.
    at: Option<Step>,
}

/// Carries out a job whose facts begin as `facts`.
///
/// # Errors
/// Only when the run cannot go on: cancelled, a full disk, a listener that fails.
pub fn carry_out<'a>(
    plan: &JobPlan,
    effects: &'a mut dyn Effects,
    recorders: Vec<Box<dyn StepRecorder + 'a>>,
    facts: JobFacts,
    observer: &'a mut dyn Observer,
) -> Result<JobOutcome, RunnerError> {
    let began = Instant::now();
    effects.set_up()?;
    let laying = Seconds::from(began.elapsed());
    let mut job = Execution { effects, recorders, observer, facts, at: None };
    let stopped = plan.parts.iter().try_for_each(|part| job.part(part));
    // Whatever happened, nothing of the job goes on.
    let oddities = job.effects.end_processes();
    job.facts.checks.extend(oddities.checks);
    job.facts.warnings.extend(oddities.warnings);
    if let Err(stop) = stopped {
        job.facts.failure = Some(job.as_row(stop)?);
    }
    let began = Instant::now();
    let state = match job.facts.failure {
        None => {
            let kept = job.effects.keep()?;
            job.facts.service = kept.service;
            job.facts.kept_bytes = kept.bytes;
            Some(kept.state)
        }
        Some(_) => None,
    };
    job.effects.tear_down()?;
    let laying = laying + Seconds::from(began.elapsed());
    Ok(JobOutcome { facts: job.facts, state, laying })
}

impl Execution<'_> {
    fn part(&mut self, part: &JobPart) -> Result<(), Stop> {
        match part {
            JobPart::Timed(step, actions) => self.step(*step, actions)?,
            JobPart::ListRestored => self.effects.list_restored(),
            JobPart::Statistics(moment) => {
                let text = self.effects.statistics()?;
                let moment = *moment;
                self.facts.statements.extend(text.map(|text| ToolStatement { moment, text }));
            }
            JobPart::CheckOutputs => {
                let outputs = self.effects.check_outputs()?;
                self.facts.units = outputs.units;
                self.facts.restored = outputs.restored;
                self.facts.checks.extend(outputs.checks);
            }
        }
        Ok(())
    }

    /// Does one step while the recorders watch.
    fn step(&mut self, step: Step, actions: &[Action]) -> Result<(), Stop> {
        tell(self.observer, &Event::StepStarted(step))?;
        self.at = Some(step);
        let mut notes = Notes::default();
        notes.listeners.extend(self.recorders.iter_mut().filter_map(|it| it.listener(step)));
        self.recorders.iter_mut().for_each(|it| it.begin(step));
        let stopped = actions.iter().try_for_each(|it| self.effects.act(it, &mut notes));
        if stopped.is_err() && self.effects.is_cancelled() {
            // The job is no row: nobody waits for requests on their way.
            return stopped;
        }
        let kept = self.record(step, notes);
        // Why a step failed matters more than why it was not measured.
        stopped.and(kept.map_err(Stop::Run))?;
        self.at = None;
        Ok(())
    }

    /// Ends every recorder, and keeps what they saw.
    fn record(&mut self, step: Step, notes: Notes) -> Result<(), RunnerError> {
        let mut facts = facts_of(step);
        facts.note = notes.note;
        let mut kept = Ok(());
        for recorder in self.recorders.iter_mut().rev() {
            kept = kept.and(recorder.end(step, &mut facts));
        }
        let wall = facts.wall;
        self.facts.checks.extend(notes.checks);
        self.facts.steps.push(facts);
        kept?;
        tell(self.observer, &Event::StepFinished(step, wall))
    }

    /// A stop as a row, where it is one.
    fn as_row(&self, stop: Stop) -> Result<Failure, RunnerError> {
        let failure = match stop {
            Stop::Failed(failure) => Failure { step: self.at, ..failure },
            Stop::Run(error) if self.effects.is_cancelled() || error.is_cancelled() => {
                return Err(RunnerError::Cancelled);
            }
            Stop::Run(error @ RunnerError::Observer(_)) => return Err(error),
            Stop::Run(error) => Failure {
                step: self.at,
                kind: FailureKind::Environment,
                message: ErrorChain(&error).to_string(),
                last_lines: Vec::new(),
            },
        };
        // A failure on a full disk ends the run: every job after it would fail too.
        match self.effects.full_disk() {
            None => Ok(failure),
            Some(folder) => Err(RunnerError::Environment(format!(
                "the disk of {} is full ({}); free some space, or choose other folders with \
                 `--scratch DIR` and `--out DIR`",
                folder.display(),
                failure.message
            ))),
        }
    }
}

/// The facts of a step that nobody has measured yet.
pub fn facts_of(step: Step) -> StepFacts {
    StepFacts {
        step,
        wall: Seconds(0.0),
        cpu: None,
        peak_rss: None,
        service_cpu: None,
        ledger: None,
        note: None,
    }
}

#[cfg(test)]
mod tests;
