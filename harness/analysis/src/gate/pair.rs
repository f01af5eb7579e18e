//! Pairs: which case of the candidate is compared with which of the baseline.
//! Owns the matching, by id, by workspace or by scenario.

use std::collections::BTreeMap;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Case, Plan, RawRecord};
use serde::Serialize;

/// A case of the baseline and the case of the candidate that is compared with it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Pair {
    /// The name of the pair.
    pub name: String,
    /// The baseline's case.
    pub baseline: Case,
    /// The candidate's case.
    pub candidate: Case,
}

/// The cases of two runs that have the same id.
pub fn pairs_of_runs(baseline: &RawRecord, candidate: &RawRecord) -> Vec<Pair> {
    let there = |case: &&Case| candidate.run.plan.cases.contains(case);
    let both = baseline.run.plan.cases.iter().filter(there);
    let pair = |case: &Case| Pair {
        name: case.to_string(),
        baseline: case.clone(),
        candidate: case.clone(),
    };
    both.map(pair).collect()
}

/// The cases of two scenarios, workspace by workspace; the plans may be one.
pub fn pairs_of_scenarios(baseline: (&Plan, &str), candidate: (&Plan, &str)) -> Vec<Pair> {
    let cases = |(plan, scenario): (&Plan, &str)| {
        let found = plan.cases.iter().filter(|case| case.scenario == scenario);
        found.map(|case| (case.workspace.clone(), case.clone())).collect()
    };
    matched(cases(baseline), &cases(candidate))
}

/// The cases of two workspaces of one plan, scenario by scenario.
pub fn pairs_of_workspaces(plan: &Plan, baseline: &str, candidate: &str) -> Vec<Pair> {
    let cases = |workspace: &str| {
        let found = plan.cases.iter().filter(|case| case.workspace == workspace);
        found.map(|case| (case.scenario.clone(), case.clone())).collect()
    };
    matched(cases(baseline), &cases(candidate))
}

/// The cases that both sides have under one name.
fn matched<N: Ord>(baseline: BTreeMap<N, Case>, candidate: &BTreeMap<N, Case>) -> Vec<Pair> {
    let pair = |(name, baseline): (N, Case)| {
        let candidate = candidate.get(&name)?.clone();
        Some(Pair { name: format!("{baseline} → {candidate}"), baseline, candidate })
    };
    baseline.into_iter().filter_map(pair).collect()
}
