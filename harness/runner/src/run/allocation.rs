//! Which jobs of a plan with adaptive allocation get the next block, and which cases a budget has
//! no room for. Pure: it reckons with the times of the record, so that a run that goes on decides
//! as the one before it. It must not know what is decided.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{Case, JobFacts, JobName, Plan, RawRecord, Seconds, durations, elapsed};

use crate::run::schedule::OpenCells;

/// Blocks that every job has before cheap ones come more often.
const BLOCKS_OF_ALL: usize = 2;
/// A job is in the next block if it would not have had more than this share of the time of the job
/// that has had the least.
const AHEAD: f64 = 1.25;
/// A block must fit even if it takes this many times as long as its jobs did on average.
const SLACK: f64 = 1.1;
/// A job after the first takes about this share of its case's first one, before it was measured.
const LATER_JOB: f64 = 0.5;
/// Before every case has been built once, only what is beyond the budget by this factor is left
/// out: how long a case takes is hardly known.
const UNSURE: f64 = 1.5;

/// The times of a record's jobs, with everything around them.
struct Times<'a> {
    jobs: Vec<(&'a JobFacts, f64)>,
    /// What the budget still has, in seconds.
    left: f64,
}

impl<'a> Times<'a> {
    fn of(plan: &Plan, record: &'a RawRecord) -> Times<'a> {
        let took = durations(&record.jobs).into_iter().map(|it| it.0);
        let left = plan.budget.map_or(f64::INFINITY, |it| it.0 - elapsed(&record.jobs).0);
        Times { jobs: record.jobs.iter().zip(took).collect(), left }
    }

    /// The mean over the jobs of a kind; absent where there is none.
    fn mean(&self, is: impl Fn(&JobFacts) -> bool) -> Option<f64> {
        let found: Vec<f64> = self.jobs.iter().filter(|it| is(it.0)).map(|it| it.1).collect();
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    }

    /// What one job of a case takes: as before, or as that job of other cases.
    fn cell(&self, case: &Case, job: &JobName) -> f64 {
        let own = self.mean(|it| it.case == *case && it.job == *job);
        own.or_else(|| self.mean(|it| it.job == *job)).unwrap_or(0.0)
    }

    /// The blocks of a job, and the time spent on those after the first two.
    fn spent(&self, job: &JobName) -> (usize, f64) {
        let of_job =
            || self.jobs.iter().filter(|it| it.0.job == *job && it.0.attempt.iteration > 0);
        let blocks: BTreeSet<u32> = of_job().map(|it| it.0.attempt.iteration).collect();
        let later = of_job().filter(|it| it.0.attempt.iteration > BLOCKS_OF_ALL as u32);
        (blocks.len(), later.map(|it| it.1).sum())
    }
}

/// The open cells that get a block now: first every job that has fewer than two, the cheapest
/// first; then those on which the least time was spent, so that cheap jobs come more often. What
/// would not end within the budget is left out, whole; empty where nothing fits.
pub fn next_block(plan: &Plan, record: &RawRecord, open: &OpenCells) -> OpenCells {
    let times = Times::of(plan, record);
    let mut cells: BTreeMap<&JobName, Vec<&(Case, JobName)>> = BTreeMap::new();
    for cell in open {
        cells.entry(&cell.1).or_default().push(cell);
    }
    let priced = cells.iter().map(|(job, cells)| {
        let cost: f64 = cells.iter().map(|cell| times.cell(&cell.0, job)).sum();
        let (blocks, spent) = times.spent(job);
        (*job, cost, blocks, spent + cost)
    });
    let mut priced: Vec<(&JobName, f64, usize, f64)> = priced.collect();
    if priced.iter().any(|it| it.2 < BLOCKS_OF_ALL) {
        priced.retain(|it| it.2 < BLOCKS_OF_ALL);
        priced.iter_mut().for_each(|it| it.3 = 0.0);
    }
    priced.sort_by(|a, b| a.3.total_cmp(&b.3).then(a.1.total_cmp(&b.1)));
    let fits = |it: &&(&JobName, f64, usize, f64)| it.1 * SLACK <= times.left;
    let Some(least) = priced.iter().find(fits).map(|it| it.3) else { return OpenCells::new() };
    let mut left = times.left;
    let mut block = OpenCells::new();
    for (job, cost, _, ahead) in priced {
        if ahead <= least * AHEAD && cost * SLACK <= left {
            left -= cost;
            block.extend(cells[job].iter().map(|cell| (*cell).clone()));
        }
    }
    block
}

/// Whether cells fit into what the budget still has.
pub fn fits(plan: &Plan, record: &RawRecord, cells: &[(Case, JobName)]) -> bool {
    let times = Times::of(plan, record);
    let cost: f64 = cells.iter().map(|(case, job)| times.cell(case, job)).sum();
    cost * SLACK <= times.left
}

/// The cases for which the budget has room, as far as the first pass has come: for the rest of the
/// first pass and a second block of the jobs after the first. Where they are not all, those are
/// kept that differ most in kind: always the reference and one more.
pub fn affordable(plan: &Plan, record: &RawRecord, cases: &BTreeSet<Case>) -> BTreeSet<Case> {
    let times = Times::of(plan, record);
    let Some(first) = plan.story.jobs.first() else { return cases.clone() };
    let whole = cases.iter().all(|case| times.mean(|it| it.case == *case).is_some());
    let left = if whole { times.left } else { times.left * UNSURE };
    let mut kept: Vec<Case> =
        by_kind(plan, record).into_iter().filter(|it| cases.contains(it)).collect();
    let need = |case: &Case| {
        let cold = times.cell(case, &first.name);
        let of = |job: &JobName| times.mean(|it| it.case == *case && it.job == *job);
        let rest = plan.story.jobs.iter().enumerate().map(|(place, job)| {
            let estimate = if place == 0 { cold } else { cold * LATER_JOB };
            let (once, again) = (of(&job.name).is_none(), place > 0);
            let each = of(&job.name).unwrap_or(estimate);
            each * (f64::from(u8::from(once)) + f64::from(u8::from(again)))
        });
        rest.sum::<f64>()
    };
    let least = plan.workspaces.len() + 1;
    while kept.len() > least && kept.iter().map(need).sum::<f64>() > left {
        kept.pop();
    }
    kept.into_iter().collect()
}

/// The time that two blocks of every case would take, as far as is known.
pub fn whole(plan: &Plan, record: &RawRecord) -> Seconds {
    let times = Times::of(plan, record);
    let Some(first) = plan.story.jobs.first() else { return Seconds(0.0) };
    let later = LATER_JOB * plan.story.jobs.len().saturating_sub(1) as f64;
    let cold = plan.cases.iter().map(|case| times.cell(case, &first.name));
    Seconds(cold.map(|it| it * (1.0 + later) * BLOCKS_OF_ALL as f64).sum())
}

/// The cases of a plan, the most useful first: the reference, then one of each tool, of each service
/// and of what was measured already, then the rest; of equals the plan's order.
fn by_kind(plan: &Plan, record: &RawRecord) -> Vec<Case> {
    let mut rest: Vec<&Case> = plan.cases.iter().collect();
    let mut ordered: Vec<&Case> = Vec::new();
    let is_reference = |case: &Case| plan.reference.as_ref() == Some(&case.scenario);
    let ran = |case: &Case| record.jobs.iter().any(|it| it.case == *case);
    while !rest.is_empty() {
        let novelty = |case: &Case| {
            let of = |it: &Case| {
                let scenario = plan.scenario(it);
                (it.workspace.clone(), scenario.tool.name.clone(), scenario.service)
            };
            let (workspace, tool, service) = of(case);
            let seen: Vec<_> =
                ordered.iter().map(|it| of(it)).filter(|it| it.0 == workspace).collect();
            let (tool, service) =
                (seen.iter().all(|it| it.1 != tool), seen.iter().all(|it| it.2 != service));
            (is_reference(case), tool, service, ran(case))
        };
        let place = (0..rest.len()).rev().max_by_key(|place| novelty(rest[*place]));
        ordered.push(rest.remove(place.unwrap_or_default()));
    }
    ordered.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests;
