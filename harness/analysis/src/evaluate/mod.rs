//! Evaluation: each job of a record is read once, into all that later stages use.
//! Owns the order: raw facts, the tool's statistics, the service's ledger, the verdict, the
//! samples. Everything after it (comparisons, findings, the gate, claims, `run.json`) reads
//! evaluated jobs. It must not compare jobs with each other, except for what they made.

mod case;
mod copies;
mod evaluation;
mod expected_reuse;
mod first_pass;
mod job;
mod job_under_test;
mod outputs;
mod parts;
mod samples;
mod samples_by_row;
mod verdict;

pub use case::PlannedCase;
pub use copies::{EvaluatedCopy, Shareable};
pub(crate) use copies::{duplicate_compiles, duplicate_writes};
pub use evaluation::Evaluation;
pub use job::EvaluatedJob;
pub use outputs::OutputEvidence;
pub(crate) use parts::Parts;
pub(crate) use samples_by_row::{ByIteration, RowSamples, SamplesByRow};

#[cfg(test)]
mod another_tool;
#[cfg(test)]
mod output_tests;
