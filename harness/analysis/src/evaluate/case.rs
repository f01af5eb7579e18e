//! The cases of a plan, each with what it names.
//! Owns finding scenario and workspace of a case, once for a record.

use std::collections::BTreeMap;

use lukewarm_model::{Case, Plan, SampleWorkspace, Scenario, ScenarioName, WorkspaceName};

/// The scenario and the workspace that a case of the plan names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlannedCase<'a> {
    /// How its jobs cache.
    pub scenario: &'a Scenario,
    /// What its jobs build.
    pub workspace: &'a SampleWorkspace,
}

/// The cases of a plan with what they name.
pub(super) fn planned_cases(plan: &Plan) -> BTreeMap<&Case, PlannedCase<'_>> {
    let scenario = |name: &ScenarioName| plan.scenarios.iter().find(|it| it.name == *name);
    let workspace = |name: &WorkspaceName| plan.workspaces.iter().find(|it| it.name == *name);
    let planned = plan.cases.iter().filter_map(|case| {
        let (scenario, workspace) = (scenario(&case.scenario)?, workspace(&case.workspace)?);
        Some((case, PlannedCase { scenario, workspace }))
    });
    planned.collect()
}
