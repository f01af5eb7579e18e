//! Reads and writes the folder that a run leaves: `results/<date>T<time>-<name>-<short id>/`.
//! Owns the wire formats of the journal (`wire`), `run.json` and `samples.csv`, and how files come
//! to be there: the journal line by line and synced, every other file under a temporary name first.
//! It must not compute a statistic.

mod chain;
mod error;
mod files;
mod journal;
mod manifests;
mod name;
mod names;
mod samples;
mod schema;
mod summary;
pub mod wire;

pub use error::RecordError;
pub use files::write_file;
pub use journal::{JOURNAL, Writer, read};
pub use name::new_id;
pub use samples::{COLUMNS, samples_csv};
pub use schema::{journal_schema, run_schema};
pub use summary::{JudgedJob, RUN_SUMMARY, run_summary};
pub use wire::FORMAT_VERSION;

#[cfg(test)]
mod examples;
