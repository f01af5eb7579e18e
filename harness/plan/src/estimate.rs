//! A rough estimate of how long a campaign for claims takes, for the person who waits: those are
//! about samples, whose builds were measured. Owns its factors, and their source; it must not be
//! used in a result. A workspace without a measured build has no estimate.

use lukewarm_model::{
    Case, JobSpec, MutationKind, Plan, RestoreScope, Scenario, Seconds, ToolDescription,
};

/// Where the figures come from.
pub const ESTIMATE_SOURCE: &str = "from what the samples took in `results/published/cli`";

/// The cores that `typical-build` is written for.
const TYPICAL_CORES: f64 = 2.0;
/// Seconds for setting up, checking and clearing each job's machine.
const AROUND: f64 = 0.2;
/// Round trips from this length on slow a job down.
const FAR: Seconds = Seconds(0.04);
/// Limits below this many requests a minute make clients wait or compile.
const TIGHT: u32 = 100;

/// How long a plan takes on that many cores, within a factor of two; `tools` say what its jobs can
/// reuse. None where one of its workspaces was never measured.
pub fn estimate(plan: &Plan, tools: &[ToolDescription], cores: u32) -> Option<Seconds> {
    let one_pass: f64 = plan
        .cases
        .iter()
        .flat_map(|case| plan.story.jobs.iter().map(move |job| (case, job)))
        .map(|(case, job)| job_estimate((plan, tools), case, job, cores).map(|job| job.0))
        .sum::<Option<f64>>()?;
    let jobs_a_pass = (plan.cases.len() * plan.story.jobs.len()).max(1);
    let total = one_pass * plan.job_count() as f64 / jobs_a_pass as f64;
    let limited = plan.budget.map_or(total, |budget| total.min(budget.0));
    Some(Seconds(limited.round()))
}

/// How long one job takes: a share of a clean build, by what its tool can reuse. Of a tool that
/// is not known that is a wrapper's share.
fn job_estimate(
    (plan, tools): (&Plan, &[ToolDescription]),
    case: &Case,
    job: &JobSpec,
    cores: u32,
) -> Option<Seconds> {
    let scenario = plan.scenario(case);
    let typical = plan.workspace(case).typical_build?;
    // More cores help, and never all of them.
    let build = typical.0 * (TYPICAL_CORES / f64::from(cores.max(1))).powf(0.7);
    let is_first = plan.story.jobs.first() == Some(job);
    let tool = tools.iter().find(|tool| tool.name == scenario.tool.name);
    let restores = tool.map_or(RestoreScope::Units, |tool| tool.restores);
    let share = match (restores, is_first, job.change.kind) {
        (RestoreScope::Nothing, _, _) => 1.0,
        (_, true, _) => 1.2,
        (_, _, MutationKind::Flags | MutationKind::Toolchain) => 1.2,
        (RestoreScope::Checkout, _, MutationKind::None) => 0.02,
        (RestoreScope::Checkout, _, _) => 0.15,
        (_, _, MutationKind::None | MutationKind::Comment) => 0.45,
        (_, _, kind) if kind.is_ref() => 0.45,
        _ => 0.5,
    };
    let is_far = scenario.network.as_ref().is_some_and(|network| network.round_trip >= FAR);
    let link = if is_far { 1.3 } else { 1.0 };
    let limit = if is_limited(scenario) && !is_first { 2.0 } else { 1.0 };
    Some(Seconds(build * share * link * limit + AROUND))
}

fn is_limited(scenario: &Scenario) -> bool {
    let limits = [scenario.limits.uploads_per_minute, scenario.limits.downloads_per_minute];
    limits.into_iter().flatten().any(|limit| limit < TIGHT)
}
