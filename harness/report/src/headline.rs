//! The headline: what was found and how sure it is, in one line.
//! Owns the choice of what is said. It never claims more than the verdicts, and says nothing of
//! a scenario with a job in doubt but that it is so.

use std::fmt::Write as _;

use lukewarm_analysis::{Comparison, Findings};
use lukewarm_model::ComparisonVerdict;

use crate::doubts;
use crate::sections::{Group, Section, Standing, sections};
use crate::words::{counted, plain, ratios};

/// Workspaces that are told one by one, and scenarios of one phrase; the tables have the others.
const WORKSPACES: usize = 6;
const SCENARIOS: usize = 12;

/// What a scenario shows over all jobs that are told, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shown {
    Faster,
    LooksFaster,
    Same,
    Undecided,
    LooksSlower,
    Slower,
    Nothing,
}

/// One scenario with what it shows, and its smallest and largest ratio over the jobs.
struct Claim<'a> {
    shown: Shown,
    scenario: &'a str,
    low: f64,
    high: f64,
}

/// What was found and how sure it is, in one line: over the jobs after the first, in which a
/// cache can be warm, which scenarios beat the reference, and by how much.
pub fn headline(findings: &Findings) -> String {
    format!("{} {}", answer(findings), certainty(findings)).trim_end().to_owned()
}

/// What was found, a sentence a workspace.
pub(crate) fn answer(findings: &Findings) -> String {
    let sections = sections(findings);
    let told = sections.iter().take(WORKSPACES);
    let mut sentences: Vec<String> = told.map(|section| about(findings, section)).collect();
    if let Some(more @ 1..) = sections.len().checked_sub(WORKSPACES) {
        sentences.push(format!("{} in the tables.", counted(more, "more workspace")));
    }
    match sentences.is_empty() {
        true => "Nothing was planned, so that nothing was found.".to_owned(),
        false => plain(&sentences.join(" ")),
    }
}

/// How sure the answer is, and what stands against it; empty where nothing is to be said.
pub(crate) fn certainty(findings: &Findings) -> String {
    let sentences = [
        sureness(findings, &sections(findings)),
        doubts::sentence(findings),
        doubts::ending(findings),
        crate::machine::mark(findings),
    ];
    plain(&sentences.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

fn about(findings: &Findings, section: &Section<'_>) -> String {
    let workspace = section.workspace;
    let Some(reference) = &findings.run.plan.reference else {
        return format!("On {workspace}, there is no reference, so that nothing is compared.");
    };
    let others = section.groups.iter().filter(|group| group.scenario != *reference);
    let mut claims: Vec<Claim<'_>> = others.map(|group| claim(findings, section, group)).collect();
    if claims.iter().all(|claim| claim.shown == Shown::Nothing) {
        return format!("On {workspace}, nothing sound can be compared with {reference}.");
    }
    claims.sort_by(|a, b| a.shown.cmp(&b.shown).then(a.high.total_cmp(&b.high)));
    let told: Vec<String> = claims
        .chunk_by(|a, b| a.shown == b.shown)
        .map(|claims| phrase(claims, reference))
        .collect();
    format!("On {workspace}, {}, {}.", span(findings), told.join("; "))
}

/// The jobs that the headline is about, in words.
fn span(findings: &Findings) -> String {
    match findings.run.plan.story.jobs.as_slice() {
        [first, _, _, ..] => format!("in every job after {}", first.name),
        [.., only] => format!("in the job {}", only.name),
        [] => "without a job".to_owned(),
    }
}

fn phrase(claims: &[Claim<'_>], reference: &str) -> String {
    let words = match claims[0].shown {
        Shown::Faster => format!("faster than {reference}"),
        Shown::LooksFaster => format!("looked faster than {reference}"),
        Shown::Same => format!("the same as {reference} within the margin"),
        Shown::Undecided => "undecided, or not alike in every job".to_owned(),
        Shown::LooksSlower => format!("looked slower than {reference}"),
        Shown::Slower => format!("slower than {reference}"),
        Shown::Nothing => "without a sound result".to_owned(),
    };
    let names = claims.iter().map(|claim| match claim.shown {
        Shown::Nothing => claim.scenario.to_owned(),
        _ => format!("{} ({})", claim.scenario, ratios(claim.low, claim.high)),
    });
    let mut names: Vec<String> = names.take(SCENARIOS).collect();
    if let Some(more @ 1..) = claims.len().checked_sub(SCENARIOS) {
        names.push(format!("and {more} more"));
    }
    format!("{words}: {}", names.join(", "))
}

fn claim<'a>(findings: &Findings, section: &Section<'a>, group: &Group<'a>) -> Claim<'a> {
    let told = compared(findings, section, group);
    let points = || told.iter().flatten().map(|comparison| comparison.ratio.point);
    Claim {
        shown: shown(&told),
        scenario: group.scenario,
        low: points().fold(f64::INFINITY, f64::min),
        high: points().fold(f64::NEG_INFINITY, f64::max),
    }
}

/// The comparisons of the jobs after the first, or of an only job; none where a job has none
/// that may be believed.
fn compared<'a>(
    findings: &Findings,
    section: &Section<'a>,
    group: &Group<'a>,
) -> Vec<Option<&'a Comparison>> {
    let first = usize::from(group.rows.len() > 1);
    let comparisons = group.rows[first..].iter().map(|row| match section.standing(findings, row) {
        Standing::Compared(comparison) => Some(comparison),
        _ => None,
    });
    comparisons.collect()
}

fn shown(told: &[Option<&Comparison>]) -> Shown {
    let Some(told) = told.iter().copied().collect::<Option<Vec<&Comparison>>>() else {
        return Shown::Nothing;
    };
    let Some((first, others)) = told.split_first() else { return Shown::Nothing };
    let one = looks(first);
    if others.iter().all(|comparison| looks(comparison) == one) {
        return one;
    }
    // A job without a verdict weakens what the others say, where all point one way.
    let all = |sure, weak| told.iter().all(|comparison| [sure, weak].contains(&looks(comparison)));
    match () {
        () if all(Shown::Faster, Shown::LooksFaster) => Shown::LooksFaster,
        () if all(Shown::Slower, Shown::LooksSlower) => Shown::LooksSlower,
        () => Shown::Undecided,
    }
}

/// What one comparison shows. Where the verdict does not decide, it only looks so, and only where
/// the whole interval and the margin agree: with few samples, or with many comparisons to correct
/// for, that is all there is to say.
fn looks(comparison: &Comparison) -> Shown {
    let Comparison { ratio, margin, .. } = comparison;
    match comparison.verdict {
        ComparisonVerdict::Faster => Shown::Faster,
        ComparisonVerdict::Slower => Shown::Slower,
        ComparisonVerdict::Same => Shown::Same,
        ComparisonVerdict::Inconclusive | ComparisonVerdict::TooFewSamples => match ratio.point {
            point if ratio.high < 1.0 && point < 1.0 - margin => Shown::LooksFaster,
            point if ratio.low > 1.0 && point > 1.0 + margin => Shown::LooksSlower,
            _ => Shown::Undecided,
        },
    }
}

/// How sure the comparisons that were told are.
fn sureness(findings: &Findings, sections: &[Section<'_>]) -> Option<String> {
    let told: Vec<&Comparison> = sections
        .iter()
        .flat_map(|section| section.groups.iter().map(move |group| (section, group)))
        .flat_map(|(section, group)| compared(findings, section, group))
        .flatten()
        .collect();
    let counts = || told.iter().map(|comparison| comparison.ratio.count);
    let (fewest, most) = (counts().min()?, counts().max()?);
    let mut text = match fewest == most {
        true => format!("With n = {fewest}"),
        false => format!("With n = {fewest} to {most}"),
    };
    let has = |verdict| told.iter().filter(|c| c.verdict == verdict).count();
    let few = has(ComparisonVerdict::TooFewSamples);
    let needed = told.iter().filter_map(|it| it.iterations_needed).min().unwrap_or(6);
    let few_words = format!("too few samples to say for certain: at least {needed} are needed.");
    let words = match (few, has(ComparisonVerdict::Inconclusive)) {
        (0, 0) => ", each verdict holds at the 5 % level.".to_owned(),
        (0, open) if open == told.len() => {
            ", no difference is certain at the 5 % level.".to_owned()
        }
        (0, _) => {
            ", faster, slower and same hold at the 5 % level; the rest is not certain.".to_owned()
        }
        _ if few == told.len() => format!(", there are {few_words}"),
        _ => format!(", some have {few_words}"),
    };
    write!(text, "{words}").expect("a string takes every text");
    Some(text)
}
