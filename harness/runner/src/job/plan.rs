//! The plan of one job: its parts in order, as a value. Owns the order; it must not execute
//! anything.

use lukewarm_cache_tools::{Action as ToolAction, Archive, Cleaning, Recipe};
use lukewarm_model::{Moment, Step};

/// The parts of a job, between setting up the machine and cleaning up.
#[derive(Clone, Debug, PartialEq)]
pub struct JobPlan {
    /// Its parts, in order. The job ends after a part that fails.
    pub parts: Vec<JobPart>,
}

/// One part of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum JobPart {
    /// A step, whose actions are timed together and recorded, whether they fail or not.
    Timed(Step, Vec<Action>),
    /// Lists the restored files of an archive, before the build changes them.
    ListRestored,
    /// Asks the cache tool for its statistics.
    Statistics(Moment),
    /// Checks that the expected outputs were built.
    CheckOutputs,
    /// Builds once more, to see whether anything was left to do.
    BuildAgain,
}

/// One action of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Looks up an archive, downloads and unpacks it.
    RestoreArchive(Archive),
    /// Removes what an archive of another key brought and no job has used for a week.
    RemoveOld(Cleaning),
    /// Removes what is not to be saved, unless the archive's own key was found.
    Clean(Cleaning),
    /// Packs an archive and uploads it, unless its key exists already.
    SaveArchive(Archive),
    /// Starts the tool's server and waits until it is ready. Its port, and with it the environment
    /// of its clients, is chosen only then.
    StartServer,
    /// Asks the tool's server to stop and waits for its end.
    StopServer,
    /// Runs a command of the tool by its index in the recipe's step, which must succeed. Its
    /// environment may depend on the server's port.
    Command {
        /// The step, restore or save.
        step: Step,
        /// The index among the recipe's actions of that step, from 0.
        number: usize,
    },
    /// Builds the workspace.
    Build,
}

impl JobPlan {
    /// The same with another build at its end, when nothing more is measured.
    #[must_use]
    pub fn and_again(mut self) -> JobPlan {
        self.parts.push(JobPart::BuildAgain);
        self
    }

    /// The plan of a recipe: restore, build, save, with statistics before and after the build.
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
        ToolAction::RemoveOld(cleaning) => Action::RemoveOld(cleaning.clone()),
        ToolAction::Clean(cleaning) => Action::Clean(cleaning.clone()),
        ToolAction::SaveArchive(archive) => Action::SaveArchive(archive.clone()),
        ToolAction::StartServer(_) => Action::StartServer,
        ToolAction::StopServer(_) => Action::StopServer,
        ToolAction::Run(_) => Action::Command { step, number },
    };
    of_tool.iter().enumerate().map(action).collect()
}
