//! The verdict on a job, with its reasons.
//! Owns every rule of `valid`, `unchecked`, `degraded` and `wrong`. A valid verdict lists the
//! checks that held. It must not look at times: a slow job is a result, not a doubt.

mod evidence;
mod outputs;
mod service;
mod tool;

use lukewarm_model::{JobFacts, JobVerdict};

use super::expected_reuse::{Expectation, expectation};
use super::job_under_test::JobUnderTest;
use super::outputs::OutputEvidence;
use evidence::JobEvidence;

/// The verdict on a job. A job that failed is degraded, with its failure as the reason.
pub(super) fn verdict(job: &JobUnderTest<'_>, made: &OutputEvidence) -> JobVerdict {
    if let Some(failure) = &job.facts.failure {
        return JobVerdict::Degraded(vec![failure.message.clone()]);
    }
    let mut evidence = JobEvidence::default();
    units(job, &mut evidence);
    tool::tool(job, &mut evidence);
    service::service(job, &mut evidence);
    let checks = &job.facts.checks;
    let proof = outputs::outputs(made, outputs::Verified::of(checks), &mut evidence);
    evidence.take(&outputs::explained(checks, &proof));
    evidence.conclude()
}

/// The reason why a job whose case is not in the plan cannot be checked.
pub(super) fn without_a_case(job: &JobFacts) -> String {
    format!("the plan has no case `{}`", job.case)
}

/// The units must be those that the workspace declares, and a first job has nothing to reuse.
fn units(job: &JobUnderTest<'_>, evidence: &mut JobEvidence) {
    let units = &job.facts.units;
    if units.is_empty() {
        evidence.unknown.push("Cargo reported no unit".to_owned());
        return;
    }
    let fresh = units.iter().filter(|unit| unit.fresh).count();
    let is_alone = job.is_first() && !job.is_copy();
    if is_alone && fresh > 0 {
        evidence.wrong.push(format!(
            "{fresh} units were fresh in a job that starts from an empty cache: \
             its machine was not clean"
        ));
    }
    if !job.is_wrapper() {
        let compiled = units.len() - fresh;
        evidence.held.push(format!("{compiled} of {} units compiled, {fresh} fresh", units.len()));
    }
    // Other systems have other dependencies, other profiles and commands other units: the figures
    // are declared for Linux, and for what is built where nothing else is said.
    let plan = &job.run.plan;
    let declared_for = job.run.host.kernel.starts_with("Linux")
        && plan.cargo_profile == "dev"
        && plan.commands.is_empty();
    if declared_for {
        declared(job, fresh, evidence);
        reused(job, evidence);
    }
}

/// Compares with what the workspace declares. What a fresh unit hides can be counted only when
/// none is fresh.
fn declared(job: &JobUnderTest<'_>, fresh: usize, evidence: &mut JobEvidence) {
    let (units, expected) = (&job.facts.units, &job.workspace.expected);
    let external = units.iter().filter(|unit| unit.external).count() as u64;
    let mut figures = vec![("units", Some(units.len() as u64), expected.units)];
    if fresh == 0 {
        figures.push(("units from a registry", Some(external), expected.registry_units));
    }
    let figures = figures.into_iter().map(|(what, seen, it)| (what.to_owned(), seen, it));
    let mut alike = Vec::new();
    for (what, seen, declared) in figures.chain(tool::declared(job, fresh)) {
        match (seen, declared) {
            (Some(seen), Some(declared)) if seen == declared => {
                alike.push(format!("{seen} {what}"))
            }
            (Some(seen), Some(declared)) => evidence.wrong.push(format!(
                "{seen} {what}, but workspace `{}` declares {declared}",
                job.workspace.name
            )),
            _ => {}
        }
    }
    if !alike.is_empty() {
        evidence.held.push(format!("{}, as the workspace declares", alike.join(", ")));
    }
}

/// Compares with what the workspace declares of the change before the job.
fn reused(job: &JobUnderTest<'_>, evidence: &mut JobEvidence) {
    let Some(Expectation { change, outcome, seen, declared }) = expectation(job) else {
        return;
    };
    let workspace = &job.workspace.name;
    if job.is_copy() && seen > declared {
        evidence.held.push(format!(
            "{seen} units {outcome} after `{change}`: the {declared} that the workspace declares, \
             and some that another copy had stored"
        ));
    } else if seen == declared {
        let text = format!("{seen} units {outcome} after `{change}`, as the workspace declares");
        evidence.held.push(text);
    } else {
        evidence.wrong.push(format!(
            "{seen} units {outcome}, but workspace `{workspace}` declares {declared} after \
             `{change}`"
        ));
    }
}

#[cfg(test)]
mod tests;
