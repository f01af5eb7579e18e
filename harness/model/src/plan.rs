//! The plan: everything a run will do, resolved, before anything starts.
//! Owns the shape; resolving files and selections into it belongs to `plan`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    CargoCommand, Case, Keyword, Runner, SampleWorkspace, Scenario, ScenarioName, Seconds, Story,
    Sweep, WorkspaceName,
};

/// Everything a run will do.
#[derive(Clone, Debug, PartialEq)]
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
    pub reference: Option<ScenarioName>,
    /// The scenario that is the reference once more, under a name of its own (A/A): what it shows
    /// is the floor of differences. Absent where the reference is measured once.
    pub twin: Option<ScenarioName>,
    /// Measured iterations of each case; at most so many where comparisons may stop earlier.
    pub iterations: u32,
    /// When no more iterations of a case are needed.
    pub stopping: Stopping,
    /// Which comparisons get how much of the time.
    pub allocation: Allocation,
    /// In which order jobs run.
    pub order: Order,
    /// How the states that jobs start from are made.
    pub priming: Priming,
    /// After so many iterations the states of cases with chance in them are made anew, so that
    /// what is measured does not rest on one draw; absent means never.
    pub prime_every: Option<u32>,
    /// Scenarios that are compared with each other, by name: in a block as many of these pairs as
    /// can be are measured one right after the other. Empty, the order of a block is random.
    pub pairs: Vec<(ScenarioName, ScenarioName)>,
    /// No further iteration starts that would not end within this time from the first job on, if
    /// it took as long as the one before it.
    pub budget: Option<Seconds>,
    /// The cargo profile of every command that names none itself.
    pub cargo_profile: String,
    /// What each job builds, command after command; empty means `cargo build --workspace`.
    pub commands: Vec<CargoCommand>,
    /// The `lukewarm.toml` that parts of the plan come from, relative to the workspace's folder;
    /// absent where there is none.
    pub settings_file: Option<String>,
    /// The setting of scenarios that is swept.
    pub sweep: Option<Sweep>,
    /// What jobs may use of the machine; absent means all of it.
    pub runner: Option<Runner>,
}

/// How the states that jobs start from are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Priming {
    /// A pass through every case, in story order, that is recorded as iteration 0 and counts in
    /// no estimate. Each later job starts from the state that its predecessor left in it.
    Separate,
    /// The first pass is itself measured, as iteration 1.
    Measured,
}

/// When no more iterations of a case are needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stopping {
    /// When there are as many as the plan says.
    #[default]
    Fixed,
    /// When, at one of these numbers of iterations, its comparisons are decided.
    Sequential {
        /// The numbers, in order; the last is the plan's.
        looks: Vec<u32>,
    },
}

/// Which comparisons get how much of the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Allocation {
    /// Each the same, until it is decided at a look.
    #[default]
    Even,
    /// After each block it is looked at what is clear. What is, is measured no further; the rest
    /// of the budget goes to what it can still decide, to cheap jobs more often than to dear ones.
    Adaptive,
}

/// In which order jobs run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// In each iteration every case once, in random order.
    #[default]
    Interleaved,
    /// All iterations of one case, then those of the next: drift of the machine becomes a
    /// difference between cases.
    Serial,
}

impl Stopping {
    /// Whether the number of iterations is given.
    pub fn is_fixed(&self) -> bool {
        *self == Stopping::Fixed
    }
}

impl Keyword for Order {
    const CHOICES: &'static [Order] = &[Order::Interleaved, Order::Serial];

    fn word(self) -> &'static str {
        match self {
            Order::Interleaved => "interleaved",
            Order::Serial => "serial",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Order::Interleaved => "In each iteration every case once, in random order",
            Order::Serial => "All iterations of one case, then those of the next",
        }
    }
}

impl Allocation {
    /// Whether each comparison gets the same.
    pub fn is_even(&self) -> bool {
        *self == Allocation::Even
    }
}

impl Order {
    /// Whether cases take turns.
    pub fn is_interleaved(&self) -> bool {
        *self == Order::Interleaved
    }
}

impl Plan {
    /// Whether it tests soundness: each of its workspaces varies one thing.
    pub fn is_varied(&self) -> bool {
        self.workspaces.iter().any(|it| it.variation.is_some())
    }

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

    /// Gives a workspace another name, here and in the cases. The name must be no other's.
    pub fn rename_workspace(&mut self, from: &WorkspaceName, to: &WorkspaceName) {
        let cases = self.cases.iter_mut().map(|it| &mut it.workspace);
        let names = self.workspaces.iter_mut().map(|it| &mut it.name).chain(cases);
        names.filter(|it| *it == from).for_each(|it| it.clone_from(to));
        let names: Vec<&str> = self.workspaces.iter().map(|it| it.name.as_str()).collect();
        self.name = names.join("-");
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

    /// Jobs that the whole plan runs, the first pass included. Passes that prime cases with chance
    /// in their state anew come on top: which these are shows when they run.
    pub fn job_count(&self) -> usize {
        let measured = self.cases.len() * self.story.jobs.len() * self.iterations as usize;
        match self.priming {
            Priming::Separate => self.first_pass_length() + measured,
            Priming::Measured => measured,
        }
    }
}
