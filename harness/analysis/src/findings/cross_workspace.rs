//! Ratios over all workspaces of a run, one for each scenario and job, where there are several.
//! Owns the grouping; `statistics` estimates.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{JobName, RunFacts, ScenarioName, WorkspaceName};
use serde::Serialize;

use crate::compare::{LEVEL, Pairs, of_pairs};
use crate::estimate::{Estimate, Estimator};
use crate::evaluate::{Parts, SamplesByRow};
use crate::statistics::{geometric_mean, mean_over_groups, range};

/// One scenario and job over all workspaces.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct CrossWorkspace {
    /// The scenario's name.
    pub scenario: ScenarioName,
    /// The job's name in the story.
    pub job: JobName,
    /// Wall-clock over that of the reference: the geometric mean over workspaces, each of which
    /// counts once.
    pub ratio: Estimate,
    /// The ratio of each workspace, in the plan's order.
    pub workspaces: Vec<WorkspaceRatio>,
}

/// The share of one workspace in a ratio over all of them.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct WorkspaceRatio {
    /// The workspace's name.
    pub workspace: WorkspaceName,
    /// The geometric mean of its paired ratios; of several machines the pooled ratio.
    pub ratio: f64,
    /// How many pairs.
    pub pairs: usize,
}

/// The ratios over all workspaces.
pub(super) fn cross_workspace(
    run: &RunFacts,
    rows: &SamplesByRow<'_>,
    parts: &Parts,
) -> Vec<CrossWorkspace> {
    let plan = &run.plan;
    let Some(reference) = plan.reference.as_ref().filter(|_| plan.workspaces.len() > 1) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let case = |workspace: &WorkspaceName, scenario: &ScenarioName| {
        plan.cases.iter().find(|it| it.workspace == *workspace && it.scenario == *scenario)
    };
    for scenario in plan.scenarios.iter().filter(|it| it.name != *reference) {
        for job in &plan.story.jobs {
            let one = |workspace: &WorkspaceName| -> Option<WorkspaceRatio> {
                let candidate = rows.wall(case(workspace, &scenario.name)?, &job.name)?;
                let divisor = rows.wall(case(workspace, reference)?, &job.name)?;
                let all = Pairs::of(candidate, divisor, parts);
                let ratio = match all.is_of_several() {
                    true => of_pairs(&all, LEVEL)?.estimate.point,
                    false => geometric_mean(all.ratios())?,
                };
                let (workspace, pairs) = (workspace.clone(), all.len());
                Some(WorkspaceRatio { workspace, ratio, pairs })
            };
            let all: Option<Vec<WorkspaceRatio>> =
                plan.workspaces.iter().map(|workspace| one(&workspace.name)).collect();
            let Some(workspaces) = all else { continue };
            let Some(ratio) = over(&workspaces) else { continue };
            let (scenario, job) = (scenario.name.clone(), job.name.clone());
            found.push(CrossWorkspace { scenario, job, ratio, workspaces });
        }
    }
    found
}

/// The mean over workspaces; an interval for other workspaces needs at least three of them.
fn over(workspaces: &[WorkspaceRatio]) -> Option<Estimate> {
    let logs: Vec<f64> = workspaces.iter().map(|it| it.ratio.ln()).collect();
    let count = logs.len();
    if let Some([point, low, high]) = mean_over_groups(&logs, LEVEL) {
        let estimator = Estimator::TOfWorkspaces;
        let (point, low, high) = (point.exp(), low.exp(), high.exp());
        return Some(Estimate { point, low, high, estimator, count });
    }
    let (low, high) = range(&logs)?;
    let (point, low, high) =
        ((logs.iter().sum::<f64>() / count as f64).exp(), low.exp(), high.exp());
    Some(Estimate { point, low, high, estimator: Estimator::WorkspacesWithRange, count })
}
