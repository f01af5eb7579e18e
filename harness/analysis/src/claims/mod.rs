//! Claims: whether what somebody says holds in what was measured.
//! Owns the verdict of a claim and the decisions that it rests on. It must not know who measured
//! what when: it is given experiments with their records.

mod table;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{
    Bound, Claim, ClaimVerdict, Experiment, Observed, Predicate, RawRecord, Sample, Story,
    SweepPoint, Tested,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::compare::Levels;
use crate::curve::{Course, Curve, CurvePoint};
use crate::findings::Estimate;
use table::Table;
use weigh::{Weighed, weigh};

/// An experiment of a claim, and a record that has its cases.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// The claim's name.
    pub claim: &'a str,
    /// The experiment; one that was refined has other values of its sweep.
    pub experiment: &'a Experiment,
    /// What was measured.
    pub record: &'a RawRecord,
    /// The samples of that record.
    pub samples: &'a [Sample],
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct ClaimFinding {
    /// The claim.
    pub claim: Claim,
    /// What is to be said of it.
    pub verdict: ClaimVerdict,
    /// What that rests on, a line for each predicate, in its order.
    pub evidence: Vec<Evidence>,
    /// The ids of the runs that it rests on.
    pub runs: Vec<String>,
}

/// One predicate beside what was measured.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Evidence {
    /// What must hold.
    pub predicate: Predicate,
    /// What was measured, where there is one value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// What was measured along a sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curve: Option<Curve>,
    /// What it comes to.
    pub decision: Decision,
}

/// What a predicate comes to.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// What was measured is what it must be.
    Holds,
    /// It is not.
    Fails,
    /// It is on a part of the sweep, and is not on the rest.
    Turns,
    /// Nothing was demanded.
    Shown,
    /// It is not decided.
    Open(Why),
}

/// Why a predicate is not decided.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Nothing was measured.
    NotMeasured,
    /// Too few samples for any test.
    TooFew,
    /// The interval has the bound in it.
    Undecided,
    /// The values do not agree with each other on which side of the bound they are.
    Varies,
    /// A job that it rests on may not be believed, or failed.
    Doubtful(String),
}

/// What became of some claims, in their order.
pub fn judge_claims(claims: &[Claim], served: &[Served<'_>]) -> Vec<ClaimFinding> {
    let mut tables: BTreeMap<&str, Table<'_>> = BTreeMap::new();
    for one in served {
        let table = tables.entry(one.record.run.id.as_str());
        table.or_insert_with(|| Table::of(one.record, one.samples));
    }
    claims.iter().map(|claim| finding(claim, served, &tables)).collect()
}

/// Whether a record has every case of an experiment, measured under the same settings.
pub fn covers(record: &RawRecord, experiment: &Experiment) -> bool {
    let plan = &record.run.plan;
    let jobs = |story: &Story| (story.mtime, story.jobs.clone());
    let has = |name: &str| plan.scenarios.iter().find(|it| it.name == name);
    let scenarios = experiment.scenarios.iter().all(|wanted| {
        has(&wanted.name).is_some_and(|it| it.without_words() == wanted.without_words())
    });
    let workspace = plan.workspaces.iter().any(|it| {
        (&it.name, it.origin, &it.mutations)
            == (
                &experiment.workspace.name,
                experiment.workspace.origin,
                &experiment.workspace.mutations,
            )
    });
    scenarios && workspace && jobs(&plan.story) == jobs(&experiment.story)
}

/// The jobs of cases, case id and job name, that would decide more if they were measured further.
pub fn open_claims(
    record: &RawRecord,
    samples: &[Sample],
    wanted: &[(&Experiment, Vec<&Predicate>)],
) -> BTreeSet<(String, String)> {
    let table = Table::of(record, samples);
    let levels = levels(record, 1);
    let mut open = BTreeSet::new();
    for (experiment, predicates) in wanted {
        for predicate in predicates.iter().filter(|it| !it.bound.is_open()) {
            for at in points(experiment) {
                let (value, over) = quantities(predicate, at);
                let weighed = weigh(&table, experiment, &value, over.as_ref(), levels);
                if is_open(&weighed, predicate.bound) {
                    for quantity in std::iter::once(&value).chain(&over) {
                        let case = table.case(experiment, &quantity.scenario);
                        open.extend(case.map(|case| (case.to_owned(), quantity.job.clone())));
                    }
                }
            }
        }
    }
    open
}

/// Whether more samples would say more of a value: its test has not decided, and its interval is
/// wider than what is of interest.
fn is_open(weighed: &Weighed, bound: Bound) -> bool {
    let undecided = match weighed.decide(bound) {
        Decision::Open(Why::TooFew) => return true,
        Decision::Open(Why::Undecided) => true,
        _ => false,
    };
    let narrow = |it: &Estimate| (it.high / it.low).ln() < 2.0 * crate::compare::MARGIN.ln_1p();
    undecided && !weighed.estimate.as_ref().is_some_and(narrow)
}

fn finding(
    claim: &Claim,
    served: &[Served<'_>],
    tables: &BTreeMap<&str, Table<'_>>,
) -> ClaimFinding {
    let of_claim: Vec<&Served<'_>> = served.iter().filter(|it| it.claim == claim.id).collect();
    let timed = |it: &&Predicate| it.value.metric.is_noisy() && !it.bound.is_open();
    let tests = claim.predicates.iter().filter(timed).count().max(1);
    let evidence: Vec<Evidence> = claim
        .predicates
        .iter()
        .map(|predicate| {
            let about = of_claim.iter().filter(|it| it.experiment.name == predicate.experiment);
            evidence(predicate, &about.copied().collect::<Vec<_>>(), tables, tests)
        })
        .collect();
    let mut runs: Vec<String> = Vec::new();
    for one in &of_claim {
        if !runs.contains(&one.record.run.id) {
            runs.push(one.record.run.id.clone());
        }
    }
    let verdict = match claim.tested {
        Tested::Nowhere => ClaimVerdict::NotTestable,
        _ => verdict(&evidence),
    };
    ClaimFinding { claim: claim.clone(), verdict, evidence, runs }
}

/// One predicate, in all records of its experiment.
fn evidence(
    predicate: &Predicate,
    served: &[&Served<'_>],
    tables: &BTreeMap<&str, Table<'_>>,
    tests: usize,
) -> Evidence {
    let mut points: BTreeMap<String, (CurvePoint, Decision)> = BTreeMap::new();
    let mut doubts: Vec<Decision> = Vec::new();
    let mut only = None;
    for one in served {
        let Some(table) = tables.get(one.record.run.id.as_str()) else { continue };
        let levels = levels(one.record, tests);
        for at in self::points(one.experiment) {
            let (value, over) = quantities(predicate, at);
            let weighed = weigh(table, one.experiment, &value, over.as_ref(), levels);
            let decision = weighed.decide(predicate.bound);
            match (at, weighed.estimate) {
                (None, estimate) => only = Some((estimate, decision)),
                (Some(point), Some(estimate)) => {
                    let (at, label) = (point.at, point.label.clone());
                    let found = CurvePoint { at, label: label.clone(), estimate };
                    points.insert(label, (found, decision));
                }
                (Some(_), None) => doubts.push(decision),
            }
        }
    }
    let predicate = predicate.clone();
    if let Some((estimate, decision)) = only {
        return Evidence { predicate, estimate, curve: None, decision };
    }
    if points.is_empty() {
        let decision = doubts.into_iter().next().unwrap_or(Decision::Open(Why::NotMeasured));
        return Evidence { predicate, estimate: None, curve: None, decision };
    }
    let decisions: Vec<Decision> =
        points.values().map(|(_, it)| it.clone()).chain(doubts).collect();
    let points: Vec<CurvePoint> = points.into_values().map(|(point, _)| point).collect();
    let sweep = served.iter().find_map(|it| it.experiment.sweep.as_ref());
    let dimension = sweep.map_or("", |sweep| sweep.setting.words());
    let curve = Curve::new(dimension, &what(&predicate), points, level(&predicate));
    let decision = along(&predicate, &curve, &decisions);
    Evidence { predicate, estimate: None, curve: Some(curve), decision }
}

/// What a predicate comes to along a sweep.
fn along(predicate: &Predicate, curve: &Curve, decisions: &[Decision]) -> Decision {
    if predicate.bound.is_open() {
        return Decision::Shown;
    }
    if let Some(doubt) = decisions.iter().find(|it| matches!(it, Decision::Open(Why::Doubtful(_))))
    {
        return doubt.clone();
    }
    let some = |wanted: Decision| decisions.contains(&wanted);
    match (some(Decision::Holds), some(Decision::Fails), curve.course) {
        (true, true, _) => Decision::Turns,
        (true, false, _) => Decision::Holds,
        (false, true, _) => Decision::Fails,
        (false, false, Course::Crosses(_)) => Decision::Turns,
        _ => decisions.first().cloned().unwrap_or(Decision::Open(Why::NotMeasured)),
    }
}

/// The level that a curve may cross: the bound's, else the one where a ratio says nothing.
fn level(predicate: &Predicate) -> f64 {
    predicate.bound.level().unwrap_or(1.0)
}

/// What a curve shows, in words.
fn what(predicate: &Predicate) -> String {
    let name = |it: &Observed| {
        let step = it.step.map(|step| format!(" of {step}")).unwrap_or_default();
        format!("{}{step}, {}, {}", it.metric.words(), it.scenario, it.job)
    };
    match &predicate.over {
        None => name(&predicate.value),
        Some(over) if over.metric == predicate.value.metric && over.job == predicate.value.job => {
            let Observed { metric, scenario, job, .. } = &predicate.value;
            format!("{} of {scenario} over {}, {job}", metric.words(), over.scenario)
        }
        Some(over) => format!("{} over {}", name(&predicate.value), name(over)),
    }
}

/// The points of an experiment's sweep; one without any where nothing is swept.
fn points(experiment: &Experiment) -> Vec<Option<&SweepPoint>> {
    match &experiment.sweep {
        None => vec![None],
        Some(sweep) => sweep.points.iter().map(Some).collect(),
    }
}

/// What a predicate looks at, at a point of the sweep.
fn quantities(predicate: &Predicate, at: Option<&SweepPoint>) -> (Observed, Option<Observed>) {
    let there = |quantity: &Observed| {
        let name = at.map_or(quantity.scenario.as_str(), |it| it.scenario(&quantity.scenario));
        Observed { scenario: name.to_owned(), ..quantity.clone() }
    };
    (there(&predicate.value), predicate.over.as_ref().map(there))
}

/// How small p-values must be: for what is to hold, each test by itself, since all must hold; for
/// what is to fail, a share of the level, since one is enough.
fn levels(record: &RawRecord, tests: usize) -> weigh::Level {
    let levels = Levels::of(&record.run.plan.stopping, tests);
    weigh::Level { holds: levels.alone(), fails: levels.share(tests) }
}

/// The verdict over all predicates. Those that stand for one condition are judged together.
fn verdict(evidence: &[Evidence]) -> ClaimVerdict {
    let mut groups: Vec<(Option<&String>, Vec<&Decision>)> = Vec::new();
    let told = evidence.iter().filter(|it| it.decision != Decision::Shown);
    for one in told {
        let when = one.predicate.when.as_ref();
        match groups.iter_mut().find(|(name, _)| *name == when) {
            Some((_, decisions)) => decisions.push(&one.decision),
            None => groups.push((when, vec![&one.decision])),
        }
    }
    let verdicts: Vec<ClaimVerdict> = groups.iter().map(|(_, it)| together(it)).collect();
    let all = |wanted| !verdicts.is_empty() && verdicts.iter().all(|it| *it == wanted);
    let any = |wanted| verdicts.contains(&wanted);
    if all(ClaimVerdict::Reproduced) {
        ClaimVerdict::Reproduced
    } else if all(ClaimVerdict::Contradicted) {
        ClaimVerdict::Contradicted
    } else if any(ClaimVerdict::Depends)
        || (any(ClaimVerdict::Reproduced) && any(ClaimVerdict::Contradicted))
    {
        ClaimVerdict::Depends
    } else {
        ClaimVerdict::Inconclusive
    }
}

/// The verdict of decisions that must all hold.
fn together(decisions: &[&Decision]) -> ClaimVerdict {
    let any = |wanted: Decision| decisions.iter().any(|it| **it == wanted);
    if any(Decision::Fails) {
        ClaimVerdict::Contradicted
    } else if any(Decision::Turns) {
        ClaimVerdict::Depends
    } else if decisions.iter().all(|it| **it == Decision::Holds) {
        ClaimVerdict::Reproduced
    } else {
        ClaimVerdict::Inconclusive
    }
}

impl ClaimFinding {
    /// What was measured along sweeps and may cross a bound, in the order of the predicates. A
    /// sweep without such a bound is told whole by its line.
    pub fn curves(&self) -> Vec<&Curve> {
        let bounded = self.evidence.iter().filter(|it| it.predicate.bound.level().is_some());
        bounded.filter_map(|it| it.curve.as_ref()).collect()
    }
}

#[cfg(test)]
mod tests;
