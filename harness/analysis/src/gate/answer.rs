//! The gate's answer: every change of every pair, and the decision from them.
//! Owns what is compared, and the precedence of answers: invalid jobs first.

use std::collections::BTreeSet;
use std::fmt;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{
    Case, JobName, JobVerdict, Plan, RawRecord, ServiceKind, Stopping, Thresholds,
};
use serde::{Serialize, Serializer};

use super::apart::Calibration;
use super::change::{Change, ChangeVerdict, Found, Spread};
use super::pair::Pair;
use super::{exact, noisy};
use crate::compare::{self, Margin, worth_more};
use crate::evaluate::Evaluation;

/// Whether times of different machines are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hosts {
    /// Metrics that depend on the machine are left out where it differs.
    #[default]
    Alike,
    /// Everything is compared.
    Any,
}

/// The result of the gate.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Gate {
    /// The baseline's run.
    pub baseline: String,
    /// The candidate's run.
    pub candidate: String,
    /// Whether baseline and candidate were measured interleaved in one run.
    pub paired: bool,
    /// The times of the calibration load in both, where they are separate runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// The answer.
    pub answer: Answer,
    /// Every change that was tested: by pair, then job, then metric.
    pub changes: Vec<Change>,
    /// Differences in the conditions, because of which times were left out unless requested.
    pub differences: Vec<String>,
    /// Differences in tools and workspaces, which may be intended.
    pub subjects: Vec<String>,
    /// Jobs that are not valid or have no result, with the reason.
    #[schemars(with = "Vec<String>")]
    pub invalid: Vec<InvalidJob>,
    /// Cases that only one of the two has.
    pub unmatched: Vec<String>,
}

/// A job that may not be believed; written as a line of text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InvalidJob {
    /// The id of its run.
    pub run: String,
    /// Its case.
    pub case: Case,
    /// The job's name in the story.
    pub job: JobName,
    /// Why, in one line.
    pub why: String,
}

impl fmt::Display for InvalidJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InvalidJob { run, case, job, why } = self;
        write!(f, "{run}: {case} {job}: {why}")
    }
}

impl Serialize for InvalidJob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The answer of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Nothing got worse.
    Fine,
    /// Something got worse.
    Regression,
    /// The measurements do not decide.
    Inconclusive,
    /// Jobs failed or are not valid.
    Invalid,
    /// A job of the candidate made something else than its sources.
    WrongOutput,
}

/// The jobs of cases that should be measured further for the gate's answer, as `open` gives them
/// for reports.
pub fn gate_open(
    evaluation: &Evaluation<'_>,
    pairs: &[Pair],
    thresholds: &Thresholds,
) -> BTreeSet<(Case, JobName)> {
    let gate = gate(evaluation, evaluation, pairs, thresholds, Hosts::Alike);
    let undecided = gate.changes.iter().filter(|change| match (change.verdict, &change.ratio) {
        (ChangeVerdict::TooFewSamples | ChangeVerdict::Inconclusive, ratio) => {
            worth_more(ratio.as_ref(), &Margin::of(change.tolerance))
        }
        _ => false,
    });
    let cells = undecided.flat_map(|it| it.cases.each_ref().map(|case| (case, &it.job)));
    cells.map(|(case, job)| (case.clone(), job.clone())).collect()
}

/// Compares the pairs of a baseline and a candidate; one record twice is a run in which they took
/// turns.
pub fn gate(
    baseline: &Evaluation<'_>,
    candidate: &Evaluation<'_>,
    pairs: &[Pair],
    thresholds: &Thresholds,
    hosts: Hosts,
) -> Gate {
    let (before, now) = (baseline.record(), candidate.record());
    let paired = before.run.id == now.run.id;
    let differences = if paired { Vec::new() } else { differences(before, now) };
    let mut found = found(baseline, candidate, pairs, thresholds);
    let calibration = (!paired).then(|| Calibration::of(before, now));
    let (mut noisy, mut exact): (Vec<&mut Found<'_>>, Vec<&mut Found<'_>>) =
        found.iter_mut().partition(|it| it.change.metric.is_noisy());
    // Whether a separate run stopped depends on nothing that is compared here.
    let fixed = Stopping::Fixed;
    let stopping = if paired { compare::stopping(&before.run) } else { &fixed };
    exact::verdicts(&mut exact, stopping);
    if differences.is_empty() || hosts == Hosts::Any {
        let merged = merged(before, now);
        let sides = match &calibration {
            Some(calibration) => noisy::Sides::Apart(calibration, merged.as_deref()),
            None => noisy::Sides::InTurns(baseline.parts()),
        };
        noisy::verdicts(&mut noisy, stopping, &sides);
    }
    let changes: Vec<Change> = found.into_iter().map(|it| it.change).collect();
    let invalid = [baseline, candidate].map(|it| invalid(it, pairs)).concat();
    Gate {
        baseline: before.run.id.clone(),
        candidate: now.run.id.clone(),
        paired,
        calibration,
        answer: match has_wrong_output(candidate, pairs) {
            true => Answer::WrongOutput,
            false => answer(&changes, &invalid),
        },
        changes,
        differences,
        subjects: {
            let subjects = now.run.subjects_that_differ(&before.run);
            subjects.iter().map(ToString::to_string).collect()
        },
        invalid,
        unmatched: unmatched(before, now, pairs, paired),
    }
}

/// Why times of two separate runs are not compared where one was merged from several machines: no
/// value of one run has its machine in the other.
fn merged(before: &RawRecord, now: &RawRecord) -> Option<String> {
    let merged: Vec<String> = [before, now]
        .into_iter()
        .filter(|record| record.run.parts.len() > 1)
        .map(|record| format!("{} was merged from {} runs", record.run.id, record.run.parts.len()))
        .collect();
    (!merged.is_empty()).then(|| {
        format!(
            "{}: times of several machines are compared within one merged run, not between two; \
             measure both in one plan, and merge its shards",
            merged.join(" and ")
        )
    })
}

/// What makes times of two runs incomparable: machine, toolchain, lukewarm, and how cases were
/// built.
fn differences(baseline: &RawRecord, candidate: &RawRecord) -> Vec<String> {
    let conditions = candidate.run.conditions_that_differ(&baseline.run);
    let mut found: Vec<String> = conditions.iter().map(ToString::to_string).collect();
    let [before, now] = [baseline, candidate].map(|record| &record.run.plan);
    if before.cargo_profile != now.cargo_profile {
        let words = format!("{} and is {}", before.cargo_profile, now.cargo_profile);
        found.push(format!("cargo profile was {words}"));
    }
    if before.story != now.story {
        found.push(format!("story was {} and is {}", before.story.name, now.story.name));
    }
    found
}

/// Every gated metric of whole jobs that both sides of a pair have.
fn found<'a>(
    baseline: &'a Evaluation<'_>,
    candidate: &'a Evaluation<'_>,
    pairs: &[Pair],
    thresholds: &Thresholds,
) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let plans = [baseline, candidate].map(|it| &it.record().run.plan);
    for pair in pairs {
        let alike = tool(plans[0], &pair.baseline) == tool(plans[1], &pair.candidate);
        for job in &plans[0].story.jobs {
            let before = baseline.rows().row(&pair.baseline, &job.name);
            let now = candidate.rows().row(&pair.candidate, &job.name);
            let (Some(before), Some(now)) = (before, now) else { continue };
            for ((step, metric), before) in before.iter().filter(|((step, _), _)| step.is_none()) {
                let tolerance = thresholds.tolerance(&pair.name, &job.name, *metric);
                let (Some(now), Some(tolerance)) = (now.get(&(*step, *metric)), tolerance) else {
                    continue;
                };
                // Requests and units of one tool and service are no more or less than another's.
                if !alike && !metric.is_noisy() {
                    continue;
                }
                let change = Change {
                    case: pair.name.clone(),
                    cases: [pair.baseline.clone(), pair.candidate.clone()],
                    job: job.name.clone(),
                    metric: *metric,
                    baseline: Spread::of(before),
                    candidate: Spread::of(now),
                    ratio: None,
                    tolerance,
                    verdict: ChangeVerdict::NotCompared,
                    note: None,
                };
                found.push(Found { change, values: [before, now] });
            }
        }
    }
    found
}

/// The name of a case's tool, and the service that it talks to.
fn tool<'a>(plan: &'a Plan, case: &Case) -> Option<(&'a str, Option<ServiceKind>)> {
    let scenario = plan.scenarios.iter().find(|it| it.name == case.scenario)?;
    Some((&scenario.tool.name, scenario.service))
}

/// What may not be believed of the jobs that are compared.
fn invalid(evaluation: &Evaluation<'_>, pairs: &[Pair]) -> Vec<InvalidJob> {
    let is_compared =
        |case: &Case| pairs.iter().any(|it| it.baseline == *case || it.candidate == *case);
    let run = &evaluation.record().run.id;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for job in evaluation.jobs().iter().filter(|job| is_compared(&job.facts.case)) {
        if job.verdict.is_comparable() {
            continue;
        }
        let one = InvalidJob {
            run: run.clone(),
            case: job.facts.case.clone(),
            job: job.facts.job.clone(),
            why: job.verdict.reasons().join("; "),
        };
        if seen.insert(one.clone()) {
            found.push(one);
        }
    }
    found
}

/// Whether a candidate's job made something else than its sources.
fn has_wrong_output(candidate: &Evaluation<'_>, pairs: &[Pair]) -> bool {
    candidate.jobs().iter().any(|job| {
        matches!(job.verdict, JobVerdict::Wrong(_))
            && pairs.iter().any(|pair| pair.candidate == job.facts.case)
    })
}

/// Cases that only one side has, where whole runs are compared.
fn unmatched(
    baseline: &RawRecord,
    candidate: &RawRecord,
    pairs: &[Pair],
    paired: bool,
) -> Vec<String> {
    if paired {
        return Vec::new();
    }
    let is_alone =
        |case: &&Case| pairs.iter().all(|it| it.baseline != **case && it.candidate != **case);
    let cases = baseline.run.plan.cases.iter().chain(&candidate.run.plan.cases);
    cases.filter(is_alone).map(Case::to_string).collect()
}

/// What cannot be believed decides nothing; then one change for the worse is enough.
fn answer(changes: &[Change], invalid: &[InvalidJob]) -> Answer {
    let has = |verdicts: &[ChangeVerdict]| changes.iter().any(|it| verdicts.contains(&it.verdict));
    if !invalid.is_empty() {
        Answer::Invalid
    } else if has(&[ChangeVerdict::Worse]) {
        Answer::Regression
    } else if changes.is_empty()
        || has(&[ChangeVerdict::Inconclusive, ChangeVerdict::TooFewSamples])
    {
        Answer::Inconclusive
    } else {
        Answer::Fine
    }
}
