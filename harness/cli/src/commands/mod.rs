//! The commands, one file each.
//! Owns the wiring of rooms; what the rooms do is theirs.

pub mod chart;
pub mod check;
pub mod claims;
pub mod compare;
pub mod completions;
pub mod doctor;
pub mod list;
mod narrator;
pub mod report;
mod requests;
pub mod run;
pub mod schema;
pub mod serve;
pub mod tools;

use anyhow::Context;
use lukewarm_model::{Plan, Seconds, Stopping};
use lukewarm_plan::{Files, Floor, Preset, Selection};
use lukewarm_session::Session;

use crate::args::{Common, MeasureArgs, PlaceArgs, PlanArgs};
use crate::definitions::Definitions;
use crate::{paths, signals};

/// Reads every definition file.
pub fn files(common: &Common, places: &PlaceArgs) -> anyhow::Result<Files> {
    Definitions::find(common)?.read(common, &paths::scratch(places)?)
}

/// What was typed, as a plan.
pub fn plan(files: &Files, args: &PlanArgs) -> anyhow::Result<Plan> {
    let preset = match (args.quick, args.full) {
        (true, _) => Preset::Quick,
        (_, true) => Preset::Full,
        _ => Preset::Default,
    };
    let selection = Selection {
        scenarios: args.scenarios.clone(),
        order: args.order.unwrap_or_default(),
        floor: if args.aa { Floor::Measured } else { Floor::Unknown },
        preset,
        ..selection(&args.measure)
    };
    lukewarm_plan::plan(files, &selection).context("the selection")
}

/// Where and with what is measured; from here on a signal ends that in order.
pub fn session<'a>(
    common: &Common,
    files: &'a Files,
    args: &MeasureArgs,
) -> anyhow::Result<Session<'a>> {
    let settings = paths::settings(&args.places)?;
    signals::catch_for(&settings.processes)?;
    let results = paths::results(common, args.out.as_deref())?;
    Ok(Session { files, settings, results, command: paths::typed() })
}

/// What is to be measured, as far as all commands that measure say it alike.
pub fn selection(args: &MeasureArgs) -> Selection {
    Selection {
        workspaces: args.workspace.clone(),
        story: args.story.clone(),
        network: args.network.clone(),
        sweep: args.sweep.clone(),
        iterations: args.iterations,
        budget: args.budget,
        prime_every: args.prime_every,
        seed: args.seed,
        cargo_profile: args.cargo_profile.clone(),
        ..Selection::default()
    }
}

/// How long a plan is thought to take, in words, with where that comes from; or that nobody knows.
pub fn estimated(plan: &Plan, estimate: Option<Seconds>) -> String {
    let Some(estimate) = estimate else {
        return "no estimate before the first job: what these workspaces take is not known yet"
            .to_owned();
    };
    let most = if plan.stopping.is_fixed() || plan.budget.is_some() { "" } else { "at most " };
    let source = lukewarm_plan::ESTIMATE_SOURCE;
    format!(
        "{most}about {estimate} on {}, {source}",
        counted(lukewarm_session::cores() as usize, "core")
    )
}

/// How long a plan goes on, in words.
pub fn length(plan: &Plan) -> String {
    match (&plan.stopping, plan.budget) {
        (Stopping::Fixed, _) => {
            let iterations = counted(plan.iterations as usize, "measured iteration");
            format!("{iterations}, {}", counted(plan.job_count(), "job"))
        }
        (Stopping::Sequential { .. }, Some(budget)) => {
            format!("until every comparison is decided, within {budget}")
        }
        (Stopping::Sequential { .. }, None) => {
            format!("until every comparison is decided, at most {} iterations", plan.iterations)
        }
    }
}

/// A count with its noun.
pub fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
