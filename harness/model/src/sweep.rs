//! A sweep: one setting of scenarios, at several values.
//! Owns which scenario stands for which value.

use std::collections::BTreeMap;

use crate::{ScenarioName, Setting};

/// One setting at several values.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Which setting.
    pub setting: Setting,
    /// Its values, in order.
    pub points: Vec<SweepPoint>,
}

/// One value of a swept setting.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepPoint {
    /// In the setting's base unit: seconds, bits per second, bytes, a count, a share.
    pub at: f64,
    /// The value with its unit.
    pub label: String,
    /// The variant of each scenario at this value, by the scenario's name; without those to which
    /// the setting does not apply.
    pub scenarios: BTreeMap<ScenarioName, ScenarioName>,
}

impl SweepPoint {
    /// The scenario that stands for `name` at this value.
    pub fn scenario<'a>(&'a self, name: &'a ScenarioName) -> &'a ScenarioName {
        self.scenarios.get(name).unwrap_or(name)
    }
}
