//! Why records are not made one. Owns what must be the same in all of them, and that a block is in
//! one of them only. It must not change a record, except to leave out what was begun and is whole
//! in another.

use std::collections::BTreeMap;

use lukewarm_model::{Difference, RunFacts};
use lukewarm_record::{length_differences, plan_differences};

use super::inputs::Input;
use super::units::Dealt;
use crate::error::SessionError;

/// How many differences are named.
const NAMED: usize = 6;

/// Refuses records that did not measure the same, and says what differs.
pub(super) fn refuse_others(inputs: &[Input]) -> Result<(), SessionError> {
    let Some((first, rest)) = inputs.split_first() else { return Ok(()) };
    for other in rest {
        let (was, is) = (&first.record.run, &other.record.run);
        refuse((first, other), plan_differences(&is.plan, &was.plan)?, "of different plans")?;
        refuse((first, other), conditions(is, was), "measured with different things")?;
    }
    // Shards of one sitting were planned with one length.
    let mut sittings: BTreeMap<_, &Input> = BTreeMap::new();
    for input in inputs {
        let run = &input.record.run;
        let (Some(shard), true) = (run.shard, run.parts.is_empty()) else { continue };
        let sitting = (shard.count, run.first_block.unwrap_or(1));
        let first: &Input = sittings.entry(sitting).or_insert(input);
        let differences = length_differences(&run.plan, &first.record.run.plan)?;
        refuse((first, input), differences, "shards of different plans")?;
    }
    Ok(())
}

fn refuse(
    (first, other): (&Input, &Input),
    differences: Vec<Difference>,
    what: &str,
) -> Result<(), SessionError> {
    if differences.is_empty() {
        return Ok(());
    }
    let mut named: Vec<String> = differences.iter().take(NAMED).map(ToString::to_string).collect();
    if differences.len() > NAMED {
        named.push(format!("{} more differences", differences.len() - NAMED));
    }
    Err(SessionError::Merge(format!(
        "{} and {} are {what}: {}",
        first.path.display(),
        other.path.display(),
        named.join("; ")
    )))
}

/// What differs of what measured, apart from the machines: those may be of any kind.
fn conditions(is: &RunFacts, was: &RunFacts) -> Vec<Difference> {
    let machines = is.host.differences(&was.host);
    // Each machine builds or fetches its own programs: versions count.
    let ours = |it: &RunFacts| {
        let mut run = it.clone();
        run.executable = None;
        run.tools.values_mut().for_each(|tool| tool.sha256.clear());
        run
    };
    let (is, was) = (ours(is), ours(was));
    let mut found = is.conditions_that_differ(&was);
    found.retain(|it| !machines.contains(it));
    found.extend(is.subjects_that_differ(&was));
    found
}

/// Refuses a block that is whole in two records. Of one that is whole in one and begun in others,
/// these leave it out: what was left out is told.
pub(super) fn refuse_doubled(inputs: &mut [Input]) -> Result<Vec<String>, SessionError> {
    let plan = longest(inputs);
    let dealt = Dealt::of(&plan);
    let mut owners: BTreeMap<u32, (usize, bool)> = BTreeMap::new();
    let mut doubled: BTreeMap<(usize, usize), Vec<u32>> = BTreeMap::new();
    let mut left_out: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for (place, input) in inputs.iter().enumerate() {
        let units = dealt.units(&input.record.jobs);
        for unit in units.begun() {
            let is_whole = dealt.is_whole(&units, unit);
            match owners.get(&unit).copied() {
                None => drop(owners.insert(unit, (place, is_whole))),
                Some((other, true)) if is_whole => {
                    doubled.entry((other, place)).or_default().push(unit);
                }
                Some((other, false)) if is_whole => {
                    left_out.entry(other).or_default().push(unit);
                    owners.insert(unit, (place, true));
                }
                Some(_) => left_out.entry(place).or_default().push(unit),
            }
        }
    }
    if let Some(((one, other), units)) = doubled.first_key_value() {
        return Err(SessionError::Merge(format!(
            "{} and {} both have {}: merge one of them only. A shard that was begun anew stands in \
             for its first try; to go on with that, use `lukewarm run --resume RUN`",
            inputs[*one].path.display(),
            inputs[*other].path.display(),
            dealt.named(units)
        )));
    }
    let mut notes = Vec::new();
    for (place, units) in left_out {
        let input = &mut inputs[place];
        input.record.jobs.retain(|job| dealt.unit(job).is_none_or(|it| !units.contains(&it)));
        let (units, path) = (dealt.named(&units), input.path.display());
        notes.push(format!("{path} began {units}: another record has all of that, and counts"));
    }
    Ok(notes)
}

/// The plan of the record that was to have the most blocks.
pub(super) fn longest(inputs: &[Input]) -> lukewarm_model::Plan {
    let plans = inputs.iter().map(|it| &it.record.run.plan);
    plans.max_by_key(|it| it.iterations).expect("there is a record").clone()
}
