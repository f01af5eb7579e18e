//! `lukewarm soundness` and `lukewarm museum`: what ways of caching do when one thing has varied.
//! Owns what is printed; the plan, the run and the table are others'.

use lukewarm_model::{JobVariables, RawRecord};
use lukewarm_plan::{Files, Selection, VariationSet};
use lukewarm_session::{Deciding, DefaultArms, Session, default_arms};

use super::narrator::{self, Narrator};
use crate::args::{Common, MeasureArgs, SoundnessArgs};
use crate::exit::Exit;
use crate::failure::{Context, Result, bail};
use crate::{paths, terminal};

/// Tests ways of caching by one set of variations, and prints the table.
pub fn run(common: &Common, args: &SoundnessArgs, set: VariationSet) -> Result<Exit> {
    if let Some(run) = &args.from {
        let folder = paths::run_folder(common, run)?;
        return answer(args, &lukewarm_record::read(&folder)?);
    }
    let assignment = super::assignment(common, &args.shard)?;
    let files = super::files(common, &args.places)?;
    let scenarios = match args.scenarios.is_empty() {
        true => found(common, &files, args)?,
        false => args.scenarios.clone(),
    };
    let workspaces = args.only.clone();
    let selection = Selection { scenarios, workspaces, ..Selection::default() };
    let plan = lukewarm_plan::soundness(&files, set, &selection)
        .context("the selected ways of caching cannot be tested")?;
    let measure = MeasureArgs {
        places: args.places.clone(),
        out: args.out.clone(),
        job_timeout: args.job_timeout,
        ..MeasureArgs::default()
    };
    let session = super::session(common, &files, &measure, JobVariables::default())?;
    let session = Session { assignment, ..session };
    let mut narrator = Narrator::new(common, narrator::resume);
    let deciding = Deciding::comparisons();
    let measured = session.measure(plan, deciding, &mut |event| narrator.hear(event));
    let measured = measured.map_err(|it| narrator.explain(it))?;
    let exit = answer(args, &measured.record)?;
    if !common.quiet {
        let page = measured.folder.join("soundness.md");
        terminal::say(format!("evidence of each cell: {}", page.display()));
    }
    Ok(exit)
}

/// The ways of caching of the tools that are there; what is not there is said.
fn found(common: &Common, files: &Files, args: &SoundnessArgs) -> Result<Vec<String>> {
    let DefaultArms { scenarios, missing } = default_arms(files, &paths::settings(&args.places)?)?;
    if !common.quiet && !missing.is_empty() {
        terminal::say(format!(
            "not found, and left out: {}; name a scenario to have its tool installed",
            missing.join(", ")
        ));
    }
    Ok(scenarios)
}

/// Prints the table of a record.
fn answer(args: &SoundnessArgs, record: &RawRecord) -> Result<Exit> {
    let found = lukewarm_analysis::soundness(record);
    if found.variations.is_empty() {
        bail!(
            "run {} has no variations: it is none of `lukewarm soundness` or `lukewarm museum`",
            record.run.id
        );
    }
    terminal::result(lukewarm_report::soundness(&found, args.format, narrator::style())?);
    Ok(match () {
        () if found.has_wrong_output() => Exit::Regression,
        () if !found.has_result() || !record.is_complete() => Exit::CasesFailed,
        () => Exit::Fine,
    })
}
