//! The commands, one file each.
//! Owns what all of them share: how arguments become a selection, and how plans read.

pub mod chart;
pub mod check;
pub mod ci;
pub mod claims;
pub mod compare;
pub mod completions;
pub mod doctor;
pub mod list;
pub mod merge;
mod narrator;
pub mod overhead;
pub mod recommend;
pub mod report;
mod requests;
pub mod run;
pub mod schema;
pub mod serve;
mod shard_table;
pub mod soundness;
pub mod tools;

use lukewarm_model::{JobVariables, Plan, Seconds, Stopping, UncommittedChanges};
use lukewarm_plan::{Files, Floor, Preset, Selection, VariableSources, WorkspaceSettings};
use lukewarm_runner::Settings;
use lukewarm_session::{Assignment, FoundShard, Session};
use serde::Serialize;

pub use lukewarm_model::counted;

use crate::args::{BuildArgs, Common, MeasureArgs, PlaceArgs, PlanArgs, ShardArgs, ShardChoice};
use crate::failure::{Context, Failure, Result};
use crate::{paths, signals, terminal};

/// Reads every definition file, and prints which folders are not used and which files replace
/// built-in ones.
pub fn files(common: &Common, places: &PlaceArgs) -> Result<Files> {
    let folders = paths::definitions(common)?;
    if !common.quiet {
        folders.skipped().iter().for_each(terminal::say);
    }
    let files = folders.read(&paths::scratch(places)?)?;
    if !common.quiet {
        files.replaced.iter().for_each(terminal::say);
    }
    Ok(files)
}

/// The plan of a selection.
pub fn plan(files: &Files, selection: &Selection) -> Result<Plan> {
    lukewarm_plan::plan(files, selection).context("the selected cases cannot be run")
}

/// What some arguments select.
pub fn selected(common: &Common, files: &Files, args: &PlanArgs) -> Result<Selection> {
    let preset = match (args.quick, args.full) {
        (true, _) => Preset::Quick,
        (_, true) => Preset::Full,
        _ => Preset::Default,
    };
    Ok(Selection {
        scenarios: args.scenarios.clone(),
        order: args.order.unwrap_or_default(),
        at_once: args.copies.at_once,
        stagger: args.copies.stagger,
        floor: if args.aa { Floor::Measured } else { Floor::Unknown },
        preset,
        ..selection(common, files, (&args.measure, &args.build))?
    })
}

/// A measuring session; from here on a signal stops it in order.
pub fn session<'a>(
    common: &Common,
    files: &'a Files,
    args: &MeasureArgs,
    variables: JobVariables,
) -> Result<Session<'a>> {
    let job_timeout = args.job_timeout;
    let settings = Settings { variables, job_timeout, ..paths::settings(&args.places)? };
    signals::catch_for(&settings.processes)?;
    let results = paths::results(common, args.out.as_deref())?;
    let assignment = Assignment::default();
    Ok(Session { files, settings, results, assignment, command: paths::typed() })
}

/// What this machine measures: as was said, else as the variables of the job say, which is told.
pub fn assignment(common: &Common, args: &ShardArgs) -> Result<Assignment> {
    let shard = match args.shard {
        Some(ShardChoice::One(shard)) => Some(shard),
        Some(ShardChoice::Everything) => None,
        None => {
            let user = paths::user();
            let found = lukewarm_session::find_shard(|name| user.text(name))?;
            if let Some(found) = found.as_ref().filter(|_| !common.quiet) {
                let FoundShard { shard, variable } = found;
                terminal::say(format!(
                    "this is shard {} of {}, by {variable}; `--shard none` measures everything",
                    shard.index, shard.count
                ));
            }
            found.map(|it| it.shard)
        }
    };
    Ok(Assignment { shard, first_block: None, file: args.shard_file.clone() })
}

/// The part of a selection that all measuring commands share.
pub fn selection(
    common: &Common,
    files: &Files,
    (args, build): (&MeasureArgs, &BuildArgs),
) -> Result<Selection> {
    let workspaces = workspaces(common, &args.workspace)?;
    let settings = settings(common, files, &workspaces)?;
    Ok(Selection {
        commands: commands(build)?,
        workspaces,
        settings,
        story: args.story.clone(),
        network: args.network.clone(),
        sweep: args.sweep.clone(),
        iterations: args.iterations,
        budget: args.budget,
        prime_every: args.prime_every,
        seed: args.seed,
        cargo_profile: args.cargo_profile.clone(),
        runner: args.runner.runner(),
        changes: match args.committed {
            true => UncommittedChanges::LeftOut,
            false => UncommittedChanges::Taken,
        },
        include: args.include.clone(),
        ..Selection::default()
    })
}

/// The workspaces that are named, else the Cargo workspace around the current folder; none in a
/// checkout of lukewarm and where there is no workspace: samples are measured there.
pub fn workspaces(common: &Common, named: &[String]) -> Result<Vec<String>> {
    if !named.is_empty() || paths::definitions(common)?.is_project() {
        return Ok(named.to_vec());
    }
    let here = std::env::current_dir().context("the current folder cannot be read")?;
    let around = lukewarm_plan::cargo_workspace(&here);
    // A name without a `/` would be a sample's.
    Ok(around.iter().map(|folder| format!("{}/", folder.display())).collect())
}

/// The `lukewarm.toml` of the workspaces; that it is read is said.
pub fn settings(
    common: &Common,
    files: &Files,
    workspaces: &[String],
) -> Result<Option<WorkspaceSettings>> {
    let settings = lukewarm_plan::settings_of(files, workspaces).context("lukewarm.toml")?;
    if let Some(settings) = settings.as_ref().filter(|_| !common.quiet) {
        terminal::say(format!("settings of {} are used", settings.file.display()));
    }
    Ok(settings)
}

/// The variables of jobs.
pub fn variables(
    files: &Files,
    args: &BuildArgs,
    settings: Option<&WorkspaceSettings>,
) -> Result<JobVariables> {
    let user = paths::user();
    let sources = VariableSources {
        settings: settings.map(|it| (it.file.as_path(), it.settings.env.as_slice())),
        files: &args.env_file,
        options: &args.env,
    };
    lukewarm_plan::variables(&sources, |name| user.text(name), &files.tools)
        .context("variables of jobs")
}

/// The commands of jobs, each in words.
fn commands(args: &BuildArgs) -> Result<Vec<Vec<String>>> {
    let lines = args.command.iter();
    let commands = lines.map(|line| lukewarm_plan::split_words(line).context("--command"));
    let commands = commands.chain((!args.cargo.is_empty()).then(|| Ok(args.cargo.clone())));
    commands.collect()
}

/// The estimated time of a plan with its source as a phrase; or that it is unknown.
pub fn estimated(plan: &Plan, estimate: Option<Seconds>) -> String {
    let Some(estimate) = estimate else {
        let unknown = "how long its jobs take is unknown yet: not all were measured before on this \
                       machine";
        return match plan.budget {
            Some(budget) => format!("at most {budget} from the first job on; {unknown}"),
            None => unknown.to_owned(),
        };
    };
    let most = if plan.stopping.is_fixed() || plan.budget.is_some() { "" } else { "at most " };
    format!("{most}about {estimate}, from earlier runs of the same on this machine")
}

/// When a plan ends, as a phrase.
pub fn length(plan: &Plan) -> String {
    match (&plan.stopping, plan.budget) {
        (Stopping::Fixed, _) => {
            let iterations = counted(plan.iterations as usize, "measured iteration");
            format!("{iterations}, {}", counted(plan.job_count(), "job"))
        }
        (Stopping::Sequential { .. }, Some(budget)) => {
            format!("until every comparison is decided, within {budget} (without preparation)")
        }
        (Stopping::Sequential { .. }, None) => {
            format!("until every comparison is decided, at most {} iterations", plan.iterations)
        }
    }
}

/// A value as indented JSON.
pub fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value).map_err(Failure::bug)? + "\n")
}
