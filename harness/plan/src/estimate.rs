//! How long a plan takes, roughly: for the person who waits, and for nothing else.

use lukewarm_model::{Case, JobSpec, MutationKind, Plan, Seconds};

/// What a build from nothing takes where nobody says, on two cores.
const UNKNOWN_BUILD: Seconds = Seconds(30.0);
/// The cores that `typical-build` is written for.
const TYPICAL_CORES: f64 = 2.0;
/// Laying, checking and clearing, for each job.
const AROUND: f64 = 0.6;

/// How long a plan takes on that many cores: rough, within a factor of two.
pub fn estimate(plan: &Plan, cores: u32) -> Seconds {
    let one_pass: f64 = plan
        .cases
        .iter()
        .flat_map(|case| plan.story.jobs.iter().map(move |job| (case, job)))
        .map(|(case, job)| job_estimate(plan, case, job, cores).0)
        .sum();
    let jobs_a_pass = (plan.cases.len() * plan.story.jobs.len()).max(1);
    let total = one_pass * plan.job_count() as f64 / jobs_a_pass as f64;
    let limited = plan.budget.map_or(total, |budget| total.min(budget.0));
    Seconds(limited.round())
}

/// How long one job takes: a share of a build from nothing, by what its tool can reuse.
fn job_estimate(plan: &Plan, case: &Case, job: &JobSpec, cores: u32) -> Seconds {
    let scenario = plan.scenario(case);
    let typical = plan.workspace(case).typical_build.unwrap_or(UNKNOWN_BUILD);
    // More cores help, and never all of them.
    let build = typical.0 * (TYPICAL_CORES / f64::from(cores.max(1))).powf(0.7);
    let first = plan.story.jobs.first() == Some(job);
    let share = match (scenario.tool.name.as_str(), first, job.change.kind) {
        ("none", _, _) => 1.0,
        (_, true, _) => 1.2,
        (_, _, MutationKind::Flags | MutationKind::Toolchain) => 1.2,
        ("persistent-target", _, MutationKind::None) => 0.05,
        (_, _, MutationKind::None | MutationKind::Comment) => 0.45,
        (_, _, kind) if kind.is_ref() => 0.45,
        _ => 0.55,
    };
    let slow = scenario.network.as_ref().is_some_and(|network| network.round_trip.0 > 0.04);
    let link = if slow { 1.7 } else { 1.0 };
    Seconds(build * share * link + AROUND)
}
