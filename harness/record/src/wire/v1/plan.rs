//! The plan in the line `run`.
//! Owns its own fields, cases and sweep; what it is made of is `scenario`'s, `workspace`'s and
//! `story`'s.

use std::collections::BTreeMap;

use lukewarm_model::{Order, Priming, Seconds, Setting};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scenario::Scenario;
use super::story::Story;
use super::workspace::SampleWorkspace;
use crate::wire::mirrors;

/// Everything a run will do.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
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
    /// The scenario that is the reference once more, under a name of its own (A/A): what it shows
    /// is the floor of differences. Absent where the reference is measured once, and in records of
    /// earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<String>,
    /// Measured iterations of each case; at most so many where comparisons may stop earlier.
    pub iterations: u32,
    /// When no more iterations of a case are needed; absent means `fixed`.
    #[serde(default, skip_serializing_if = "Stopping::is_fixed")]
    pub stopping: Stopping,
    /// In which order jobs run; absent means `interleaved`.
    #[serde(default, skip_serializing_if = "Order::is_interleaved")]
    pub order: Order,
    /// How the states that jobs start from are made.
    pub priming: Priming,
    /// After so many iterations the states of cases with chance in them are made anew, so that
    /// what is measured does not rest on one draw; absent in records of earlier versions: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prime_every: Option<u32>,
    /// Scenarios that are compared with each other, by name: in a block as many of these pairs as
    /// can be are measured one right after the other. Absent means none, and in records of earlier
    /// versions that the order of a block is random.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<(String, String)>,
    /// No further iteration starts that would not end within this time from the first job on, if
    /// it took as long as the one before it.
    pub budget: Option<Seconds>,
    /// The cargo profile of every build.
    pub cargo_profile: String,
    /// The setting of scenarios that is swept; absent where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
}

/// scenario × workspace × story × cargo profile.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Case {
    /// `<workspace>/<scenario>`, unique in a plan.
    pub id: String,
    /// The scenario's name.
    pub scenario: String,
    /// The workspace's name.
    pub workspace: String,
}

/// When no more iterations of a case are needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// One setting at several values.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Sweep {
    /// Which setting.
    pub setting: Setting,
    /// Its values, in order.
    pub points: Vec<SweepPoint>,
}

/// One value of a swept setting.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct SweepPoint {
    /// In the setting's base unit: seconds, bits per second, bytes, a count, a share.
    pub at: f64,
    /// As people write it.
    pub label: String,
    /// The scenario that stands for another at this value, by that other's name. What the setting
    /// has no effect on is not here: it stands for itself.
    pub scenarios: BTreeMap<String, String>,
}

mirrors! {
    Plan {
        name, seed, scenarios: list, workspaces: list, story: into, cases: list, reference, twin,
        iterations, stopping: into, order, priming, prime_every, pairs, budget, cargo_profile,
        sweep: option,
    }
    Case { id, scenario, workspace }
    Sweep { setting, points: list }
    SweepPoint { at, label, scenarios }
}

impl Stopping {
    fn is_fixed(&self) -> bool {
        *self == Stopping::Fixed
    }
}

impl From<lukewarm_model::Stopping> for Stopping {
    fn from(it: lukewarm_model::Stopping) -> Stopping {
        match it {
            lukewarm_model::Stopping::Fixed => Stopping::Fixed,
            lukewarm_model::Stopping::Sequential { looks } => Stopping::Sequential { looks },
        }
    }
}

impl From<Stopping> for lukewarm_model::Stopping {
    fn from(it: Stopping) -> lukewarm_model::Stopping {
        match it {
            Stopping::Fixed => lukewarm_model::Stopping::Fixed,
            Stopping::Sequential { looks } => lukewarm_model::Stopping::Sequential { looks },
        }
    }
}
