//! The regression gate: did a candidate get worse than a baseline?
//! Owns what is compared with what, the rule of each kind of metric, and the one answer. Pure: two
//! records and thresholds in, every change out.

mod apart;
mod exact;
mod noisy;

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{JobVerdict, Metric, Plan, RawRecord, ServiceKind, Stopping, Thresholds};
use schemars::JsonSchema;
use serde::Serialize;

use crate::compare::Margin;
use crate::estimate::Estimate;
use crate::evaluate::{ByIteration, Evaluation};
use crate::statistics::median_and_range;
pub use apart::Calibration;
pub(crate) use apart::apart;

/// A case of the baseline and the case of the candidate that is compared with it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Pair {
    /// What both are called.
    pub name: String,
    /// The baseline's case.
    pub baseline: String,
    /// The candidate's case.
    pub candidate: String,
}

/// Whether times of different machines are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hosts {
    /// What depends on the machine is left out where it is not the same.
    #[default]
    Alike,
    /// All is compared, whatever the machines.
    Any,
}

/// What the gate found.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Gate {
    /// The baseline's run.
    pub baseline: String,
    /// The candidate's run.
    pub candidate: String,
    /// Whether baseline and candidate took turns in one run.
    pub paired: bool,
    /// What the calibration load took in both, where they are separate runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// The answer.
    pub answer: Answer,
    /// Every change that was looked at: by pair, then job, then metric.
    pub changes: Vec<Change>,
    /// What differs of the conditions, so that times were left out unless that was asked for.
    pub differences: Vec<String>,
    /// What differs of the tools and workspaces, which may be what is compared.
    pub subjects: Vec<String>,
    /// Jobs without a result or that may not be believed, with the reason.
    pub invalid: Vec<String>,
    /// Cases that only one of the two has.
    pub unmatched: Vec<String>,
}

/// The answer of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Nothing got worse.
    Fine,
    /// Something got worse.
    Regression,
    /// What was measured does not decide.
    Inconclusive,
    /// Jobs failed or may not be believed.
    Invalid,
}

/// One metric of one job of one pair.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Change {
    /// The pair's name.
    pub case: String,
    /// The job's name in the story.
    pub job: String,
    /// What was observed, of the whole job.
    pub metric: Metric,
    /// The baseline's values.
    pub baseline: Spread,
    /// The candidate's values.
    pub candidate: Spread,
    /// The candidate over the baseline, where it is estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Estimate>,
    /// The share that makes no difference.
    pub tolerance: f64,
    /// What became of it.
    pub verdict: ChangeVerdict,
    /// Why, where the verdict alone does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Some values.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Spread {
    /// Their median.
    pub median: f64,
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
    /// How many.
    pub count: usize,
}

/// What became of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeVerdict {
    /// No difference that matters.
    Same,
    /// It got better.
    Better,
    /// It got worse.
    Worse,
    /// The values do not decide.
    Inconclusive,
    /// There are fewer values than any verdict needs.
    TooFewSamples,
    /// It was left out.
    NotCompared,
}

/// A change with the values that decide it: the baseline's, and the candidate's.
struct Found<'a> {
    change: Change,
    values: [&'a ByIteration; 2],
}

/// The cases of two runs that have the same id.
pub fn pairs_of_runs(baseline: &RawRecord, candidate: &RawRecord) -> Vec<Pair> {
    let there = |id: &String| candidate.run.plan.cases.iter().any(|case| case.id == *id);
    let ids = baseline.run.plan.cases.iter().map(|case| case.id.clone()).filter(there);
    ids.map(|id| Pair { name: id.clone(), baseline: id.clone(), candidate: id }).collect()
}

/// The cases of two scenarios, workspace by workspace; the plans may be one.
pub fn pairs_of_scenarios(baseline: (&Plan, &str), candidate: (&Plan, &str)) -> Vec<Pair> {
    let cases = |(plan, scenario): (&Plan, &str)| {
        let found = plan.cases.iter().filter(|case| case.scenario == scenario);
        found.map(|case| (case.workspace.clone(), case.id.clone())).collect()
    };
    matched(cases(baseline), &cases(candidate))
}

/// The cases of two workspaces of one plan, scenario by scenario.
pub fn pairs_of_workspaces(plan: &Plan, baseline: &str, candidate: &str) -> Vec<Pair> {
    let cases = |workspace: &str| {
        let found = plan.cases.iter().filter(|case| case.workspace == workspace);
        found.map(|case| (case.scenario.clone(), case.id.clone())).collect()
    };
    matched(cases(baseline), &cases(candidate))
}

/// The cases that both sides have under one name.
fn matched(baseline: BTreeMap<String, String>, candidate: &BTreeMap<String, String>) -> Vec<Pair> {
    let pair = |(name, baseline): (String, String)| {
        let candidate = candidate.get(&name)?.clone();
        Some(Pair { name: format!("{baseline} → {candidate}"), baseline, candidate })
    };
    baseline.into_iter().filter_map(pair).collect()
}

/// The jobs of cases that are worth measuring further until the gate has its answer: case id and
/// job name, as `open` gives them for reports.
pub fn gate_open(
    evaluation: &Evaluation<'_>,
    pairs: &[Pair],
    thresholds: &Thresholds,
) -> BTreeSet<(String, String)> {
    let gate = gate(evaluation, evaluation, pairs, thresholds, Hosts::Alike);
    let undecided = gate.changes.iter().filter(|change| match (change.verdict, &change.ratio) {
        (ChangeVerdict::TooFewSamples, _) | (ChangeVerdict::Inconclusive, None) => true,
        (ChangeVerdict::Inconclusive, Some(ratio)) => {
            !Margin::of(change.tolerance).is_narrow(ratio)
        }
        _ => false,
    });
    let mut open = BTreeSet::new();
    for change in undecided {
        for pair in pairs.iter().filter(|pair| pair.name == change.case) {
            let both = [&pair.baseline, &pair.candidate];
            open.extend(both.map(|case| (case.clone(), change.job.clone())));
        }
    }
    open
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
    let stopping = if paired { &before.run.plan.stopping } else { &fixed };
    exact::decide(&mut exact, stopping);
    if differences.is_empty() || hosts == Hosts::Any {
        noisy::decide(&mut noisy, stopping, calibration.as_ref());
    }
    let changes: Vec<Change> = found.into_iter().map(|it| it.change).collect();
    let invalid = [baseline, candidate].map(|it| invalid(it, pairs)).concat();
    Gate {
        baseline: before.run.id.clone(),
        candidate: now.run.id.clone(),
        paired,
        calibration,
        answer: answer(&changes, &invalid),
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
fn tool<'a>(plan: &'a Plan, case: &str) -> Option<(&'a str, Option<ServiceKind>)> {
    let case = plan.cases.iter().find(|it| it.id == case)?;
    let scenario = plan.scenarios.iter().find(|it| it.name == case.scenario)?;
    Some((&scenario.tool.name, scenario.service))
}

/// What may not be believed of the jobs that are compared.
fn invalid(evaluation: &Evaluation<'_>, pairs: &[Pair]) -> Vec<String> {
    let is_compared =
        |case: &String| pairs.iter().any(|it| it.baseline == *case || it.candidate == *case);
    let run = &evaluation.record().run.id;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for job in evaluation.jobs().iter().filter(|job| is_compared(&job.facts.case)) {
        let JobVerdict::Degraded(reasons) = &job.verdict else { continue };
        let said = format!("{run}: {} {}: {}", job.facts.case, job.facts.job, reasons.join("; "));
        if seen.insert(said.clone()) {
            found.push(said);
        }
    }
    found
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
    let is_alone = |id: &String| pairs.iter().all(|it| it.baseline != *id && it.candidate != *id);
    let cases = baseline.run.plan.cases.iter().chain(&candidate.run.plan.cases);
    cases.map(|case| case.id.clone()).filter(is_alone).collect()
}

/// What cannot be believed decides nothing; then one change for the worse is enough.
fn answer(changes: &[Change], invalid: &[String]) -> Answer {
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

impl Spread {
    fn of(values: &ByIteration) -> Spread {
        let found = median_and_range(values.values().copied().collect());
        let (median, low, high, count) = found.unwrap_or_default();
        Spread { median, low, high, count }
    }

    /// Whether there are two values or more, and all are the same.
    fn repeats(&self) -> bool {
        self.count > 1 && self.low == self.high
    }
}

#[cfg(test)]
mod tests;
