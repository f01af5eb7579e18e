//! A merged record: its machines or sittings, by kind. Machines that differ in kind are not pooled:
//! each kind has its comparisons.
//! Owns the analysis of the other kinds, and the warnings that parts bring. A report says them.

use std::collections::BTreeMap;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Case, JobName, RawRecord, RunFacts, Shard, StopReason, Warning, few};
use serde::Serialize;

use super::comparisons::{Family, Rule, comparisons, noise};
use super::open::{cases_on, levels};
use super::row::Comparison;
use crate::evaluate::{Evaluation, Parts};

/// What a part of a merged record is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartNoun {
    /// A machine, where there are shards or machines of several kinds.
    Machine,
    /// A sitting, where one machine measured at several times.
    Sitting,
}

/// The machines of a merged record, or its sittings.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct MergedRun {
    /// What its parts are called.
    pub noun: PartNoun,
    /// The kinds of machines, that with the most blocks first: the rows of the findings are of it.
    pub kinds: Vec<MachineKind>,
    /// Blocks of the plan that no part measured.
    pub missing_blocks: u32,
}

/// Machines of one kind.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct MachineKind {
    /// The machines.
    pub parts: Vec<MachinePart>,
    /// What differs from the machines of the first kind; empty for these.
    pub differences: Vec<String>,
    /// Its comparisons with the reference; empty for the first kind, whose comparisons are in the
    /// rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<KindComparison>,
}

/// One part with what it measured.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct MachinePart {
    /// Its place in the run's parts, from 0.
    pub part: u32,
    /// How many blocks of it count.
    pub blocks: usize,
}

/// One comparison on machines of another kind.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct KindComparison {
    /// The case.
    pub case: Case,
    /// The job's name in the story.
    pub job: JobName,
    /// The comparison with the reference on the same machines.
    pub comparison: Comparison,
}

impl PartNoun {
    /// The word for one.
    pub fn word(self) -> &'static str {
        match self {
            PartNoun::Machine => "machine",
            PartNoun::Sitting => "sitting",
        }
    }

    fn of(run: &RunFacts, parts: &Parts) -> PartNoun {
        let sharded = run.parts.iter().any(|part| part.shard.is_some());
        if sharded || parts.kinds().len() > 1 { PartNoun::Machine } else { PartNoun::Sitting }
    }
}

impl MergedRun {
    /// How many parts the figures of the rows are of.
    pub fn pooled(&self) -> usize {
        self.kinds.first().map_or(0, |kind| kind.parts.len())
    }

    /// `machine 3`, or `sitting 3`: numbered from 1 in the order of the run's parts.
    pub fn name(&self, part: u32) -> String {
        format!("{} {}", self.noun.word(), part + 1)
    }
}

/// The machines of a merged record; absent for one that was not merged.
pub(super) fn merged(evaluation: &Evaluation<'_>) -> Option<MergedRun> {
    let (run, parts) = (&evaluation.record().run, evaluation.parts());
    if !parts.is_merged() {
        return None;
    }
    let kinds = parts.kinds().iter().enumerate().map(|(number, kind)| {
        let part = |part: &u32| MachinePart { part: *part, blocks: parts.blocks(*part) };
        MachineKind {
            parts: kind.parts.iter().map(part).collect(),
            differences: kind.differences.iter().map(ToString::to_string).collect(),
            comparisons: of_other_kind(evaluation, number),
        }
    });
    Some(MergedRun {
        noun: PartNoun::of(run, parts),
        kinds: kinds.collect(),
        missing_blocks: run.plan.iterations.saturating_sub(parts.measured() as u32),
    })
}

/// The comparisons of a kind of machines that is not the first.
fn of_other_kind(evaluation: &Evaluation<'_>, number: usize) -> Vec<KindComparison> {
    let Some(rows) = number.checked_sub(1).and_then(|it| evaluation.other_kinds().get(it)) else {
        return Vec::new();
    };
    let run = &evaluation.record().run;
    let (plan, levels) = (&run.plan, levels(run));
    let noise = noise(plan, rows);
    let rule = Rule { levels: &levels, noise, looks: &[], parts: evaluation.parts() };
    let mut found = Vec::new();
    for workspace in &plan.workspaces {
        let cases = cases_on(plan, &workspace.name);
        for job in plan.story.jobs.iter().map(|job| &job.name) {
            let family = Family { plan, cases: &cases, job };
            let compared = comparisons(&family, rows, &rule).into_iter();
            found.extend(compared.map(|(case, comparison)| KindComparison {
                case: case.clone(),
                job: job.clone(),
                comparison,
            }));
        }
    }
    found
}

/// The warnings of a merged record that are of no single job: what its parts warned of, which of
/// them ended early, which shards are missing, and which blocks count in nothing.
pub(super) fn warnings(record: &RawRecord, parts: &Parts) -> Vec<Warning> {
    let run = &record.run;
    if run.parts.is_empty() {
        return Vec::new();
    }
    let noun = PartNoun::of(run, parts).word();
    let is_whole = parts.measured() as u32 >= run.plan.iterations;
    let mut found = of_parts(run, noun);
    found.extend(ended_early(run, noun, is_whole));
    found.extend(missing_shards(run));
    if let [first, others @ ..] = parts.kinds()
        && !others.is_empty()
    {
        let named = others.iter().map(|kind| {
            let differences: Vec<String> =
                kind.differences.iter().map(ToString::to_string).collect();
            format!("{} ({})", numbered(noun, &kind.parts), differences.join("; "))
        });
        found.push(Warning::new(
            format!(
                "not all machines are of one kind: the figures are of {}, without {}",
                numbered(noun, &first.parts),
                named.collect::<Vec<_>>().join(", ")
            ),
            "each kind has comparisons of its own; use machines of one kind to pool them",
        ));
    }
    if !parts.mixed().is_empty() {
        let blocks: Vec<String> = parts.mixed().iter().map(ToString::to_string).collect();
        found.push(Warning::new(
            format!("blocks with jobs of several parts count in nothing: {}", blocks.join(", ")),
            "merge whole blocks: a pair of two machines compares the machines",
        ));
    }
    found
}

/// What parts warned of, once for all that did.
fn of_parts(run: &RunFacts, noun: &str) -> Vec<Warning> {
    let mut order: Vec<&Warning> = Vec::new();
    let mut by: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for (part, warning) in
        (0..).zip(&run.parts).flat_map(|(n, it)| it.warnings.iter().map(move |w| (n, w)))
    {
        let place = order.iter().position(|it| *it == warning).unwrap_or_else(|| {
            order.push(warning);
            order.len() - 1
        });
        by.entry(place).or_default().push(part);
    }
    let said = order.iter().enumerate().map(|(place, warning)| {
        let of = by.get(&place).map_or(&[][..], Vec::as_slice);
        Warning::new(format!("{}: {}", numbered(noun, of), warning.what), warning.advice.clone())
    });
    said.collect()
}

/// The parts that ended before their blocks were done.
fn ended_early(run: &RunFacts, noun: &str, is_whole: bool) -> Vec<Warning> {
    let advice = match is_whole {
        true => "what it measured counts, and other parts measured what it did not",
        false => "what it measured counts; run its shard again, and merge once more",
    };
    let early = (0..).zip(&run.parts).filter_map(|(place, part)| {
        let reason = match (&part.stopped, part.ended) {
            (Some(reason), _) => reason,
            (None, None) => &StopReason::CutOff,
            (None, Some(_)) => return None,
        };
        let name = numbered(noun, &[place]);
        Some(Warning::new(format!("{name}: {reason} before its blocks were done"), advice))
    });
    early.collect()
}

/// The shards of which there is no part.
fn missing_shards(run: &RunFacts) -> Option<Warning> {
    let shards = || run.parts.iter().filter_map(|part| part.shard);
    let count = shards().map(|it: Shard| it.count).max()?;
    let missing: Vec<String> = (1..=count)
        .filter(|index| shards().all(|it| it.index != *index))
        .map(|index| index.to_string())
        .collect();
    (!missing.is_empty()).then(|| {
        let (what, are) = if missing.len() == 1 { ("shard", "is") } else { ("shards", "are") };
        Warning::new(
            format!("{what} {} of {count} {are} missing", missing.join(", ")),
            "run them, and merge once more: what was not planned to be looked at is looked at now",
        )
    })
}

/// `machine 3`, `machines 1, 2 and 5 more`: numbered from 1.
fn numbered(noun: &str, parts: &[u32]) -> String {
    const NAMED: usize = 8;
    let plural = if parts.len() == 1 { "" } else { "s" };
    format!("{noun}{plural} {}", few(parts.iter().map(|part| part + 1), NAMED))
}
