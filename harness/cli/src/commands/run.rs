//! `lukewarm run`: the main job, from plan to report.

use std::path::Path;

use lukewarm_model::{DecidedBy, RawRecord};
use lukewarm_session::{
    Assignment, Deciding, Measured, OpenedRun, Publication, RunReport, Session, report_ended,
};

use super::narrator::{self, Narrator};
use super::report;
use crate::args::{Common, RunArgs};
use crate::exit::Exit;
use crate::failure::{Result, bail};
use crate::{paths, terminal};

/// Runs the selected cases and reports, or resumes an interrupted run.
pub fn run(common: &Common, args: &RunArgs) -> Result<Exit> {
    let publication = report::publication(common, &args.publish)?;
    let mut narrator = Narrator::new(common, narrator::resume);
    let measured = match &args.resume {
        None => {
            let assignment = Assignment {
                first_block: args.portion.first_block,
                ..super::assignment(common, &args.portion.shard)?
            };
            if publication.is_some() && !assignment.is_everything() {
                bail!(
                    "--publish: a part of a plan is not published: merge all of them, and publish \
                     that with `lukewarm report RUN --publish NAME`"
                );
            }
            let files = super::files(common, &args.plan.measure.places)?;
            let selection = super::selected(common, &files, &args.plan)?;
            let plan = super::plan(&files, &selection)?;
            let settings = selection.settings.as_ref();
            let variables = super::variables(&files, &args.plan.build, settings)?;
            let session = super::session(common, &files, &args.plan.measure, variables)?;
            let session = Session { assignment, ..session };
            if let Some(publication) = &publication {
                publication.check_machine(&plan, &session.settings)?;
            }
            session.measure(plan, Deciding::comparisons(), &mut |event| narrator.hear(event))
        }
        Some(run) => {
            let folder = paths::run_folder(common, run)?;
            let opened = OpenedRun::open(&folder)?;
            terminal::warn(&opened.warnings());
            if opened.record().is_complete() {
                return ended(common, args, publication, opened);
            }
            let files = super::files(common, &args.plan.measure.places)?;
            let own = opened.own_folders(&paths::user());
            let own: Vec<String> = own.iter().map(|it| it.display().to_string()).collect();
            let settings = super::settings(common, &files, &own)?;
            let variables = super::variables(&files, &args.plan.build, settings.as_ref())?;
            let session = super::session(common, &files, &args.plan.measure, variables)?;
            // Which part of a plan it is stands in the record.
            let file = args.portion.shard.shard_file.clone();
            let session =
                Session { assignment: Assignment { file, ..Assignment::default() }, ..session };
            session.resume(opened, &mut |event| narrator.hear(event))
        }
    };
    let Measured { record, report, folder } = measured.map_err(|it| narrator.explain(it))?;
    answer(common, args, publication, (&record, &report, &folder))
}

/// Reports a run again that has nothing left to be measured.
fn ended(
    common: &Common,
    args: &RunArgs,
    publication: Option<Publication>,
    run: OpenedRun,
) -> Result<Exit> {
    if !common.quiet {
        terminal::say("this run is complete: nothing is left to be measured");
    }
    let scratch = paths::scratch(&args.plan.measure.places)?;
    let Measured { record, report, folder } = report_ended(run, &scratch, &std::env::temp_dir())?;
    answer(common, args, publication, (&record, &report, &folder))
}

/// Prints the table of a run, and publishes it where that was asked for.
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
    if let Some(DecidedBy::Gate { against, .. }) = &record.run.decided_by
        && !common.quiet
    {
        terminal::say(format!(
            "baseline and candidate are compared by `lukewarm compare --against {against} \
             --from {}`",
            folder.display()
        ));
    }
    report::publish(common, publication, record, folder)?;
    Ok(Exit::of(report.trust))
}
