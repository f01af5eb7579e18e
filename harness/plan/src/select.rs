//! A selection becomes a plan: names are resolved, the rest comes from a preset.
//! Owns what a selection means; it must not read a file, only look whether a folder is there.

use std::path::Path;

use lukewarm_model::{
    Allocation, CargoCommand, Case, Expected, Order, Origin, Plan, Priming, SampleWorkspace,
    Scenario, Stopping, Story, Sweep,
};

use crate::at_once::{self, Wrong};
use crate::catalogue::{Files, Length, PresetFile};
use crate::commands;
use crate::compatibility::{check_profile, mismatches};
use crate::grammar;
use crate::pairing::allocation;
use crate::problem::{Problem, Problems, unknown};
use crate::runner;
use crate::selection::{Floor, Selection};
use crate::variant::{swept, variant};

/// The seed of every random choice where none is given: the same command plans the same run.
pub const DEFAULT_SEED: u64 = 1;

/// After so many iterations states with chance in them are made anew. A pass that makes them takes
/// less time than an iteration: at every fourth it adds a fifth to the time of those cases, and the
/// first look of a run, at ten iterations, rests on three states.
pub const PRIME_EVERY: u32 = 4;

/// When it is looked at whether comparisons are decided, where only a time was said: after so
/// many iterations.
pub const LOOKS: [u32; 4] = [10, 20, 40, 60];

/// Resolves a selection.
///
/// # Errors
/// Names every problem of the selection.
pub fn plan(files: &Files, selection: &Selection) -> Result<Plan, Problems> {
    let selection = &selection.with_settings();
    let preset = files.preset(selection.preset);
    let mut choice = Choice { files, selection, preset, problems: Vec::new() };
    let (mut scenarios, sweep) = choice.scenarios_or_sweep();
    let again = reference(&scenarios).filter(|_| selection.floor == Floor::Measured).map(twin);
    let twin = again.as_ref().map(|it| it.name.clone());
    scenarios.extend(again);
    let workspaces = choice.workspaces();
    let story = choice.story();
    let length = length(selection, preset);
    choice.lengths(&length);
    let cargo_profile = selection.cargo_profile.clone().unwrap_or_else(|| "dev".to_owned());
    if let Err(error) = check_profile(&cargo_profile) {
        choice.problem("--cargo-profile", error.to_string());
    }
    let commands = choice.commands(&workspaces);
    if let Some(story) = &story {
        choice.changes(story, &workspaces);
    }
    let Choice { problems, .. } = choice;
    let (Some(story), true) = (story, problems.is_empty()) else {
        return Err(Problems(problems));
    };
    let allocation = allocation(selection.order, selection.pairing, &length);
    let names: Vec<&str> = workspaces.iter().map(|workspace| workspace.name.as_str()).collect();
    let reference = reference(&scenarios);
    Ok(Plan {
        name: names.join("-"),
        seed: selection.seed.unwrap_or(DEFAULT_SEED),
        cases: cases(&workspaces, &scenarios),
        reference: reference.map(|scenario| scenario.name.clone()),
        twin,
        scenarios,
        workspaces,
        story,
        iterations: match &length {
            Length::Iterations(count) => *count,
            Length::Looks(looks) => looks.last().copied().unwrap_or(1),
        },
        // In the time that was said, the first pass is worth a block.
        priming: match allocation {
            Allocation::Adaptive => Priming::Measured,
            Allocation::Even => preset.priming,
        },
        allocation,
        prime_every: Some(selection.prime_every.unwrap_or(PRIME_EVERY)),
        pairs: Vec::new(),
        stopping: match length {
            Length::Iterations(_) => Stopping::Fixed,
            Length::Looks(looks) => Stopping::Sequential { looks },
        },
        order: selection.order,
        budget: match selection.iterations {
            // Whoever says how many waits for them.
            Some(_) => selection.budget,
            None => selection.budget.or(preset.budget),
        },
        cargo_profile,
        commands,
        settings_file: selection.settings.as_ref().map(|it| it.shown.clone()),
        sweep,
        runner: selection.runner,
    })
}

/// How often everything is measured: as often as was said, else, where a time was said, until all
/// is decided in it, else as the preset has it.
fn length(selection: &Selection, preset: &PresetFile) -> Length {
    match (selection.iterations, selection.budget) {
        (Some(count), _) => Length::Iterations(count),
        (None, Some(_)) => Length::Looks(LOOKS.to_vec()),
        (None, None) => preset.length.clone(),
    }
}

/// The same scenario once more, so that it shows what a case differs from itself.
pub(crate) fn twin(scenario: &Scenario) -> Scenario {
    Scenario {
        name: scenario.name.again(),
        title: format!("{}, once more", scenario.title),
        ..scenario.clone()
    }
}

/// What the others are divided by.
pub(crate) fn reference(scenarios: &[Scenario]) -> Option<&Scenario> {
    scenarios.iter().find(|it| it.name == "none").or(scenarios.first())
}

pub(crate) fn cases(workspaces: &[SampleWorkspace], scenarios: &[Scenario]) -> Vec<Case> {
    let of = |workspace: &SampleWorkspace, scenario: &Scenario| Case {
        workspace: workspace.name.clone(),
        scenario: scenario.name.clone(),
    };
    workspaces
        .iter()
        .flat_map(|workspace| scenarios.iter().map(move |scenario| of(workspace, scenario)))
        .collect()
}

/// A selection being resolved.
struct Choice<'a> {
    files: &'a Files,
    selection: &'a Selection,
    preset: &'a PresetFile,
    problems: Vec<Problem>,
}

impl Choice<'_> {
    fn problem(&mut self, place: &str, what: impl Into<String>) {
        self.problems.push(Problem { place: place.to_owned(), what: what.into() });
    }

    /// What is wrong with how long the run is to go on.
    fn lengths(&mut self, length: &Length) {
        let selection = self.selection;
        if selection.iterations == Some(0) {
            self.problem("--iterations", "0 iterations measure nothing: 1 or more");
        }
        if let (Order::Serial, Length::Looks(_)) = (selection.order, length) {
            let what = "cases that follow each other cannot be compared before the end: \
                        give `--iterations N` too";
            self.problem("--order", what);
        }
        if selection.budget.is_some_and(|budget| budget.0 <= 0.0) {
            self.problem("--budget", "a budget of 0 measures nothing: more than that");
        }
        if selection.prime_every == Some(0) {
            let what = format!(
                "states cannot be made anew after 0 iterations: 1 or more, as {PRIME_EVERY}"
            );
            self.problem("--prime-every", what);
        }
        self.problems.extend(runner::problems(selection.runner));
    }

    fn scenarios(&mut self) -> Vec<Scenario> {
        let network = self.network();
        let names = named_or(&self.selection.scenarios, &self.preset.scenarios);
        let mut chosen: Vec<Scenario> = Vec::new();
        for name in names {
            let Some(mut scenario) = self.scenario(name) else { continue };
            if let (Some(network), Some(_)) = (&network, scenario.service) {
                scenario.network = Some(network.clone());
            }
            if chosen.iter().all(|other| other.name != scenario.name) {
                chosen.push(scenario);
            }
        }
        chosen
    }

    fn scenario(&mut self, selected: &str) -> Option<Scenario> {
        match variant(self.files, selected) {
            Ok(scenario) => Some(scenario),
            Err(error) => {
                self.problem("SCENARIO", error.to_string());
                None
            }
        }
    }

    /// The scenarios, and the sweep that they are of where there is one.
    fn scenarios_or_sweep(&mut self) -> (Vec<Scenario>, Option<Sweep>) {
        match &self.selection.sweep {
            None => (self.scenarios(), None),
            Some(sweep) => match self.swept(sweep) {
                Some((scenarios, sweep)) => (scenarios, Some(sweep)),
                None => (Vec::new(), None),
            },
        }
    }

    /// The scenarios at each value of the setting that is swept.
    fn swept(&mut self, sweep: &str) -> Option<(Vec<Scenario>, Sweep)> {
        let (setting, values) = match grammar::sweep(sweep) {
            Ok(sweep) => sweep,
            Err(error) => {
                self.problem("--sweep", error.to_string());
                return None;
            }
        };
        let names = named_or(&self.selection.scenarios, &self.preset.scenarios);
        match swept(self.files, names, setting, &values) {
            Ok(found) => Some(found),
            Err(error) => {
                self.problem("--sweep", error.to_string());
                None
            }
        }
    }

    fn network(&mut self) -> Option<lukewarm_model::Network> {
        let name = self.selection.network.as_deref()?;
        let files = self.files;
        let found = files.networks.iter().find(|network| network.name == name);
        if found.is_none() {
            let known = files.networks.iter().map(|it| it.name.as_str());
            self.problem("--network", unknown("network", name, known));
        }
        found.cloned()
    }

    fn story(&mut self) -> Option<Story> {
        let name = self.selection.story.as_deref().unwrap_or(&self.preset.story);
        let files = self.files;
        let found = files.stories.iter().find(|story| story.name == name);
        if found.is_none() {
            let known = files.stories.iter().map(|it| it.name.as_str());
            self.problem("--story", unknown("story", name, known));
        }
        let story = found?;
        let Selection { at_once: copies, stagger, .. } = self.selection;
        match at_once::at_once(*copies, *stagger) {
            Ok(None) => Some(story.clone()),
            Ok(Some(wanted)) => Some(at_once::copied(story, wanted)),
            Err(Wrong::Copies(what)) => {
                self.problem("--at-once", what);
                None
            }
            Err(Wrong::Stagger(what)) => {
                self.problem("--stagger", what);
                None
            }
        }
    }

    fn workspaces(&mut self) -> Vec<SampleWorkspace> {
        let names = named_or(&self.selection.workspaces, &self.preset.workspaces);
        let mut chosen: Vec<SampleWorkspace> = Vec::new();
        for name in names {
            let Some(workspace) = self.workspace(name, &chosen) else { continue };
            let same = |it: &SampleWorkspace| {
                (it.origin, &it.folder) == (workspace.origin, &workspace.folder)
            };
            if !chosen.iter().any(same) {
                chosen.push(workspace);
            }
        }
        chosen
    }

    fn workspace(&mut self, name: &str, chosen: &[SampleWorkspace]) -> Option<SampleWorkspace> {
        let files = self.files;
        if let Some(sample) = files.workspaces.iter().find(|workspace| workspace.name == name) {
            return Some(sample.clone());
        }
        if name.contains('/') || name == "." || Path::new(name).is_dir() {
            return self.foreign(name, chosen);
        }
        let what = unknown("workspace", name, files.workspaces.iter().map(|it| it.name.as_str()));
        self.problem("--workspace", format!("{what} (a path is one with a `/`)"));
        None
    }

    /// A folder of the user's. Its name is its folder's, made fit, and unlike any other.
    fn foreign(&mut self, path: &str, chosen: &[SampleWorkspace]) -> Option<SampleWorkspace> {
        let folder = match Path::new(path).canonicalize() {
            Ok(folder) if folder.join("Cargo.toml").is_file() => folder,
            Ok(_) => {
                self.problem("--workspace", format!("`{path}`: no `Cargo.toml` in this folder"));
                return None;
            }
            Err(error) => {
                self.problem("--workspace", format!("`{path}`: {error}"));
                return None;
            }
        };
        let stem = folder.file_name().map_or_else(String::new, |it| fit(&it.to_string_lossy()));
        let stem = if stem.is_empty() { "workspace".to_owned() } else { stem };
        // A sample's name stays the sample's, even where that is not selected now.
        let others = chosen.iter().filter(|it| it.folder != folder);
        let taken: Vec<&str> =
            self.files.workspaces.iter().chain(others).map(|it| it.name.as_str()).collect();
        let numbered = (2..).map(|number| format!("{stem}-{number}"));
        let mut names = std::iter::once(stem.clone()).chain(numbered);
        Some(SampleWorkspace {
            name: names.find(|name| !taken.contains(&name.as_str()))?.into(),
            title: "A workspace from outside this project".to_owned(),
            essay: String::new(),
            folder,
            origin: Origin::Foreign,
            changes: self.selection.changes,
            include: self.selection.include.clone(),
            typical_build: None,
            expected: Expected::default(),
            verify: self.selection.settings.as_ref().and_then(|it| it.settings.verify.clone()),
            mutations: Vec::new(),
            reuse: Vec::new(),
            variation: None,
            packages: Vec::new(),
        })
    }

    /// The commands of every job, in the aliases of the workspaces.
    fn commands(&mut self, workspaces: &[SampleWorkspace]) -> Vec<CargoCommand> {
        let Selection { commands, cargo_profile, .. } = self.selection;
        let (all, errors) = commands::of_workspaces(commands, workspaces, cargo_profile.as_deref());
        errors.iter().for_each(|error| self.problem("command", error.to_string()));
        all
    }

    /// Whether each workspace offers the changes that the story makes.
    fn changes(&mut self, story: &Story, workspaces: &[SampleWorkspace]) {
        for mismatch in workspaces.iter().flat_map(|workspace| mismatches(story, workspace)) {
            self.problem("--story", mismatch.to_string());
        }
    }
}

fn named_or<'a>(named: &'a [String], otherwise: &'a [String]) -> &'a [String] {
    if named.is_empty() { otherwise } else { named }
}

/// A folder's name as a workspace's: what is not a letter or a digit becomes a hyphen.
fn fit(name: &str) -> String {
    let lower = name.to_lowercase();
    let fit = lower.replace(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit(), "-");
    fit.trim_matches('-').to_owned()
}
