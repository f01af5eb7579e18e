//! Flips: the conditions under which another way of caching would be the faster one.
//! Owns which are worth naming. Sweeps give measured ones; those of the mix follow from the times
//! of the jobs.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{JobName, ScenarioName};
use serde::Serialize;

use super::basis::Basis;
use super::mix::JobMix;
use super::ranking::{MixVerdict, RankedScenario, Ranking, seconds_by_job};
use crate::compare::{Curve, CurveShape};

/// A condition under which the answer is another one.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Flip {
    /// At a value of a swept setting, a way of caching stops being faster than the reference.
    Swept {
        /// The job.
        job: JobName,
        /// The scenario, without the setting.
        scenario: ScenarioName,
        /// The reference.
        reference: ScenarioName,
        /// The curve with its crossover.
        curve: Curve,
    },
    /// At a share of one job, with the others in proportion, another way is as fast.
    Share {
        /// The job.
        job: JobName,
        /// Its share in the mix.
        now: f64,
        /// Its share at which both are as fast.
        at: f64,
        /// The way that is faster beyond it.
        other: ScenarioName,
    },
    /// Under the conditions of another scenario, which caches in the same way, it is slower than
    /// the reference.
    Conditions {
        /// That scenario.
        scenario: ScenarioName,
        /// Its time over the reference's.
        ratio: f64,
    },
}

/// The flips of a choice among the ranked ways: those by sweeps, then those of the mix, the nearest
/// first, then those by conditions.
pub(super) fn flips(
    basis: &Basis<'_>,
    ranking: &Ranking,
    choice: &ScenarioName,
    reference: &ScenarioName,
) -> Vec<Flip> {
    let mut found = swept(basis, reference);
    let chosen = ranking.ranked.iter().find(|it| it.scenario == *choice);
    let others = || ranking.ranked.iter().filter(|it| it.scenario != *choice);
    if let Some(chosen) = chosen {
        let rivals = others().filter(|it| it.needs <= chosen.needs && it.conditions_of.is_none());
        found.extend(shares(basis.mix, chosen, rivals));
    }
    let is_slower = |it: &&RankedScenario| {
        it.conditions_of.as_ref() == Some(choice) && it.verdict == MixVerdict::Slower
    };
    found.extend(others().filter(is_slower).filter_map(|it| {
        let ratio = it.ratio.as_ref()?.point;
        Some(Flip::Conditions { scenario: it.scenario.clone(), ratio })
    }));
    found
}

/// The crossovers of a sweep, of jobs that come.
fn swept(basis: &Basis<'_>, reference: &ScenarioName) -> Vec<Flip> {
    let Some(sweep) = &basis.plan().sweep else { return Vec::new() };
    let mut found = Vec::new();
    for swept in basis.findings.swept.iter().filter(|it| it.workspace == *basis.workspace) {
        if basis.mix.share(&swept.job) == 0.0 {
            continue;
        }
        for curve in swept.curves.iter().filter(|it| matches!(it.course, CurveShape::Crosses(_))) {
            let bases = sweep.points.iter().flat_map(|point| point.scenarios.keys());
            let named = |base: &&ScenarioName| {
                curve.what == format!("wall-clock of {base} over {reference}, {}", swept.job)
            };
            let Some(scenario) = bases.clone().find(named) else { continue };
            found.push(Flip::Swept {
                job: swept.job.clone(),
                scenario: scenario.clone(),
                reference: reference.clone(),
                curve: curve.clone(),
            });
        }
    }
    found
}

/// For each job the share nearest to that of the mix at which a rival is as fast as the choice; of
/// all jobs the nearest first.
fn shares<'a>(
    mix: &JobMix,
    chosen: &RankedScenario,
    rivals: impl Iterator<Item = &'a RankedScenario> + Clone,
) -> Vec<Flip> {
    let own = seconds_by_job(chosen);
    let mut found = Vec::new();
    for it in &mix.jobs {
        let crossing = |rival: &'a RankedScenario| {
            let theirs = seconds_by_job(rival);
            let difference = |job: &JobName| Some(own.get(job)? - theirs.get(job)?);
            let here = difference(&it.job)?;
            let rest = mix.with(&it.job, 0.0)?;
            let there: Option<f64> =
                rest.jobs.iter().map(|other| Some(other.share * difference(&other.job)?)).sum();
            // Where the rival gains by one job and loses by the others, both are equal between.
            let at = there? / (there? - here);
            (at > 0.0 && at < 1.0 && here.signum() != there?.signum()).then_some((at, rival))
        };
        let distance = |at: f64| (at - it.share).abs();
        let nearest = rivals.clone().filter_map(crossing);
        let nearest = nearest.min_by(|one, other| distance(one.0).total_cmp(&distance(other.0)));
        found.extend(nearest.map(|(at, rival)| {
            let flip = Flip::Share {
                job: it.job.clone(),
                now: it.share,
                at,
                other: rival.scenario.clone(),
            };
            (distance(at), flip)
        }));
    }
    found.sort_by(|one, other| one.0.total_cmp(&other.0));
    found.into_iter().map(|(_, flip)| flip).collect()
}

#[cfg(test)]
mod tests {
    use super::super::ranking::{Needs, RankedJob};
    use super::*;

    fn ranked(name: &str, seconds: [f64; 2]) -> RankedScenario {
        let job = |(name, seconds): (&str, f64)| RankedJob {
            job: name.into(),
            seconds,
            ratio: None,
            verdict: None,
        };
        RankedScenario {
            scenario: name.into(),
            place: 1,
            needs: Needs::Nothing,
            conditions_of: None,
            seconds: 0.0,
            ratio: None,
            verdict: MixVerdict::Undecided,
            jobs: ["cold", "unchanged"].into_iter().zip(seconds).map(job).collect(),
        }
    }

    fn mix() -> JobMix {
        JobMix::of(&lukewarm_testing::story(&["cold", "unchanged"]), None).unwrap()
    }

    #[test]
    fn the_share_at_which_a_rival_is_as_fast_is_where_both_times_are_equal() {
        // 20 % cold: 0.2 * 12 + 0.8 * 4 = 5.6 beside 10.
        let (chosen, rival) = (ranked("cache", [12.0, 4.0]), ranked("none", [10.0, 10.0]));
        let found = shares(&mix(), &chosen, [&rival].into_iter());
        let [first, second] = &found[..] else { panic!("{found:?}") };
        let at = |flip: &Flip| match flip {
            Flip::Share { job, at, .. } => (job.to_string(), (at * 1e6).round() / 1e6),
            other => panic!("{other:?}"),
        };
        let mut all = [at(first), at(second)];
        all.sort_by(|one, other| one.0.cmp(&other.0));
        // s * 12 + (1 - s) * 4 = 10 at s = 0.75.
        assert_eq!(all, [("cold".to_owned(), 0.75), ("unchanged".to_owned(), 0.25)]);
    }

    #[test]
    fn what_is_faster_in_every_job_flips_nowhere() {
        let (chosen, rival) = (ranked("cache", [9.0, 4.0]), ranked("none", [10.0, 10.0]));
        assert_eq!(shares(&mix(), &chosen, [&rival].into_iter()), []);
    }
}
