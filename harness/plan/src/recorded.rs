//! A recorded plan, compared with the project's files before it is carried out.
//! Owns what a record may say of its own accord: which parts were chosen. What is built, edited
//! and run comes from the files, or from the user's folder, and never from a record.

use lukewarm_model::{
    CargoCommand, Expected, JobSpec, Origin, Plan, SampleWorkspace, Scenario, ScenarioName,
    Setting, Story, is_absolute,
};

use crate::catalogue::Files;
use crate::commands;
use crate::compatibility::mismatches;
use crate::error::WorkspaceMismatch;
use crate::problem::{Problem, Problems};
use crate::settings::settings_in;

/// A recorded plan as it is carried out here: its samples are those of the files.
///
/// # Errors
/// Names every part of it that the files do not have, or have otherwise.
pub fn carried_out(files: &Files, recorded: &Plan) -> Result<Plan, Problems> {
    let mut problems = Vec::new();
    let mut problem = |key: &str, what: String| {
        problems.push(Problem { place: format!("the recorded plan's {key}"), what });
    };
    let mut workspaces = Vec::new();
    for workspace in &recorded.workspaces {
        match rebuilt(files, workspace) {
            Ok(rebuilt) => workspaces.push(rebuilt),
            Err(what) => problem("workspace", format!("`{}`: {what}", workspace.name)),
        }
    }
    for command in &recorded.commands {
        if let Err(what) = allowed(files, recorded, command) {
            problem("command", format!("`{command}`: {what}"));
        }
    }
    if let Some(what) = other_story(files, &recorded.story) {
        problem("story", format!("`{}`: {what}", recorded.story.name));
    }
    let named = |name: &ScenarioName| recorded.scenarios.iter().find(|it| it.name == *name);
    let reference = recorded.reference.as_ref().and_then(named);
    for scenario in &recorded.scenarios {
        // Of `--aa`, which measures the reference twice.
        let is_twin = recorded.twin.as_ref() == Some(&scenario.name);
        let what = match reference.filter(|it| is_twin && it.name != scenario.name) {
            Some(reference) => (!scenario.measures_the_same_as(reference))
                .then_some("it is not its reference once more"),
            None => other_scenario(files, recorded, scenario),
        };
        if let Some(what) = what {
            problem("scenario", format!("`{}`: {what}", scenario.name));
        }
    }
    for case in &recorded.cases {
        let has_scenario = recorded.scenarios.iter().any(|it| it.name == case.scenario);
        let has_workspace = recorded.workspaces.iter().any(|it| it.name == case.workspace);
        if !has_scenario || !has_workspace {
            problem("case", format!("`{case}`: it is not one of its scenarios and workspaces"));
        }
    }
    for mismatch in workspaces.iter().flat_map(|it| mismatches(&recorded.story, it)) {
        problem("story", mismatch.to_string());
    }
    match problems.is_empty() {
        true => Ok(Plan { workspaces, ..recorded.clone() }),
        false => Err(Problems(problems)),
    }
}

/// A recorded workspace as it is here.
fn rebuilt(
    files: &Files,
    recorded: &SampleWorkspace,
) -> Result<SampleWorkspace, WorkspaceMismatch> {
    if recorded.origin == Origin::Foreign {
        let verify = settings_in(files, &recorded.folder).ok().flatten();
        let plain = SampleWorkspace {
            typical_build: None,
            expected: Expected::default(),
            verify: verify.and_then(|it| it.settings.verify),
            mutations: Vec::new(),
            reuse: Vec::new(),
            variation: None,
            packages: Vec::new(),
            ..recorded.clone()
        };
        if plain != *recorded {
            return Err(WorkspaceMismatch::NotPlain);
        }
        if !is_absolute(&plain.folder) {
            return Err(WorkspaceMismatch::Relative(plain.folder));
        }
        return Ok(plain);
    }
    // A variation may have the name of a sample.
    let known = match &recorded.variation {
        None => vec![&files.workspaces],
        Some(_) => vec![&files.soundness, &files.museum],
    };
    let mut known = known.into_iter().flatten();
    let found = known.find(|it| it.name == recorded.name && it.variation == recorded.variation);
    let here = found.ok_or(WorkspaceMismatch::NoSample)?;
    let same_folder = SampleWorkspace { folder: here.folder.clone(), ..recorded.clone() };
    match same_folder == *here {
        true => Ok(here.clone()),
        false => Err(WorkspaceMismatch::OtherFiles),
    }
}

/// Whether a recorded command may be run: one that can be measured and that changes no setting of
/// Cargo, which could run anything, unless the workspace's own settings have it.
fn allowed(files: &Files, recorded: &Plan, command: &CargoCommand) -> Result<(), String> {
    commands::check(command).map_err(|error| error.to_string())?;
    let is_own = |workspace: &SampleWorkspace| {
        let own = settings_in(files, &workspace.folder).ok().flatten();
        let aliases = commands::aliases(&workspace.folder);
        let mut own = own.into_iter().flat_map(|it| it.settings.commands);
        own.any(|words| commands::command(&words, &aliases).is_ok_and(|it| it == *command))
    };
    match command.has("--config") && !recorded.workspaces.iter().any(is_own) {
        true => Err("`--config` of a record is not trusted: measure anew".to_owned()),
        false => Ok(()),
    }
}

/// Why a recorded story is not the one of the files.
fn other_story(files: &Files, recorded: &Story) -> Option<&'static str> {
    let Some(here) = files.stories.iter().find(|it| it.name == recorded.name) else {
        return Some("there is no such story");
    };
    let mut copies = recorded.jobs.iter().filter_map(|job| job.at_once);
    if !copies.all(|it| it.is_possible()) {
        return Some("its jobs cannot run that often at once");
    }
    // How often each runs at once may have been said on the command line.
    let alone = |story: &Story| -> Vec<JobSpec> {
        story.jobs.iter().map(|job| JobSpec { at_once: None, ..job.clone() }).collect()
    };
    let same = (alone(here), here.mtime) == (alone(recorded), recorded.mtime);
    (!same).then_some("its file has other jobs")
}

/// Why a recorded scenario is not one that could be chosen here. Network, limits and faults are
/// settings of our own service: they lead nowhere.
fn other_scenario(files: &Files, plan: &Plan, recorded: &Scenario) -> Option<&'static str> {
    let Some(here) = files.scenarios.iter().find(|it| it.name == recorded.name.base()) else {
        return Some("there is no such scenario");
    };
    let version = recorded.name.version().or(here.tool.version.as_deref());
    if recorded.tool.version.as_deref() != version {
        return Some("its tool's version is not the one of its name or file");
    }
    let mut settings = recorded.settings.clone();
    let ballast = Setting::Ballast.name();
    match here.settings.get(ballast) {
        Some(value) => settings.insert(ballast.to_owned(), value.clone()),
        None => settings.remove(ballast),
    };
    // Tests of soundness turn incremental compilation off.
    let is_varied = plan.is_varied();
    let choice = |it: &Scenario| {
        let tool = (it.tool.name.clone(), it.tool_env.clone());
        let incremental = it.incremental && !is_varied;
        (tool, it.archive.clone(), it.service, incremental, it.mtime, it.unstable.clone())
    };
    let same = choice(here) == choice(recorded) && here.settings == settings;
    (!same).then_some("its file has another tool, service or settings")
}
