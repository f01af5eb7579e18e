//! The plan in the line `run`.
//! Owns its own fields, cases and sweep; what it is made of is `scenario`'s, `workspace`'s and
//! `story`'s.

use std::collections::BTreeMap;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{
    Allocation, Bytes, Case, Order, Priming, ScenarioName, Seconds, Setting, WorkspaceName,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::command::CargoCommand;
use super::scenario::Scenario;
use super::story::Story;
use super::workspace::SampleWorkspace;
use crate::mirrors;

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
    #[serde(with = "planned_cases")]
    #[schemars(with = "Vec<PlannedCase>")]
    pub cases: Vec<Case>,
    /// The scenario that the others are divided by, where it is among them.
    pub reference: Option<ScenarioName>,
    /// The scenario that is the reference once more, under a name of its own (A/A): what it shows
    /// is the floor of differences. Absent where the reference is measured once, and in records of
    /// earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<ScenarioName>,
    /// Measured iterations of each case; at most so many where comparisons may stop earlier.
    pub iterations: u32,
    /// When no more iterations of a case are needed; absent means `fixed`.
    #[serde(default, skip_serializing_if = "Stopping::is_fixed")]
    pub stopping: Stopping,
    /// Which comparisons get how much of the time; absent means `even`.
    #[serde(default, skip_serializing_if = "Allocation::is_even")]
    pub allocation: Allocation,
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
    pub pairs: Vec<(ScenarioName, ScenarioName)>,
    /// No further iteration starts that would not end within this time from the first job on, if
    /// it took as long as the one before it.
    pub budget: Option<Seconds>,
    /// The cargo profile of every command that names none itself.
    pub cargo_profile: String,
    /// What each job builds, command after command; absent means `cargo build --workspace`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CargoCommand>,
    /// The `lukewarm.toml` that parts of the plan come from, relative to the workspace's folder;
    /// absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings_file: Option<String>,
    /// The setting of scenarios that is swept; absent where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
    /// What jobs may use of the machine; absent means all of it, as in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
}

/// What jobs may use of the machine.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Runner {
    /// Logical processors; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u32>,
    /// Bytes of memory of all processes of a job together; absent means no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
}

/// scenario × workspace × story × cargo profile.
#[derive(JsonSchema, Serialize, Deserialize)]
#[schemars(rename = "Case")]
struct PlannedCase {
    /// `<workspace>/<scenario>`, unique in a plan.
    id: String,
    /// The scenario's name.
    scenario: ScenarioName,
    /// The workspace's name.
    workspace: WorkspaceName,
}

/// The cases of a plan: each with its parts and what these make it.
mod planned_cases {
    use super::*;

    /// Writes cases with their parts.
    pub fn serialize<S: Serializer>(cases: &[Case], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(cases.iter().map(|case| PlannedCase {
            id: case.to_string(),
            scenario: case.scenario.clone(),
            workspace: case.workspace.clone(),
        }))
    }

    /// Reads them; each must be called what its parts make it.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Case>, D::Error> {
        let planned = Vec::<PlannedCase>::deserialize(deserializer)?;
        let case = |PlannedCase { id, scenario, workspace }| {
            let case = Case { workspace, scenario };
            match case == id {
                true => Ok(case),
                false => Err(de::Error::custom(format!(
                    "data.plan.cases.id is `{id}`, and its workspace and scenario make it `{case}`"
                ))),
            }
        };
        planned.into_iter().map(case).collect()
    }
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
    pub scenarios: BTreeMap<ScenarioName, ScenarioName>,
}

mirrors! {
    Plan {
        name, seed, scenarios: list, workspaces: list, story: into, cases, reference, twin,
        iterations, stopping: into, allocation, order, priming, prime_every, pairs, budget,
        cargo_profile, commands: list, settings_file, sweep: option, runner: option,
    }
    Runner { cpus, memory }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planned_case_is_called_what_its_parts_make_it() {
        #[derive(Serialize, Deserialize)]
        struct Holder(#[serde(with = "planned_cases")] Vec<Case>);
        let written = r#"[{"id":"w/a","scenario":"a","workspace":"w"}]"#;
        let read: Holder = serde_json::from_str(written).unwrap();
        assert_eq!(read.0, [Case::new("w", "a")]);
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        let wrong = written.replace("w/a", "w/../b");
        let said = serde_json::from_str::<Holder>(&wrong).err().unwrap().to_string();
        assert!(said.contains("data.plan.cases.id is `w/../b`"), "{said}");
    }
}
