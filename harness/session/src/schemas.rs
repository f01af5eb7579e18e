//! The JSON Schemas of what lukewarm writes as JSON.
//! Owns their names. With the feature `schema` they are made from the types; without it they are
//! those of `harness/docs/schemas`, which a test compares with the types'.

use serde_json::Value;

/// A schema, and the files or output that it describes.
#[derive(Clone, Debug)]
pub struct NamedSchema {
    /// Its name on the command line.
    pub name: &'static str,
    /// The file or the command's output.
    pub of: &'static str,
    /// The schema.
    pub schema: Value,
}

#[cfg(feature = "schema")]
macro_rules! schema {
    ($name:literal, $made:expr) => {{
        let mut schema = $made.to_value();
        schema["title"] = concat!("lukewarm: ", $name).into();
        schema
    }};
}

#[cfg(not(feature = "schema"))]
macro_rules! schema {
    ($name:literal, $made:expr) => {
        serde_json::from_str(include_str!(concat!("../../docs/schemas/", $name, ".json")))
            .expect("a test makes this file")
    };
}

macro_rules! schemas {
    ($($name:literal: $of:literal, $made:expr;)*) => {
        vec![$(NamedSchema { name: $name, of: $of, schema: schema!($name, $made) }),*]
    };
}

/// The schemas, in the order of lists.
pub fn written_schemas() -> Vec<NamedSchema> {
    schemas! {
        "journal": "a line of journal.jsonl", lukewarm_record::journal_schema();
        "run": "run.json", lukewarm_record::run_schema();
        "summary": "summary.json", lukewarm_report::summary_schema();
        "list": "`lukewarm list --json`", crate::Listing::schema();
        "doctor": "`lukewarm doctor --json`", crate::Diagnosis::schema();
        "overhead": "`lukewarm overhead --json`", lukewarm_report::overhead_schema();
        "claims": "claims.json", lukewarm_report::claims_schema();
        "compare": "`lukewarm compare --format json`", lukewarm_report::gate_schema();
        "recommend": "`lukewarm recommend --format json`",
            lukewarm_report::recommendation_schema();
        "soundness": "soundness.json", lukewarm_report::soundness_schema();
    }
}
