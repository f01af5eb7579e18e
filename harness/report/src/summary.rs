//! `summary.json`: estimates, comparisons and verdicts for machines.
//! Owns the file's form and its version; the numbers are those of the findings, unrounded. What
//! measured them stands in `run.json` alone.

use lukewarm_analysis::{
    BestFew, CopiesRow, CrossWorkspace, ErrorLevels, Findings, JobIssue, MergedRun, Outlier,
    OutputCoverage, Row, error_levels,
};
use lukewarm_model::Warning;
use lukewarm_model::described::JsonSchema;
use lukewarm_model::text::{Json, Safe};
use serde::Serialize;

use crate::headline::headline;

/// Version of the summary's form; a new optional field does not change it.
const FORMAT: u32 = 2;

/// The file, with the fields in the order they are written. None of them is one of `run.json`.
#[derive(JsonSchema, Serialize)]
struct Summary<'a> {
    format: u32,
    /// The `id` of the run in its `run.json`, which says what measured it, when and how it ended.
    run: &'a str,
    headline: String,
    /// How sure the verdicts *faster* and *slower* are; absent where nothing is compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    levels: Option<ErrorLevels>,
    missing_jobs: u64,
    doubts: &'a [JobIssue],
    /// How many jobs had their outputs compared with those of builds without a cache; absent where
    /// nobody looked at outputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    outputs: Option<OutputCoverage>,
    rows: &'a [Row],
    /// The fastest scenarios of each workspace and job beside each other; absent without a
    /// reference, and before there are two blocks.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    best: &'a [BestFew],
    #[serde(rename = "across", skip_serializing_if = "<[_]>::is_empty")]
    cross_workspace: &'a [CrossWorkspace],
    /// The machines or sittings that the record was merged from, by kind; absent where it was not
    /// merged. The parts are those of `run.json`, numbered from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged: Option<&'a MergedRun>,
    /// The jobs that ran several times at once; absent where each ran alone.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    copies: &'a [CopiesRow],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    outliers: &'a [Outlier],
    /// What made numbers worse, from the run's start to its end, with advice.
    warnings: Vec<WarningAnswer<'a>>,
}

/// Something that makes numbers worse.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Warning")]
struct WarningAnswer<'a> {
    /// What is wrong.
    what: &'a str,
    /// What to do about it.
    advice: &'a str,
}

impl<'a> From<&'a Warning> for WarningAnswer<'a> {
    fn from(it: &'a Warning) -> WarningAnswer<'a> {
        let Warning { what, advice } = it;
        WarningAnswer { what, advice }
    }
}

/// The JSON Schema of `summary.json`.
#[cfg(feature = "schema")]
pub fn summary_schema() -> schemars::Schema {
    lukewarm_model::schema_of::<Summary<'_>>()
}

/// The summary as JSON, ended by a newline.
pub(crate) fn summary(findings: &Findings) -> Result<Safe<Json>, serde_json::Error> {
    let run = &findings.run;
    let summary = Summary {
        format: FORMAT,
        run: &run.id,
        headline: headline(findings),
        levels: error_levels(run),
        missing_jobs: findings.missing_jobs,
        doubts: &findings.issues,
        outputs: findings.outputs.is_known().then_some(findings.outputs),
        rows: &findings.rows,
        best: &findings.best,
        cross_workspace: &findings.cross_workspace,
        merged: findings.merged.as_ref(),
        copies: &findings.copies,
        outliers: &findings.outliers,
        warnings: findings.warnings.iter().map(WarningAnswer::from).collect(),
    };
    let text = serde_json::to_string_pretty(&summary)?;
    Ok(Safe::<Json>::file(&(text + "\n")))
}
