//! `lukewarm pack` and `lukewarm merge`: records on their way from several machines into one.
//! Owns what is printed; what may be merged is the session's.

use lukewarm_model::{Warning, counted};
use lukewarm_session::{Merged, MergedPlans, MergedRun, Packed, merge, pack_run};

use super::narrator;
use crate::args::{Common, MergeArgs, PackArgs};
use crate::exit::Exit;
use crate::failure::Result;
use crate::{paths, terminal};

/// Packs the record of a results folder into one file.
pub fn pack(common: &Common, args: &PackArgs) -> Result<Exit> {
    let folder = paths::run_folder(common, &args.run)?;
    let packed = pack_run(&folder, args.out.as_deref())?;
    if !common.quiet || matches!(packed, Packed::Kept { .. }) {
        terminal::say(narrator::packed(&packed));
    }
    Ok(Exit::Fine)
}

/// Makes one record of several, and its reports.
pub fn run(common: &Common, args: &MergeArgs) -> Result<Exit> {
    let results = paths::results(common, args.out.as_deref())?;
    let plans = if args.by_plan { MergedPlans::Each } else { MergedPlans::One };
    let words = paths::typed();
    let Merged { runs, unreadable, notes } =
        merge(&args.records, plans, &results, (&words, &paths::user()))?;
    if !common.quiet {
        notes.iter().for_each(terminal::say);
    }
    let left_out = unreadable.iter().map(|what| {
        Warning::new(what.clone(), "it is left out, and what it has counts as missing")
    });
    terminal::warn(&left_out.collect::<Vec<_>>());
    let mut exit = if unreadable.is_empty() { Exit::Fine } else { Exit::CasesFailed };
    for MergedRun { measured, merged, missing } in &runs {
        narrator::print_table(&measured.report);
        let advice = "run what is missing, or go on with it by `lukewarm run --resume RUN`, and \
                      merge again";
        let missing = missing.iter().map(|what| Warning::new(what.clone(), advice));
        terminal::warn(&missing.collect::<Vec<_>>());
        if !common.quiet {
            let page = measured.folder.join("report.html");
            let records = counted(*merged, "record");
            terminal::say(format!("merged {records}; report: {}", page.display()));
        }
        exit = worse(exit, Exit::of(measured.report.trust));
    }
    Ok(exit)
}

/// The one of two outcomes that is to be known first.
fn worse(one: Exit, other: Exit) -> Exit {
    match (one, other) {
        (Exit::Regression, _) | (_, Exit::Regression) => Exit::Regression,
        (Exit::Fine, other) => other,
        (one, _) => one,
    }
}
