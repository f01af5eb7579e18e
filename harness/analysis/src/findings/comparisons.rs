//! The comparisons of a run with its reference: wall-clock, one family for each workspace and job.
//! Owns which rows are compared, and that a clear difference is said before the exact procedure
//! can decide; `compare` owns what a ratio says.

use lukewarm_model::{Case, JobName, Plan};

use super::row::Comparison;
use crate::compare::{
    Levels, MARGIN, Margin, Noise, Ratio, blocks_until_clear, clearly, moderated, need, of_ratios,
    paired, verdicts,
};
use crate::evaluate::SamplesByRow;

/// A family of comparisons, corrected together: the cases of one workspace in one job.
pub(super) struct Family<'a, 'c> {
    pub(super) plan: &'a Plan,
    pub(super) cases: &'c [&'a Case],
    pub(super) job: &'a JobName,
}

/// What a run is compared by: its levels, its noise, and the pairs that the exact procedure sees.
pub(super) struct Rule<'p> {
    pub(super) levels: &'p Levels,
    pub(super) noise: Noise,
    /// The numbers of pairs after which the exact procedure is asked; empty for the pairs that
    /// there are. What came after the last of them is then not looked at by it.
    pub(super) looks: &'p [u32],
}

/// One case beside the reference, with the paired ratios of all blocks.
struct Pairs<'a> {
    case: &'a Case,
    all: Vec<f64>,
    exact: Ratio,
}

/// The noise of a run: that of all its rows together.
pub(super) fn noise(plan: &Plan, rows: &SamplesByRow<'_>) -> Noise {
    let families = plan.workspaces.iter().flat_map(|workspace| {
        let cases = move || plan.cases.iter().filter(move |it| it.workspace == workspace.name);
        let of = move |job: &JobName| cases().filter_map(|case| rows.wall(case, job)).collect();
        plan.story.jobs.iter().map(move |job| of(&job.name))
    });
    Noise::of(&families.collect::<Vec<_>>())
}

/// The comparisons of a family, by case: those of cases that have pairs with the reference.
pub(super) fn comparisons<'a>(
    family: &Family<'a, '_>,
    rows: &SamplesByRow<'_>,
    rule: &Rule<'_>,
) -> Vec<(&'a Case, Comparison)> {
    let Family { plan, cases, job } = family;
    let Some(name) = &plan.reference else { return Vec::new() };
    let Some(reference) = cases.iter().find(|case| case.scenario == *name) else {
        return Vec::new();
    };
    let Some(divisor) = rows.wall(reference, job) else { return Vec::new() };
    let others: Vec<&&Case> = cases.iter().filter(|case| case.scenario != *name).collect();
    let pairs = |case: &&&'a Case| {
        let all = paired(rows.wall(case, job)?, divisor);
        Some(Pairs { case: **case, exact: exact(&all, rule)?, all })
    };
    let found: Vec<Pairs<'a>> = others.iter().filter_map(pairs).collect();
    let twin =
        plan.twin.as_ref().and_then(|name| found.iter().position(|it| it.case.scenario == *name));
    let declared = Margin::of(MARGIN);
    let margin = twin.map_or(declared, |place| declared.raised_by(&found[place].exact.estimate));
    let planned = others.len();
    let ratios: Vec<Ratio> = found.iter().map(|it| it.exact.clone()).collect();
    let told = found.iter().zip(verdicts(&ratios, planned, rule.levels, &margin));
    let compared = told.map(|(Pairs { case, all, exact }, verdict)| {
        let clear = moderated(all, &rule.noise, 1);
        let clear = clear.and_then(|it| Some((clearly(&it, &margin)?, it)));
        // The exact interval is the better one as soon as there is one.
        let (verdict, ratio) = match clear {
            Some((clear, _)) if exact.p_value.is_some() => (clear, exact.estimate.clone()),
            Some(clear) => clear,
            None => (verdict, exact.estimate.clone()),
        };
        let need = match verdict.is_decided() {
            true => None,
            false => need(exact, planned, rule.levels, &margin),
        };
        let open = Some(all).filter(|_| !verdict.is_decided());
        let until_clear = open.and_then(|all| blocks_until_clear(all, &rule.noise, 1));
        let blocks = need.and_then(|need| need.blocks);
        let comparison = Comparison {
            reference: name.clone(),
            ratio,
            verdict,
            iterations_needed: blocks.into_iter().chain(until_clear).min(),
            detectable: need.and_then(|need| need.detectable),
            margin: margin.declared,
            floor: margin.floor,
        };
        (*case, comparison)
    });
    compared.collect()
}

/// The exact estimate of paired ratios: of all, or of those up to the last look at them. Before
/// the first look it has no test.
pub(super) fn exact(all: &[f64], rule: &Rule<'_>) -> Option<Ratio> {
    let level = rule.levels.alone();
    if rule.looks.is_empty() {
        return of_ratios(all, level);
    }
    let reached = rule.looks.iter().rev().find(|look| **look as usize <= all.len());
    match reached {
        Some(look) => of_ratios(&all[..*look as usize], level),
        None => of_ratios(all, level).map(|it| Ratio { p_value: None, ..it }),
    }
}
