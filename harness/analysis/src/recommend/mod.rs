//! The recommendation of a run: which way of caching to use, when another one, what it saves, and
//! what to improve. Owns when a record carries one. It must not estimate by itself: `compare` and
//! `findings` do.

mod advice;
mod advice_finding;
mod basis;
mod flips;
mod mix;
mod ranking;
mod savings;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{
    CachePrice, Classify, ErrorKind, JobName, RunnerPrice, ScenarioName, WorkspaceName,
};
use serde::Serialize;

pub use advice_finding::{Advice, AdviceFinding, Potential, PotentialBasis};
pub use flips::Flip;
pub use mix::{GivenShares, JobMix, JobShare, MixError};
pub use ranking::{LeftOut, LeftOutReason, MixVerdict, Needs, RankedJob, RankedScenario};
pub use savings::{Bill, Savings};

use crate::evaluate::Evaluation;
use crate::findings::{Findings, noise};
use basis::Basis;
use ranking::Ranking;
use savings::Month;

/// What a recommendation is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecommendationRequest {
    /// The shares of jobs; absent means the usual ones.
    pub shares: Option<GivenShares>,
    /// Jobs in a month.
    pub jobs_per_month: u32,
    /// Seconds of each job beside what was measured, such as its checkout.
    pub around: f64,
    /// The runner's price; absent where none is known.
    pub runner: Option<RunnerPrice>,
    /// The cache's price; absent where none is known.
    pub cache: Option<CachePrice>,
    /// A scenario to recommend whatever the ranking says.
    pub scenario: Option<ScenarioName>,
}

/// The recommendation of a run, one for each workspace.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Recommendation {
    /// The `id` of the run in its `run.json`.
    pub run: String,
    /// How often each job comes.
    pub mix: JobMix,
    /// Each workspace.
    pub workspaces: Vec<WorkspaceRecommendation>,
}

/// The recommendation for one workspace.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct WorkspaceRecommendation {
    /// The workspace's name.
    pub workspace: WorkspaceName,
    /// What the others are divided by.
    pub reference: ScenarioName,
    /// What to use.
    pub choice: Choice,
    /// The ways of caching, the fastest first.
    pub ranking: Vec<RankedScenario>,
    /// The ways that are not ranked, and why.
    pub left_out: Vec<LeftOut>,
    /// What the choice saves; absent where the choice is the reference, or is not made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub savings: Option<Savings>,
    /// When another way is the faster one.
    pub flips: Vec<Flip>,
    /// What the data show to improve about the choice.
    pub advice: Vec<Advice>,
}

/// What to use.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Choice {
    /// This way of caching, which needs nothing beside the CI provider's runner.
    Use {
        /// The scenario.
        scenario: ScenarioName,
        /// Other ways that need no more and are not told from it.
        ties: Vec<ScenarioName>,
        /// Faster ways that need more, the fastest first.
        faster: Vec<ScenarioName>,
        /// Whether the user asked for it.
        asked: bool,
    },
    /// No cache: none that needs nothing else is faster than the reference.
    NoCache {
        /// Faster ways that need more, the fastest first.
        faster: Vec<ScenarioName>,
    },
    /// It is not decided.
    Undecided {
        /// The way that looks fastest.
        leader: ScenarioName,
    },
}

/// Why there is no recommendation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRecommendation {
    /// The record has no reference.
    #[error("the run has no reference, so that nothing says whether a cache helps")]
    NoReference,
    /// Nothing is compared with the reference.
    #[error("the run has nothing beside `{0}` to choose from")]
    NothingToChoose(ScenarioName),
    /// The reference itself may not be believed, or has no result.
    #[error("on {workspace}, `{reference}` has no result that may be believed: {why}")]
    ReferenceInDoubt {
        /// The workspace.
        workspace: WorkspaceName,
        /// The reference.
        reference: ScenarioName,
        /// Why.
        why: String,
    },
    /// Nothing beside the reference may be believed.
    #[error("on {0}, no way of caching has a result that may be believed")]
    AllInDoubt(WorkspaceName),
    /// The scenario that was asked for is not ranked.
    #[error("`{0}` is not among the ways that can be compared")]
    UnknownScenario(ScenarioName),
    /// The shares do not fit the story.
    #[error(transparent)]
    Mix(#[from] MixError),
}

impl Classify for NoRecommendation {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

impl NoRecommendation {
    /// Whether the record cannot carry one, so that another run is needed; the request is wrong
    /// otherwise.
    pub fn needs_another_run(&self) -> bool {
        !matches!(self, NoRecommendation::UnknownScenario(_) | NoRecommendation::Mix(_))
    }
}

impl Recommendation {
    /// Whether it says for every workspace what to use.
    pub fn is_decided(&self) -> bool {
        let is_open = |it: &WorkspaceRecommendation| matches!(it.choice, Choice::Undecided { .. });
        !self.workspaces.iter().any(is_open)
    }
}

impl Choice {
    /// The scenario to use; none where it is not decided or nothing is to be used.
    pub fn scenario(&self) -> Option<&ScenarioName> {
        match self {
            Choice::Use { scenario, .. } => Some(scenario),
            Choice::NoCache { .. } | Choice::Undecided { .. } => None,
        }
    }
}

/// The recommendation of an evaluated run, with the findings of that run.
///
/// # Errors
/// When the record carries none, or the request does not fit it.
pub fn recommend(
    evaluation: &Evaluation<'_>,
    findings: &Findings,
    request: &RecommendationRequest,
) -> Result<Recommendation, NoRecommendation> {
    let run = &evaluation.record().run;
    let reference = run.plan.reference.as_ref().ok_or(NoRecommendation::NoReference)?;
    let is_measured =
        |job: &JobName| findings.rows.iter().any(|row| row.job == *job && !row.measured.is_empty());
    let mix = JobMix::of(&run.plan.story, request.shares.as_ref())?.of_measured(is_measured);
    let noise = noise(&run.plan, evaluation.rows());
    let workspaces = run.plan.workspaces.iter().map(|workspace| {
        let basis = Basis { evaluation, findings, workspace: &workspace.name, mix: &mix, noise };
        for_workspace(&basis, reference, request)
    });
    let workspaces = workspaces.collect::<Result<Vec<_>, _>>()?;
    Ok(Recommendation { run: run.id.clone(), mix, workspaces })
}

fn for_workspace(
    basis: &Basis<'_>,
    reference: &ScenarioName,
    request: &RecommendationRequest,
) -> Result<WorkspaceRecommendation, NoRecommendation> {
    let ranking = ranking::ranking(basis, reference);
    let workspace = basis.workspace.clone();
    let find = |name: &ScenarioName| ranking.ranked.iter().find(|it| it.scenario == *name);
    let Some(of_reference) = find(reference) else {
        let left = ranking.left_out.iter().find(|it| it.scenario == *reference);
        let why = match left.map(|it| &it.why) {
            Some(LeftOutReason::InDoubt { job, reason }) => format!("{job}: {reason}"),
            Some(LeftOutReason::NoResult { job }) => format!("{job} has none"),
            Some(LeftOutReason::Faults) | None => "it is not measured".to_owned(),
        };
        let reference = reference.clone();
        return Err(NoRecommendation::ReferenceInDoubt { workspace, reference, why });
    };
    if ranking.ranked.len() == 1 {
        return Err(match ranking.left_out.is_empty() {
            true => NoRecommendation::NothingToChoose(reference.clone()),
            false => NoRecommendation::AllInDoubt(workspace),
        });
    }
    let choice = match &request.scenario {
        None => choice(&ranking, reference),
        Some(name) => {
            let found =
                find(name).ok_or_else(|| NoRecommendation::UnknownScenario(name.clone()))?;
            let scenario = found.scenario.clone();
            Choice::Use { scenario, ties: Vec::new(), faster: Vec::new(), asked: true }
        }
    };
    let month = Month {
        jobs: request.jobs_per_month,
        around: request.around,
        runner: request.runner.as_ref(),
        cache: request.cache,
    };
    let chosen = choice.scenario().and_then(find);
    let savings = chosen.map(|it| savings::savings(basis, it, of_reference, &month));
    let subject = choice.scenario().unwrap_or(match &choice {
        Choice::Undecided { leader } => leader,
        _ => reference,
    });
    let flips = flips::flips(basis, &ranking, subject, reference);
    let advice = find(subject).map(|it| advice::advice(basis, &ranking, it)).unwrap_or_default();
    let Ranking { ranked, left_out } = ranking;
    let reference = reference.clone();
    Ok(WorkspaceRecommendation {
        workspace,
        reference,
        choice,
        ranking: ranked,
        left_out,
        savings,
        flips,
        advice,
    })
}

/// The fastest way that needs nothing else and is decided to be faster than the reference, with
/// those that are tied with it, and the faster ones that need more.
fn choice(ranking: &Ranking, reference: &ScenarioName) -> Choice {
    let ways = || ranking.ranked.iter().filter(|it| it.conditions_of.is_none());
    let plain = || ways().filter(|it| it.needs == Needs::Nothing);
    let is_faster = |it: &&RankedScenario| it.verdict == MixVerdict::Faster;
    let seconds = |name: &ScenarioName| ranking.ranked.iter().find(|it| it.scenario == *name);
    let with_more = |than: f64| -> Vec<ScenarioName> {
        let more = ways().filter(|it| it.needs > Needs::Nothing && it.seconds < than);
        more.filter(is_faster).map(|it| it.scenario.clone()).collect()
    };
    if let Some(first) = plain().find(is_faster) {
        let ties = plain().filter(|it| it.place == first.place && it.scenario != first.scenario);
        return Choice::Use {
            scenario: first.scenario.clone(),
            ties: ties.filter(is_faster).map(|it| it.scenario.clone()).collect(),
            faster: with_more(first.seconds),
            asked: false,
        };
    }
    let than = seconds(reference).map_or(0.0, |it| it.seconds);
    let faster = with_more(than);
    let is_open = |it: &&RankedScenario| it.verdict == MixVerdict::Undecided;
    let could_be_faster = plain().any(|it| is_open(&it) && it.seconds < than);
    if could_be_faster || (faster.is_empty() && ways().any(|it| is_open(&it))) {
        let leader = ways().next().map_or(reference, |it| &it.scenario);
        return Choice::Undecided { leader: leader.clone() };
    }
    Choice::NoCache { faster }
}

#[cfg(test)]
mod tests;
