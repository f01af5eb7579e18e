//! Merging: the records of several machines, or of several sittings, become one record of their
//! plan. Owns the way from files to a results folder with every report; missing parts are named,
//! and keep none of the others back.

mod combine;
mod inputs;
mod refusals;
mod units;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lukewarm_record::{Writer, plan_digest};
use lukewarm_runner::UserEnvironment;

use crate::error::SessionError;
use crate::privacy::Home;
use crate::report_files::write_report;
use crate::results::{self, Results};
use crate::session::Measured;
use combine::{Combined, combined};
use inputs::{Input, Inputs};

/// Whether one plan is wanted of all records, or a record of each plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergedPlans {
    /// All records must be of one plan.
    One,
    /// Records of several plans become one record for each.
    Each,
}

/// A merged record, with its reports.
#[derive(Debug)]
pub struct MergedRun {
    /// The record, its reports and its results folder.
    pub measured: Measured,
    /// How many records it was merged from.
    pub merged: usize,
    /// What is missing, each in words.
    pub missing: Vec<String>,
}

/// What became of some records.
#[derive(Debug)]
pub struct Merged {
    /// A record for each plan, in the order of their results folders.
    pub runs: Vec<MergedRun>,
    /// What could not be read, each with why: it counts as missing.
    pub unreadable: Vec<String>,
    /// What was left out though it could be read, each with why.
    pub notes: Vec<String>,
}

/// Merges packed records and results folders; a folder stands for all of them below it. The command
/// line is for the record.
///
/// # Errors
/// When there is no record, records did not measure the same, or one block is in two of them;
/// nothing is written then. When a results folder cannot be written.
pub fn merge(
    named: &[PathBuf],
    plans: MergedPlans,
    results: &Results,
    (command, user): (&[String], &UserEnvironment),
) -> Result<Merged, SessionError> {
    let Inputs { records, unreadable, mut notes } = Inputs::read(named)?;
    let mut groups: BTreeMap<String, Vec<Input>> = BTreeMap::new();
    for input in records {
        let key = match plans {
            MergedPlans::One => String::new(),
            MergedPlans::Each => plan_digest(&input.record.run.plan)?,
        };
        groups.entry(key).or_default().push(input);
    }
    // All are looked at before anything is written.
    for inputs in groups.values_mut() {
        refusals::refuse_others(inputs)?;
        notes.extend(refusals::refuse_doubled(inputs)?);
    }
    let home = Home::of(user);
    let command: Vec<String> = command.iter().map(|word| home.hidden(word)).collect();
    let out = results.folder()?;
    let runs = groups.into_values().map(|inputs| write(inputs, &out, &command));
    Ok(Merged { runs: runs.collect::<Result<_, _>>()?, unreadable, notes })
}

/// Makes one record and writes it with its reports.
fn write(inputs: Vec<Input>, out: &Path, command: &[String]) -> Result<MergedRun, SessionError> {
    let plan = refusals::longest(&inputs);
    let id = results::new_id(SystemTime::now().into(), &format!("{}-merged", plan.name));
    let merged = inputs.len();
    let (mut records, mut all_logs) = (Vec::new(), Vec::new());
    for Input { record, logs, .. } in inputs {
        // A record that was merged before has its parts' logs apart already.
        let below = match record.run.parts.is_empty() {
            true => format!("logs/{}", record.run.id),
            false => "logs".to_owned(),
        };
        records.push(record);
        all_logs.push((logs, below));
    }
    let Combined { record, missing } = combined(records, plan, id, command.to_vec());
    let mut writer = Writer::create(out, &record.run)?;
    writer.jobs(&record.jobs)?;
    record.end.iter().try_for_each(|end| writer.end(end))?;
    let folder = writer.folder().to_owned();
    for (logs, below) in all_logs {
        logs.write(&folder, &below)?;
    }
    let report = write_report(&record, &folder)?;
    Ok(MergedRun { measured: Measured { record, report, folder }, merged, missing })
}

#[cfg(test)]
mod tests;
