//! A workflow of GitHub Actions with a matrix over the shards, and a job that merges.
//! Owns which actions it uses, by their commits.

use askama::Template;

use super::measurement::{EngineError, ShardedMeasurement, VERSION};
use super::measurement::{file, indented, merge_script, minutes, rendered};
use crate::ReportFile;
use crate::workflow::{CHECKOUT, scalar};

/// GitHub's action that keeps files of a job.
const UPLOAD: &str =
    "uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0";

/// GitHub's action that fetches them again.
const DOWNLOAD: &str =
    "uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1";

/// What a job does besides measuring, in minutes.
const AROUND: u64 = 30;

/// The jobs of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GithubJobs {
    /// The label of their runners.
    pub runs_on: String,
    /// The repository that lukewarm is built from, as `OWNER/NAME`.
    pub repository: String,
}

#[derive(Template)]
#[template(path = "engines/github.yml", syntax = "engine", escape = "none")]
struct Workflow<'a> {
    name: &'a str,
    made_by: String,
    version: &'static str,
    runs_on: String,
    repository: &'a str,
    checkout: &'static str,
    upload: &'static str,
    download: &'static str,
    shards: u32,
    numbers: String,
    minutes: u64,
    job_minutes: u64,
    words: String,
    merge: String,
}

/// The workflow file.
pub(super) fn files(
    jobs: &GithubJobs,
    measurement: &ShardedMeasurement<'_>,
) -> Result<Vec<ReportFile>, EngineError> {
    let is_repository = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let parts: Vec<&str> = jobs.repository.split('/').collect();
    if parts.len() != 2 || !parts.iter().all(|part| is_repository(part)) {
        let why = "a repository is `OWNER/NAME`";
        return Err(EngineError::Text { text: jobs.repository.clone(), why });
    }
    let shards = measurement.shards;
    let numbers: Vec<String> = (1..=shards).map(|it| it.to_string()).collect();
    let minutes = minutes(measurement.time_limit);
    let text = rendered(&Workflow {
        name: measurement.name,
        made_by: measurement.made_by(),
        version: VERSION,
        runs_on: scalar(&jobs.runs_on),
        repository: &jobs.repository,
        checkout: CHECKOUT,
        upload: UPLOAD,
        download: DOWNLOAD,
        shards,
        numbers: numbers.join(", "),
        minutes,
        job_minutes: minutes + AROUND,
        words: measurement.shell_words(12),
        merge: indented(&merge_script(shards)?, 10),
    })?;
    Ok(vec![file(format!("{}.yml", measurement.name), &text)])
}
