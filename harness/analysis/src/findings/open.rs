//! What is worth measuring further: which jobs of which cases decide something yet.
//! Owns the choice, from the record alone. It must not know an order or a clock.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{
    Allocation, Case, JobName, Plan, RawRecord, RunFacts, Stopping, WorkspaceName, durations,
    elapsed,
};

use super::best::{BestFew, best_few};
use super::comparisons::{Family, Rule, comparisons, noise};
use super::row::Comparison;
use crate::compare::{Levels, stopping, worth_more};
use crate::evaluate::Evaluation;

/// The blocks that every case gets before anything is left out.
const BLOCKS_OF_ALL: usize = 2;

/// The jobs of cases that are measured further.
type Cells = BTreeSet<(Case, JobName)>;

/// A comparison that is open, with what it needs.
struct Question {
    cells: Vec<(Case, JobName)>,
    /// Further blocks that would probably decide it; absent where no number would.
    blocks: Option<u32>,
}

/// The jobs of cases that should be measured further. A comparison goes on until it is decided, or
/// its interval is as narrow as the margin, and so does its reference. A case that is compared with
/// nothing needs one measurement. With adaptive allocation everything has two blocks; then what is
/// clear is dropped after each block, and what the rest of the budget cannot decide waits for what
/// it can.
pub fn open(evaluation: &Evaluation<'_>) -> Cells {
    let record = evaluation.record();
    let plan = &record.run.plan;
    match plan.allocation {
        Allocation::Even => {
            questions(evaluation, &[]).into_iter().flat_map(|it| it.cells).collect()
        }
        Allocation::Adaptive => adaptive(evaluation),
    }
}

fn adaptive(evaluation: &Evaluation<'_>) -> Cells {
    let record = evaluation.record();
    let plan = &record.run.plan;
    let rows = evaluation.rows();
    let blocks = |case: &Case, job: &JobName| rows.wall(case, job).map_or(0, |it| it.len());
    let cells = || {
        let jobs = || plan.story.jobs.iter().map(|job| &job.name);
        plan.cases.iter().flat_map(move |case| jobs().map(move |job| (case, job)))
    };
    // A job in which too few blocks count gets another one, with all of its cases.
    let is_compared =
        |case: &Case| plan.reference.is_some() && cases_on(plan, &case.workspace).len() > 1;
    let new: BTreeSet<(&WorkspaceName, &JobName)> = cells()
        .filter(|(case, job)| (1..BLOCKS_OF_ALL).contains(&blocks(case, job)))
        .filter(|(case, _)| is_compared(case))
        .map(|(case, job)| (&case.workspace, job))
        .collect();
    if !new.is_empty() || record.jobs.is_empty() {
        let all = record.jobs.is_empty();
        let wanted = cells().filter(|(case, job)| all || new.contains(&(&case.workspace, *job)));
        let ran: BTreeSet<&Case> = record.jobs.iter().map(|job| &job.case).collect();
        let wanted = wanted.filter(|(case, _)| all || ran.contains(case));
        return wanted.map(|(case, job)| (case.clone(), job.clone())).collect();
    }
    let looks = match &plan.stopping {
        Stopping::Fixed => &[][..],
        Stopping::Sequential { looks } => looks,
    };
    within_reach(record, questions(evaluation, looks))
}

/// The cells of the questions that the rest of the budget can probably answer; those of all where
/// it can answer none.
fn within_reach(record: &RawRecord, questions: Vec<Question>) -> Cells {
    let all = || questions.iter().flat_map(|it| it.cells.iter().cloned());
    let Some(budget) = record.run.plan.budget else { return all().collect() };
    let left = budget - elapsed(&record.jobs);
    let costs = costs(record);
    let cost = |cell: &(Case, JobName)| costs.get(&(&cell.0, &cell.1)).copied().unwrap_or(0.0);
    let is_near = |it: &&Question| {
        let block: f64 = it.cells.iter().map(cost).sum();
        it.blocks.is_some_and(|blocks| f64::from(blocks) * block <= left.0)
    };
    let near: Cells =
        questions.iter().filter(is_near).flat_map(|it| it.cells.iter().cloned()).collect();
    if near.is_empty() { all().collect() } else { near }
}

/// What a job of a case took, on average and with everything around it, in seconds.
fn costs(record: &RawRecord) -> BTreeMap<(&Case, &JobName), f64> {
    let mut sums: BTreeMap<(&Case, &JobName), (f64, f64)> = BTreeMap::new();
    for (job, took) in record.jobs.iter().zip(durations(&record.jobs)) {
        let (sum, count) = sums.entry((&job.case, &job.job)).or_default();
        *sum += took.0;
        *count += 1.0;
    }
    sums.into_iter().map(|(cell, (sum, count))| (cell, sum / count)).collect()
}

/// Every open comparison: with the reference, and of the fastest few with each other.
fn questions(evaluation: &Evaluation<'_>, looks: &[u32]) -> Vec<Question> {
    let run = &evaluation.record().run;
    let (plan, levels) = (&run.plan, levels(run));
    let rows = evaluation.rows();
    let rule = Rule { levels: &levels, noise: noise(plan, rows), looks, parts: evaluation.parts() };
    let mut open = Vec::new();
    for (workspace, job) in plan
        .workspaces
        .iter()
        .flat_map(|it| plan.story.jobs.iter().map(move |job| (&it.name, &job.name)))
    {
        let cases = cases_on(plan, workspace);
        let family = Family { plan, cases: &cases, job };
        let of = |scenario: &str| cases.iter().find(|it| it.scenario == *scenario).copied();
        let named = |cases: Vec<Option<&Case>>| -> Vec<(Case, JobName)> {
            cases.into_iter().flatten().map(|case| (case.clone(), job.clone())).collect()
        };
        for (case, comparison) in comparisons(&family, rows, &rule) {
            let more = worth_more(Some(&comparison.ratio), &comparison.rule());
            if more && !comparison.verdict.is_decided() {
                open.push(Question {
                    cells: named(vec![of(&comparison.reference), Some(case)]),
                    blocks: further(&comparison),
                });
            }
        }
        if plan.allocation.is_even() {
            continue;
        }
        let sound = |case: &Case| evaluation.is_sound(case, job);
        let Some(BestFew { best, rivals, .. }) = best_few(&family, rows, &rule, sound) else {
            continue;
        };
        let reference = plan.reference.as_deref().and_then(of);
        for rival in rivals.iter().filter(|it| it.is_open) {
            // Who is fastest is seen beside the reference.
            let mut cells = named(vec![reference, of(&best), of(&rival.scenario)]);
            cells.dedup();
            open.push(Question { cells, blocks: rival.blocks });
        }
    }
    open
}

/// Blocks that a comparison needs on top of those that it has.
fn further(comparison: &Comparison) -> Option<u32> {
    let there = comparison.ratio.count as u32;
    comparison.iterations_needed.map(|needed| needed.saturating_sub(there).max(1))
}

/// The levels of a run's comparisons with its reference.
pub(super) fn levels(run: &RunFacts) -> Levels {
    Levels::of(stopping(run), run.plan.scenarios.len().saturating_sub(1))
}

pub(super) fn cases_on<'a>(plan: &'a Plan, workspace: &WorkspaceName) -> Vec<&'a Case> {
    plan.cases.iter().filter(|case| case.workspace == *workspace).collect()
}
