//! The fastest few of each job beside each other: who is fastest, and who is tied with it.
//! Owns which are compared. It must not say which of them may be believed beyond their verdicts.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Case, ComparisonVerdict, JobName, ScenarioName, WorkspaceName};
use serde::Serialize;

use super::comparisons::{Family, Rule, clear, exact, told_apart};
use crate::compare::{MARGIN, Margin, Pairs, blocks_until_clear, of_pairs, verdicts, worth_more};
use crate::estimate::Estimate;
use crate::evaluate::SamplesByRow;
use crate::statistics::geometric_mean;

/// Scenarios that are compared with the fastest.
const RIVALS: usize = 2;

/// The fastest scenario of one job on one workspace, with those that come next.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct BestFew {
    /// The workspace's name.
    pub workspace: WorkspaceName,
    /// The job's name in the story.
    pub job: JobName,
    /// The scenario with the smallest mean ratio to the reference; the reference can be it.
    pub best: ScenarioName,
    /// The next scenarios beside it, the faster first; empty where nothing else was measured.
    pub rivals: Vec<Rival>,
}

/// A scenario beside the fastest one.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Rival {
    /// Its name.
    pub scenario: ScenarioName,
    /// Its wall-clock over that of the fastest, paired within iterations.
    pub ratio: Estimate,
    /// The verdict on the ratio, at a level shared by all scenarios that might have come next:
    /// *slower* means that the other one is faster beyond doubt. Undecided is a tie.
    pub verdict: ComparisonVerdict,
    /// Whether more iterations would tell more.
    #[serde(skip)]
    pub(crate) is_open: bool,
    /// Further blocks that would probably show a difference; absent where no number would.
    #[serde(skip)]
    pub(crate) blocks: Option<u32>,
}

impl Rival {
    /// A rival with what is known of it; whether more would tell more is not.
    pub fn new(scenario: ScenarioName, ratio: Estimate, verdict: ComparisonVerdict) -> Rival {
        Rival { scenario, ratio, verdict, is_open: false, blocks: None }
    }
}

/// The fastest few of a family; absent with fewer than two that have blocks in common.
pub(super) fn best_few(
    family: &Family<'_, '_>,
    rows: &SamplesByRow<'_>,
    rule: &Rule<'_>,
    is_sound: impl Fn(&Case) -> bool,
) -> Option<BestFew> {
    let reference = family.plan.reference.as_ref()?;
    let twin = family.plan.twin.as_ref();
    let of = |case: &Case| rows.wall(case, family.job);
    let divisor = of(family.cases.iter().find(|case| case.scenario == *reference)?)?;
    let candidates = family.cases.iter().filter(|case| Some(&case.scenario) != twin);
    let mut ordered: Vec<(&Case, f64)> = candidates
        .filter(|case| is_sound(case))
        .filter_map(|case| {
            let pairs = Pairs::of(of(case)?, divisor, rule.parts);
            let mean = match pairs.is_of_several() {
                true => of_pairs(&pairs, rule.levels.alone())?.estimate.point,
                false => geometric_mean(pairs.ratios())?,
            };
            (pairs.len() > 1).then_some((*case, mean))
        })
        .collect();
    ordered.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (best, next) = ordered.split_first()?;
    let rivals: Vec<Rival> = next
        .iter()
        .take(RIVALS)
        .filter_map(|(case, _)| {
            let pairs = Pairs::of(of(case)?, of(best.0)?, rule.parts);
            let (ratio, verdict) = beside(&pairs, rule, next.len())?;
            let is_open = !verdict.is_decided() && worth_more(Some(&ratio), &Margin::of(MARGIN));
            let needed = blocks_until_clear(pairs.ratios(), &rule.noise, next.len());
            let blocks = needed.map(|it| it.saturating_sub(pairs.len() as u32).max(1));
            Some(Rival { scenario: case.scenario.clone(), ratio, verdict, is_open, blocks })
        })
        .collect();
    Some(BestFew {
        workspace: best.0.workspace.clone(),
        job: family.job.clone(),
        best: best.0.scenario.clone(),
        rivals,
    })
}

/// What paired ratios to the fastest say. Any of the others might have come next, so that each
/// comparison has its share of the level (Hsu's comparisons with the best, by Bonferroni).
pub(crate) fn beside(
    pairs: &Pairs,
    rule: &Rule<'_>,
    others: usize,
) -> Option<(Estimate, ComparisonVerdict)> {
    let exact = exact(pairs, rule)?;
    let margin = Margin::of(MARGIN);
    let told = verdicts(std::slice::from_ref(&exact), others, rule.levels, &margin)[0];
    Some(told_apart(&exact, clear(pairs, rule, others), told, &margin))
}
