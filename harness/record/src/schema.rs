//! JSON Schemas of the files that a run leaves.
//! Owns the shape of a journal's line as a reader may meet it; how one is written is `journal`'s.

#![expect(dead_code, reason = "of these types only the schema is wanted")]

use lukewarm_model::schema_of;
use schemars::{JsonSchema, Schema};

use crate::summary::Summary;
use lukewarm_wire::v1::{JobFacts, RunEnd, RunFacts};

/// One line of `journal.jsonl`.
#[derive(JsonSchema)]
struct JournalLine {
    /// Version of the format.
    v: u32,
    #[schemars(flatten)]
    fact: Fact,
    /// Checksum of this line and all before it; journals of earlier versions have none.
    #[schemars(regex(pattern = "^[0-9a-f]{16}$"), skip_serializing_if = "Option::is_none")]
    sum: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(tag = "fact", content = "data", rename_all = "kebab-case")]
enum Fact {
    Run(Box<RunFacts>),
    Job(Box<JobFacts>),
    End(Box<RunEnd>),
}

/// The JSON Schema of one line of `journal.jsonl`.
pub fn journal_schema() -> Schema {
    schema_of::<JournalLine>()
}

/// The JSON Schema of `run.json`.
pub fn run_schema() -> Schema {
    schema_of::<Summary<'_>>()
}
