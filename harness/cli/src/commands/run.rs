//! `lukewarm run`: the main job, from plan to report.

use std::path::Path;

use lukewarm_analysis::Evaluation;
use lukewarm_model::RawRecord;

use super::measuring::{self, Steering, settings};
use super::{publish, report};
use crate::args::{Common, RunArgs};
use crate::exit::Exit;
use crate::{home, terminal};

/// Runs the selected cases and reports, or goes on with a run that was cut off.
pub fn run(common: &Common, args: &RunArgs) -> anyhow::Result<Exit> {
    let mut decide = |record: &RawRecord| lukewarm_analysis::open(&Evaluation::of(record));
    let steering = Steering { decide: &mut decide, goes_on: measuring::resume };
    let measured = match &args.resume {
        None => {
            let plan = super::plan(common, &args.plan)?;
            let settings = settings(&args.plan.measure)?;
            publish::before(common, &args.publish, &plan, &settings)?;
            measuring::begin(common, plan, &args.plan.measure, settings, steering)?
        }
        Some(run) => {
            let folder = report::find(common, run)?;
            let (writer, record) = measuring::held(&folder)?;
            if record.is_complete() {
                return ended(common, args, &record, &folder);
            }
            let settings = settings(&args.plan.measure)?;
            measuring::go_on(common, record, writer, settings, steering)?
        }
    };
    if args.png {
        report::bitmaps(&measured.record, &measured.folder)?;
    }
    terminal::result(measured.reported.table);
    publish::publish(common, &args.publish, &measured.record, &measured.folder)?;
    Ok(Exit::of(measured.reported.trust))
}

/// Reports a run again that has nothing left to be measured.
fn ended(
    common: &Common,
    args: &RunArgs,
    record: &RawRecord,
    folder: &Path,
) -> anyhow::Result<Exit> {
    if !common.quiet {
        terminal::say("this run has come to its end: nothing is left to be measured");
    }
    // It may have been killed before it had cleared everything away.
    lukewarm_runner::sweep(&home::scratch(&args.plan.measure.places)?)?;
    lukewarm_cache_services::sweep(&std::env::temp_dir());
    let reported = report::write(record, folder)?;
    if args.png {
        report::bitmaps(record, folder)?;
    }
    terminal::result(reported.table);
    publish::publish(common, &args.publish, record, folder)?;
    Ok(Exit::of(reported.trust))
}
