//! The files that are generated from a run's journal, in the run's folder.
//! Owns which files these are; their content belongs to `record` and `report`.

use std::path::Path;
use std::thread;

use lukewarm_analysis::{Evaluation, Findings, analyse};
use lukewarm_model::{RawRecord, result_of};
use lukewarm_record::{JudgedJob, RUN_SUMMARY, write_file};
use lukewarm_report::Trust;

use crate::error::SessionError;

/// The evaluation of a run.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// Estimates and comparisons.
    pub findings: Findings,
    /// Whether the run is complete and valid, which decides the exit code.
    pub trust: Trust,
}

/// Evaluates a record, and writes nothing.
pub fn evaluate(record: &RawRecord) -> RunReport {
    let findings = analyse(Evaluation::of(record));
    let trust = lukewarm_report::trust(&findings);
    RunReport { findings, trust }
}

/// Evaluates a record and writes every generated file into a results folder.
///
/// # Errors
/// When a file cannot be made or written.
pub fn write_report(record: &RawRecord, folder: &Path) -> Result<RunReport, SessionError> {
    let evaluation = Evaluation::of(record);
    let judged: Vec<JudgedJob> = evaluation
        .jobs()
        .iter()
        .map(|job| JudgedJob::new(job.facts, job.verdict.clone()))
        .collect();
    // Of a record of 10,000 jobs each of these takes a tenth of a second and more.
    let end = record.end.as_ref();
    let (summary, findings, samples, files) = thread::scope(|scope| {
        let summary = scope.spawn(|| lukewarm_record::run_summary(&record.run, end, &judged));
        let findings = analyse(evaluation);
        let (samples, files) = thread::scope(|scope| {
            let samples = scope.spawn(|| lukewarm_record::samples_csv(&findings.samples));
            let files = lukewarm_report::files(&findings);
            (result_of(samples), files)
        });
        (result_of(summary), findings, samples, files)
    });
    write_file(folder, RUN_SUMMARY, &summary?)?;
    write_file(folder, "samples.csv", &samples?)?;
    for file in files? {
        write_file(folder, &file.name, &file.content)?;
    }
    if record.run.plan.is_varied() {
        for file in lukewarm_report::soundness_files(&lukewarm_analysis::soundness(record))? {
            write_file(folder, &file.name, &file.content)?;
        }
    }
    let trust = lukewarm_report::trust(&findings);
    Ok(RunReport { findings, trust })
}

/// Writes the charts of a run as PNG, into the folder of its SVGs.
///
/// # Errors
/// When a chart cannot be drawn or written.
pub fn write_bitmaps(findings: &Findings, folder: &Path) -> Result<(), SessionError> {
    for file in lukewarm_report::bitmaps(findings)? {
        write_file(folder, &file.name, &file.content)?;
    }
    Ok(())
}
