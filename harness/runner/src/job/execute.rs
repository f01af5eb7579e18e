//! Executing a job's plan: sets up, carries out its parts in order, records its steps, and turns
//! failures into rows. Owns what happens after a failure and on cancellation; the effects only
//! report what failed. A failing step must keep its measurements, which show what went wrong.

use std::time::Instant;

use lukewarm_model::{
    ErrorChain, Failure, FailureKind, JobFacts, Seconds, Step, StepFacts, ToolStatement,
};

use crate::error::RunnerError;
use crate::job::effects::{Effects, Notes, State, Stop};
use crate::job::event::{Event, Observer, emit};
use crate::job::plan::{Action, JobPart, JobPlan};
use crate::job::recorders::StepRecorder;

/// A job's facts, its state, and the time that was spent around it.
#[derive(Debug)]
pub struct JobOutcome {
    /// The facts.
    pub facts: JobFacts,
    /// The state that its successor starts from; none when it failed.
    pub state: Option<State>,
    /// Time for setting up the machine before the job and cleaning up after it.
    pub setup: Seconds,
}

/// A job that is being executed.
pub(super) struct Execution<'a> {
    effects: &'a mut dyn Effects,
    recorders: Vec<Box<dyn StepRecorder + 'a>>,
    observer: &'a mut dyn Observer,
    facts: JobFacts,
    /// The current step, or the one that failed; none between steps.
    current: Option<Step>,
}

/// Carries out a job whose facts begin as `facts`.
///
/// # Errors
/// Only when the run cannot continue: cancelled, a full disk, an observer that fails.
pub fn carry_out<'a>(
    plan: &JobPlan,
    effects: &'a mut dyn Effects,
    recorders: Vec<Box<dyn StepRecorder + 'a>>,
    facts: JobFacts,
    observer: &'a mut dyn Observer,
) -> Result<JobOutcome, RunnerError> {
    let began = Instant::now();
    effects.set_up()?;
    let setup = Seconds::from(began.elapsed());
    let mut job = Execution::new(effects, recorders, facts, observer);
    let stopped = job.parts(&plan.parts);
    let outcome = job.finish(stopped)?;
    Ok(JobOutcome { setup: setup + outcome.setup, ..outcome })
}

impl<'a> Execution<'a> {
    /// A job that is set up, and whose facts begin as `facts`.
    pub(super) fn new(
        effects: &'a mut dyn Effects,
        recorders: Vec<Box<dyn StepRecorder + 'a>>,
        facts: JobFacts,
        observer: &'a mut dyn Observer,
    ) -> Execution<'a> {
        Execution { effects, recorders, observer, facts, current: None }
    }

    /// Carries out parts in order, until one fails.
    pub(super) fn parts(&mut self, parts: &[JobPart]) -> Result<(), Stop> {
        parts.iter().try_for_each(|part| self.part(part))
    }

    /// Ends a job whose parts were carried out, or stopped: saves its state, and removes the rest.
    pub(super) fn finish(mut self, stopped: Result<(), Stop>) -> Result<JobOutcome, RunnerError> {
        // In any case, no process of the job may continue.
        let cleanup = self.effects.end_processes();
        self.facts.checks.extend(cleanup.checks);
        self.facts.warnings.extend(cleanup.warnings);
        if let Err(stop) = stopped {
            self.facts.failure = Some(self.failure_of(stop)?);
        }
        let began = Instant::now();
        let state = match self.facts.failure {
            None => {
                let kept = self.effects.save_state()?;
                self.facts.service = kept.service;
                self.facts.kept_bytes = kept.bytes;
                Some(kept.state)
            }
            Some(_) => None,
        };
        self.effects.tear_down()?;
        let setup = Seconds::from(began.elapsed());
        Ok(JobOutcome { facts: self.facts, state, setup })
    }

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
                self.facts.outputs = outputs.made;
                self.facts.printed = outputs.printed;
                self.facts.checks.extend(outputs.checks);
            }
            JobPart::BuildAgain => self.facts.settled = self.effects.build_again()?,
        }
        Ok(())
    }

    /// Executes one step while the recorders measure it.
    fn step(&mut self, step: Step, actions: &[Action]) -> Result<(), Stop> {
        emit(self.observer, &Event::StepStarted(step))?;
        self.current = Some(step);
        let mut notes = Notes::default();
        notes.listeners.extend(self.recorders.iter_mut().filter_map(|it| it.listener(step)));
        self.recorders.iter_mut().for_each(|it| it.begin(step));
        let stopped = actions.iter().try_for_each(|it| self.effects.act(it, &mut notes));
        if stopped.is_err() && self.effects.is_cancelled() {
            // The job will not be a row: pending requests need not be waited for.
            return stopped;
        }
        let kept = self.record(step, notes);
        // The step's own error takes precedence over that of a recorder.
        stopped.and(kept.map_err(Stop::Run))?;
        self.current = None;
        Ok(())
    }

    /// Ends every recorder and adds the step's facts.
    fn record(&mut self, step: Step, notes: Notes) -> Result<(), RunnerError> {
        let mut facts = StepFacts::new(step, Seconds(0.0));
        facts.note = notes.note;
        let mut kept = Ok(());
        for recorder in self.recorders.iter_mut().rev() {
            kept = kept.and(recorder.end(step, &mut facts));
        }
        let wall = facts.wall;
        self.facts.checks.extend(notes.checks);
        self.facts.commands.extend(notes.commands);
        self.facts.steps.push(facts);
        kept?;
        emit(self.observer, &Event::StepFinished(step, wall))
    }

    /// The failure for the job's row.
    ///
    /// # Errors
    /// When the run must end instead.
    fn failure_of(&self, stop: Stop) -> Result<Failure, RunnerError> {
        let failure = match stop {
            // By whatever it failed: its processes were ended, a server before it was ready.
            _ if self.effects.is_cancelled() => return Err(RunnerError::Cancelled),
            Stop::Run(error) if error.is_cancelled() => return Err(RunnerError::Cancelled),
            Stop::Failed(failure) => Failure { step: self.current, ..failure },
            Stop::Run(error @ RunnerError::Observer(_)) => return Err(error),
            Stop::Run(error) => Failure {
                step: self.current,
                kind: FailureKind::Environment,
                message: ErrorChain(&error).to_string(),
                last_lines: Vec::new(),
            },
        };
        // A full disk ends the run: every later job would fail too.
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

#[cfg(test)]
mod tests;
