//! Jobs of which several copies ran at once, each row's jobs together: who finished when, what was
//! compiled more than once, and which writes were refused.
//! Owns what is counted. The copies share one machine: their times are no comparison.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{
    Case, CopiesFacts, JobFacts, JobName, ScenarioName, ServiceKind, WorkspaceName,
};
use serde::Serialize;

use crate::estimate::Estimate;
use crate::evaluate::{EvaluatedJob, duplicate_compiles, duplicate_writes};
use crate::statistics::median;

/// The copies of one case's job, over all iterations that count.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct CopiesRow {
    /// The case's id.
    pub case: Case,
    /// The scenario's name.
    pub scenario: ScenarioName,
    /// The workspace's name.
    pub workspace: WorkspaceName,
    /// The job's name in the story.
    pub job: JobName,
    /// How many ran at once.
    pub copies: usize,
    /// How much later each was to start than the one before it, in seconds.
    pub stagger: f64,
    /// Each copy, in the order in which they finished, by their medians.
    pub finished: Vec<FinishedCopy>,
    /// Units that all copies compiled together; absent where the tool's statistics cannot be read.
    pub compiled: Option<Estimate>,
    /// Compilations of what one copy could have shared with the others, beyond the first of each
    /// unit. Of a wrapper, which does not name what it compiles, at least so many. Absent where
    /// nothing is shared.
    pub duplicate_compiles: Option<Estimate>,
    /// Entries that a copy wanted to write and another one did too, beyond the first of each;
    /// absent without a service.
    pub duplicate_writes: Option<Estimate>,
    /// Writes that a limit of the service refused (429); absent without a service.
    pub refused_by_limit: Option<Estimate>,
    /// Writes that were refused because the key was there or reserved already; absent without a
    /// service.
    pub refused_as_taken: Option<Estimate>,
}

/// When one copy began and ended, counted from the first one's start.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize)]
pub struct FinishedCopy {
    /// Its number, from 1.
    pub copy: usize,
    /// When it began: the median, in seconds.
    pub started: f64,
    /// When its last step had ended: the median, in seconds.
    pub ended: f64,
}

/// The row of some jobs of one case and name; none where they ran alone.
pub(super) fn row(jobs: &[&EvaluatedJob<'_>], kind: Option<ServiceKind>) -> Option<CopiesRow> {
    let jobs: Vec<(&EvaluatedJob<'_>, &CopiesFacts)> = jobs
        .iter()
        .filter(|job| job.counts())
        .filter_map(|job| Some((*job, job.facts.copies.as_ref()?)))
        .collect();
    let (JobFacts { case, job, .. }, first) = jobs.first().map(|(job, it)| (job.facts, *it))?;
    let counted = |count: &dyn Fn(&EvaluatedJob<'_>, &CopiesFacts) -> Option<u64>| {
        let counts = jobs.iter().map(|(job, copies)| count(job, copies));
        let counts = counts.collect::<Option<Vec<u64>>>()?;
        Estimate::median_with_range(counts.into_iter().map(|it| it as f64))
    };
    // Where there is no service, nothing could be written or refused.
    let served = |count: &dyn Fn(&CopiesFacts) -> u64| {
        counted(&|_, copies| kind.is_some().then(|| count(copies)))
    };
    let refused = |status: u16| {
        move |copies: &CopiesFacts| -> u64 {
            let of_copies = copies.copies.iter();
            of_copies.map(|it| it.refused.get(&status).copied().unwrap_or_default()).sum()
        }
    };
    Some(CopiesRow {
        case: case.clone(),
        scenario: case.scenario.clone(),
        workspace: case.workspace.clone(),
        job: job.clone(),
        copies: first.copies.len(),
        stagger: first.stagger.0,
        finished: finished(&jobs),
        compiled: counted(&|job, _| job.outcomes.map(|it| it.misses + it.noncacheable)),
        duplicate_compiles: counted(&|job, _| duplicate_compiles(&job.copies)),
        duplicate_writes: served(&duplicate_writes),
        refused_by_limit: served(&refused(429)),
        refused_as_taken: served(&refused(409))
            .filter(|_| kind.is_some_and(|it| !it.has_folders())),
    })
}

/// The copies in the order in which they finished.
fn finished(jobs: &[(&EvaluatedJob<'_>, &CopiesFacts)]) -> Vec<FinishedCopy> {
    let numbers = jobs.iter().map(|(_, it)| it.copies.len()).min().unwrap_or_default();
    let middle = |of: &dyn Fn(&CopiesFacts) -> f64| {
        let values: Vec<f64> = jobs.iter().map(|(_, it)| of(it)).collect();
        median(&values).unwrap_or_default()
    };
    let copies = (0..numbers).map(|number| FinishedCopy {
        copy: number + 1,
        started: middle(&|it| it.copies[number].started.0),
        ended: middle(&|it| it.copies[number].ended.0),
    });
    let mut copies: Vec<FinishedCopy> = copies.collect();
    copies.sort_by(|a, b| a.ended.total_cmp(&b.ended));
    copies
}
