//! The comparisons of a run with its reference: wall-clock, one family for each workspace and job.
//! Owns which rows are compared; `compare` owns what a ratio says.

use lukewarm_model::{Case, JobName, Plan};

use super::row::Comparison;
use crate::compare::{Levels, MARGIN, Margin, Ratio, need, ratio, verdicts};
use crate::evaluate::SamplesByRow;

/// A family of comparisons, corrected together: the cases of one workspace in one job.
pub(super) struct Family<'a, 'c> {
    pub(super) plan: &'a Plan,
    pub(super) cases: &'c [&'a Case],
    pub(super) job: &'a JobName,
}

/// The comparisons of a family, by case: those of cases that have pairs with the reference.
pub(super) fn comparisons<'a>(
    family: &Family<'a, '_>,
    rows: &SamplesByRow<'_>,
    levels: &Levels,
) -> Vec<(&'a Case, Comparison)> {
    let Family { plan, cases, job } = family;
    let Some(name) = &plan.reference else { return Vec::new() };
    let Some(reference) = cases.iter().find(|case| case.scenario == *name) else {
        return Vec::new();
    };
    let Some(divisor) = rows.wall(reference, job) else { return Vec::new() };
    let others: Vec<&&Case> = cases.iter().filter(|case| case.scenario != *name).collect();
    let (found, ratios): (Vec<&Case>, Vec<Ratio>) = others
        .iter()
        .filter_map(|case| Some((**case, ratio(rows.wall(case, job)?, divisor, levels.alone())?)))
        .unzip();
    let twin =
        plan.twin.as_ref().and_then(|name| found.iter().position(|case| case.scenario == *name));
    let declared = Margin::of(MARGIN);
    let margin = twin.map_or(declared, |place| declared.raised_by(&ratios[place].estimate));
    let planned = others.len();
    let told = ratios.iter().zip(verdicts(&ratios, planned, levels, &margin));
    let comparisons = told.map(|(ratio, verdict)| {
        let need = match verdict.is_decided() {
            true => None,
            false => need(ratio, planned, levels, &margin),
        };
        Comparison {
            reference: name.clone(),
            ratio: ratio.estimate.clone(),
            verdict,
            iterations_needed: need.and_then(|need| need.blocks),
            detectable: need.and_then(|need| need.detectable),
            margin: margin.declared,
            floor: margin.floor,
        }
    });
    let comparisons = comparisons.collect::<Vec<_>>();
    found.into_iter().zip(comparisons).collect()
}
