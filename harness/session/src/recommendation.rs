//! A recommendation from a recorded run: which run, by which prices, and as which workflow.
//! Owns these choices; the recommendation is `analysis`'s, its texts `report`'s.

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_analysis::{
    Choice, Evaluation, NoRecommendation, Recommendation, RecommendationRequest, analyse,
};
use lukewarm_cache_tools::Tools;
use lukewarm_model::{
    Origin, Plan, Prices, RawRecord, Runner, RunnerPrice, Scenario, ScenarioName, WorkflowSteps,
};
use lukewarm_record::JOURNAL;
use lukewarm_report::{WorkflowJob, workflow};

use crate::error::SessionError;

/// The budget of a run that is advised where a record does not decide.
const ADVISED_BUDGET: &str = "20m";

/// The newest run in a folder of results: names of runs begin with their time.
///
/// # Errors
/// When the folder cannot be read, or has no run.
pub fn newest_run(results: &Path) -> Result<PathBuf, SessionError> {
    let entries = fs::read_dir(results).map_err(SessionError::file("read", results))?;
    let runs = entries.flatten().map(|entry| entry.path());
    let newest = runs.filter(|folder| folder.join(JOURNAL).is_file()).max();
    newest.ok_or_else(|| {
        SessionError::Recommendation(format!(
            "{} has no run yet: measure with `lukewarm run`, or name a results folder",
            results.display()
        ))
    })
}

/// The recommendation of a recorded run.
///
/// # Errors
/// When the record carries none, or the request does not fit it.
pub fn recommend(
    record: &RawRecord,
    request: &RecommendationRequest,
) -> Result<Recommendation, NoRecommendation> {
    let findings = analyse(Evaluation::of(record));
    lukewarm_analysis::recommend(&Evaluation::of(record), &findings, request)
}

/// The price of a runner: the one of that name, else the smallest that has the CPUs that the run
/// had; none without prices.
///
/// # Errors
/// When no runner has that name.
pub fn runner_price<'p>(
    prices: Option<&'p Prices>,
    name: Option<&str>,
    record: &RawRecord,
) -> Result<Option<&'p RunnerPrice>, SessionError> {
    let Some(prices) = prices else { return Ok(None) };
    let run = &record.run;
    let limited = run.plan.runner.and_then(|Runner { cpus, .. }| cpus);
    let found = prices.runner(name, limited.unwrap_or(run.host.cores));
    if let (None, Some(name)) = (found, name) {
        let known = prices.runners.iter().map(|it| it.name.as_str());
        return Err(SessionError::Recommendation(lukewarm_plan::unknown("runner", name, known)));
    }
    Ok(found)
}

/// The command of a run that would decide what a record does not.
pub fn deciding_run(plan: &Plan) -> String {
    let mut words = vec!["lukewarm run".to_owned()];
    // Not those under other conditions, which are no choice of their own.
    let is_way = |it: &&Scenario| it.name.overrides().is_empty() && it.faults.is_empty();
    let scenarios = plan.scenarios.iter().filter(|it| plan.twin.as_ref() != Some(&it.name));
    words.extend(scenarios.filter(is_way).map(|it| it.name.to_string()));
    for workspace in &plan.workspaces {
        let place = match workspace.origin {
            Origin::Sample => workspace.name.to_string(),
            Origin::Foreign => workspace.folder.display().to_string(),
        };
        words.push(format!("--workspace {place}"));
    }
    if !words.iter().any(|it| it == "none") {
        words.insert(1, "none".to_owned());
    }
    words.push(format!("--budget {ADVISED_BUDGET}"));
    words.join(" ")
}

/// A way of caching as steps of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenSteps {
    /// The scenario.
    pub scenario: ScenarioName,
    /// Its steps.
    pub steps: WorkflowSteps,
    runs_on: &'static str,
    commands: Vec<String>,
    run: String,
}

/// The steps of what a recommendation chose.
///
/// # Errors
/// When it chose nothing, or not the same for every workspace.
pub fn chosen_steps(
    record: &RawRecord,
    recommendation: &Recommendation,
    tools: &Tools,
) -> Result<ChosenSteps, SessionError> {
    let refused = |what: String| SessionError::Recommendation(what);
    let chosen = recommendation.workspaces.iter().map(|it| match &it.choice {
        Choice::Use { scenario, .. } => Ok(scenario.clone()),
        Choice::NoCache { .. } => Ok(it.reference.clone()),
        Choice::Undecided { .. } => Err(refused(
            "it is not decided which way to use: choose one with `--scenario NAME`".to_owned(),
        )),
    });
    let mut chosen = chosen.collect::<Result<Vec<ScenarioName>, _>>()?;
    chosen.dedup();
    let [name] = chosen.as_slice() else {
        let what = "the workspaces have different answers: choose one with `--scenario NAME`";
        return Err(refused(what.to_owned()));
    };
    let plan = &record.run.plan;
    let is_it = |it: &&Scenario| it.name == *name;
    let scenario = plan.scenarios.iter().find(is_it);
    let found = scenario.and_then(|it| Some((it, tools.workflow(it)?)));
    let (scenario, steps) = found.ok_or_else(|| {
        refused(format!("this lukewarm does not know the cache tool of `{name}`"))
    })?;
    let needs_own = recommendation
        .workspaces
        .iter()
        .flat_map(|it| &it.ranking)
        .any(|it| it.scenario == *name && it.needs == lukewarm_analysis::Needs::KeptDisk);
    Ok(ChosenSteps {
        scenario: scenario.name.clone(),
        steps,
        runs_on: if needs_own { "self-hosted" } else { "ubuntu-latest" },
        commands: commands(plan),
        run: record.run.id.clone(),
    })
}

impl ChosenSteps {
    /// A whole workflow.
    pub fn workflow(&self) -> String {
        let mut remarks =
            vec![format!("Caches as {} of lukewarm's run {} did.", self.scenario, self.run)];
        remarks.extend(self.steps.notes.iter().cloned());
        workflow(&WorkflowJob {
            steps: &self.steps,
            runs_on: self.runs_on,
            commands: &self.commands,
            remarks: &remarks,
        })
    }
}

/// The commands that a plan's jobs run, as they stand in a workflow.
fn commands(plan: &Plan) -> Vec<String> {
    if !plan.commands.is_empty() {
        return plan.commands.iter().map(ToString::to_string).collect();
    }
    let profile = match plan.cargo_profile.as_str() {
        "dev" => String::new(),
        other => format!(" --profile {other}"),
    };
    vec![format!("cargo build --workspace --locked{profile}")]
}
