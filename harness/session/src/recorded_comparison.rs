//! A comparison of two recorded runs, or of two scenarios of them.
//! Owns which cases are compared; the rules of the gate are `analysis`'s.

use std::path::Path;

use lukewarm_analysis::{Evaluation, Gate, Hosts, Pair};
use lukewarm_model::{RawRecord, Thresholds};

use crate::error::SessionError;

/// One side of a comparison of records.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedRun {
    record: RawRecord,
    /// The only scenario that counts; none takes all of them.
    scenario: Option<String>,
}

impl ComparedRun {
    /// Reads a results folder, and checks that it has the scenario.
    ///
    /// # Errors
    /// When the record cannot be read or does not have the scenario.
    pub fn read(folder: &Path, scenario: Option<&str>) -> Result<ComparedRun, SessionError> {
        let record = lukewarm_record::read(folder)?;
        if let Some(wanted) = scenario {
            let known = || record.run.plan.scenarios.iter().map(|it| it.name.as_str());
            if !known().any(|name| name == wanted) {
                let what = lukewarm_plan::unknown("scenario", wanted, known());
                return Err(SessionError::Comparison(format!("{}: {what}", folder.display())));
            }
        }
        Ok(ComparedRun { record, scenario: scenario.map(str::to_owned) })
    }
}

/// Compares a candidate with a baseline, each recorded.
///
/// # Errors
/// When both sides are the same, or only one names a scenario.
pub fn compare_records(
    baseline: &ComparedRun,
    candidate: &ComparedRun,
    thresholds: &Thresholds,
    hosts: Hosts,
) -> Result<Gate, SessionError> {
    let pairs = pairs(baseline, candidate)?;
    let (before, now) = (Evaluation::of(&baseline.record), Evaluation::of(&candidate.record));
    Ok(lukewarm_analysis::gate(&before, &now, &pairs, thresholds, hosts))
}

fn pairs(baseline: &ComparedRun, candidate: &ComparedRun) -> Result<Vec<Pair>, SessionError> {
    let refused = |what: String| Err(SessionError::Comparison(what));
    let same_run = baseline.record.run.id == candidate.record.run.id;
    match (&baseline.scenario, &candidate.scenario) {
        (Some(before), Some(now)) if same_run && before == now => refused(format!(
            "baseline and candidate are both {before} of the same run: there is nothing to compare"
        )),
        (Some(before), Some(now)) => Ok(lukewarm_analysis::pairs_of_scenarios(
            (&baseline.record.run.plan, before),
            (&candidate.record.run.plan, now),
        )),
        (None, None) if same_run => refused(
            "baseline and candidate are the same run: name two of its scenarios, such as \
             `RUN:none RUN:sccache-local`"
                .to_owned(),
        ),
        (None, None) => Ok(lukewarm_analysis::pairs_of_runs(&baseline.record, &candidate.record)),
        _ => {
            refused("only one side names a scenario: name one on both sides, or on none".to_owned())
        }
    }
}
