//! `lukewarm recommend`: which way of caching a run says to use, and the workflow for it.
//! Owns what is printed; the answer is the session's.

use lukewarm_analysis::RecommendationRequest;
use lukewarm_cache_tools::{CACHE_ACTIONS, Tools};
use lukewarm_model::RawRecord;
use lukewarm_model::text::{Safe, Terminal};
use lukewarm_report::{BilledBy, RecommendationReport};

use super::narrator;
use crate::args::{Common, PlaceArgs, RecommendArgs};
use crate::exit::Exit;
use crate::failure::{Context, Failure, Result};
use crate::{paths, terminal};

/// Recommends by a recorded run.
pub fn run(common: &Common, args: &RecommendArgs) -> Result<Exit> {
    let folder = match &args.run {
        Some(run) => paths::run_folder(common, run)?,
        None => lukewarm_session::newest_run(paths::results(common, None)?.preferred())?,
    };
    let record = lukewarm_record::read(&folder)?;
    let files = super::files(common, &PlaceArgs::default())?;
    let prices = files.prices.as_ref();
    let runner = lukewarm_session::runner_price(prices, args.runner.as_deref(), &record)
        .context("--runner")?;
    let request = RecommendationRequest {
        shares: args.mix.clone(),
        jobs_per_month: args.jobs_per_month,
        around: args.other_time.0,
        runner: runner.cloned(),
        cache: prices.and_then(|it| it.cache),
        scenario: args.scenario.as_deref().map(Into::into),
    };
    let found = match lukewarm_session::recommend(&record, &request) {
        Ok(found) => found,
        Err(error) if error.needs_another_run() => {
            terminal::complain(&Failure::from(error));
            advise(&record);
            return Ok(Exit::Inconclusive);
        }
        Err(error) => return Err(error.into()),
    };
    if args.workflow || args.diff.is_some() {
        if !found.is_decided() {
            terminal::say("it is not decided which way to use: choose one with `--scenario NAME`");
            advise(&record);
            return Ok(Exit::Inconclusive);
        }
        let steps = lukewarm_session::chosen_steps(&record, &found, &Tools::shipped())?;
        return written(common, args, &steps);
    }
    let billed_by = prices.zip(runner).map(|(prices, runner)| {
        let runner = runner.name.as_str();
        BilledBy { prices, runner }
    });
    let report = RecommendationReport { recommendation: &found, billed_by };
    terminal::result(lukewarm_report::recommendation(&report, args.format, narrator::style())?);
    if found.is_decided() {
        return Ok(Exit::Fine);
    }
    advise(&record);
    Ok(Exit::Inconclusive)
}

/// Prints a workflow, or the changes to one.
fn written(
    common: &Common,
    args: &RecommendArgs,
    chosen: &lukewarm_session::ChosenSteps,
) -> Result<Exit> {
    let Some(path) = &args.diff else {
        terminal::definitions(&chosen.workflow());
        return Ok(Exit::Fine);
    };
    let place = || format!("--diff {}", path.display());
    let text = std::fs::read_to_string(path).with_context(place)?;
    let edit = lukewarm_report::edit_workflow(&text, &chosen.steps, &CACHE_ACTIONS);
    let edit = edit.with_context(place)?;
    terminal::result(Safe::<Terminal>::lines(&edit.diff(&text, &path.display().to_string())));
    if !common.quiet {
        terminal::say(format!("{} in {}", chosen.scenario, edit.jobs.join(", ")));
        chosen.steps.notes.iter().for_each(terminal::say);
    }
    Ok(Exit::Fine)
}

/// Prints the command of a run that would decide.
fn advise(record: &RawRecord) {
    let run = lukewarm_session::deciding_run(&record.run.plan);
    terminal::say(format!("to decide, measure more: {run}"));
}
