//! The headline: what was found and how sure it is, in one line.
//! Owns the choice of what is said. It never claims more than the verdicts, and never less: each
//! row that the table calls decided is counted, and named unless its scenario has a job in doubt.

use std::fmt::Write as _;

use lukewarm_analysis::{Comparison, Direction, Findings, Row, error_levels};
use lukewarm_model::ComparisonVerdict;
use lukewarm_model::text::one_line;

use crate::doubts;
use crate::sections::{Group, RowStatus, Section, sections};
use crate::words::{counted, ratios};

/// Workspaces that are told one by one, and scenarios of one phrase; the tables have the others.
const WORKSPACES: usize = 6;
const SCENARIOS: usize = 12;
/// Pairs that any verdict at 5 % needs.
const FEWEST: u32 = 6;

/// What a scenario shows over all jobs that are told, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ScenarioResult {
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
    shown: ScenarioResult,
    scenario: &'a str,
    low: f64,
    high: f64,
    /// What is decided in some of the jobs, where it is not in all: `faster in unchanged`.
    decided: Vec<String>,
}

/// What was found and how sure it is, in one line: over the jobs after the first, in which a
/// cache can be warm, which scenarios beat the reference, and by how much; then what the first
/// job decides.
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
        false => one_line(&sentences.join(" ")).into_owned(),
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
    let said = sentences.into_iter().flatten().collect::<Vec<_>>().join(" ");
    one_line(&said).into_owned()
}

fn about(findings: &Findings, section: &Section<'_>) -> String {
    let workspace = section.workspace;
    let Some(reference) = &findings.run.plan.reference else {
        return format!("On {workspace}, there is no reference, so that nothing is compared.");
    };
    let others = section.groups.iter().filter(|group| *group.scenario != *reference);
    let mut claims: Vec<Claim<'_>> = others.map(|group| claim(findings, section, group)).collect();
    let nothing = claims.iter().all(|claim| claim.shown == ScenarioResult::Nothing);
    if nothing && compared_rows(findings, section).next().is_none() {
        return format!("On {workspace}, nothing sound can be compared with {reference}.");
    }
    claims.sort_by(|a, b| a.shown.cmp(&b.shown).then(a.high.total_cmp(&b.high)));
    let told: Vec<String> = claims
        .chunk_by(|a, b| a.shown == b.shown)
        .map(|claims| phrase(claims, reference))
        .collect();
    let mut text = format!("On {workspace}, {}, {}.", span(findings), told.join("; "));
    if let Some(first) = first(findings, section, reference) {
        text.push(' ');
        text.push_str(&first);
    }
    text
}

/// What is decided in the first job, where the sentence before is about those after it.
fn first(findings: &Findings, section: &Section<'_>, reference: &str) -> Option<String> {
    let groups = section.groups.iter().filter(|group| group.rows.len() > 1);
    let rows = groups.map(|group| &group.rows[0]);
    let decided = rows.filter_map(|row| {
        let RowStatus::Compared(comparison) = section.standing(findings, row) else { return None };
        let shown = decision(comparison)?;
        let point = comparison.ratio.point;
        Some(Claim { shown, scenario: &row.scenario, low: point, high: point, decided: vec![] })
    });
    let mut claims: Vec<Claim<'_>> = decided.collect();
    claims.sort_by(|a, b| a.shown.cmp(&b.shown).then(a.high.total_cmp(&b.high)));
    let told = claims.chunk_by(|a, b| a.shown == b.shown).map(|it| phrase(it, reference));
    let told: Vec<String> = told.collect();
    let job = &findings.run.plan.story.jobs.first()?.name;
    (!told.is_empty()).then(|| format!("In the job {job}, {}.", told.join("; ")))
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
        ScenarioResult::Faster => format!("faster than {reference}"),
        ScenarioResult::LooksFaster => format!("looked faster than {reference}"),
        ScenarioResult::Same => format!("the same as {reference} within the margin"),
        ScenarioResult::Undecided => "undecided, or not alike in every job".to_owned(),
        ScenarioResult::LooksSlower => format!("looked slower than {reference}"),
        ScenarioResult::Slower => format!("slower than {reference}"),
        ScenarioResult::Nothing => "without a sound result".to_owned(),
    };
    let names = claims.iter().map(|claim| match claim.shown {
        ScenarioResult::Nothing => claim.scenario.to_owned(),
        _ => format!("{} ({})", claim.scenario, range(claim)),
    });
    let mut names: Vec<String> = names.take(SCENARIOS).collect();
    if let Some(more @ 1..) = claims.len().checked_sub(SCENARIOS) {
        names.push(format!("and {more} more"));
    }
    format!("{words}: {}", names.join(", "))
}

/// Point estimates, from the smallest job's to the largest's, and what is decided of them.
fn range(claim: &Claim<'_>) -> String {
    let told = ratios(claim.low, claim.high);
    let by_job = if told.contains('–') { " by job" } else { "" };
    let decided = claim.decided.iter().map(|it| format!("; {it}")).collect::<String>();
    format!("{told}{by_job}{decided}")
}

fn claim<'a>(findings: &Findings, section: &Section<'a>, group: &Group<'a>) -> Claim<'a> {
    let told = compared(findings, section, group);
    let points = || told.iter().filter_map(|(_, it)| Some(it.as_ref()?.ratio.point));
    let shown = shown(&told.iter().map(|(_, it)| *it).collect::<Vec<_>>());
    let decided = match shown {
        ScenarioResult::LooksFaster | ScenarioResult::LooksSlower | ScenarioResult::Undecided => {
            decided(&told)
        }
        _ => Vec::new(),
    };
    Claim {
        shown,
        scenario: group.scenario,
        low: points().fold(f64::INFINITY, f64::min),
        high: points().fold(f64::NEG_INFINITY, f64::max),
        decided,
    }
}

/// The jobs that are decided, by what they decide.
fn decided(told: &[(&Row, Option<&Comparison>)]) -> Vec<String> {
    let kinds = [
        (ScenarioResult::Faster, "faster"),
        (ScenarioResult::Same, "the same"),
        (ScenarioResult::Slower, "slower"),
    ];
    let of = |(kind, word): (ScenarioResult, &str)| {
        let jobs = told.iter().filter(|(_, it)| it.and_then(decision) == Some(kind));
        let jobs: Vec<&str> = jobs.map(|(row, _)| row.job.as_str()).collect();
        (!jobs.is_empty()).then(|| format!("{word} in {}", jobs.join(", ")))
    };
    kinds.into_iter().filter_map(of).collect()
}

/// The rows of the jobs after the first, or of an only job, with their comparisons; none where a
/// job has none that may be believed.
fn compared<'a>(
    findings: &Findings,
    section: &Section<'a>,
    group: &Group<'a>,
) -> Vec<(&'a Row, Option<&'a Comparison>)> {
    let first = usize::from(group.rows.len() > 1);
    let comparisons = group.rows[first..].iter().map(|row| {
        let comparison = match section.standing(findings, row) {
            RowStatus::Compared(comparison) => Some(comparison),
            _ => None,
        };
        (row, comparison)
    });
    comparisons.collect()
}

/// Every comparison of a table that may be believed.
fn compared_rows<'a>(
    findings: &Findings,
    section: &Section<'a>,
) -> impl Iterator<Item = &'a Comparison> {
    let rows = section.groups.iter().flat_map(|group| group.rows);
    rows.filter_map(|row| match section.standing(findings, row) {
        RowStatus::Compared(comparison) => Some(comparison),
        _ => None,
    })
}

fn shown(told: &[Option<&Comparison>]) -> ScenarioResult {
    let Some(told) = told.iter().copied().collect::<Option<Vec<&Comparison>>>() else {
        return ScenarioResult::Nothing;
    };
    let Some((first, others)) = told.split_first() else { return ScenarioResult::Nothing };
    let one = looks(first);
    if others.iter().all(|comparison| looks(comparison) == one) {
        return one;
    }
    // A job without a verdict weakens what the others say, where all point one way.
    let all = |sure, weak| told.iter().all(|comparison| [sure, weak].contains(&looks(comparison)));
    match () {
        () if all(ScenarioResult::Faster, ScenarioResult::LooksFaster) => {
            ScenarioResult::LooksFaster
        }
        () if all(ScenarioResult::Slower, ScenarioResult::LooksSlower) => {
            ScenarioResult::LooksSlower
        }
        () => ScenarioResult::Undecided,
    }
}

/// What the verdict decides; none where it decides nothing.
fn decision(comparison: &Comparison) -> Option<ScenarioResult> {
    match comparison.verdict {
        ComparisonVerdict::Faster => Some(ScenarioResult::Faster),
        ComparisonVerdict::Slower => Some(ScenarioResult::Slower),
        ComparisonVerdict::Same => Some(ScenarioResult::Same),
        ComparisonVerdict::Inconclusive | ComparisonVerdict::TooFewSamples => None,
    }
}

/// What one comparison shows. Where the verdict does not decide, it only looks so, and only where
/// the whole interval and the margin agree: with few samples, or with many comparisons to correct
/// for, that is all there is to say.
fn looks(comparison: &Comparison) -> ScenarioResult {
    decision(comparison).unwrap_or_else(|| match comparison.leaning() {
        Direction::Faster => ScenarioResult::LooksFaster,
        Direction::Slower => ScenarioResult::LooksSlower,
        Direction::Same | Direction::Undecided => ScenarioResult::Undecided,
    })
}

/// How sure the comparisons of all tables are.
fn sureness(findings: &Findings, sections: &[Section<'_>]) -> Option<String> {
    let all: Vec<&Comparison> =
        sections.iter().flat_map(|section| compared_rows(findings, section)).collect();
    let counts = || all.iter().map(|comparison| comparison.ratio.count);
    let (fewest, most) = (counts().min()?, counts().max()?);
    let mut text = match fewest == most {
        true => format!("With n = {fewest}"),
        false => format!("With n = {fewest} to {most}"),
    };
    let has = |verdict| all.iter().filter(|c| c.verdict == verdict).count();
    let [faster, slower, same] =
        [ComparisonVerdict::Faster, ComparisonVerdict::Slower, ComparisonVerdict::Same].map(has);
    let (few, decided) = (has(ComparisonVerdict::TooFewSamples), faster + slower + same);
    // The least of what comparisons need, or what any needs where nothing is known of its noise.
    let needed = all.iter().filter_map(|it| it.iterations_needed).min();
    let fewest = || error_levels(&findings.run.plan).map_or(FEWEST, |levels| levels.fewest);
    let needed = needed.unwrap_or_else(fewest);
    let few_words = format!("too few samples to say for certain: at least {needed} are needed.");
    let words = match (few, decided) {
        (0, 0) => ", no difference is certain at the 5 % level.".to_owned(),
        (0, decided) if decided == all.len() => ", each verdict holds at the 5 % level.".to_owned(),
        (few, _) if few == all.len() => format!(", there are {few_words}"),
        (_, 0) => format!(", no difference is certain at the 5 % level; some have {few_words}"),
        (few, decided) => {
            let rest = if few > 0 {
                format!("some have {few_words}")
            } else {
                "the rest is not certain.".to_owned()
            };
            format!(
                ", {decided} of {} comparisons are decided at the 5 % level ({faster} faster, \
                 {slower} slower, {same} the same); {rest}",
                all.len()
            )
        }
    };
    write!(text, "{words}").expect("a string takes every text");
    Some(text)
}
