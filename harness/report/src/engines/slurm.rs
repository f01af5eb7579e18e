//! Scripts of Slurm: a job array over the shards, and a job that merges after them.
//! Owns what both ask of the queue.

use askama::Template;

use super::measurement::{EngineError, ShardedMeasurement, VERSION};
use super::measurement::{file, merge_script, minutes, rendered};
use crate::ReportFile;

#[derive(Template)]
#[template(path = "engines/slurm-shards.sh", syntax = "engine", escape = "none")]
struct ArrayScript<'a> {
    name: &'a str,
    made_by: String,
    version: &'static str,
    shards: u32,
    minutes: u64,
    words: String,
}

#[derive(Template)]
#[template(path = "engines/slurm-merge.sh", syntax = "engine", escape = "none")]
struct AfterScript<'a> {
    name: &'a str,
    merge: String,
}

/// Both scripts.
pub(super) fn files(measurement: &ShardedMeasurement<'_>) -> Result<Vec<ReportFile>, EngineError> {
    let ShardedMeasurement { name, shards, .. } = *measurement;
    let array = rendered(&ArrayScript {
        name,
        made_by: measurement.made_by(),
        version: VERSION,
        shards,
        minutes: minutes(measurement.time_limit),
        words: measurement.shell_words(2),
    })?;
    let merge = rendered(&AfterScript { name, merge: merge_script(shards)? })?;
    Ok(vec![file(format!("{name}-shards.sh"), &array), file(format!("{name}-merge.sh"), &merge)])
}
