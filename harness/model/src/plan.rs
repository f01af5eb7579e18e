//! The plan: everything a run will do, resolved, before anything starts.
//! Owns the shape; resolving files and selections into it belongs to `plan`.

use serde::{Deserialize, Serialize};

use crate::{SampleWorkspace, Scenario, Seconds, Story};

/// Everything a run will do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// A short name for the results folder.
    pub name: String,
    /// Seed of every random choice: the order of jobs, jitter, tokens of edits.
    pub seed: u64,
    /// The scenarios, in the order of reports.
    pub scenarios: Vec<Scenario>,
    /// The workspaces, in the order of reports.
    pub workspaces: Vec<SampleWorkspace>,
    /// The jobs of every case.
    pub story: Story,
    /// scenario × workspace, in the order of reports.
    pub cases: Vec<Case>,
    /// The scenario that the others are divided by, where it is among them.
    pub reference: Option<String>,
    /// Measured iterations of each case.
    pub iterations: u32,
    /// How the states that jobs start from are made.
    pub priming: Priming,
    /// No further iteration starts once this much time has gone since the first job.
    pub budget: Option<Seconds>,
    /// The cargo profile of every build.
    pub cargo_profile: String,
}

/// scenario × workspace × story × cargo profile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Case {
    /// `<workspace>/<scenario>`, unique in a plan.
    pub id: String,
    /// The scenario's name.
    pub scenario: String,
    /// The workspace's name.
    pub workspace: String,
}

/// How the states that jobs start from are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Priming {
    /// A pass through every case, in story order, that is recorded as iteration 0 and counts in
    /// no estimate. Each later job starts from the state that its predecessor left in it.
    Separate,
    /// The first pass is itself measured, as iteration 1.
    Measured,
}

impl Plan {
    /// The scenario of a case.
    ///
    /// # Panics
    /// When the case is not of this plan.
    pub fn scenario(&self, case: &Case) -> &Scenario {
        let found = self.scenarios.iter().find(|scenario| scenario.name == case.scenario);
        found.expect("a plan's cases name its own scenarios")
    }

    /// The workspace of a case.
    ///
    /// # Panics
    /// When the case is not of this plan.
    pub fn workspace(&self, case: &Case) -> &SampleWorkspace {
        let found = self.workspaces.iter().find(|workspace| workspace.name == case.workspace);
        found.expect("a plan's cases name its own workspaces")
    }

    /// Jobs of the first pass: those whose states others start from. A priming pass leaves the
    /// story's last job out, since no job starts from what that one leaves.
    pub fn first_pass_length(&self) -> usize {
        let jobs = self.story.jobs.len();
        self.cases.len()
            * match self.priming {
                Priming::Separate => jobs.saturating_sub(1),
                Priming::Measured => jobs,
            }
    }

    /// Jobs that the whole plan runs, priming included.
    pub fn job_count(&self) -> usize {
        let measured = self.cases.len() * self.story.jobs.len() * self.iterations as usize;
        match self.priming {
            Priming::Separate => self.first_pass_length() + measured,
            Priming::Measured => measured,
        }
    }
}
