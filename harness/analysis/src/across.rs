//! What holds over all workspaces of a run: one ratio a scenario and job, where there are two
//! workspaces or more.
//! Owns the grouping; `statistics` estimates.

use lukewarm_model::RunFacts;

use crate::compare::{ByIteration, LEVEL};
use crate::findings::{Across, Estimate, Estimator};
use crate::statistics::grouped_mean;

/// The ratios over all workspaces. `wall` gives a case's times of a job.
pub(crate) fn across<'a>(
    run: &'a RunFacts,
    wall: impl Fn(&'a str, &'a str) -> Option<&'a ByIteration>,
) -> Vec<Across> {
    let plan = &run.plan;
    let Some(reference) = plan.reference.as_ref().filter(|_| plan.workspaces.len() > 1) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let case = |workspace: &'a str, scenario: &'a str| {
        plan.cases.iter().find(|it| it.workspace == workspace && it.scenario == scenario)
    };
    for scenario in plan.scenarios.iter().filter(|it| it.name != *reference) {
        for job in &plan.story.jobs {
            let logs = |workspace: &'a str| -> Option<Vec<f64>> {
                let candidate = wall(&case(workspace, &scenario.name)?.id, &job.name)?;
                let divisor = wall(&case(workspace, reference)?.id, &job.name)?;
                let log = |(block, value): (&u32, &f64)| {
                    let divisor = divisor.get(block)?;
                    (*value > 0.0 && *divisor > 0.0).then(|| (value / divisor).ln())
                };
                Some(candidate.iter().filter_map(log).collect())
            };
            let groups: Option<Vec<Vec<f64>>> =
                plan.workspaces.iter().map(|workspace| logs(&workspace.name)).collect();
            let Some(groups) = groups else { continue };
            let Some([point, low, high]) = grouped_mean(&groups, LEVEL, plan.seed) else {
                continue;
            };
            found.push(Across {
                scenario: scenario.name.clone(),
                job: job.name.clone(),
                ratio: Estimate {
                    point: point.exp(),
                    low: low.exp(),
                    high: high.exp(),
                    estimator: Estimator::BootstrapGeometricMean,
                    count: groups.iter().map(Vec::len).sum(),
                },
            });
        }
    }
    found
}
