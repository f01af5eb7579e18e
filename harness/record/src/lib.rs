//! Reads and writes the folder that a run leaves: `results/<date>T<time>-<name>-<short id>/`.
//! Owns how files come to be there (the journal line by line and synced, others under a temporary
//! name first), the form of `run.json`, and the one file that a record travels in (`packed`). The
//! forms of the journal's lines and of `samples.csv` are `lukewarm_wire`'s.
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
#[cfg(feature = "schema")]
mod schema;
mod summary;

pub use error::RecordError;
pub use files::write_file;
pub use journal::{JOURNAL, Writer, read};
pub use lukewarm_wire::{FORMAT_VERSION, PACKED_VERSION};
pub use name::new_id;
pub use packed::{PACKED_SUFFIX, PackedLogs, PackedRun, copy_logs, pack, pack_into, read_packed};
pub use plan_identity::{length_differences, plan_differences, plan_digest};
#[cfg(feature = "schema")]
pub use schema::{journal_schema, run_schema};
pub use summary::{JudgedJob, RUN_SUMMARY, run_summary, samples_csv};

#[cfg(test)]
mod examples;
