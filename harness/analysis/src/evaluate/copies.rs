//! The copies of a job that ran at once, each evaluated as a job of its own, and the job that they
//! make together.
//! Owns how their values become one: what is summed, what is a mean, what is seen of all at once.
//! Whether a copy may be believed is decided as for any job.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_cache_tools::Outcomes;
use lukewarm_model::{
    CopiesFacts, Failure, JobVerdict, LedgerSummary, Metric, OutputComparison, RestoreScope,
    Sample, Source, Step, UnitFact, VerdictKind,
};

use super::job_under_test::JobUnderTest;
use super::outputs::OutputEvidence;
use super::{samples, verdict};

/// One copy with everything that was derived from its facts.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluatedCopy {
    /// Its units by outcome; absent where the tool's statistics cannot be read.
    pub outcomes: Option<Outcomes>,
    /// The requests of all its steps; absent where a step's ledger is.
    pub ledger: Option<LedgerSummary>,
    /// What is known of its outputs.
    pub made: OutputEvidence,
    /// Its verdict.
    pub verdict: JobVerdict,
    /// Its values; empty for a copy that failed.
    pub samples: Vec<Sample>,
    /// What it compiled that one of its like could have spared it; absent where its scenario
    /// shares nothing, or nobody knows.
    pub shareable: Option<Shareable>,
}

/// What a copy compiled of all that copies could share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shareable {
    /// Units that a wrapper can cache: it says how many it compiled, and not which. With how many
    /// there were.
    Counted {
        /// Compiled.
        compiled: u64,
        /// Compiled or found in the cache.
        all: u64,
        /// Whether the store was empty when the copies began.
        is_first: bool,
    },
    /// Units that come with a target folder, by name.
    Named(BTreeSet<String>),
}

impl EvaluatedCopy {
    /// Evaluates one copy.
    pub(super) fn of(job: &JobUnderTest<'_>, made: OutputEvidence) -> EvaluatedCopy {
        let has_failed = job.facts.failure.is_some();
        EvaluatedCopy {
            outcomes: job.outcomes(),
            ledger: job.ledger.clone(),
            verdict: verdict::verdict(job, &made),
            made,
            samples: if has_failed { Vec::new() } else { samples::samples(job) },
            shareable: shareable(job),
        }
    }
}

/// What a copy compiled that one of its like could have spared it.
fn shareable(job: &JobUnderTest<'_>) -> Option<Shareable> {
    if job.is_wrapper() {
        let outcomes = job.outcomes()?;
        let (compiled, all, is_first) = (outcomes.misses, outcomes.cacheable(), job.is_first());
        return Some(Shareable::Counted { compiled, all, is_first });
    }
    let members_too = match job.restores? {
        RestoreScope::Nothing | RestoreScope::Units => return None,
        RestoreScope::Checkout | RestoreScope::NewestLibraries => true,
        // A fresh checkout renews every member, whatever an archive brings.
        _ => !job.scenario.renews_members(&job.run.plan.story),
    };
    let units = job.facts.units.iter().filter(|it| !it.fresh && (members_too || it.external));
    Some(Shareable::Named(units.map(name).collect()))
}

fn name(unit: &UnitFact) -> String {
    format!("{} {} {:?}", unit.package, unit.target, unit.kind)
}

/// How many compilations of shareable units were made beyond the first of each; absent where
/// nothing can be shared, or a copy does not say.
///
/// A wrapper counts what it compiled without naming it. On an empty store each unit has to be
/// compiled once. Later at least as many have to be as the copy compiled that compiled most: what
/// is beyond that is a duplicate for certain, and no more than that is said.
pub(crate) fn duplicate_compiles(copies: &[EvaluatedCopy]) -> Option<u64> {
    let all = copies.iter().map(|copy| copy.shareable.as_ref());
    let all: Vec<&Shareable> = all.collect::<Option<_>>()?;
    let (mut made, mut needed, mut named) = (0, 0, BTreeSet::new());
    for of_copy in all {
        match of_copy {
            Shareable::Counted { compiled, all, is_first } => {
                made += compiled;
                needed = needed.max(if *is_first { *all } else { *compiled });
            }
            Shareable::Named(units) => {
                made += units.len() as u64;
                named.extend(units);
                needed = named.len() as u64;
            }
        }
    }
    Some(made.saturating_sub(needed))
}

/// How many entries copies wanted to write beyond the first of each.
pub(crate) fn duplicate_writes(facts: &CopiesFacts) -> u64 {
    let beyond = |(writers, keys): (&u32, &u64)| u64::from(writers.saturating_sub(1)) * keys;
    facts.offered.iter().map(beyond).sum()
}

/// What copies make together.
pub(super) struct JoinedCopies {
    pub(super) outcomes: Option<Outcomes>,
    pub(super) ledger: Option<LedgerSummary>,
    pub(super) comparison: Option<OutputComparison>,
    pub(super) verdict: JobVerdict,
    pub(super) samples: Vec<Sample>,
}

/// What copies make together; nothing but a verdict where their job failed.
pub(super) fn joined(
    failure: Option<&Failure>,
    facts: &CopiesFacts,
    copies: &[EvaluatedCopy],
) -> JoinedCopies {
    let (verdict, samples) = match failure {
        Some(failure) => (JobVerdict::Degraded(vec![failure.message.clone()]), Vec::new()),
        None => (verdicts(copies), joined_samples(facts, copies)),
    };
    JoinedCopies {
        outcomes: copies.iter().map(|it| it.outcomes).reduce(added).flatten(),
        ledger: ledger(copies),
        comparison: comparison(copies),
        verdict,
        samples,
    }
}

/// The verdict on all copies: the worst of them. What is said of each copy is said once.
fn verdicts(copies: &[EvaluatedCopy]) -> JobVerdict {
    let worst = copies.iter().map(|it| it.verdict.kind()).max().unwrap_or(VerdictKind::Unchecked);
    let speaking = || copies.iter().zip(1..).filter(|(it, _)| it.verdict.kind() == worst);
    let mut by_reason: Vec<(&str, Vec<u32>)> = Vec::new();
    for (copy, number) in speaking() {
        for reason in copy.verdict.reasons() {
            match by_reason.iter_mut().find(|(said, _)| said == reason) {
                Some((_, numbers)) => numbers.push(number),
                None => by_reason.push((reason, vec![number])),
            }
        }
    }
    let said = |(reason, numbers): (&str, Vec<u32>)| match numbers[..] {
        _ if numbers.len() == copies.len() => format!("each copy: {reason}"),
        [one] => format!("copy {one}: {reason}"),
        _ => {
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            format!("copies {}: {reason}", numbers.join(", "))
        }
    };
    worst.because(by_reason.into_iter().map(said).collect())
}

fn added(one: Option<Outcomes>, other: Option<Outcomes>) -> Option<Outcomes> {
    let (one, other) = (one?, other?);
    Some(Outcomes {
        units: one.units + other.units,
        fresh: one.fresh + other.fresh,
        hits: one.hits + other.hits,
        misses: one.misses + other.misses,
        noncacheable: one.noncacheable + other.noncacheable,
    })
}

fn ledger(copies: &[EvaluatedCopy]) -> Option<LedgerSummary> {
    let mut sum = LedgerSummary::default();
    for copy in copies {
        sum.merge(copy.ledger.as_ref()?);
    }
    (!copies.is_empty()).then_some(sum)
}

/// What was compared of all copies.
fn comparison(copies: &[EvaluatedCopy]) -> Option<OutputComparison> {
    let mut all = copies.iter().filter_map(|copy| copy.made.comparison.clone());
    let mut sum = all.next()?;
    for it in all {
        sum.files += it.files;
        sum.identical += it.identical;
        sum.as_own += it.as_own;
        sum.varying += it.varying;
        sum.by_state += it.by_state;
        sum.not_compared += it.not_compared;
        sum.unproven.extend(it.unproven);
        sum.wrong.extend(it.wrong);
        sum.witnesses = sum.witnesses.min(it.witnesses);
        sum.is_uncached &= it.is_uncached;
    }
    Some(sum)
}

/// The values of all copies as those of one job: sums over the copies, but for times, what is
/// stored, and ratios, which are made of sums.
fn joined_samples(facts: &CopiesFacts, copies: &[EvaluatedCopy]) -> Vec<Sample> {
    let mut values: BTreeMap<(Option<Step>, Metric), Vec<Sample>> = BTreeMap::new();
    for sample in copies.iter().flat_map(|copy| &copy.samples) {
        values.entry((sample.step, sample.metric)).or_default().push(*sample);
    }
    let sum = |step, metric| {
        let of_copies = values.get(&(step, metric)).filter(|it| it.len() == copies.len())?;
        Some(of_copies.iter().map(|sample| sample.value).sum::<f64>())
    };
    let ratio = |parts: &[Metric], whole: &[Metric]| {
        let add = |all: &[Metric]| all.iter().map(|it| sum(None, *it)).sum::<Option<f64>>();
        let (part, whole) = (add(parts)?, add(whole)?);
        (whole > 0.0).then(|| part / whole)
    };
    let joined = |step: Option<Step>, metric: Metric, of_copies: &[Sample]| match metric {
        Metric::Wall if step.is_none() => Some(facts.wall().0),
        // A step of one of them, since they do not go through it together.
        Metric::Wall => sum(step, metric).map(|sum| sum / copies.len() as f64),
        // Of all at once, which is seen beside the copies.
        Metric::PeakRss if step.is_none() => facts.peak_rss.map(|it| it.0 as f64),
        Metric::PeakRss => of_copies.iter().map(|sample| sample.value).reduce(f64::max),
        Metric::ServiceCpu if step.is_none() => facts.service_cpu.map(|it| it.0),
        // Of the one service that they have.
        Metric::StoredBytes | Metric::StoredObjects | Metric::EvictedObjects => {
            of_copies.first().map(|sample| sample.value)
        }
        Metric::HitRatio => {
            let hits = [Metric::WrapperHits];
            ratio(&hits, &[Metric::WrapperHits, Metric::WrapperMisses])
        }
        Metric::ReuseRatio => ratio(&[Metric::UnitsFresh, Metric::UnitsHit], &[Metric::Units]),
        _ => sum(step, metric),
    };
    let of_all = values.iter().filter_map(|((step, metric), of_copies)| {
        let (step, metric, source) = (*step, *metric, of_copies.first()?.source);
        Some(Sample { step, metric, value: joined(step, metric, of_copies)?, source })
    });
    let seen = |metric, value: Option<f64>| {
        let is_new = !values.contains_key(&(None, metric));
        let sample =
            value.map(|value| Sample { step: None, metric, value, source: Source::Kernel });
        sample.filter(|_| is_new)
    };
    let peak = seen(Metric::PeakRss, facts.peak_rss.map(|it| it.0 as f64));
    let service_cpu = seen(Metric::ServiceCpu, facts.service_cpu.map(|it| it.0));
    let seen_of_all = [peak, service_cpu].into_iter().flatten();
    let mut all: Vec<Sample> =
        of_all.chain(seen_of_all).chain(of_each_other(facts, copies)).collect();
    all.sort_by_key(|sample| (sample.step, sample.metric));
    all
}

/// What copies were to each other: it is no value of any one of them.
fn of_each_other(facts: &CopiesFacts, copies: &[EvaluatedCopy]) -> Vec<Sample> {
    let is_served = copies.iter().any(|copy| copy.ledger.is_some());
    let of_ledger = |count: u64| is_served.then_some(count);
    let refused = facts.copies.iter().flat_map(|copy| copy.refused.values()).sum();
    [
        (Metric::DuplicateCompiles, Source::Tool, duplicate_compiles(copies)),
        (Metric::DuplicateWrites, Source::Ledger, of_ledger(duplicate_writes(facts))),
        (Metric::RefusedWrites, Source::Ledger, of_ledger(refused)),
    ]
    .into_iter()
    .filter_map(|(metric, source, count)| {
        Some(Sample { step: None, metric, value: count? as f64, source })
    })
    .collect()
}

#[cfg(test)]
mod tests;
