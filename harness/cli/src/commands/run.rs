//! `lukewarm run`: the main job, from plan to report.

use std::path::Path;

use lukewarm_analysis::Evaluation;
use lukewarm_model::RawRecord;
use lukewarm_runner::OpenCells;
use lukewarm_session::{Measured, OpenedRun, Publication, RunReport};

use super::narrator::{self, Narrator};
use super::report;
use crate::args::{Common, RunArgs};
use crate::exit::Exit;
use crate::failure::Result;
use crate::{paths, terminal};

/// Runs the selected cases and reports, or goes on with a run that was cut off.
pub fn run(common: &Common, args: &RunArgs) -> Result<Exit> {
    let publication = report::publication(common, &args.publish)?;
    let mut decide = open;
    let mut narrator = Narrator::new(common, narrator::resume);
    let measured = match &args.resume {
        None => {
            let files = super::files(common, &args.plan.measure.places)?;
            let plan = super::plan(&files, &args.plan)?;
            let session = super::session(common, &files, &args.plan.measure)?;
            if let Some(publication) = &publication {
                publication.check_machine(&plan, &session.settings)?;
            }
            session.measure(plan, &mut decide, &mut |event| narrator.hear(event))
        }
        Some(run) => {
            let folder = paths::run_folder(common, run)?;
            let opened = OpenedRun::open(&folder)?;
            terminal::warn(&opened.warnings());
            if opened.record().is_complete() {
                return ended(common, args, publication, opened);
            }
            let files = super::files(common, &args.plan.measure.places)?;
            let session = super::session(common, &files, &args.plan.measure)?;
            session.resume(opened, &mut decide, &mut |event| narrator.hear(event))
        }
    };
    let Measured { record, report, folder } = measured.map_err(|it| narrator.explain(it))?;
    answer(common, args, publication, (&record, &report, &folder))
}

/// What is worth measuring further.
fn open(record: &RawRecord) -> OpenCells {
    lukewarm_analysis::open(&Evaluation::of(record))
}

/// Reports a run again that has nothing left to be measured.
fn ended(
    common: &Common,
    args: &RunArgs,
    publication: Option<Publication>,
    run: OpenedRun,
) -> Result<Exit> {
    if !common.quiet {
        terminal::say("this run has come to its end: nothing is left to be measured");
    }
    // It may have been killed before it had cleared everything away.
    lukewarm_runner::sweep(&paths::scratch(&args.plan.measure.places)?)?;
    lukewarm_cache_services::sweep(&std::env::temp_dir());
    let report = lukewarm_session::write_report(run.record(), run.folder())?;
    answer(common, args, publication, (run.record(), &report, run.folder()))
}

/// Prints what a run says, and publishes it where that was asked for.
fn answer(
    common: &Common,
    args: &RunArgs,
    publication: Option<Publication>,
    (record, report, folder): (&RawRecord, &RunReport, &Path),
) -> Result<Exit> {
    if args.png {
        lukewarm_session::write_bitmaps(&report.findings, folder)?;
    }
    narrator::print_table(report);
    report::publish(common, publication, record, folder)?;
    Ok(Exit::of(report.trust))
}
