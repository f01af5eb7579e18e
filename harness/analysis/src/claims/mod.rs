//! Claims: whether a published claim holds in the measurements.
//! Owns the verdict of a claim and the decisions behind it. It must not look for records: it is
//! given experiments with theirs.

mod cover;
mod evaluate_predicate;
mod finding;
mod points;
mod reach;
mod table;
mod trial;

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{
    Case, Claim, ClaimVerdict, Experiment, JobName, MachinePace, Observed, Predicate, RawRecord,
    ScenarioName, Standard, StopReason, SweepPoint, Tested, Timestamp, WorkspaceName,
};

use crate::compare::{Curve, CurvePoint, Levels, stopping};
use crate::estimate::Estimate;
use crate::evaluate::Evaluation;
pub use cover::{Cover, covers};
use evaluate_predicate::evaluate_predicate;
pub use finding::{ClaimFinding, Decision, Evidence, Floor, Part, RunUnderClaim, Test, Why};
use points::Point;
pub use reach::Look;
use table::Table;
pub use trial::ClaimMethod;

/// An experiment of a claim, and a record that has its cases.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// The claim's name.
    pub claim: &'a str,
    /// The experiment; one that was refined has other values of its sweep.
    pub experiment: &'a Experiment,
    /// What was measured.
    pub evaluation: &'a Evaluation<'a>,
    /// How the record's cases differ from the experiment's: it then decides nothing.
    pub changed: Option<&'a str>,
}

/// The findings on some claims, in their order.
pub fn judge_claims(claims: &[Claim], served: &[Served<'_>]) -> Vec<ClaimFinding> {
    let mut tables: BTreeMap<&str, Table<'_>> = BTreeMap::new();
    for one in served {
        let table = tables.entry(one.evaluation.record().run.id.as_str());
        table.or_insert_with(|| Table::of(one.evaluation));
    }
    claims.iter().map(|claim| finding(claim, served, &tables)).collect()
}

/// An experiment, the predicates that are about it, and how many tests its claim has.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The experiment.
    pub experiment: &'a Experiment,
    /// Those of the claim's predicates that are about it.
    pub predicates: Vec<&'a Predicate>,
    /// Timed predicates with a bound in the whole claim: `Claim::tests`.
    pub tests: usize,
    /// Sizes that a test judges in the whole claim: `Claim::size_tests`.
    pub size_tests: usize,
}

/// The jobs of cases that should be measured further.
pub fn open_claims(evaluation: &Evaluation<'_>, wanted: &[Asked<'_>]) -> BTreeSet<(Case, JobName)> {
    // A look that a run has come to is reached, though the run goes on.
    let table = Table::at_a_look(evaluation);
    let stopping = stopping(&evaluation.record().run);
    let run = &evaluation.record().run.plan;
    let mut open = BTreeSet::new();
    // The reference is measured against itself in every job whose times are measured further.
    let mut timed: BTreeSet<(WorkspaceName, JobName)> = BTreeSet::new();
    for Asked { experiment, predicates, tests, size_tests } in wanted {
        for predicate in predicates {
            let points = measured(&table, experiment, predicate);
            let bounds = [(Some(predicate.bound), *tests), (predicate.size_bound(), *size_tests)];
            let undecided = bounds.into_iter().flat_map(|(bound, tests)| {
                let levels = points::ClaimLevels::planned(stopping, tests, points.len());
                bound.map_or(Vec::new(), |bound| points::open(bound, &points, &levels))
            });
            let undecided: BTreeSet<usize> = undecided.collect();
            for place in undecided {
                let (value, over) = quantities(predicate, points[place].at);
                for quantity in std::iter::once(&value).chain(&over) {
                    let Some(case) = table.case(experiment, &quantity.scenario) else { continue };
                    for job in quantity.jobs(&run.story) {
                        if predicate.needs_test() {
                            timed.insert((case.workspace.clone(), job.clone()));
                        }
                        open.insert((case.clone(), job));
                    }
                }
            }
        }
    }
    if let (Some(reference), Some(twin)) = (&run.reference, &run.twin) {
        for (workspace, job) in timed {
            let case = |it: &ScenarioName| Case::new(workspace.clone(), it.clone());
            open.extend([reference, twin].map(|it| (case(it), job.clone())));
        }
    }
    open
}

/// What was measured of a predicate, at each point of its experiment's sweep.
fn measured<'a>(
    table: &Table<'_>,
    experiment: &'a Experiment,
    predicate: &Predicate,
) -> Vec<Point<'a>> {
    let point = |at| {
        let (value, over) = quantities(predicate, at);
        Point { at, measured: evaluate_predicate(table, experiment, &value, over.as_ref()) }
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
            let about: Vec<&Served<'_>> = about.copied().collect();
            evidence(predicate, &about, tables, (claim.tests(), claim.size_tests()))
        })
        .collect();
    let mut records: Vec<&RawRecord> = Vec::new();
    for one in &of_claim {
        let record = one.evaluation.record();
        if records.iter().all(|it| it.run.id != record.run.id) {
            records.push(record);
        }
    }
    let when = |it: &Evidence| it.predicate.when.clone();
    let verdict = match claim.tested {
        Tested::Nowhere => ClaimVerdict::NotTestable,
        _ => verdict(evidence.iter().map(|it| (when(it), &it.decision))),
    };
    let sizes: Vec<_> =
        evidence.iter().filter_map(|it| Some((when(it), it.size.as_ref()?))).collect();
    let size = (!sizes.is_empty()).then(|| self::verdict(sizes));
    let started: Vec<Timestamp> = records.iter().map(|it| it.run.started).collect();
    let standing = claim.standing(&started);
    let run = |record: &&RawRecord| run_under_claim(record, &tables[record.run.id.as_str()]);
    let runs = records.iter().map(run).collect();
    ClaimFinding { claim: claim.clone(), verdict, size, evidence, standing, runs }
}

/// A run, with the state that it was measured in.
fn run_under_claim(record: &RawRecord, table: &Table<'_>) -> RunUnderClaim {
    let end = record.end.as_ref();
    let stopped = match end {
        Some(end) => end.stopped.clone(),
        None => Some(StopReason::CutOff),
    };
    let warnings = record.run.warnings.iter().chain(end.into_iter().flat_map(|it| &it.warnings));
    let pace = end.and_then(|it| it.machine.as_ref()).map(MachinePace::standard);
    let host = &record.run.host;
    RunUnderClaim {
        id: record.run.id.clone(),
        started: record.run.started,
        parts: record.run.parts.len(),
        machine: format!("{} ({} cores)", host.cpu, host.cores),
        pace: match pace {
            Some(Standard::Quiet(times) | Standard::Slow(times)) => Some(times),
            Some(Standard::Unknown) | None => None,
        },
        stopped,
        floor: floors(record, table),
        warnings: warnings.map(|it| it.what.clone()).collect(),
    }
}

/// The A/A ratio of each job, where a run measured its reference twice.
fn floors(record: &RawRecord, table: &Table<'_>) -> Vec<Floor> {
    let run = &record.run;
    let (Some(reference), Some(twin)) = (&run.plan.reference, &run.plan.twin) else {
        return Vec::new();
    };
    let level = Levels::of(stopping(run), 1).alone();
    let jobs = run.plan.story.jobs.iter().map(|it| &it.name);
    let floor = |job: &JobName| {
        let ratio = table.twins(reference, twin, job, level)?;
        Some(Floor { job: job.clone(), ratio })
    };
    jobs.filter_map(floor).collect()
}

/// The A/A ratio beside a predicate: that of its job in the latest run that has it.
fn floor_of(
    predicate: &Predicate,
    served: &[&Served<'_>],
    tables: &BTreeMap<&str, Table<'_>>,
) -> Option<Estimate> {
    let of = |one: &&Served<'_>| {
        let run = &one.evaluation.record().run;
        let level = Levels::of(stopping(run), 1).alone();
        let (reference, twin) = (run.plan.reference.as_ref()?, run.plan.twin.as_ref()?);
        tables.get(run.id.as_str())?.twins(reference, twin, &predicate.value.job, level)
    };
    predicate.is_noisy().then(|| served.iter().rev().find_map(of)).flatten()
}

/// One predicate, in all records of its experiment.
fn evidence(
    predicate: &Predicate,
    served: &[&Served<'_>],
    tables: &BTreeMap<&str, Table<'_>>,
    (tests, size_tests): (usize, usize),
) -> Evidence {
    let mut all: Vec<Point<'_>> = Vec::new();
    let mut stopping_of = None;
    let (mut changed, mut planned) = (None, 0);
    for one in served {
        let Some(table) = tables.get(one.evaluation.record().run.id.as_str()) else { continue };
        stopping_of.get_or_insert(stopping(&one.evaluation.record().run));
        changed = changed.or(one.changed);
        planned = one.evaluation.record().run.plan.iterations;
        for point in measured(table, one.experiment, predicate) {
            // Of a point that two records have, the later one counts.
            all.retain(|it| it.label() != point.label());
            all.push(point);
        }
    }
    let levels_of = |tests: usize| {
        stopping_of.map_or_else(points::ClaimLevels::fixed, |stopping| {
            points::ClaimLevels::planned(stopping, tests, all.len())
        })
    };
    let (levels, bound) = (levels_of(tests), predicate.bound);
    let decided = |bound, levels: &points::ClaimLevels| match (
        points::decide(bound, &all, levels).whole,
        changed,
    ) {
        (Decision::Shown, _) => Decision::Shown,
        (_, Some(changed)) => Decision::Open(Why::Preliminary(changed.to_owned())),
        (decision, None) => decision,
    };
    let decision = decided(bound, &levels);
    let size = predicate.size_bound().map(|bound| decided(bound, &levels_of(size_tests)));
    let tested = match predicate.size_bound() {
        Some(size) if bound.is_open() => size,
        _ => bound,
    };
    let test = points::test(tested, &all, &levels, &decision, planned);
    let floor = floor_of(predicate, served, tables);
    let estimate = |it: &Point<'_>| it.measured.estimate(bound, levels.alone());
    let predicate = predicate.clone();
    if let Some(only) = all.iter().find(|it| it.at.is_none()) {
        let estimate = estimate(only);
        return Evidence { predicate, estimate, curve: None, test, decision, size, floor };
    }
    let point = |it: &Point<'_>| {
        let at = it.at?;
        Some(CurvePoint { at: at.at, label: at.label.clone(), estimate: estimate(it)? })
    };
    let curve_points: Vec<CurvePoint> = all.iter().filter_map(point).collect();
    let sweep = served.iter().find_map(|it| it.experiment.sweep.as_ref());
    let curve = sweep.filter(|_| !curve_points.is_empty()).map(|sweep| {
        let what = what(&predicate);
        let curve = Curve::new(sweep.setting, &what, curve_points, level(&predicate));
        // Where nothing is decided, nothing crosses.
        match &decision {
            Decision::Open(Why::Preliminary(_) | Why::Doubtful(_)) => curve.undecided(),
            _ => curve,
        }
    });
    Evidence { predicate, estimate: None, curve, test, decision, size, floor }
}

/// The level that a curve may cross: the bound's, else the one where a ratio says nothing.
fn level(predicate: &Predicate) -> f64 {
    predicate.bound.level().unwrap_or(1.0)
}

/// The description of a curve.
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
        let name = at.map_or(&quantity.scenario, |it| it.scenario(&quantity.scenario));
        Observed { scenario: name.clone(), ..quantity.clone() }
    };
    (there(&predicate.value), predicate.over.as_ref().map(there))
}

/// The verdict over decisions with their conditions. Those that stand for one condition are judged
/// together.
fn verdict<'a>(
    decisions: impl IntoIterator<Item = (Option<String>, &'a Decision)>,
) -> ClaimVerdict {
    let mut groups: Vec<(Option<String>, Vec<&Decision>)> = Vec::new();
    let told = decisions.into_iter().filter(|(_, decision)| **decision != Decision::Shown);
    for (when, decision) in told {
        match groups.iter_mut().find(|(name, _)| *name == when) {
            Some((_, decisions)) => decisions.push(decision),
            None => groups.push((when, vec![decision])),
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

#[cfg(test)]
mod tests;
