//! `summary.json`: estimates, comparisons and verdicts for machines.
//! Owns the file's form and its version; the numbers are those of the findings, unrounded.

use std::collections::BTreeMap;

use lukewarm_analysis::{Across, ErrorLevels, Findings, JobIssue, Outlier, Row, error_levels};
use lukewarm_model::text::{Json, Safe};
use lukewarm_model::{
    ConfigurationSetting, Host, MachinePace, PaceSummary, Publication, TimeSpent, ToolIdentity,
    Toolchain, Warning,
};
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::headline::headline;

/// Version of the summary's form; a new optional field does not change it.
const FORMAT: u32 = 1;

/// The file, with the fields in the order they are written.
#[derive(JsonSchema, Serialize)]
struct Summary<'a> {
    format: u32,
    id: &'a str,
    started: &'a str,
    ended: Option<&'a str>,
    stopped: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enough: Option<&'a str>,
    lukewarm: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    executable: Option<&'a str>,
    command: &'a [String],
    headline: String,
    reference: Option<&'a str>,
    /// How sure the verdicts *faster* and *slower* are; absent where nothing is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    levels: Option<ErrorLevels>,
    story: &'a str,
    iterations: u32,
    cargo_profile: &'a str,
    missing_jobs: u64,
    doubts: &'a [JobIssue],
    rows: &'a [Row],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    across: &'a [Across],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    outliers: &'a [Outlier],
    warnings: &'a [Warning],
    time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<PaceSummary<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<&'a Publication>,
    host: &'a Host,
    toolchains: &'a BTreeMap<String, Toolchain>,
    tools: &'a BTreeMap<String, ToolIdentity>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    configuration: &'a BTreeMap<String, Vec<ConfigurationSetting>>,
}

/// Where the time went, in seconds and as shares of their sum.
#[derive(JsonSchema, Serialize)]
struct Time {
    seconds: TimeSpent,
    shares: Shares,
}

/// Shares of the time of a run, between 0 and 1; all 0 where no time went.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize)]
pub(crate) struct Shares {
    pub(crate) measured: f64,
    pub(crate) laying: f64,
    pub(crate) own: f64,
}

/// The JSON Schema of `summary.json`.
pub fn summary_schema() -> Schema {
    lukewarm_model::schema_of::<Summary<'_>>()
}

/// The summary as JSON, ended by a newline.
pub(crate) fn summary(findings: &Findings) -> Result<Safe<Json>, serde_json::Error> {
    let run = &findings.run;
    let end = findings.end.as_ref();
    let summary = Summary {
        format: FORMAT,
        id: &run.id,
        started: &run.started,
        ended: end.map(|end| end.ended.as_str()),
        stopped: end.and_then(|end| end.stopped.as_deref()),
        enough: end.and_then(|end| end.enough.as_deref()),
        lukewarm: &run.lukewarm,
        executable: run.executable.as_deref(),
        command: &run.command,
        headline: headline(findings),
        reference: run.plan.reference.as_deref(),
        levels: error_levels(&run.plan),
        story: &run.plan.story.name,
        iterations: run.plan.iterations,
        cargo_profile: &run.plan.cargo_profile,
        missing_jobs: findings.missing_jobs,
        doubts: &findings.issues,
        rows: &findings.rows,
        across: &findings.across,
        outliers: &findings.outliers,
        warnings: &findings.warnings,
        time: end.map(|end| Time { seconds: end.time, shares: shares(end.time) }),
        machine: end.and_then(|end| end.machine.as_ref()).map(MachinePace::summary),
        published: end.and_then(|end| end.published.as_ref()),
        host: &run.host,
        toolchains: &run.toolchains,
        tools: &run.tools,
        configuration: &run.configuration,
    };
    let text = serde_json::to_string_pretty(&summary)?;
    Ok(Safe::<Json>::file(&(text + "\n")))
}

/// The parts of a run's time as shares of their sum.
pub(crate) fn shares(time: TimeSpent) -> Shares {
    let sum = time.measured.0 + time.laying.0 + time.own.0;
    let share = |part: f64| if sum > 0.0 { part / sum } else { 0.0 };
    Shares {
        measured: share(time.measured.0),
        laying: share(time.laying.0),
        own: share(time.own.0),
    }
}
