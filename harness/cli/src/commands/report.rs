//! `lukewarm report`: every report of a run again, from its raw record.
//! Owns what is printed.

use std::path::Path;

use lukewarm_model::RawRecord;
use lukewarm_session::Publication;

use super::narrator;
use crate::args::{Common, PublishArgs, ReportArgs};
use crate::exit::Exit;
use crate::failure::Result;
use crate::{paths, terminal};

/// Makes the reports of a run again.
pub fn run(common: &Common, args: &ReportArgs) -> Result<Exit> {
    let folder = paths::run_folder(common, &args.run)?;
    let record = lukewarm_record::read(&folder)?;
    if let Some(format) = args.format {
        let report = lukewarm_session::evaluate(&record);
        terminal::result(lukewarm_report::format(&report.findings, format)?);
        return Ok(Exit::of(report.trust));
    }
    let publication = publication(common, &args.publish)?;
    let report = lukewarm_session::write_report(&record, &folder)?;
    if args.png {
        lukewarm_session::write_bitmaps(&report.findings, &folder)?;
    }
    narrator::print_table(&report);
    publish(common, publication, &record, &folder)?;
    let exit = Exit::of(report.trust);
    // The process ends: of a record of 10,000 jobs it takes a tenth of the time to free all that it
    // is made of one by one.
    std::mem::forget((record, report));
    Ok(exit)
}

/// The publication that the arguments ask for; none without `--publish`.
pub fn publication(common: &Common, args: &PublishArgs) -> Result<Option<Publication>> {
    let Some(name) = &args.publish else { return Ok(None) };
    let reason = args.publish_anyway.as_deref();
    Ok(Some(Publication::new(paths::definitions(common)?.results(), name, reason)?))
}

/// Publishes a run where that was asked for, and prints the folder.
pub fn publish(
    common: &Common,
    publication: Option<Publication>,
    record: &RawRecord,
    folder: &Path,
) -> Result<()> {
    let Some(publication) = publication else { return Ok(()) };
    let target = publication.publish(record, folder)?;
    if !common.quiet {
        terminal::say(format!("published: {}", target.display()));
    }
    Ok(())
}
