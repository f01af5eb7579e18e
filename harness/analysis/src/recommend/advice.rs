//! Advice: what the data of a run show to improve about one way of caching.
//! Owns the rules, each a function of the record's own facts; a rule without its facts is silent.
//! Words belong to `report`.

use lukewarm_model::{Bytes, JobName, Metric, MutationKind, Scenario, Step, UnitKind};

use super::advice_finding::{Advice, AdviceFinding, Potential, PotentialBasis};
use super::basis::Basis;
use super::ranking::{RankedScenario, Ranking};
use crate::compare::Direction;

/// Of what a restore brought, a smaller share that was used is worth a word.
const USED_LITTLE: f64 = 0.5;
/// A share of a job's time that is worth a word.
const NOTABLE: f64 = 0.1;
/// A larger share of a cold job that is its save step is worth a word.
const LONG_SAVE: f64 = 0.25;
/// Below this share of units that are reused, nothing is.
const NOTHING_REUSED: f64 = 0.05;
/// Fewer bytes are not worth a word.
const LITTLE: f64 = 1e6;
/// Hits that fall by more than this share are a fall.
const FALL: f64 = 0.2;

/// What the rules look at: one way of caching of a ranking.
struct Subject<'a, 'b> {
    basis: &'b Basis<'a>,
    ranking: &'b Ranking,
    chosen: &'b RankedScenario,
    scenario: &'a Scenario,
}

type AdviceRule = fn(&Subject<'_, '_>) -> Option<Advice>;

/// Every rule. A new one is a function and an entry here.
const RULES: [AdviceRule; 11] = [
    rate_limited,
    evictions,
    nothing_reused,
    slower_cold,
    long_first_save,
    saves_unchanged,
    incremental_archived,
    unused_archive,
    uncacheable,
    debug_information,
    unstable_path,
];

/// What the data show to improve about one way of caching, the largest potential first.
pub(super) fn advice(basis: &Basis<'_>, ranking: &Ranking, chosen: &RankedScenario) -> Vec<Advice> {
    let Some(scenario) = basis.scenario(&chosen.scenario) else { return Vec::new() };
    let subject = Subject { basis, ranking, chosen, scenario };
    let mut found: Vec<Advice> = RULES.iter().filter_map(|rule| rule(&subject)).collect();
    let size = |advice: &Advice| advice.potential.seconds.unwrap_or(0.0);
    found.sort_by(|one, other| size(other).total_cmp(&size(one)));
    found
}

impl<'a> Subject<'a, '_> {
    /// A value of one of the scenario's jobs, in the middle.
    fn value(&self, job: &JobName, metric: Metric, step: Option<Step>) -> Option<f64> {
        let row = self.basis.row(&self.scenario.name, job)?;
        row.estimate(metric, step).map(|it| it.point)
    }

    fn jobs(&self) -> impl Iterator<Item = &'a JobName> {
        self.basis.plan().story.jobs.iter().map(|job| &job.name)
    }

    /// The first job after the first in which nothing changed.
    fn unchanged(&self) -> Option<&'a JobName> {
        let jobs = &self.basis.plan().story.jobs;
        let found = jobs.iter().skip(1).find(|job| job.change.kind == MutationKind::None);
        found.map(|job| &job.name)
    }

    fn first(&self) -> Option<&'a JobName> {
        self.jobs().next()
    }

    /// The mean over the mix of a value that a job may not have.
    fn mean(&self, value: impl Fn(&JobName) -> Option<f64>) -> f64 {
        self.basis.mix.jobs.iter().map(|it| it.share * value(&it.job).unwrap_or(0.0)).sum()
    }

    fn wall(&self, job: &JobName, step: Step) -> Option<f64> {
        self.value(job, Metric::Wall, Some(step))
    }

    /// The job with the most of something, above 0.
    fn most(&self, metric: Metric) -> Option<(&'a JobName, f64)> {
        let values = self.jobs().filter_map(|job| Some((job, self.value(job, metric, None)?)));
        values.filter(|it| it.1 > 0.0).max_by(|one, other| one.1.total_cmp(&other.1))
    }

    fn is_wrapper(&self) -> bool {
        let tools = &self.basis.findings.tools;
        tools.iter().any(|tool| tool.name == self.scenario.tool.name && tool.is_wrapper())
    }

    /// What a restore brought in the job where it brought most.
    fn restored(&self) -> Option<(&'a JobName, f64)> {
        self.most(Metric::RestoredBytes).filter(|(_, bytes)| *bytes >= LITTLE)
    }

    /// Whether it keeps an archive of a target folder.
    fn archives_target(&self) -> bool {
        !self.is_wrapper() && self.restored().is_some()
    }
}

fn bytes(value: f64) -> Bytes {
    Bytes(value.max(0.0).round() as u64)
}

fn rate_limited(it: &Subject<'_, '_>) -> Option<Advice> {
    let (job, requests) = it.most(Metric::RequestsLimited)?;
    let finding = AdviceFinding::RateLimited { job: job.clone(), requests };
    Some(Advice { finding, potential: Potential::UNKNOWN })
}

fn evictions(it: &Subject<'_, '_>) -> Option<Advice> {
    let (job, entries) = it.most(Metric::EvictedObjects)?;
    let stacked = it.scenario.archive.is_some();
    let finding = AdviceFinding::Evictions { job: job.clone(), entries, stacked };
    Some(Advice { finding, potential: Potential::UNKNOWN })
}

fn nothing_reused(it: &Subject<'_, '_>) -> Option<Advice> {
    let job = it.unchanged()?;
    // A way that caches nothing reuses nothing.
    it.most(Metric::StoredBytes)?;
    let reused = it.value(job, Metric::ReuseRatio, None)?;
    if reused >= NOTHING_REUSED {
        return None;
    }
    let restored = it.value(job, Metric::RestoredBytes, None).is_some();
    let reference = it.basis.plan().reference.as_ref()?;
    let theirs = it.basis.row(reference, job)?.estimate(Metric::Wall, None)?.point;
    let overhead = it.value(job, Metric::Wall, None)? - theirs;
    let finding = AdviceFinding::NothingReused { job: job.clone(), restored };
    let seconds = it.basis.mix.share(job) * overhead.max(0.0);
    Some(Advice { finding, potential: Potential { seconds: Some(seconds), ..Potential::UNKNOWN } })
}

fn slower_cold(it: &Subject<'_, '_>) -> Option<Advice> {
    let job = it.first()?;
    let comparison = it.basis.row(&it.scenario.name, job)?.comparison.as_ref()?;
    if super::ranking::of_row(comparison) != Direction::Slower {
        return None;
    }
    let wall = it.value(job, Metric::Wall, None)?;
    let ratio = comparison.ratio.point;
    let seconds = it.basis.mix.share(job) * (wall - wall / ratio);
    let finding = AdviceFinding::SlowerCold { job: job.clone(), ratio };
    Some(Advice { finding, potential: Potential::at_most(seconds) })
}

fn long_first_save(it: &Subject<'_, '_>) -> Option<Advice> {
    let job = it.first()?;
    let save = it.wall(job, Step::Save)?;
    let share = save / it.value(job, Metric::Wall, None)?;
    let finding = AdviceFinding::LongFirstSave { job: job.clone(), share };
    let potential = Potential::at_most(it.basis.mix.share(job) * save);
    (share > LONG_SAVE).then_some(Advice { finding, potential })
}

fn saves_unchanged(it: &Subject<'_, '_>) -> Option<Advice> {
    let job = it.unchanged()?;
    let sent = it.value(job, Metric::BytesUp, None)?;
    let stored = it.value(job, Metric::StoredBytes, None)?;
    if sent < LITTLE || sent < stored * NOTABLE {
        return None;
    }
    let save = it.wall(job, Step::Save)?;
    let finding = AdviceFinding::SavesUnchanged { job: job.clone(), sent: bytes(sent) };
    Some(Advice { finding, potential: Potential::at_most(it.basis.mix.share(job) * save) })
}

fn incremental_archived(it: &Subject<'_, '_>) -> Option<Advice> {
    if !it.scenario.incremental || !it.archives_target() {
        return None;
    }
    let (_, restored) = it.restored()?;
    let differs_in_that = |other: &&RankedScenario| {
        let other = it.basis.scenario(&other.scenario);
        let same = other.map(|other| Scenario { incremental: true, ..other.clone() });
        other.is_some_and(|other| !other.incremental)
            && same.is_some_and(|same| same.measures_the_same_as(it.scenario))
    };
    let without = it.ranking.ranked.iter().find(differs_in_that);
    let finding = AdviceFinding::IncrementalArchived {
        restored: bytes(restored),
        without: without.map(|other| other.scenario.clone()),
    };
    let potential = match without {
        None => Potential::UNKNOWN,
        Some(other) => {
            let seconds = it.chosen.seconds - other.seconds;
            // Where it is no faster without, there is nothing to advise.
            if seconds <= 0.0 {
                return None;
            }
            Potential { seconds: Some(seconds), by: PotentialBasis::Measured }
        }
    };
    Some(Advice { finding, potential })
}

fn unused_archive(it: &Subject<'_, '_>) -> Option<Advice> {
    let (job, restored) = it.restored()?;
    let used = it.value(job, Metric::RestoredBytesUsed, None)? / restored;
    if used >= USED_LITTLE {
        return None;
    }
    let seconds = it.mean(|job| Some(it.wall(job, Step::Restore)? * (1.0 - used)));
    let finding = AdviceFinding::UnusedArchive { restored: bytes(restored), used };
    Some(Advice { finding, potential: Potential::at_most(seconds) })
}

fn uncacheable(it: &Subject<'_, '_>) -> Option<Advice> {
    let job = it.unchanged().filter(|_| it.is_wrapper())?;
    let value = |metric| it.value(job, metric, None);
    let (units, of) = (value(Metric::UnitsNoncacheable)?, value(Metric::Units)?);
    // Where libraries are compiled too, the time is not that of the others.
    if units < of * NOTABLE || value(Metric::UnitsMiss)? > 0.0 {
        return None;
    }
    let kinds = kinds(it, job);
    let finding = AdviceFinding::Uncacheable { job: job.clone(), units, of, kinds };
    let build = it.mean(|job| it.wall(job, Step::Build));
    let alone = it.wall(job, Step::Build)?;
    Some(Advice { finding, potential: Potential::at_most(alone.min(build)) })
}

/// What the units of a job make that its tool cannot cache, each with how many there are.
fn kinds(it: &Subject<'_, '_>, job: &JobName) -> Vec<(UnitKind, usize)> {
    let tool = it.basis.findings.tools.iter().find(|tool| tool.name == it.scenario.tool.name);
    let jobs = it.basis.evaluation.jobs().iter();
    let is_it = |facts: &lukewarm_model::JobFacts| {
        facts.job == *job
            && facts.case.workspace == *it.basis.workspace
            && facts.case.scenario == it.scenario.name
    };
    let found = jobs.rev().find(|evaluated| evaluated.counts() && is_it(evaluated.facts));
    let units = found.map(|evaluated| evaluated.facts.units.as_slice()).unwrap_or_default();
    let mut counts = std::collections::BTreeMap::new();
    for unit in units.iter().filter(|unit| !unit.fresh) {
        if tool.is_some_and(|tool| !tool.can_cache(unit.kind)) {
            *counts.entry(unit.kind).or_insert(0) += 1;
        }
    }
    counts.into_iter().collect()
}

fn debug_information(it: &Subject<'_, '_>) -> Option<Advice> {
    // The profile `release` has none where nobody turns it on.
    let plan = it.basis.plan();
    let mut named = plan.commands.iter().filter_map(|command| command.profile());
    let is_dev = plan.cargo_profile == "dev" && named.all(|profile| profile == "dev");
    if !is_dev || !it.archives_target() {
        return None;
    }
    let (_, restored) = it.restored()?;
    let moved =
        it.mean(|job| Some(it.wall(job, Step::Restore)? + it.wall(job, Step::Save).unwrap_or(0.0)));
    let share = moved / it.chosen.seconds;
    let finding = AdviceFinding::DebugInformation { bytes: bytes(restored), share };
    (share >= NOTABLE).then_some(Advice { finding, potential: Potential::at_most(moved) })
}

fn unstable_path(it: &Subject<'_, '_>) -> Option<Advice> {
    let unchanged = it.unchanged().filter(|_| it.is_wrapper())?;
    let moved = |kind| matches!(kind, MutationKind::Path | MutationKind::CargoHome);
    let mut jobs = it.basis.plan().story.jobs.iter();
    let job = &jobs.find(|job| moved(job.change.kind))?.name;
    let hits = |job| it.value(job, Metric::HitRatio, None);
    let (now, before) = (hits(job)?, hits(unchanged)?);
    if now >= before - FALL {
        return None;
    }
    let wall = |job| it.value(job, Metric::Wall, None);
    let seconds = it.basis.mix.share(job) * (wall(job)? - wall(unchanged)?).max(0.0);
    let finding = AdviceFinding::UnstablePath { job: job.clone(), hits: now, before };
    let by = PotentialBasis::Measured;
    Some(Advice { finding, potential: Potential { seconds: Some(seconds), by } })
}

#[cfg(test)]
mod tests;
