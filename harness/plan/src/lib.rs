//! Scenario, workspace, network and story files plus a selection become a plan.
//! Owns the judgement of everything that people write. It starts nothing, accepts no unknown
//! key, and names every problem at once.

mod at_once;
mod catalogue;
mod check;
mod claim_hash;
mod claims;
mod commands;
mod compatibility;
mod document;
mod error;
mod estimate;
mod files;
mod forms;
mod grammar;
mod pairing;
mod patch;
mod problem;
mod recorded;
mod reference;
mod runner;
mod schema;
mod select;
mod selection;
mod serve;
mod settings;
mod soundness;
mod source;
mod thresholds;
mod variables;
mod variant;
mod wire;
mod words;

pub use catalogue::{Files, Length, Preset, PresetFile};
pub use claims::{ClaimsRun, Effort, plans, refined, select_claims};
pub use error::{CommandError, GrammarError, MarkerError};
pub use estimate::{ESTIMATE_SOURCE, estimate};
pub use files::{read, read_layers};
pub use pairing::Pairing;
pub use problem::{Problem, Problems, unknown};
pub use recorded::carried_out;
pub use reference::with_tables;
pub use schema::{FILE_KINDS, FileKind};
pub use select::{DEFAULT_SEED, LOOKS, PRIME_EVERY, plan};
pub use selection::{Floor, Selection};
pub use serve::{ServiceSelection, service};
pub use settings::{WorkspaceSettings, cargo_workspace, settings_in, settings_of};
pub use soundness::{VariationSet, soundness};
pub use source::{BuiltInFile, Layer};
pub use thresholds::thresholds;
pub use variables::{VariableSources, recorded_word, variables};
pub use words::split as split_words;
