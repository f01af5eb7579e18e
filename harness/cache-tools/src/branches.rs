//! Which jobs save: every one, or those of the default branch alone.
//! Owns the setting that all tools share for it. It must not know how a tool is kept from saving.

use std::collections::BTreeMap;

use lukewarm_model::{Scenario, SettingDescription, SettingKind, SettingValue};

/// The setting's name.
const NAME: &str = "pull-requests";
/// Its value for jobs of other refs that only read.
const READ_ONLY: &str = "read-only";

/// Whether jobs of pull requests and of other branches than the default one save.
pub const PULL_REQUESTS: SettingDescription = SettingDescription {
    name: NAME,
    kind: SettingKind::Choice(&["read-write", READ_ONLY]),
    summary: "`read-only`: jobs of a pull request, and of every branch but the default one, save \
              nothing. Left out: `read-write`",
};

/// Whether only jobs of the default branch save, with these settings of a tool.
pub fn only_default_saves(settings: &BTreeMap<String, SettingValue>) -> bool {
    settings.get(NAME) == Some(&SettingValue::Text(READ_ONLY.to_owned()))
}

/// Whether only jobs of the default branch save in a scenario, what its tool caches and what an
/// archive beside it holds.
pub fn only_default_branch_saves(scenario: &Scenario) -> bool {
    let archive = scenario.archive.as_ref();
    let archive = archive.is_none_or(|archive| only_default_saves(&archive.settings));
    only_default_saves(&scenario.settings) && archive
}
