//! Scenario, workspace, network and story files plus a selection become a plan.
//! Owns the judgement of everything that people write. It starts nothing, accepts no unknown
//! key, and names every problem at once.

mod claims;
mod estimate;
mod files;
mod kinds;
mod patch;
mod problem;
mod reader;
mod recorded;
mod schema;
mod select;
mod serve;
mod shape;
mod thresholds;
mod variant;

pub use claims::{ClaimsRun, Effort, plans, refined, select_claims};
pub use estimate::{ESTIMATE_SOURCE, estimate};
pub use files::{Files, read};
pub use kinds::{Length, PresetFile};
pub use problem::{Problem, Problems, unknown};
pub use recorded::carried_out;
pub use schema::{FILE_KINDS, FileKind};
pub use select::{DEFAULT_SEED, Floor, LOOKS, PRIME_EVERY, Preset, Selection, plan};
pub use serve::{ServiceSelection, service};
pub use thresholds::thresholds;
