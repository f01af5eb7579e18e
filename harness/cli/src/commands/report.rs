//! `lukewarm report`: every report of a run again, from its raw record.
//! Everything here is pure but for reading the record and writing the files.

use std::path::{Path, PathBuf};

use lukewarm_model::RawRecord;
use lukewarm_record::{JudgedJob, RUN_SUMMARY, write_file};
use lukewarm_report::TerminalStyle;

use crate::args::{Common, ReportArgs};
use crate::exit::Exit;
use crate::{home, terminal};

/// Makes the reports of a run again.
pub fn run(common: &Common, args: &ReportArgs) -> anyhow::Result<Exit> {
    let folder = find(common, &args.run)?;
    let record = lukewarm_record::read(&folder)?;
    make(&record, &folder)
}

/// The results folder: a path, or a name below `results`.
pub fn find(common: &Common, run: &Path) -> anyhow::Result<PathBuf> {
    if run.is_dir() {
        return Ok(run.to_owned());
    }
    let below = home::root(common)?.join("results").join(run);
    Ok(if below.is_dir() { below } else { run.to_owned() })
}

/// Measures, analyses and reports a record; prints the table.
pub fn make(record: &RawRecord, folder: &Path) -> anyhow::Result<Exit> {
    let samples = lukewarm_analysis::measure(record);
    let findings = lukewarm_analysis::analyse(record, &samples);
    let judged: Vec<JudgedJob> = record
        .jobs
        .iter()
        .map(|job| JudgedJob::new(job, lukewarm_analysis::judge(&record.run, job)))
        .collect();
    let summary = lukewarm_record::run_summary(&record.run, record.end.as_ref(), &judged)?;
    write_file(folder, RUN_SUMMARY, &summary)?;
    write_file(folder, "samples.csv", &lukewarm_record::samples_csv(&samples)?)?;
    for file in lukewarm_report::files(&findings)? {
        write_file(folder, &file.name, &file.content)?;
    }
    let style = TerminalStyle { width: terminal::width(), colour: terminal::colour(&home::user()) };
    terminal::result(&lukewarm_report::terminal(&findings, style));
    let whole = findings.missing_jobs == 0 && record.end.is_some();
    let failed = record.jobs.iter().any(|job| job.failure.is_some());
    Ok(if whole && !failed { Exit::Fine } else { Exit::CasesFailed })
}
