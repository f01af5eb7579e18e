//! The files that people write, as serde reads them: a struct for each kind of file, from which its
//! JSON Schema comes too, and what it becomes. Its doc comments are what the reference says of a
//! key: `Left out: …` at the end is what holds without it. Where files are is `files`'. Readers
//! may return placeholder values for invalid files; `read` discards them when there are problems.

mod claim;
mod network;
mod predicate;
mod presets;
mod prices;
mod scenario;
mod settings;
mod story;
mod thresholds;
mod variation;
mod workspace;

use std::collections::BTreeMap;

pub use claim::ClaimFile;
pub use network::NetworkFile;
pub use presets::{KnownNames, PresetsFile};
pub use prices::PricesFile;
pub use scenario::{
    ScenarioFile, complete as complete_scenario, named_tool, narrow as narrow_scenario,
};
pub use settings::{Settings, SettingsFile};
pub use story::StoryFile;
pub use thresholds::ThresholdsFile;
pub use variation::VariationFile;
pub use workspace::{WorkspaceFile, complete as complete_workspace};

/// Everything of one kind by name; a file that could not be read is a name without a value.
pub type Named<T> = BTreeMap<String, Option<T>>;
