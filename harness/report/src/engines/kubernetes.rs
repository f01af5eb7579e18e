//! Manifests of Kubernetes: an indexed Job, a pod for each shard, and a Job that waits for them and
//! merges. Owns what a pod is given, and may do.

use askama::Template;
use lukewarm_model::Bytes;

use super::measurement::{EngineError, ShardedMeasurement, VERSION};
use super::measurement::{file, indented, merge_script, minutes, rendered};
use crate::ReportFile;

/// What a shard takes besides measuring, in minutes: its pod starts, and stops.
const AROUND: u64 = 15;

/// The pod of a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardPod {
    /// Its image.
    pub image: String,
    /// Its CPUs, which it has to itself.
    pub cpus: u32,
    /// Its memory.
    pub memory: Bytes,
}

#[derive(Template)]
#[template(path = "engines/kubernetes.yaml", syntax = "engine", escape = "none")]
struct Manifests<'a> {
    name: &'a str,
    made_by: String,
    version: &'static str,
    image: &'a str,
    cpus: u32,
    memory: u64,
    shards: u32,
    shard_script: String,
    merge_script: String,
}

#[derive(Template)]
#[template(path = "engines/kubernetes-shard.sh", syntax = "engine", escape = "none")]
struct ShardScript<'a> {
    name: &'a str,
    minutes: u64,
    words: String,
}

#[derive(Template)]
#[template(path = "engines/kubernetes-merge.sh", syntax = "engine", escape = "none")]
struct WaitScript<'a> {
    name: &'a str,
    shards: u32,
    wait_seconds: u64,
    merge: String,
}

/// The file of all manifests.
pub(super) fn files(
    pod: &ShardPod,
    measurement: &ShardedMeasurement<'_>,
) -> Result<Vec<ReportFile>, EngineError> {
    let is_image = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    let begins = pod.image.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins || !pod.image.chars().all(is_image) {
        let why = "an image is such as `registry.example/lukewarm:1`";
        return Err(EngineError::Text { text: pod.image.clone(), why });
    }
    let ShardedMeasurement { name, shards, .. } = *measurement;
    let minutes = minutes(measurement.time_limit);
    let shard = rendered(&ShardScript { name, minutes, words: measurement.shell_words(2) })?;
    let merge = rendered(&WaitScript {
        name,
        shards,
        wait_seconds: (minutes + AROUND) * 60 * u64::from(shards),
        merge: merge_script(shards)?,
    })?;
    let text = rendered(&Manifests {
        name,
        made_by: measurement.made_by(),
        version: VERSION,
        image: &pod.image,
        cpus: pod.cpus,
        memory: pod.memory.0,
        shards,
        shard_script: indented(&shard, 4),
        merge_script: indented(&merge, 4),
    })?;
    Ok(vec![file(format!("{name}.yaml"), &text)])
}
