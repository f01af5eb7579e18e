//! `lukewarm report`: every report of a run again, from its raw record.
//! Everything here is pure but for reading the record and writing the files.

use std::path::{Path, PathBuf};

use lukewarm_analysis::{Evaluation, analyse};
use lukewarm_model::RawRecord;
use lukewarm_model::text::{Safe, Terminal};
use lukewarm_record::{JudgedJob, RUN_SUMMARY, write_file};
use lukewarm_report::{RunFormat, TerminalStyle, Trust};

use super::publish;
use crate::args::{Common, ReportArgs, RunFormatWord};
use crate::exit::Exit;
use crate::{home, terminal};

/// Makes the reports of a run again.
pub fn run(common: &Common, args: &ReportArgs) -> anyhow::Result<Exit> {
    let folder = find(common, &args.run)?;
    let record = lukewarm_record::read(&folder)?;
    if let Some(word) = args.format {
        let findings = analyse(Evaluation::of(&record));
        terminal::result(lukewarm_report::format(&findings, format(word))?);
        return Ok(Exit::of(lukewarm_report::trust(&findings)));
    }
    let reported = write(&record, &folder)?;
    if args.png {
        bitmaps(&record, &folder)?;
    }
    terminal::result(reported.table);
    publish::publish(common, &args.publish, &record, &folder)?;
    Ok(Exit::of(reported.trust))
}

/// What a run says, when its files are written.
pub struct Reported {
    /// The table for a terminal.
    pub table: Safe<Terminal>,
    /// How far the run may be believed, which says how the program ends.
    pub trust: Trust,
}

fn format(word: RunFormatWord) -> RunFormat {
    match word {
        RunFormatWord::Json => RunFormat::Json,
        RunFormatWord::Markdown => RunFormat::Markdown,
        RunFormatWord::Hyperfine => RunFormat::Hyperfine,
        RunFormatWord::Bencher => RunFormat::Bencher,
        RunFormatWord::GithubActionBenchmark => RunFormat::ActionBenchmark,
        RunFormatWord::CsvWide => RunFormat::CsvWide,
    }
}

/// The results folder: a path, or a name below `results`.
pub fn find(common: &Common, run: &Path) -> anyhow::Result<PathBuf> {
    if run.is_dir() {
        return Ok(run.to_owned());
    }
    let below = home::root(common)?.join("results").join(run);
    Ok(if below.is_dir() { below } else { run.to_owned() })
}

/// Evaluates, analyses and reports a record into its folder.
pub fn write(record: &RawRecord, folder: &Path) -> anyhow::Result<Reported> {
    let evaluation = Evaluation::of(record);
    let judged: Vec<JudgedJob> = evaluation
        .jobs()
        .iter()
        .map(|job| JudgedJob::new(job.facts, job.verdict.clone()))
        .collect();
    let summary = lukewarm_record::run_summary(&record.run, record.end.as_ref(), &judged)?;
    write_file(folder, RUN_SUMMARY, &summary)?;
    let findings = analyse(evaluation);
    write_file(folder, "samples.csv", &lukewarm_record::samples_csv(&findings.samples)?)?;
    for file in lukewarm_report::files(&findings)? {
        write_file(folder, &file.name, &file.content)?;
    }
    let style = TerminalStyle { width: terminal::width(), colour: terminal::colour(&home::user()) };
    let table = lukewarm_report::terminal(&findings, style);
    Ok(Reported { table, trust: lukewarm_report::trust(&findings) })
}

/// Writes the charts of a record as bitmaps, beside the SVGs of its folder.
pub fn bitmaps(record: &RawRecord, folder: &Path) -> anyhow::Result<()> {
    let findings = analyse(Evaluation::of(record));
    for file in lukewarm_report::bitmaps(&findings)? {
        write_file(folder, &file.name, &file.content)?;
    }
    Ok(())
}
