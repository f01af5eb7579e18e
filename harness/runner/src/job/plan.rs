//! What one job does, in its order, as a value. Owns the order; it must not carry anything out.

use lukewarm_cache_tools::{Action as ToolAction, Archive, Recipe};
use lukewarm_model::{Moment, Step};

/// What a job does between a machine that is set up and one that is cleared away.
#[derive(Clone, Debug, PartialEq)]
pub struct JobPlan {
    /// Its parts, in order. A part that fails is the last one.
    pub parts: Vec<JobPart>,
}

/// One part of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum JobPart {
    /// A step: its actions are timed together and recorded, whether they fail or not.
    Timed(Step, Vec<Action>),
    /// Lists what an archive brought, before the build changes it.
    ListRestored,
    /// Asks the cache tool for its statistics.
    Statistics(Moment),
    /// Looks whether what was built is what was to be built.
    CheckOutputs,
}

/// One action of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Looks an archive up, downloads and unpacks it.
    RestoreArchive(Archive),
    /// Packs an archive and uploads it, unless its key is already there.
    SaveArchive(Archive),
    /// Starts the tool's server and waits until it is ready. Where it listens, and with it how
    /// clients reach it, is found out only then.
    StartServer,
    /// Asks the tool's server to stop and waits until it has.
    StopServer,
    /// Runs the command of the tool that its recipe has at this place of a step, which must
    /// succeed. How it is called may depend on where the server listens.
    Command {
        /// The step, restore or save.
        step: Step,
        /// The place among the recipe's actions of that step.
        number: usize,
    },
    /// Builds the workspace.
    Build,
}

impl JobPlan {
    /// The job that a recipe asks for: restore, build, save, with the tool asked before and after
    /// the build.
    pub fn of(recipe: &Recipe) -> JobPlan {
        let mut parts = Vec::new();
        let restore = actions(Step::Restore, &recipe.restore);
        let brings_archive = restore.iter().any(|it| matches!(it, Action::RestoreArchive(_)));
        if !restore.is_empty() {
            parts.push(JobPart::Timed(Step::Restore, restore));
        }
        if brings_archive {
            parts.push(JobPart::ListRestored);
        }
        let asks = recipe.statistics.is_some();
        parts.extend(asks.then_some(JobPart::Statistics(Moment::Before)));
        parts.push(JobPart::Timed(Step::Build, vec![Action::Build]));
        parts.extend(asks.then_some(JobPart::Statistics(Moment::After)));
        parts.push(JobPart::CheckOutputs);
        let save = actions(Step::Save, &recipe.save);
        if !save.is_empty() {
            parts.push(JobPart::Timed(Step::Save, save));
        }
        JobPlan { parts }
    }
}

fn actions(step: Step, of_tool: &[ToolAction]) -> Vec<Action> {
    let action = |(number, it): (usize, &ToolAction)| match it {
        ToolAction::RestoreArchive(archive) => Action::RestoreArchive(archive.clone()),
        ToolAction::SaveArchive(archive) => Action::SaveArchive(archive.clone()),
        ToolAction::StartServer(_) => Action::StartServer,
        ToolAction::StopServer(_) => Action::StopServer,
        ToolAction::Run(_) => Action::Command { step, number },
    };
    of_tool.iter().enumerate().map(action).collect()
}
