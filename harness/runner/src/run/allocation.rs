//! Which jobs of a plan with adaptive allocation get the next block, and which cases a budget has
//! no room for. Pure: it reckons with the times of the record, so that a run that goes on decides
//! as the one before it. It must not know what is decided.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{
    Case, JobFacts, JobName, MutationKind, Plan, RawRecord, Seconds, durations, elapsed,
};

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
/// Likewise of the reference, which as a rule builds everything in each job.
const LATER_JOB_OF_REFERENCE: f64 = 1.0;
/// Before every case has been built once, only what is beyond the budget by this factor is left
/// out: how long a case takes is hardly known.
const UNSURE: f64 = 1.5;

/// The times of a record's jobs, with everything around them.
struct Times<'a> {
    jobs: Vec<(&'a JobFacts, f64)>,
    /// What the budget still has, in seconds.
    left: f64,
}

/// A job's block with its price, in seconds.
struct Priced<'a> {
    job: &'a JobName,
    cost: f64,
    /// The blocks that the job has.
    blocks: usize,
    /// The time that it would have had, after its first two blocks.
    ahead: f64,
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
/// would not end within the budget is left out, whole; empty where nothing fits. It leaves room for
/// builds that the jobs are still to be compared with, unless that leaves none for any block.
pub fn next_block(
    plan: &Plan,
    record: &RawRecord,
    open: &OpenCells,
    classes: &[BTreeSet<Case>],
) -> OpenCells {
    let times = Times::of(plan, record);
    let cases: Vec<Case> = open.iter().map(|cell| cell.0.clone()).collect();
    let beside = block_within(&times, open, times.left - builds(plan, &times, &cases, classes));
    if beside.is_empty() { block_within(&times, open, times.left) } else { beside }
}

/// The next block that ends within a time, in seconds.
fn block_within(times: &Times<'_>, open: &OpenCells, mut left: f64) -> OpenCells {
    let mut cells: BTreeMap<&JobName, Vec<&(Case, JobName)>> = BTreeMap::new();
    for cell in open {
        cells.entry(&cell.1).or_default().push(cell);
    }
    let priced = cells.iter().map(|(job, cells)| {
        let cost: f64 = cells.iter().map(|cell| times.cell(&cell.0, job)).sum();
        let (blocks, spent) = times.spent(job);
        Priced { job, cost, blocks, ahead: spent + cost }
    });
    let mut priced: Vec<Priced<'_>> = priced.collect();
    if priced.iter().any(|it| it.blocks < BLOCKS_OF_ALL) {
        priced.retain(|it| it.blocks < BLOCKS_OF_ALL);
        priced.iter_mut().for_each(|it| it.ahead = 0.0);
    }
    priced.sort_by(|a, b| a.ahead.total_cmp(&b.ahead).then(a.cost.total_cmp(&b.cost)));
    let fitting = priced.iter().find(|it| it.cost * SLACK <= left);
    let Some(least) = fitting.map(|it| it.ahead) else { return OpenCells::new() };
    let mut block = OpenCells::new();
    for Priced { job, cost, ahead, .. } in priced {
        if ahead <= least * AHEAD && cost * SLACK <= left {
            left -= cost;
            block.extend(cells[job].iter().map(|cell| (*cell).clone()));
        }
    }
    block
}

/// Whether cells fit into what the budget still has.
pub fn fits(plan: &Plan, record: &RawRecord, cells: &[(Case, JobName)]) -> bool {
    fit_beside(plan, record, cells, Seconds(0.0))
}

/// Whether cells fit into what the budget still has, beside something else that takes time.
pub fn fit_beside(
    plan: &Plan,
    record: &RawRecord,
    cells: &[(Case, JobName)],
    other: Seconds,
) -> bool {
    let times = Times::of(plan, record);
    let cost: f64 = cells.iter().map(|(case, job)| times.cell(case, job)).sum();
    (cost + other.0) * SLACK <= times.left
}

/// The part of a plan that the budget has room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The cases.
    pub cases: BTreeSet<Case>,
    /// The jobs, by their places in the story.
    pub jobs: BTreeSet<usize>,
}

impl Scope {
    /// Everything.
    pub fn whole(plan: &Plan) -> Scope {
        let jobs = (0..plan.story.jobs.len()).collect();
        Scope { cases: plan.cases.iter().cloned().collect(), jobs }
    }
}

/// What the budget has room for of a scope, as far as the first pass has come: the rest of the
/// first pass, a second block of the jobs after the first, and a build from nothing of each class
/// that needs one to be compared with. Where that is not all, the cases are kept that differ most
/// in kind, always the reference and one more; and where even these are too many, the first job and
/// that of the first edit are.
pub fn affordable(
    plan: &Plan,
    record: &RawRecord,
    scope: &Scope,
    classes: &[BTreeSet<Case>],
) -> Scope {
    let times = Times::of(plan, record);
    let whole = scope.cases.iter().all(|case| times.mean(|it| it.case == *case).is_some());
    let left = if whole { times.left } else { times.left * UNSURE };
    let need = |cases: &[Case], jobs: &BTreeSet<usize>| -> f64 {
        let of_jobs: f64 = cases.iter().map(|case| need(plan, &times, case, jobs)).sum();
        of_jobs + builds(plan, &times, cases, classes)
    };
    let mut cases: Vec<Case> =
        by_kind(plan, record).into_iter().filter(|it| scope.cases.contains(it)).collect();
    let mut jobs = scope.jobs.clone();
    while cases.len() > least(plan) && need(&cases, &jobs) > left {
        cases.pop();
    }
    for place in spare_jobs(plan) {
        let has_run = record.jobs.iter().any(|it| it.job == plan.story.jobs[place].name);
        if !has_run && need(&cases, &jobs) > left {
            jobs.remove(&place);
        }
    }
    Scope { cases: cases.into_iter().collect(), jobs }
}

/// The cases that are measured whatever they take: the first job of a run is one of them, so that
/// no other is begun that there may be no room for.
pub fn kept_always(plan: &Plan) -> BTreeSet<Case> {
    let nothing = BTreeSet::new();
    by_novelty(plan, &nothing).into_iter().take(least(plan)).collect()
}

/// The least number of cases: on each workspace the reference, and one that is compared with it.
fn least(plan: &Plan) -> usize {
    plan.workspaces.len() + 1
}

/// What a case still takes, of these jobs: each that did not run once more, and those after the
/// first once again.
fn need(plan: &Plan, times: &Times<'_>, case: &Case, jobs: &BTreeSet<usize>) -> f64 {
    let Some(first) = plan.story.jobs.first() else { return 0.0 };
    let cold = times.cell(case, &first.name);
    let of_cold = match plan.reference.as_ref() == Some(&case.scenario) {
        true => LATER_JOB_OF_REFERENCE,
        false => LATER_JOB,
    };
    let jobs = jobs.iter().map(|place| {
        let name = &plan.story.jobs[*place].name;
        let own = times.mean(|it| it.case == *case && it.job == *name);
        let estimate = if *place == 0 { cold } else { cold * of_cold };
        let runs = u8::from(own.is_none()) + u8::from(*place > 0);
        own.unwrap_or(estimate) * f64::from(runs)
    });
    jobs.sum()
}

/// What one build from nothing of each class takes that these cases are of: as long as the first
/// job of one of them.
fn builds(plan: &Plan, times: &Times<'_>, cases: &[Case], classes: &[BTreeSet<Case>]) -> f64 {
    let Some(first) = plan.story.jobs.first() else { return 0.0 };
    let one = classes.iter().filter_map(|class| cases.iter().find(|case| class.contains(case)));
    one.map(|case| times.cell(case, &first.name)).sum()
}

/// The jobs that can be left out, the least telling first: from the last on all but the first job
/// and that of the first edit. What comes before that edit can be left out where nothing changes in
/// it, since the next job then starts from the same sources.
fn spare_jobs(plan: &Plan) -> Vec<usize> {
    let kind = |place: usize| plan.story.jobs[place].change.kind;
    let all = 1..plan.story.jobs.len();
    let edited = all.clone().find(|place| kind(*place).changes_the_build()).unwrap_or(1);
    let is_spare =
        |place: &usize| *place > edited || *place < edited && kind(*place) == MutationKind::None;
    all.rev().filter(is_spare).collect()
}

/// The time that two blocks of every case would take, as far as is known.
pub fn whole(plan: &Plan, record: &RawRecord) -> Seconds {
    let times = Times::of(plan, record);
    let Some(first) = plan.story.jobs.first() else { return Seconds(0.0) };
    let later = LATER_JOB * plan.story.jobs.len().saturating_sub(1) as f64;
    let cold = plan.cases.iter().map(|case| times.cell(case, &first.name));
    Seconds(cold.map(|it| it * (1.0 + later) * BLOCKS_OF_ALL as f64).sum())
}

/// The cases of a plan, the most useful first, beside what a record has.
fn by_kind(plan: &Plan, record: &RawRecord) -> Vec<Case> {
    by_novelty(plan, &record.jobs.iter().map(|it| &it.case).collect())
}

/// The cases of a plan, the most useful first: the reference, then one of each tool, of each
/// service and of what was measured already, then the rest; of equals the plan's order.
fn by_novelty(plan: &Plan, measured: &BTreeSet<&Case>) -> Vec<Case> {
    let mut rest: Vec<&Case> = plan.cases.iter().collect();
    let mut ordered: Vec<&Case> = Vec::new();
    let is_reference = |case: &Case| plan.reference.as_ref() == Some(&case.scenario);
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
            (is_reference(case), tool, service, measured.contains(case))
        };
        let place = (0..rest.len()).rev().max_by_key(|place| novelty(rest[*place]));
        ordered.push(rest.remove(place.unwrap_or_default()));
    }
    ordered.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests;
