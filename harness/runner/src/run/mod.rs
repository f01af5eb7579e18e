//! A run: every job of a plan in its scheduled order, with events to one observer.
//! Owns how a run begins and ends. The itinerary decides what comes next, the budget whether there
//! is time for it, the states what jobs start from; the loop runs one job after the other.
//! A failing job must not end the run: it is a row.

mod account;
mod allocation;
mod budget;
mod calibration;
mod comparison_builds;
mod itinerary;
mod jobs;
mod run_loop;
pub mod schedule;
mod states;

use std::path::Path;

use lukewarm_model::{ErrorChain, MachinePace, Plan, RawRecord, RunEnd, StopReason};

use crate::error::RunnerError;
use crate::job::event::{Event, Observer, emit};
use crate::job::now;
use crate::machine;
use crate::prepare::Prepared;

pub use itinerary::Decide;
use jobs::RealJobs;
use run_loop::{Halt, RunLoop};

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
    mut prepared: Prepared,
    record: RawRecord,
    logs: &Path,
    decide: Decide<'_>,
    observer: &mut dyn Observer,
) -> Result<RawRecord, RunnerError> {
    let _kept_off = prepared.limits.keep_off();
    prepared.settings.processes = prepared.limits.for_others(&prepared.settings.processes);
    let machine = machine::Watch::start(Path::new("/"));
    let mut jobs = RealJobs::new(&prepared, logs.to_owned())?;
    let cases = record.run.portion().cases(&prepared.plan).cloned().collect();
    let plan = Plan { cases, ..prepared.plan.clone() };
    let mut all = RunLoop::new(&plan, &mut jobs, record);
    let outcome = all.all(decide, observer);
    let probes = all.record.jobs.iter().filter_map(|job| job.probe.as_ref());
    let mut end = RunEnd {
        ended: now(),
        stopped: None,
        enough: None,
        time: all.account.close(),
        warnings: machine.warnings(),
        machine: MachinePace::of(probes, prepared.quiet.clone()),
        published: None,
    };
    match &outcome {
        Ok(enough) => end.enough.clone_from(enough),
        Err(Halt::Stopped(why)) => end.stopped = Some(why.clone()),
        Err(Halt::Error(error)) => {
            end.stopped = Some(StopReason::Error(ErrorChain(error).to_string()));
        }
    }
    emit(observer, &Event::Finished(Box::new(end.clone())))?;
    match outcome {
        Err(Halt::Error(error)) => Err(error),
        _ => Ok(RawRecord { end: Some(end), ..all.record }),
    }
}
