//! Claims become plans: as few runs as serve all of them, each case once.
//! Owns the merging and how long a run goes on; whether a claim holds is `analysis`'s to say.

use lukewarm_model::{
    Allocation, Claim, Experiment, Order, Plan, Predicate, Priming, Scenario, ScenarioName,
    Stopping, SweepPoint,
};

use crate::catalogue::Files;
use crate::error::GrammarError;
use crate::problem::{Problem, Problems, unknown};
use crate::select::{DEFAULT_SEED, PRIME_EVERY, cases, reference, twin};
use crate::variant::swept;

/// When it is looked at whether claims are decided. The first look is for what repeats exactly:
/// two iterations show that it does, and decide no time.
const LOOKS: [u32; 3] = [REPEATED, 8, 16];

/// Iterations that show that a value repeats.
const REPEATED: u32 = 2;

/// How much is spent on claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// Until they are decided.
    #[default]
    Usual,
    /// Two iterations: enough for what repeats exactly, too few for times.
    Quick,
}

/// The claims of some names, in the order of files; all of them where none is named.
///
/// # Errors
/// Names every claim that is not known.
pub fn select_claims<'a>(files: &'a Files, ids: &[String]) -> Result<Vec<&'a Claim>, Problems> {
    let known = |id: &str| files.claims.iter().any(|claim| claim.id.eq_ignore_ascii_case(id));
    let problem = |id: &String| {
        let names = files.claims.iter().map(|claim| claim.id.as_str());
        let what = unknown("claim", &id.to_lowercase(), names);
        Problem { place: "ID".to_owned(), what }
    };
    let problems: Vec<Problem> = ids.iter().filter(|id| !known(id)).map(problem).collect();
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let wanted =
        |claim: &&Claim| ids.is_empty() || ids.iter().any(|id| id.eq_ignore_ascii_case(&claim.id));
    Ok(files.claims.iter().filter(wanted).collect())
}

/// One run for claims, and the experiments that it measures.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimsRun {
    /// What is measured.
    pub plan: Plan,
    /// The experiments that it serves, by their places in the list that was planned.
    pub serves: Vec<usize>,
}

/// The runs that serve some experiments, each with the predicates that are about it: one run for
/// each workspace, story, cargo profile and list of looks, in which every case is measured once,
/// whoever asks for it.
pub fn plans(experiments: &[(&Experiment, Vec<&Predicate>)], effort: Effort) -> Vec<ClaimsRun> {
    let of = |it: &Experiment| {
        (it.workspace.name.clone(), it.story.name.clone(), it.profile.clone(), it.looks.clone())
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, (experiment, _)) in experiments.iter().enumerate() {
        let same = |group: &&mut Vec<usize>| of(experiments[group[0]].0) == of(experiment);
        match groups.iter_mut().find(same) {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    let run = |serves: Vec<usize>| {
        let group: Vec<_> = serves.iter().map(|place| &experiments[*place]).collect();
        ClaimsRun { plan: plan(&group, effort), serves }
    };
    groups.into_iter().map(run).collect()
}

fn plan(group: &[&(&Experiment, Vec<&Predicate>)], effort: Effort) -> Plan {
    let mut scenarios: Vec<Scenario> = Vec::new();
    for scenario in group.iter().flat_map(|(experiment, _)| &experiment.scenarios) {
        if scenarios.iter().all(|it| it.name != scenario.name) {
            scenarios.push(scenario.clone());
        }
    }
    let (first, _) = group[0];
    let timed = group.iter().any(|(_, predicates)| predicates.iter().any(|it| it.needs_test()));
    let (found, again) = match reference(&scenarios) {
        Some(it) => (Some(it.name.clone()), (timed && effort == Effort::Usual).then(|| twin(it))),
        None => (None, None),
    };
    let mut pairs: Vec<(ScenarioName, ScenarioName)> =
        group.iter().flat_map(|it| compared(it)).collect();
    pairs.sort();
    pairs.dedup();
    // What the reference differs from itself stands beside every time.
    pairs.extend(found.iter().zip(&again).map(|(it, again)| (it.clone(), again.name.clone())));
    let twin = again.as_ref().map(|it| it.name.clone());
    scenarios.extend(again);
    let reference = found;
    let workspaces = vec![first.workspace.clone()];
    let (iterations, stopping, priming) = match (effort, timed) {
        (Effort::Usual, true) => {
            let looks = if first.looks.is_empty() { LOOKS.to_vec() } else { first.looks.clone() };
            let most = looks.last().copied().unwrap_or(REPEATED);
            (most, Stopping::Sequential { looks }, Priming::Separate)
        }
        // The pass that makes the states is itself what is measured.
        _ => (REPEATED, Stopping::Fixed, Priming::Measured),
    };
    Plan {
        name: run_name(first),
        seed: DEFAULT_SEED,
        cases: cases(&workspaces, &scenarios),
        reference,
        twin,
        scenarios,
        workspaces,
        story: first.story.clone(),
        iterations,
        stopping,
        allocation: Allocation::Even,
        order: Order::Interleaved,
        priming,
        prime_every: Some(PRIME_EVERY),
        pairs,
        budget: None,
        cargo_profile: first.profile.clone(),
        commands: Vec::new(),
        settings_file: None,
        sweep: None,
        runner: None,
    }
}

/// The name of a run for claims: what is built, the story, and what is not as usual.
fn run_name(experiment: &Experiment) -> String {
    let Experiment { workspace, story, profile, looks, .. } = experiment;
    let profile = match profile.as_str() {
        "dev" => String::new(),
        other => format!("-{other}"),
    };
    let looks: String = looks.iter().map(|look| format!("-{look}")).collect();
    format!("claims-{}-{}{profile}{looks}", workspace.name, story.name)
}

/// The scenarios whose times an experiment's predicates divide by each other: where a setting is
/// swept, those of one value.
fn compared(
    (experiment, predicates): &(&Experiment, Vec<&Predicate>),
) -> Vec<(ScenarioName, ScenarioName)> {
    let names = predicates.iter().filter(|it| it.needs_test()).filter_map(|predicate| {
        let over = predicate.over.as_ref()?;
        Some((&predicate.value.scenario, &over.scenario)).filter(|(value, over)| value != over)
    });
    let points = || experiment.sweep.iter().flat_map(|sweep| &sweep.points);
    names
        .flat_map(|(value, over)| match experiment.sweep {
            None => vec![(value.clone(), over.clone())],
            Some(_) => points()
                .map(|point| (point.scenario(value).clone(), point.scenario(over).clone()))
                .collect(),
        })
        .collect()
}

/// An experiment at other values of the setting that it sweeps.
///
/// # Errors
/// When the experiment sweeps nothing, or a value is none.
pub fn refined(
    files: &Files,
    experiment: &Experiment,
    at: &[f64],
) -> Result<Experiment, GrammarError> {
    let Some(sweep) = &experiment.sweep else {
        return Err(GrammarError::NoSweep(experiment.name.clone()));
    };
    let stands_for = |name: &ScenarioName| sweep.points.iter().any(|it| stands(it, name));
    let bases = sweep.points.iter().flat_map(|it| it.scenarios.keys().cloned());
    let fixed = experiment.scenarios.iter().map(|it| it.name.clone());
    let mut names: Vec<ScenarioName> =
        fixed.filter(|name| !stands_for(name)).chain(bases).collect();
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    let mut values: Vec<String> = at.iter().map(|at| sweep.setting.written(*at)).collect();
    // One value alone is no sweep: it is measured beside the nearest that is there already.
    if values.len() == 1 {
        values.extend(sweep.points.first().map(|point| point.label.clone()));
    }
    let names: Vec<String> = names.iter().map(String::from).collect();
    let (scenarios, sweep) = swept(files, &names, sweep.setting.name(), &values)?;
    Ok(Experiment { scenarios, sweep: Some(sweep), ..experiment.clone() })
}

fn stands(point: &SweepPoint, name: &ScenarioName) -> bool {
    point.scenarios.values().any(|it| it == name)
}
