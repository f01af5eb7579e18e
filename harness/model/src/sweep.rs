//! A sweep: one setting of scenarios, at several values.
//! Owns which scenario stands for which value.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ScenarioName, Setting};

/// One setting at several values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sweep {
    /// Which setting.
    pub setting: Setting,
    /// Its values, in order.
    pub points: Vec<SweepPoint>,
}

/// One value of a swept setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SweepPoint {
    /// In the setting's base unit: seconds, bits per second, bytes, a count, a share.
    pub at: f64,
    /// As people write it.
    pub label: String,
    /// The scenario that stands for another at this value, by that other's name. What the setting
    /// says nothing to is not here: it stands for itself.
    pub scenarios: BTreeMap<ScenarioName, ScenarioName>,
}

impl SweepPoint {
    /// The scenario that stands for `name` at this value.
    pub fn scenario<'a>(&'a self, name: &'a ScenarioName) -> &'a ScenarioName {
        self.scenarios.get(name).unwrap_or(name)
    }
}
