//! How long a plan takes, roughly: for the person who waits, and for nothing else.
//! Owns figures with a source. Of a workspace that nobody has built there is none, and no estimate.

use lukewarm_model::{Case, JobSpec, MutationKind, Plan, Scenario, Seconds};

/// Where the figures come from.
pub const ESTIMATE_SOURCE: &str = "from what the samples took in `results/published/cli`";

/// The cores that `typical-build` is written for.
const TYPICAL_CORES: f64 = 2.0;
/// Laying, checking and clearing, for each job.
const AROUND: f64 = 0.2;
/// A link with this round trip or a longer one makes itself felt.
const FAR: Seconds = Seconds(0.04);
/// A limit of fewer requests a minute than these makes clients wait or compile.
const TIGHT: u32 = 100;

/// How long a plan takes on that many cores: rough, within a factor of two. None where one of its
/// workspaces was never measured.
pub fn estimate(plan: &Plan, cores: u32) -> Option<Seconds> {
    let one_pass: f64 = plan
        .cases
        .iter()
        .flat_map(|case| plan.story.jobs.iter().map(move |job| (case, job)))
        .map(|(case, job)| job_estimate(plan, case, job, cores).map(|job| job.0))
        .sum::<Option<f64>>()?;
    let jobs_a_pass = (plan.cases.len() * plan.story.jobs.len()).max(1);
    let total = one_pass * plan.job_count() as f64 / jobs_a_pass as f64;
    let limited = plan.budget.map_or(total, |budget| total.min(budget.0));
    Some(Seconds(limited.round()))
}

/// How long one job takes: a share of a build from nothing, by what its tool can reuse.
fn job_estimate(plan: &Plan, case: &Case, job: &JobSpec, cores: u32) -> Option<Seconds> {
    let scenario = plan.scenario(case);
    let typical = plan.workspace(case).typical_build?;
    // More cores help, and never all of them.
    let build = typical.0 * (TYPICAL_CORES / f64::from(cores.max(1))).powf(0.7);
    let is_first = plan.story.jobs.first() == Some(job);
    let share = match (scenario.tool.name.as_str(), is_first, job.change.kind) {
        ("none", _, _) => 1.0,
        (_, true, _) => 1.2,
        (_, _, MutationKind::Flags | MutationKind::Toolchain) => 1.2,
        ("persistent-target", _, MutationKind::None) => 0.02,
        ("persistent-target", _, _) => 0.15,
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
