//! Claims: whether what somebody says holds in what was measured.
//! Owns the verdict of a claim and the decisions that it rests on. It must not know who measured
//! what when: it is given experiments with their records.

mod points;
mod reach;
mod table;
mod trial;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{
    Claim, ClaimVerdict, Experiment, Observed, Predicate, RawRecord, Sample, Scenario, Standing,
    Story, SweepPoint, Tested,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::compare::Levels;
use crate::curve::{Curve, CurvePoint};
use crate::findings::Estimate;
use points::Point;
pub use reach::Look;
use table::Table;
pub use trial::ClaimMethod;
use weigh::weigh;

/// An experiment of a claim, and a record that has its cases.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// The claim's name.
    pub claim: &'a str,
    /// The experiment; one that was refined has other values of its sweep.
    pub experiment: &'a Experiment,
    /// What was measured.
    pub record: &'a RawRecord,
    /// How the record's cases differ from the experiment's: it then decides nothing.
    pub changed: Option<&'a str>,
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
    /// Whether text and bounds were fixed before it was measured.
    pub standing: Standing,
    /// The runs that it rests on.
    pub runs: Vec<RunUnderClaim>,
}

/// A run that a verdict rests on, and the state that it was measured in.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct RunUnderClaim {
    /// The results folder's name.
    pub id: String,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// Why it ended before its plan was done; absent for a run that ended by its plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// What its reference, measured twice in each iteration, differs from itself; absent where it
    /// was measured once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub floor: Vec<Floor>,
    /// What made numbers worse, at its start and while it ran.
    pub warnings: Vec<String>,
}

/// The reference over itself, in one job.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Floor {
    /// The job's name in the story.
    pub job: String,
    /// Wall-clock of the second over that of the first, paired within iterations.
    pub ratio: Estimate,
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
    /// How far the test came that decides it; absent where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
    /// What it comes to.
    pub decision: Decision,
}

/// How far the test of a predicate came; along a sweep, at the point that came least far.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Test {
    /// Pairs that decide: those up to the last planned look that was reached.
    pub pairs: usize,
    /// That look; absent where the number of iterations is fixed, or none was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
    /// The p-value of "it lies on the bound", the largest along a sweep; absent for a bound with
    /// two sides, and where there are too few pairs for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// Pairs that would decide it with a chance of 80 %, if it is what it seems; absent where it is
    /// decided, or no number of pairs would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairs_needed: Option<u32>,
    /// The most pairs that the run's plan has.
    pub pairs_planned: u32,
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
    /// Decided on a part of the sweep, one way; open on the rest.
    Partly(Part),
    /// Nothing was demanded.
    Shown,
    /// It is not decided.
    Open(Why),
}

/// The decided part of a sweep whose other part is open.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Part {
    /// Whether what was measured there is what it must be.
    pub holds: bool,
    /// The decided points, as people write them: `0 ms`.
    pub points: Vec<String>,
}

/// Why a predicate is not decided.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Nothing was measured.
    NotMeasured,
    /// A value that should repeat was measured once: whether it does is not known.
    MeasuredOnce,
    /// Too few samples for any test.
    TooFew,
    /// The interval has the bound in it.
    Undecided,
    /// The values do not agree with each other on which side of the bound they are.
    Varies,
    /// What was measured was not measured by its plan, or under other settings than today's: why.
    Preliminary(String),
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

/// Whether a record has the cases of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cover {
    /// It has all of them, measured under the same settings.
    Same,
    /// It has cases of the same names, and these settings have changed since: in a sentence
    /// without its end.
    Changed(String),
    /// It lacks one.
    Lacks,
}

/// Whether a record has every case of an experiment, and under the same settings.
pub fn covers(record: &RawRecord, experiment: &Experiment) -> Cover {
    let plan = &record.run.plan;
    let has = |name: &str| plan.scenarios.iter().find(|it| it.name == name);
    let wanted = &experiment.workspace;
    let workspace = plan.workspaces.iter().find(|it| it.name == wanted.name);
    let scenarios = experiment.scenarios.iter().all(|wanted| has(&wanted.name).is_some());
    let (Some(workspace), true) =
        (workspace, scenarios && plan.story.name == experiment.story.name)
    else {
        return Cover::Lacks;
    };
    let mut changed = Vec::new();
    let jobs = |story: &Story| (story.mtime, story.jobs.clone());
    if jobs(&plan.story) != jobs(&experiment.story) {
        changed.push(format!("the story `{}`", plan.story.name));
    }
    if plan.cargo_profile != experiment.profile {
        changed.push(format!("the cargo profile, then `{}`", plan.cargo_profile));
    }
    if (workspace.origin, &workspace.mutations) != (wanted.origin, &wanted.mutations) {
        changed.push(format!("the edits of workspace `{}`", workspace.name));
    }
    let differs = |it: &&Scenario| {
        has(&it.name).is_some_and(|there| there.without_words() != it.without_words())
    };
    let scenarios = experiment.scenarios.iter().filter(differs);
    changed.extend(scenarios.map(|it| format!("scenario `{}`", it.name)));
    match changed.is_empty() {
        true => Cover::Same,
        false => Cover::Changed(format!("it was measured before a change of {}", list(&changed))),
    }
}

/// `a, b and 3 more`: a few of some names.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 2;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// An experiment, the predicates that are about it, and how many tests share the level of its claim.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The experiment.
    pub experiment: &'a Experiment,
    /// Those of the claim's predicates that are about it.
    pub predicates: Vec<&'a Predicate>,
    /// Timed predicates with a bound in the whole claim: `Claim::tests`.
    pub tests: usize,
}

/// The jobs of cases, case id and job name, that would decide more if they were measured further.
pub fn open_claims(
    record: &RawRecord,
    samples: &[Sample],
    wanted: &[Asked<'_>],
) -> BTreeSet<(String, String)> {
    // A look that a run has come to is reached, though the run goes on.
    let table = Table::at_a_look(record, samples);
    let mut open = BTreeSet::new();
    for Asked { experiment, predicates, tests } in wanted {
        for predicate in predicates.iter().filter(|it| !it.bound.is_open()) {
            let points = weighed(&table, experiment, predicate);
            let levels = points::Levels::of(record, *tests, points.len());
            for place in points::open(predicate.bound, &points, &levels) {
                let (value, over) = quantities(predicate, points[place].at);
                for quantity in std::iter::once(&value).chain(&over) {
                    let case = table.case(experiment, &quantity.scenario);
                    open.extend(case.map(|case| (case.to_owned(), quantity.job.clone())));
                }
            }
        }
    }
    open
}

/// What was measured of a predicate, at each point of its experiment's sweep.
fn weighed<'a>(
    table: &Table<'_>,
    experiment: &'a Experiment,
    predicate: &Predicate,
) -> Vec<Point<'a>> {
    let point = |at| {
        let (value, over) = quantities(predicate, at);
        Point { at, weighed: weigh(table, experiment, &value, over.as_ref()) }
    };
    points(experiment).into_iter().map(point).collect()
}

fn finding(
    claim: &Claim,
    served: &[Served<'_>],
    tables: &BTreeMap<&str, Table<'_>>,
) -> ClaimFinding {
    let of_claim: Vec<&Served<'_>> = served.iter().filter(|it| it.claim == claim.id).collect();
    let evidence: Vec<Evidence> = claim
        .predicates
        .iter()
        .map(|predicate| {
            let about = of_claim.iter().filter(|it| it.experiment.name == predicate.experiment);
            evidence(predicate, &about.copied().collect::<Vec<_>>(), tables, claim.tests())
        })
        .collect();
    let mut records: Vec<&RawRecord> = Vec::new();
    for one in &of_claim {
        if records.iter().all(|it| it.run.id != one.record.run.id) {
            records.push(one.record);
        }
    }
    let verdict = match claim.tested {
        Tested::Nowhere => ClaimVerdict::NotTestable,
        _ => verdict(&evidence),
    };
    let started: Vec<&str> = records.iter().map(|it| it.run.started.as_str()).collect();
    let standing = claim.standing(&started);
    let run = |record: &&RawRecord| run_under_claim(record, &tables[record.run.id.as_str()]);
    let runs = records.iter().map(run).collect();
    ClaimFinding { claim: claim.clone(), verdict, evidence, standing, runs }
}

/// A run, with the state that it was measured in.
fn run_under_claim(record: &RawRecord, table: &Table<'_>) -> RunUnderClaim {
    let end = record.end.as_ref();
    let stopped = match end {
        Some(end) => end.stopped.clone(),
        None => Some("cut off".to_owned()),
    };
    let warnings = record.run.warnings.iter().chain(end.into_iter().flat_map(|it| &it.warnings));
    RunUnderClaim {
        id: record.run.id.clone(),
        started: record.run.started.clone(),
        stopped,
        floor: floors(record, table),
        warnings: warnings.map(|it| it.what.clone()).collect(),
    }
}

/// What the reference differs from itself in each job, where a run measured it twice.
fn floors(record: &RawRecord, table: &Table<'_>) -> Vec<Floor> {
    let run = &record.run;
    let (Some(reference), Some(twin)) = (&run.plan.reference, crate::analyse::twin(run)) else {
        return Vec::new();
    };
    let level = Levels::of(&run.plan.stopping, 1).alone();
    let jobs = run.plan.story.jobs.iter().map(|it| &it.name);
    let floor = |job: &String| {
        let ratio = table.twins(reference, twin, job, level)?;
        Some(Floor { job: job.clone(), ratio })
    };
    jobs.filter_map(floor).collect()
}

/// One predicate, in all records of its experiment.
fn evidence(
    predicate: &Predicate,
    served: &[&Served<'_>],
    tables: &BTreeMap<&str, Table<'_>>,
    tests: usize,
) -> Evidence {
    let mut all: Vec<Point<'_>> = Vec::new();
    let mut plan_of = None;
    let (mut changed, mut planned) = (None, 0);
    for one in served {
        let Some(table) = tables.get(one.record.run.id.as_str()) else { continue };
        plan_of.get_or_insert(one.record);
        changed = changed.or(one.changed);
        planned = one.record.run.plan.iterations;
        for point in weighed(table, one.experiment, predicate) {
            // Of a point that two records have, the later one counts.
            all.retain(|it| it.label() != point.label());
            all.push(point);
        }
    }
    let levels = plan_of
        .map_or_else(points::Levels::fixed, |record| points::Levels::of(record, tests, all.len()));
    let bound = predicate.bound;
    let decision = match (points::decision(bound, &all, &levels), changed) {
        (Decision::Shown, _) => Decision::Shown,
        (_, Some(changed)) => Decision::Open(Why::Preliminary(changed.to_owned())),
        (decision, None) => decision,
    };
    let test = points::test(bound, &all, &levels, &decision, planned);
    let estimate = |it: &Point<'_>| it.weighed.estimate(bound, levels.alone());
    let predicate = predicate.clone();
    if let Some(only) = all.iter().find(|it| it.at.is_none()) {
        return Evidence { predicate, estimate: estimate(only), curve: None, test, decision };
    }
    let point = |it: &Point<'_>| {
        let at = it.at?;
        Some(CurvePoint { at: at.at, label: at.label.clone(), estimate: estimate(it)? })
    };
    let curve_points: Vec<CurvePoint> = all.iter().filter_map(point).collect();
    let curve = (!curve_points.is_empty()).then(|| {
        let sweep = served.iter().find_map(|it| it.experiment.sweep.as_ref());
        let dimension = sweep.map_or("", |sweep| sweep.setting.words());
        let curve = Curve::new(dimension, &what(&predicate), curve_points, level(&predicate));
        // Where nothing is decided, nothing crosses.
        match &decision {
            Decision::Open(Why::Preliminary(_) | Why::Doubtful(_)) => curve.undecided(),
            _ => curve,
        }
    });
    Evidence { predicate, estimate: None, curve, test, decision }
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
    /// Why its figures are preliminary; absent for a claim whose figures are what they are.
    pub fn preliminary(&self) -> Option<&str> {
        self.evidence.iter().find_map(|it| match &it.decision {
            Decision::Open(Why::Preliminary(why)) => Some(why.as_str()),
            _ => None,
        })
    }

    /// What was measured along sweeps and may cross a bound, in the order of the predicates. A
    /// sweep without such a bound is told whole by its line.
    pub fn curves(&self) -> Vec<&Curve> {
        let bounded = self.evidence.iter().filter(|it| it.predicate.bound.level().is_some());
        bounded.filter_map(|it| it.curve.as_ref()).collect()
    }
}

#[cfg(test)]
mod tests;
