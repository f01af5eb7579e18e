//! The ranking: the ways of caching by their time over a mix of jobs.
//! Owns what a way must have to be ranked, and which of them are tied. The comparisons are those
//! of `compare`, of the mix's time within each block.

use std::collections::BTreeMap;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{
    ComparisonVerdict, JobName, Metric, Plan, Scenario, ScenarioName, ServiceKind, VerdictKind,
};
use serde::Serialize;

use super::basis::{Basis, direction, of_most};
use crate::compare::Direction;
use crate::estimate::Estimate;
use crate::findings::Comparison;

/// What a way of caching needs beside a runner of the CI provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// Nothing: no cache, or the one that GitHub has.
    Nothing,
    /// A bucket or server of one's own.
    OwnStore,
    /// A disk that is there again in the next job: a runner of one's own.
    KeptDisk,
}

/// One way of caching with its time over the mix.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct RankedScenario {
    /// The scenario's name.
    pub scenario: ScenarioName,
    /// Its place, from 1; ties have one place.
    pub place: usize,
    /// What it needs.
    pub needs: Needs,
    /// The scenario that is the same way of caching under other conditions, where an earlier one
    /// is: it is no choice of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions_of: Option<ScenarioName>,
    /// Wall-clock of a job of the mix on average, in seconds.
    pub seconds: f64,
    /// Its ratio to the reference, of the mix's time within blocks; absent for the reference, and
    /// where no block has every job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Estimate>,
    /// What the ratio and the verdicts of its jobs say of the mix.
    pub verdict: MixVerdict,
    /// Its jobs.
    pub jobs: Vec<RankedJob>,
}

/// One job of a way of caching.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct RankedJob {
    /// The job's name in the story.
    pub job: JobName,
    /// Wall-clock in seconds.
    pub seconds: f64,
    /// The ratio to the reference's same job; absent for the reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Estimate>,
    /// The verdict on that ratio; absent for the reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<ComparisonVerdict>,
}

/// What is known of a way of caching over a mix, beside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MixVerdict {
    /// It is what the others are divided by.
    Reference,
    /// Faster: the mix itself is decided, or its jobs are and none of them is slower.
    Faster,
    /// Slower, likewise.
    Slower,
    /// Within the margin.
    Same,
    /// Not decided.
    Undecided,
}

/// A way of caching that is not ranked, and why.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct LeftOut {
    /// The scenario's name.
    pub scenario: ScenarioName,
    /// Why.
    pub why: LeftOutReason,
}

/// Why a way of caching is not ranked.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum LeftOutReason {
    /// A job of the mix may not be believed.
    InDoubt {
        /// The job.
        job: JobName,
        /// The first reason.
        reason: String,
    },
    /// A job of the mix has no result.
    NoResult {
        /// The job.
        job: JobName,
    },
    /// Something was made to go wrong on purpose.
    Faults,
}

/// The ranking of one workspace.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// The ways, the fastest first.
    pub ranked: Vec<RankedScenario>,
    /// What is not ranked.
    pub left_out: Vec<LeftOut>,
}

/// What a way of caching needs.
pub(super) fn needs(scenario: &Scenario, keeps: bool) -> Needs {
    match scenario.service {
        Some(service) if service == ServiceKind::GITHUB_ACTIONS => Needs::Nothing,
        Some(_) => Needs::OwnStore,
        None if keeps => Needs::KeptDisk,
        None => Needs::Nothing,
    }
}

/// Ranks the ways of caching of a workspace.
pub(super) fn ranking(basis: &Basis<'_>, reference: &ScenarioName) -> Ranking {
    let plan = basis.plan();
    let mut found = Ranking { ranked: Vec::new(), left_out: Vec::new() };
    let planned = plan.scenarios.len().saturating_sub(1).max(1);
    for scenario in plan.scenarios.iter().filter(|it| plan.twin.as_ref() != Some(&it.name)) {
        match ranked(basis, scenario, (reference, planned)) {
            Ok(ranked) => found.ranked.push(ranked),
            Err(why) => found.left_out.push(LeftOut { scenario: scenario.name.clone(), why }),
        }
    }
    found.ranked.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    places(basis, &mut found.ranked);
    found
}

fn ranked(
    basis: &Basis<'_>,
    scenario: &Scenario,
    (reference, planned): (&ScenarioName, usize),
) -> Result<RankedScenario, LeftOutReason> {
    if !scenario.faults.is_empty() {
        return Err(LeftOutReason::Faults);
    }
    let jobs: Vec<RankedJob> =
        basis.mix.jobs.iter().map(|it| job(basis, scenario, &it.job)).collect::<Result<_, _>>()?;
    let seconds = basis.mix.jobs.iter().zip(&jobs).map(|(it, job)| it.share * job.seconds).sum();
    let is_reference = scenario.name == *reference;
    let beside = match is_reference {
        true => None,
        false => basis.beside(&scenario.name, reference, planned),
    };
    let verdict = match is_reference {
        true => MixVerdict::Reference,
        false => verdict(basis, beside.as_ref(), &jobs),
    };
    let conditions_of = first_of_way(basis.plan(), scenario).filter(|it| **it != scenario.name);
    let keeps = jobs.iter().any(|job| {
        let stored = basis.row(&scenario.name, &job.job);
        stored
            .and_then(|row| row.estimate(Metric::StoredBytes, None))
            .is_some_and(|it| it.point > 0.0)
    });
    Ok(RankedScenario {
        scenario: scenario.name.clone(),
        place: 0,
        needs: needs(scenario, keeps),
        conditions_of: conditions_of.cloned(),
        seconds,
        ratio: beside.map(|(estimate, _)| estimate),
        verdict,
        jobs,
    })
}

/// The scenario that stands for all that cache in the same way: the first without a setting behind
/// its name, else the first.
fn first_of_way<'p>(plan: &'p Plan, scenario: &Scenario) -> Option<&'p ScenarioName> {
    let plain = |it: &&&Scenario| it.name.overrides().is_empty();
    let same: Vec<&Scenario> = plan
        .scenarios
        .iter()
        .filter(|it| it.faults.is_empty() && is_same_way(it, scenario))
        .collect();
    same.iter().find(plain).or(same.first()).map(|it| &it.name)
}

/// Whether two scenarios cache in the same way, whatever the network and limits.
fn is_same_way(one: &Scenario, other: &Scenario) -> bool {
    let way = |it: &Scenario| Scenario {
        network: None,
        limits: Default::default(),
        faults: Vec::new(),
        store: None,
        with_v1: false,
        ..it.clone()
    };
    way(one).measures_the_same_as(&way(other))
}

fn job(basis: &Basis<'_>, scenario: &Scenario, job: &JobName) -> Result<RankedJob, LeftOutReason> {
    let missing = || LeftOutReason::NoResult { job: job.clone() };
    let row = basis.row(&scenario.name, job).ok_or_else(missing)?;
    let verdict = row.verdict.as_ref().ok_or_else(missing)?;
    if verdict.kind() > VerdictKind::Unchecked {
        let reason = verdict.reasons().first().cloned().unwrap_or_default();
        return Err(LeftOutReason::InDoubt { job: job.clone(), reason });
    }
    let seconds = row.estimate(Metric::Wall, None).ok_or_else(missing)?.point;
    Ok(RankedJob {
        job: job.clone(),
        seconds,
        ratio: row.comparison.as_ref().map(|it| it.ratio.clone()),
        verdict: row.comparison.as_ref().map(|it| it.verdict),
    })
}

/// The direction of a row's comparison.
pub(super) fn of_row(comparison: &Comparison) -> Direction {
    direction(comparison.verdict, &comparison.ratio)
}

/// What the mix's own comparison says; else what its jobs say, where those that are decided make up
/// most of it and all point the same way.
fn verdict(
    basis: &Basis<'_>,
    mixed: Option<&(Estimate, ComparisonVerdict)>,
    jobs: &[RankedJob],
) -> MixVerdict {
    match mixed.map(|(ratio, verdict)| direction(*verdict, ratio)) {
        Some(Direction::Faster) => return MixVerdict::Faster,
        Some(Direction::Slower) => return MixVerdict::Slower,
        Some(Direction::Same) => return MixVerdict::Same,
        Some(Direction::Undecided) | None => {}
    }
    let directions = jobs.iter().filter_map(|job| {
        let (verdict, ratio) = job.verdict.zip(job.ratio.as_ref())?;
        Some((&job.job, direction(verdict, ratio)))
    });
    match of_most(basis.mix, directions) {
        Direction::Faster => MixVerdict::Faster,
        Direction::Slower => MixVerdict::Slower,
        Direction::Same | Direction::Undecided => MixVerdict::Undecided,
    }
}

/// Gives each its place: a way has that of the one before it unless it is decided to be slower than
/// the first of that place. All pairs count as compared, since the fastest was chosen by looking.
fn places(basis: &Basis<'_>, ranked: &mut [RankedScenario]) {
    let planned = (ranked.len() * ranked.len().saturating_sub(1) / 2).max(1);
    let mut leader = 0;
    for place in 0..ranked.len() {
        let slower = place > 0 && {
            let (first, this) = (&ranked[leader], &ranked[place]);
            let beside = basis.beside(&this.scenario, &first.scenario, planned);
            beside.is_some_and(|(ratio, it)| direction(it, &ratio) == Direction::Slower)
                || basis.by_jobs(&this.scenario, &first.scenario, planned) == Direction::Slower
                || is_told_apart(first, this)
        };
        if slower {
            leader = place;
        }
        ranked[place].place = leader + 1;
    }
}

/// Whether two ways lie on different sides of the reference, or one of them is it and the other is
/// decided.
fn is_told_apart(first: &RankedScenario, this: &RankedScenario) -> bool {
    use MixVerdict::{Faster, Reference, Same, Slower};
    matches!(
        (first.verdict, this.verdict),
        (Faster, Reference | Slower | Same) | (Reference | Same, Slower)
    )
}

/// The seconds of each way by job.
pub(super) fn seconds_by_job(ranked: &RankedScenario) -> BTreeMap<&JobName, f64> {
    ranked.jobs.iter().map(|job| (&job.job, job.seconds)).collect()
}
