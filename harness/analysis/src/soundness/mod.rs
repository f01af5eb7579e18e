//! How right each way of caching is: what its second job made after one thing had varied, beside
//! what a build without a cache makes of the same.
//! Owns the table and its marks. It must not compare outputs itself: `evaluate` does.

mod cell;
mod judge;
#[cfg(test)]
mod tests;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Case, RawRecord, ScenarioName, WorkspaceName};
use serde::Serialize;

pub use cell::{BuiltAgain, ReusedUnits, SoundnessCell, SoundnessMark, WrongFile};

use crate::evaluate::{EvaluatedJob, Evaluation};
use judge::{Judged, Uncached};

/// What a run of variations says of each way of caching.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Soundness {
    /// The `id` of the run in its `run.json`.
    pub run: String,
    /// The ways of caching, in the order of columns.
    pub arms: Vec<SoundnessArm>,
    /// The variations, in the order of rows.
    pub variations: Vec<VariationFinding>,
}

/// One way of caching.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct SoundnessArm {
    /// The scenario.
    pub scenario: ScenarioName,
    /// The tool's name.
    pub tool: String,
    /// The version of the tool's program; absent for a tool without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What is known of one variation.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct VariationFinding {
    /// Its name.
    pub name: WorkspaceName,
    /// What varies, in a line.
    pub title: String,
    /// Who is hit by it, in Markdown.
    pub essay: String,
    /// Where the bug was published that it stands for; empty where none was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// What a tool without that bug does; absent without a bug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The versions of tools in which it was seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<String>,
    /// The versions of tools in which it was mended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mended: Vec<String>,
    /// Whether builds without a cache make something else after it; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes_outputs: Option<bool>,
    /// What a build without a cache prints before and after it; absent where no program ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prints: Option<[String; 2]>,
    /// The folder of its workspace, relative to lukewarm's own.
    pub workspace: String,
    /// How to see it by hand, as commands of a shell in a copy of that folder.
    pub by_hand: Vec<String>,
    /// Each way of caching, in the order of `arms`.
    pub cells: Vec<SoundnessCell>,
}

impl Soundness {
    /// All cells with a mark, with their variations.
    pub fn marked(
        &self,
        mark: SoundnessMark,
    ) -> impl Iterator<Item = (&VariationFinding, &SoundnessCell)> {
        let cells =
            self.variations.iter().flat_map(|row| row.cells.iter().map(move |it| (row, it)));
        cells.filter(move |(_, cell)| cell.mark == mark)
    }

    /// Whether any output is wrong.
    pub fn has_wrong_output(&self) -> bool {
        self.marked(SoundnessMark::UnderKeyed).next().is_some()
    }

    /// Whether anything could be tested.
    pub fn has_result(&self) -> bool {
        let cells = self.variations.iter().flat_map(|row| &row.cells);
        cells.into_iter().any(|cell| cell.mark != SoundnessMark::NotTestable)
    }
}

/// What the record of a run of variations says; workspaces without a variation are left out.
pub fn soundness(record: &RawRecord) -> Soundness {
    of(&Evaluation::of(record))
}

fn of(evaluation: &Evaluation<'_>) -> Soundness {
    let run = &evaluation.record().run;
    let plan = &run.plan;
    let is_uncached = |name: &ScenarioName| {
        plan.reference.as_ref() == Some(name) || plan.twin.as_ref() == Some(name)
    };
    let tested: Vec<_> = plan.scenarios.iter().filter(|it| !is_uncached(&it.name)).collect();
    let jobs = |workspace: &WorkspaceName, scenario: &ScenarioName, job: usize| {
        let name = plan.story.jobs.get(job).map(|it| &it.name);
        let case = Case::new(workspace.clone(), scenario.clone());
        let is_it = |it: &&EvaluatedJob<'_>| it.facts.case == case && Some(&it.facts.job) == name;
        evaluation.jobs().iter().filter(is_it).collect::<Vec<_>>()
    };
    let variation = |workspace: &lukewarm_model::SampleWorkspace| {
        let varied = workspace.variation.as_ref()?;
        let of_uncached = |job| {
            let names = plan.scenarios.iter().map(|it| &it.name).filter(|it| is_uncached(it));
            names.flat_map(|name| jobs(&workspace.name, name, job)).collect::<Vec<_>>()
        };
        let uncached = Uncached { before: of_uncached(0), after: of_uncached(1) };
        let cells = tested.iter().map(|scenario| {
            let job = |index| jobs(&workspace.name, &scenario.name, index).last().copied();
            let judged = Judged { before: job(0), after: job(1), uncached: &uncached };
            judged.cell(scenario.name.clone())
        });
        let published = varied.published.clone().unwrap_or_default();
        Some(VariationFinding {
            name: workspace.name.clone(),
            title: workspace.title.clone(),
            essay: workspace.essay.trim().to_owned(),
            sources: published.sources,
            expected: varied.published.is_some().then_some(published.expected),
            seen: published.seen,
            mended: published.mended,
            changes_outputs: uncached.changes_outputs(),
            prints: uncached.prints(),
            workspace: workspace.folder.display().to_string(),
            by_hand: judge::by_hand(workspace),
            cells: cells.collect(),
        })
    };
    // A shard has some of them, with all of their cells.
    let portion = run.portion();
    let own = plan.workspaces.iter().filter(|it| portion.has_workspace(plan, &it.name));
    Soundness {
        run: run.id.clone(),
        arms: tested
            .iter()
            .map(|scenario| SoundnessArm {
                scenario: scenario.name.clone(),
                tool: scenario.tool.name.clone(),
                version: run.tools.get(&scenario.tool.to_string()).map(|it| it.version.clone()),
            })
            .collect(),
        variations: own.filter_map(variation).collect(),
    }
}
