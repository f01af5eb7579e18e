//! The comparisons of a run with its reference: wall-clock, one family for each workspace and job.
//! Owns which rows are compared, and that a clear difference is said before the exact procedure
//! can decide; `compare` owns what a ratio says.

use lukewarm_model::{Case, ComparisonVerdict, JobName, Plan};

use super::across_parts::AcrossParts;
use super::row::Comparison;
use crate::compare::{
    Levels, MARGIN, Margin, Noise, Pairs, Ratio, blocks_until_clear, clearly, moderated,
    moderated_over_parts, need, need_over_parts, of_pairs, of_ratios, side, verdicts,
};
use crate::estimate::{Estimate, Estimator};
use crate::evaluate::{Parts, SamplesByRow};

/// A family of comparisons, corrected together: the cases of one workspace in one job.
pub(super) struct Family<'a, 'c> {
    pub(super) plan: &'a Plan,
    pub(super) cases: &'c [&'a Case],
    pub(super) job: &'a JobName,
}

/// What a run is compared by: its levels, its noise, and the pairs that the exact procedure sees.
pub(crate) struct Rule<'p> {
    pub(crate) levels: &'p Levels,
    pub(crate) noise: Noise,
    /// The numbers of pairs after which the exact procedure is asked; empty for the pairs that
    /// there are. What came after the last of them is then not looked at by it.
    pub(crate) looks: &'p [u32],
    /// The parts of a merged record: pairs are pooled over them.
    pub(crate) parts: &'p Parts,
}

/// One case beside the reference, with the paired ratios of all blocks.
struct Pairing<'a> {
    case: &'a Case,
    all: Pairs,
    exact: Ratio,
}

/// What an undecided comparison needs.
#[derive(Default)]
struct Needed {
    blocks: Option<u32>,
    parts: Option<u32>,
    detectable: Option<f64>,
}

/// The noise of a run: that of all its rows together.
pub(crate) fn noise(plan: &Plan, rows: &SamplesByRow<'_>) -> Noise {
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
        let all = Pairs::of(rows.wall(case, job)?, divisor, rule.parts);
        Some(Pairing { case, exact: exact(&all, rule)?, all })
    };
    let found: Vec<Pairing<'a>> = others.iter().filter_map(pairs).collect();
    let twin =
        plan.twin.as_ref().and_then(|name| found.iter().position(|it| it.case.scenario == *name));
    let declared = Margin::of(MARGIN);
    let margin = twin.and_then(|place| floor(&found[place], rule));
    let margin = margin.map_or(declared, |twin| declared.raised_by(&twin));
    let planned = others.len();
    let ratios: Vec<Ratio> = found.iter().map(|it| it.exact.clone()).collect();
    let told = found.iter().zip(verdicts(&ratios, planned, rule.levels, &margin));
    let compared = told.map(|(Pairing { case, all, exact }, verdict)| {
        let (ratio, verdict) = told_apart(exact, clear(all, rule, 1), verdict, &margin);
        let needed = match verdict.is_decided() {
            true => Needed::default(),
            false => needed(all, exact, planned, rule, &margin),
        };
        let comparison = Comparison {
            reference: name.clone(),
            ratio,
            verdict,
            iterations_needed: needed.blocks,
            detectable: needed.detectable,
            margin: margin.declared,
            floor: margin.floor,
            across: rule.parts.is_merged().then(|| AcrossParts::of(all, needed.parts)),
        };
        (*case, comparison)
    });
    compared.collect()
}

/// The difference of the reference from itself, for the floor. No machine has any in its nature, so
/// that the pairs of all machines count together.
fn floor(twin: &Pairing<'_>, rule: &Rule<'_>) -> Option<Estimate> {
    match twin.all.is_of_several() {
        true => of_ratios(twin.all.ratios(), rule.levels.alone()).map(|it| it.estimate),
        false => Some(twin.exact.estimate.clone()),
    }
}

/// The estimate by which it is seen whether a comparison is clear.
pub(super) fn clear(pairs: &Pairs, rule: &Rule<'_>, shares: usize) -> Option<Estimate> {
    match pairs.is_of_several() {
        true => moderated_over_parts(pairs, &rule.noise, shares),
        false => moderated(pairs.ratios(), &rule.noise, shares),
    }
}

/// The ratio and the verdict that are told: that it is clear, where it is, else the exact one.
pub(super) fn told_apart(
    exact: &Ratio,
    clear: Option<Estimate>,
    verdict: ComparisonVerdict,
    margin: &Margin,
) -> (Estimate, ComparisonVerdict) {
    let clear = clear.and_then(|it| Some((clearly(&it, margin)?, it)));
    // The exact interval is the better one as soon as there is one. That of few machines may say
    // nothing of what is clear.
    let says_nothing =
        exact.estimate.estimator == Estimator::TOfMachines && side(&exact.estimate, 1.0).is_none();
    match clear {
        Some((clear, _)) if exact.p_value.is_some() && !says_nothing => {
            (exact.estimate.clone(), clear)
        }
        Some((clear, estimate)) => (estimate, clear),
        None => (exact.estimate.clone(), verdict),
    }
}

/// What an undecided comparison of so many planned ones needs.
fn needed(all: &Pairs, exact: &Ratio, planned: usize, rule: &Rule<'_>, margin: &Margin) -> Needed {
    if all.is_of_several() {
        let it = need_over_parts(all, &rule.noise, planned, rule.levels, margin);
        return Needed { blocks: it.blocks, parts: it.parts, detectable: it.detectable };
    }
    let need = need(exact, planned, rule.levels, margin);
    let until_clear = blocks_until_clear(all.ratios(), &rule.noise, 1);
    let blocks = need.and_then(|need| need.blocks);
    Needed {
        blocks: blocks.into_iter().chain(until_clear).min(),
        parts: None,
        detectable: need.and_then(|need| need.detectable),
    }
}

/// The exact estimate of paired ratios: of all, or of those up to the last look at them. Before
/// the first look it has no test.
pub(super) fn exact(all: &Pairs, rule: &Rule<'_>) -> Option<Ratio> {
    let level = rule.levels.alone();
    if rule.looks.is_empty() {
        return of_pairs(all, level);
    }
    let reached = rule.looks.iter().rev().find(|look| **look as usize <= all.len());
    match reached {
        Some(look) => of_pairs(&all.first(*look as usize), level),
        None => of_pairs(all, level).map(|it| Ratio { p_value: None, ..it }),
    }
}
