//! Which ways of caching are tested for soundness where none is named. Owns that choice; the plan
//! is `plan`'s, the table `analysis`'s.

use lukewarm_model::{Scenario, ToolDescription};
use lukewarm_plan::Files;
use lukewarm_runner::{Settings, Surveyed};

use crate::error::SessionError;

/// The ways of caching that are tested where none is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefaultArms {
    /// Their scenarios: of every tool that is there one, with its own disk where it can.
    pub scenarios: Vec<String>,
    /// The tools whose program was not found.
    pub missing: Vec<String>,
}

/// The ways of caching of every tool that is found on this machine; nothing is installed for it.
///
/// # Errors
/// When a tool that the user names cannot be used.
pub fn default_arms(files: &Files, settings: &Settings) -> Result<DefaultArms, SessionError> {
    let surveyed = lukewarm_runner::survey(settings)?;
    let is_missing = |tool: &ToolDescription| {
        surveyed.iter().any(|Surveyed { name, result }| *name == tool.name && result.is_err())
    };
    Ok(arms(files, is_missing))
}

fn arms(files: &Files, is_missing: impl Fn(&ToolDescription) -> bool) -> DefaultArms {
    let mut found = DefaultArms::default();
    for tool in files.tools.iter().filter(|tool| tool.name != "none") {
        let alone = |it: &&Scenario| it.tool.name == tool.name && it.archive.is_none();
        let mut of_tool: Vec<&Scenario> = files.scenarios.iter().filter(alone).collect();
        // Its own disk first, then the one that is called like the tool, then the plainest.
        let local = format!("{}-local", tool.name);
        let is_named = |it: &Scenario| it.name == tool.name || it.name == local.as_str();
        of_tool.sort_by_key(|it| (it.service.is_some(), !is_named(it), it.settings.len()));
        match of_tool.first() {
            Some(_) if is_missing(tool) => found.missing.push(tool.name.to_owned()),
            Some(first) => found.scenarios.push(first.name.to_string()),
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_that_is_there_has_its_local_scenario() {
        let files = crate::examples::files();
        let all = arms(&files, |_| false).scenarios;
        for name in ["sccache-local", "kache-local", "actions-cache", "persistent-target"] {
            assert!(all.iter().any(|it| it == name), "{all:?}");
        }
        assert!(!all.iter().any(|it| it == "none"), "{all:?}");
        let without = arms(&files, |tool| tool.name == "kache");
        assert!(!without.scenarios.iter().any(|it| it.starts_with("kache")), "{without:?}");
        assert_eq!(without.missing, ["kache"]);
    }
}
