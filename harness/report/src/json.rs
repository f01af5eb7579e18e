//! `summary.json`: estimates and comparisons for machines, with a version.

use lukewarm_analysis::{Doubt, Findings, Row};
use lukewarm_model::{FORMAT_VERSION, RunEnd, Warning};
use serde::Serialize;

use crate::headline::headline;

#[derive(Serialize)]
struct Summary<'f> {
    format: u32,
    run: &'f str,
    lukewarm: &'f str,
    headline: String,
    reference: Option<&'f str>,
    iterations: u32,
    missing_jobs: u64,
    end: Option<&'f RunEnd>,
    warnings: &'f [Warning],
    doubts: &'f [Doubt],
    rows: &'f [Row],
}

/// The summary as bytes, with a line break at its end.
///
/// # Errors
/// Only by a bug.
pub fn summary(findings: &Findings) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(&Summary {
        format: FORMAT_VERSION,
        run: &findings.run.id,
        lukewarm: &findings.run.lukewarm,
        headline: headline(findings),
        reference: findings.run.plan.reference.as_deref(),
        iterations: findings.run.plan.iterations,
        missing_jobs: findings.missing_jobs,
        end: findings.end.as_ref(),
        warnings: &findings.warnings,
        doubts: &findings.doubts,
        rows: &findings.rows,
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}
