//! Reads and writes the folder that a run leaves: `results/<date>T<time>-<name>-<short id>/`.
//! Owns the wire formats of the journal (`wire`), `run.json` and `samples.csv`, how files come to
//! be there (the journal line by line and synced, others under a temporary name first), and the one
//! file that a record travels in (`packed`).
//! It must not compute a statistic.

mod chain;
mod error;
mod files;
mod journal;
mod manifests;
mod name;
mod names;
mod packed;
mod plan_identity;
mod samples;
#[cfg(feature = "schema")]
mod schema;
mod summary;
pub mod wire;

pub use error::RecordError;
pub use files::write_file;
pub use journal::{JOURNAL, Writer, read};
pub use name::new_id;
pub use packed::{PACKED_SUFFIX, PackedLogs, PackedRun, copy_logs, pack, pack_into, read_packed};
pub use plan_identity::{length_differences, plan_differences, plan_digest};
pub use samples::{COLUMNS, samples_csv};
#[cfg(feature = "schema")]
pub use schema::{journal_schema, run_schema};
pub use summary::{JudgedJob, RUN_SUMMARY, run_summary};
pub use wire::{FORMAT_VERSION, PACKED_VERSION};

#[cfg(test)]
mod examples;
