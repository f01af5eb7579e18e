//! The headline: what was found and how sure it is, in one line.
//! Owns what the headline says. It claims exactly what the verdicts do: each row that the table
//! calls decided is counted, and named unless its scenario has a job in doubt.

use std::cmp::Ordering;
use std::fmt::Write as _;

use lukewarm_analysis::{Comparison, Direction, Findings, NextStep, Row, error_levels};
use lukewarm_model::text::one_line;
use lukewarm_model::{ComparisonVerdict, JobName, few};

use crate::fastest;
use crate::format::{counted, ratio, ratios};
use crate::issues;
use crate::machines;
use crate::outputs;
use crate::sections::{Group, RowStatus, Section, sections};

/// Workspaces with a sentence of their own, and scenarios named in one phrase; the tables have the
/// others.
const WORKSPACES: usize = 6;
const SCENARIOS: usize = 12;
/// The smallest number of pairs with which a verdict at 5 % is possible.
const FEWEST: u32 = 6;

/// The result of a scenario over all jobs that the sentence covers, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ScenarioResult {
    ClearlyFaster,
    Faster,
    LooksFaster,
    Same,
    Undecided,
    LooksSlower,
    Slower,
    ClearlySlower,
    Nothing,
}

/// One scenario with its result, and its smallest and largest ratio over the jobs.
struct Claim<'a> {
    shown: ScenarioResult,
    scenario: &'a str,
    low: f64,
    high: f64,
    /// Decisions that hold in some of the jobs only: `faster in unchanged`.
    decided: Vec<String>,
}

/// The result and its certainty in one line: over the jobs after the first, in which a cache can
/// be warm, which scenarios beat the reference, and by how much; then the decisions of the first
/// job.
pub fn headline(findings: &Findings) -> String {
    format!("{} {}", answer(findings), certainty(findings)).trim_end().to_owned()
}

/// The result, one sentence for each workspace.
pub(crate) fn answer(findings: &Findings) -> String {
    let sections = sections(findings);
    let listed = sections.iter().take(WORKSPACES);
    let mut sentences: Vec<String> = listed.map(|section| about(findings, section)).collect();
    if let Some(more @ 1..) = sections.len().checked_sub(WORKSPACES) {
        sentences.push(format!("{} in the tables.", counted(more, "more workspace")));
    }
    match sentences.is_empty() {
        true => "The plan has no jobs, so there are no results.".to_owned(),
        false => one_line(&sentences.join(" ")).into_owned(),
    }
}

/// The certainty of the answer and the doubts about it; empty without either.
pub(crate) fn certainty(findings: &Findings) -> String {
    let sentences = [
        outputs::wrong(findings),
        sureness(findings, &sections(findings)),
        machines::disagreement(findings),
        issues::sentence(findings),
        outputs::sentence(findings),
        issues::ending(findings),
        issues::left_out(findings),
        next(findings),
        crate::machine_notice::notice(findings),
    ];
    let said = sentences.into_iter().flatten().collect::<Vec<_>>().join(" ");
    one_line(&said).into_owned()
}

fn about(findings: &Findings, section: &Section<'_>) -> String {
    let workspace = section.workspace;
    let Some(reference) = &findings.run.plan.reference else {
        return format!("On {workspace}, there is no reference scenario, so nothing is compared.");
    };
    let others = section.groups.iter().filter(|group| *group.scenario != *reference);
    let mut claims: Vec<Claim<'_>> = others.map(|group| claim(findings, section, group)).collect();
    let nothing = claims.iter().all(|claim| claim.shown == ScenarioResult::Nothing);
    if nothing && compared_rows(findings, section).next().is_none() {
        return format!("On {workspace}, no valid result can be compared with {reference}.");
    }
    claims.sort_by(|a, b| a.shown.cmp(&b.shown).then(a.high.total_cmp(&b.high)));
    // What a budget left out has a sentence of its own, with the reason.
    let left_out = issues::cases_left_out(findings);
    let cases = left_out.into_iter().filter(|it| it.workspace == *workspace);
    let left_out: Vec<String> = cases.map(|it| it.scenario.to_string()).collect();
    claims.retain(|it| {
        it.shown != ScenarioResult::Nothing || !left_out.iter().any(|name| name == it.scenario)
    });
    let listed: Vec<String> = claims
        .chunk_by(|a, b| a.shown == b.shown)
        .map(|claims| phrase(claims, reference))
        .collect();
    let listed = match listed.is_empty() {
        true => format!("only {reference} was measured"),
        false => listed.join("; "),
    };
    let mut text = format!("On {workspace}, {}, {listed}.", span(findings));
    if let Some(fastest) = fastest::sentence(findings, section) {
        text.push(' ');
        text.push_str(&fastest);
    }
    if let Some(first) = first(findings, section, reference) {
        text.push(' ');
        text.push_str(&first);
    }
    text
}

/// The decisions of the first job, which the sentence before it leaves out.
fn first(findings: &Findings, section: &Section<'_>, reference: &str) -> Option<String> {
    let groups = section.groups.iter().filter(|group| group.rows.len() > 1);
    let rows = groups.map(|group| &group.rows[0]);
    let decided = rows.filter_map(|row| {
        let RowStatus::Compared(comparison) = section.status(findings, row) else { return None };
        let shown = decision(comparison)?;
        let point = comparison.ratio.point;
        Some(Claim { shown, scenario: &row.scenario, low: point, high: point, decided: vec![] })
    });
    let mut claims: Vec<Claim<'_>> = decided.collect();
    claims.sort_by(|a, b| a.shown.cmp(&b.shown).then(a.high.total_cmp(&b.high)));
    let listed = claims.chunk_by(|a, b| a.shown == b.shown).map(|it| phrase(it, reference));
    let listed: Vec<String> = listed.chain(open_first(findings, section)).collect();
    let job = &findings.run.plan.story.jobs.first()?.name;
    (!listed.is_empty()).then(|| format!("In the job {job}, {}.", listed.join("; ")))
}

/// What the fastest of the later jobs cost in the first one, where that is not decided.
fn open_first(findings: &Findings, section: &Section<'_>) -> Option<String> {
    let fastest = fastest::names(findings, section);
    let groups = section.groups.iter().filter(|it| it.rows.len() > 1);
    let open =
        groups.filter(|it| fastest.contains(it.scenario.as_str())).filter_map(
            |group| match section.status(findings, &group.rows[0]) {
                RowStatus::Compared(it) if decision(it).is_none() => {
                    Some(format!("{} ({})", group.scenario, ratio(it.ratio.point)))
                }
                _ => None,
            },
        );
    let open: Vec<String> = open.collect();
    (!open.is_empty()).then(|| format!("not decided: {}", open.join(", ")))
}

/// The jobs that the headline covers.
fn span(findings: &Findings) -> String {
    let left_out: Vec<&JobName> = issues::jobs_left_out(findings).collect();
    let jobs = findings.run.plan.story.jobs.iter().map(|it| &it.name);
    match jobs.filter(|it| !left_out.contains(it)).collect::<Vec<_>>()[..] {
        [first, _, _, ..] => format!("in every job after {first}"),
        [.., only] => format!("in the job {only}"),
        [] => "in no job".to_owned(),
    }
}

fn phrase(claims: &[Claim<'_>], reference: &str) -> String {
    let words = match claims[0].shown {
        ScenarioResult::ClearlyFaster => format!("clearly faster than {reference}"),
        ScenarioResult::Faster => format!("faster than {reference}"),
        ScenarioResult::LooksFaster => format!("looked faster than {reference}"),
        ScenarioResult::Same => format!("the same as {reference} within the margin"),
        ScenarioResult::Undecided => "undecided, or different from job to job".to_owned(),
        ScenarioResult::LooksSlower => format!("looked slower than {reference}"),
        ScenarioResult::Slower => format!("slower than {reference}"),
        ScenarioResult::ClearlySlower => format!("clearly slower than {reference}"),
        ScenarioResult::Nothing => "without a valid result".to_owned(),
    };
    let names = claims.iter().map(|claim| match claim.shown {
        ScenarioResult::Nothing => claim.scenario.to_owned(),
        _ => format!("{} ({})", claim.scenario, range(claim)),
    });
    format!("{words}: {}", few(names, SCENARIOS))
}

/// The smallest and largest point estimate over the jobs, and the decisions in some of them.
fn range(claim: &Claim<'_>) -> String {
    let listed = ratios(claim.low, claim.high);
    let by_job = if listed.contains('–') { " by job" } else { "" };
    let decided = claim.decided.iter().map(|it| format!("; {it}")).collect::<String>();
    format!("{listed}{by_job}{decided}")
}

fn claim<'a>(findings: &Findings, section: &Section<'a>, group: &Group<'a>) -> Claim<'a> {
    let listed = compared(findings, section, group);
    let points = || listed.iter().filter_map(|(_, it)| Some(it.as_ref()?.ratio.point));
    let shown = combined(&listed.iter().map(|(_, it)| *it).collect::<Vec<_>>());
    let decided = match shown {
        ScenarioResult::LooksFaster | ScenarioResult::LooksSlower | ScenarioResult::Undecided => {
            decided(&listed)
        }
        // That some of it is clear is worth saying.
        ScenarioResult::Faster | ScenarioResult::Slower => {
            decided(&listed).into_iter().filter(|it| it.starts_with("clearly")).collect()
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

/// The jobs with a decision, by decision.
fn decided(listed: &[(&Row, Option<&Comparison>)]) -> Vec<String> {
    let kinds = [
        (ScenarioResult::ClearlyFaster, "clearly faster"),
        (ScenarioResult::Faster, "faster"),
        (ScenarioResult::Same, "the same"),
        (ScenarioResult::Slower, "slower"),
        (ScenarioResult::ClearlySlower, "clearly slower"),
    ];
    let of = |(kind, word): (ScenarioResult, &str)| {
        let jobs = listed.iter().filter(|(_, it)| it.and_then(decision) == Some(kind));
        let jobs: Vec<&str> = jobs.map(|(row, _)| row.job.as_str()).collect();
        (!jobs.is_empty()).then(|| format!("{word} in {}", jobs.join(", ")))
    };
    kinds.into_iter().filter_map(of).collect()
}

/// The rows of the jobs after the first, or of an only job, with their comparisons; absent for a
/// job without a valid one. A job that a budget left out says nothing of a scenario.
fn compared<'a>(
    findings: &Findings,
    section: &Section<'a>,
    group: &Group<'a>,
) -> Vec<(&'a Row, Option<&'a Comparison>)> {
    let first = usize::from(group.rows.len() > 1);
    let left_out: Vec<&JobName> = issues::jobs_left_out(findings).collect();
    let rows = group.rows[first..].iter().filter(|row| !left_out.contains(&&row.job));
    let comparisons = rows.map(|row| {
        let comparison = match section.status(findings, row) {
            RowStatus::Compared(comparison) => Some(comparison),
            _ => None,
        };
        (row, comparison)
    });
    comparisons.collect()
}

/// Every valid comparison of a table.
fn compared_rows<'a>(
    findings: &Findings,
    section: &Section<'a>,
) -> impl Iterator<Item = &'a Comparison> {
    let rows = section.groups.iter().flat_map(|group| group.rows);
    rows.filter_map(|row| match section.status(findings, row) {
        RowStatus::Compared(comparison) => Some(comparison),
        _ => None,
    })
}

fn combined(listed: &[Option<&Comparison>]) -> ScenarioResult {
    let Some(listed) = listed.iter().copied().collect::<Option<Vec<&Comparison>>>() else {
        return ScenarioResult::Nothing;
    };
    let Some((first, others)) = listed.split_first() else { return ScenarioResult::Nothing };
    let one = result_of(first);
    if others.iter().all(|comparison| result_of(comparison) == one) {
        return one;
    }
    // The weakest job gives the result where all point the same way.
    use ScenarioResult::{ClearlyFaster, ClearlySlower, Faster, LooksFaster, LooksSlower, Slower};
    let all = |kinds: &[ScenarioResult]| listed.iter().all(|it| kinds.contains(&result_of(it)));
    match () {
        () if all(&[ClearlyFaster, Faster]) => Faster,
        () if all(&[ClearlySlower, Slower]) => Slower,
        () if all(&[ClearlyFaster, Faster, LooksFaster]) => LooksFaster,
        () if all(&[ClearlySlower, Slower, LooksSlower]) => LooksSlower,
        () => ScenarioResult::Undecided,
    }
}

/// The decision of a verdict; absent where it is inconclusive.
fn decision(comparison: &Comparison) -> Option<ScenarioResult> {
    match comparison.verdict {
        ComparisonVerdict::ClearlyFaster => Some(ScenarioResult::ClearlyFaster),
        ComparisonVerdict::ClearlySlower => Some(ScenarioResult::ClearlySlower),
        ComparisonVerdict::Faster => Some(ScenarioResult::Faster),
        ComparisonVerdict::Slower => Some(ScenarioResult::Slower),
        ComparisonVerdict::Same => Some(ScenarioResult::Same),
        ComparisonVerdict::Inconclusive | ComparisonVerdict::TooFewSamples => None,
    }
}

/// The result of one comparison. Without a decision it can only look faster or slower, and only
/// where the whole interval lies beyond the margin: with few samples, or with many comparisons to
/// correct for, no more can be claimed.
fn result_of(comparison: &Comparison) -> ScenarioResult {
    decision(comparison).unwrap_or_else(|| match comparison.leaning() {
        Direction::Faster => ScenarioResult::LooksFaster,
        Direction::Slower => ScenarioResult::LooksSlower,
        Direction::Same | Direction::Undecided => ScenarioResult::Undecided,
    })
}

/// What to do next: the workflow of a winner, and what the open comparison that is decided soonest
/// needs.
fn next(findings: &Findings) -> Option<String> {
    let sections = sections(findings);
    let mut compared = sections.iter().flat_map(|section| compared_rows(findings, section));
    let winner = compared.any(|it| it.verdict.direction() == Some(Ordering::Less));
    let workflow = winner.then(|| "lukewarm recommend gives the workflow".to_owned());
    let more = decide_more(findings).or_else(|| machines::next(findings));
    let steps: Vec<String> = [workflow, more].into_iter().flatten().collect();
    (!steps.is_empty()).then(|| format!("Next: {}.", steps.join("; ")))
}

fn decide_more(findings: &Findings) -> Option<String> {
    let NextStep { case, job, reference, blocks, time } = findings.next_step()?;
    let time = match time.0 {
        seconds if seconds <= 50.0 => format!("{:.0} s", (seconds / 10.0).ceil().max(1.0) * 10.0),
        seconds => format!("{:.0} min", (seconds / 60.0).ceil()),
    };
    let blocks = counted(blocks as usize, "more block");
    let of_workspace = match findings.run.plan.workspaces.len() {
        1 => String::new(),
        _ => format!(" on {}", case.workspace),
    };
    Some(format!(
        "about {time} more ({blocks}) would probably decide {}{of_workspace} in {job}: \
         lukewarm run {reference} {}",
        case.scenario, case.scenario
    ))
}

/// How many comparisons of all tables are decided, and at which level.
fn sureness(findings: &Findings, sections: &[Section<'_>]) -> Option<String> {
    let all: Vec<&Comparison> =
        sections.iter().flat_map(|section| compared_rows(findings, section)).collect();
    let counts = || all.iter().map(|comparison| comparison.ratio.count);
    let (fewest, most) = (counts().min()?, counts().max()?);
    let mut text = match fewest == most {
        true => format!("With n = {fewest}"),
        false => format!("With n = {fewest} to {most}"),
    };
    if let Some(machines) = machines::composition(findings) {
        text.push_str(&format!(" over {machines}"));
    }
    let has = |verdict| all.iter().filter(|c| c.verdict == verdict).count();
    use ComparisonVerdict::{ClearlyFaster, ClearlySlower, Faster, Same, Slower, TooFewSamples};
    let clear = has(ClearlyFaster) + has(ClearlySlower);
    let (faster, slower) = (has(Faster) + has(ClearlyFaster), has(Slower) + has(ClearlySlower));
    let (same, few) = (has(Same), has(TooFewSamples));
    let decided = faster + slower + same;
    let clearly = match clear {
        0 => String::new(),
        all if all == decided => "; all of these clearly".to_owned(),
        some => format!("; {some} of these clearly"),
    };
    // The smallest need of any comparison, or the least possible where the noise is unknown.
    let needed = all.iter().filter_map(|it| it.iterations_needed).min();
    let fewest = || error_levels(&findings.run).map_or(FEWEST, |levels| levels.fewest);
    let needed = needed.unwrap_or_else(fewest);
    let few_words = format!("too few samples for a verdict: at least {needed} are needed.");
    let words = match (few, decided) {
        (0, 0) => ", no difference is significant at the 5 % level.".to_owned(),
        (0, decided) if decided == all.len() => {
            format!(", every verdict holds at the 5 % level{clearly}.")
        }
        (few, _) if few == all.len() => format!(", there are {few_words}"),
        (_, 0) => format!(
            ", no difference is significant at the 5 % level; some comparisons have {few_words}"
        ),
        (_, decided) => format!(
            ", {decided} of {} comparisons are decided at the 5 % level ({faster} faster, {slower} \
             slower, {same} the same{clearly}); the others are undecided.",
            all.len()
        ),
    };
    write!(text, "{words}").expect("a string takes every text");
    Some(text)
}
