//! A selection becomes a plan: names are resolved, the rest comes from a preset.
//! Owns what a selection means; it must not read a file, only look whether a folder is there.

use std::path::Path;

use lukewarm_model::{
    Case, Expected, MutationKind, Origin, Plan, SampleWorkspace, Scenario, Seconds, Story,
};

use crate::files::{Files, PresetFile};
use crate::kinds::version_problem;
use crate::problem::{Problem, Problems, unknown};

/// The seed of every random choice where none is given: the same command plans the same run.
pub const DEFAULT_SEED: u64 = 1;

/// What is to be run. Everything left out comes from the preset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Scenarios by name, `name@VERSION` for a version of their tool.
    pub scenarios: Vec<String>,
    /// Sample workspaces by name, or paths of Cargo workspaces.
    pub workspaces: Vec<String>,
    /// The story by name.
    pub story: Option<String>,
    /// The network in front of every service, by name.
    pub network: Option<String>,
    /// Measured iterations.
    pub iterations: Option<u32>,
    /// No further iteration starts after this much time.
    pub budget: Option<Seconds>,
    /// Seed of every random choice.
    pub seed: Option<u64>,
    /// The cargo profile of every build.
    pub cargo_profile: Option<String>,
    /// Where the rest comes from.
    pub preset: Preset,
}

/// A named set of defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// What a newcomer runs.
    #[default]
    Default,
    /// A first answer in a few minutes.
    Quick,
    /// For publication.
    Full,
}

impl Preset {
    fn name(self) -> &'static str {
        match self {
            Preset::Default => "default",
            Preset::Quick => "quick",
            Preset::Full => "full",
        }
    }
}

/// Resolves a selection.
///
/// # Errors
/// Names every problem of the selection.
pub fn plan(files: &Files, selection: &Selection) -> Result<Plan, Problems> {
    let preset = files.presets.get(selection.preset.name()).ok_or_else(|| {
        let what = format!("no preset `{}`", selection.preset.name());
        Problems(vec![Problem { place: "scenarios/presets.toml".to_owned(), what }])
    })?;
    let mut choice = Choice { files, selection, preset, problems: Vec::new() };
    let scenarios = choice.scenarios();
    let workspaces = choice.workspaces();
    let story = choice.story();
    let iterations = selection.iterations.unwrap_or(preset.iterations);
    if iterations == 0 {
        choice.problem("--iterations", "0 iterations measure nothing: 1 or more");
    }
    if selection.budget.is_some_and(|budget| budget.0 <= 0.0) {
        choice.problem("--budget", "a budget of 0 measures nothing");
    }
    let cargo_profile = selection.cargo_profile.clone().unwrap_or_else(|| "dev".to_owned());
    if !is_profile(&cargo_profile) {
        choice.problem("--cargo-profile", format!("`{cargo_profile}` is no profile's name"));
    }
    if let Some(story) = &story {
        choice.changes(story, &workspaces);
    }
    let Choice { problems, .. } = choice;
    let (Some(story), true) = (story, problems.is_empty()) else {
        return Err(Problems(problems));
    };
    let names: Vec<&str> = workspaces.iter().map(|workspace| workspace.name.as_str()).collect();
    let reference = scenarios.iter().find(|it| it.name == "none").or(scenarios.first());
    Ok(Plan {
        name: names.join("-"),
        seed: selection.seed.unwrap_or(DEFAULT_SEED),
        cases: cases(&workspaces, &scenarios),
        reference: reference.map(|scenario| scenario.name.clone()),
        scenarios,
        workspaces,
        story,
        iterations,
        priming: preset.priming,
        budget: selection.budget,
        cargo_profile,
    })
}

fn cases(workspaces: &[SampleWorkspace], scenarios: &[Scenario]) -> Vec<Case> {
    let of = |workspace: &SampleWorkspace, scenario: &Scenario| Case {
        id: format!("{}/{}", workspace.name, scenario.name),
        scenario: scenario.name.clone(),
        workspace: workspace.name.clone(),
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
        let (name, version) = match selected.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (selected, None),
        };
        let files = self.files;
        let Some(found) = files.scenarios.iter().find(|scenario| scenario.name == name) else {
            let known = files.scenarios.iter().map(|it| it.name.as_str());
            self.problem("SCENARIO", unknown("scenario", name, known));
            return None;
        };
        let mut scenario = found.clone();
        if let Some(version) = version {
            let tool = files.tools.iter().find(|tool| tool.name == scenario.tool.name);
            if let Some(problem) = tool.and_then(|tool| version_problem(tool, version)) {
                self.problem("SCENARIO", format!("`{selected}`: {problem}"));
            }
            scenario.tool.version = Some(version.to_owned());
            scenario.name = selected.to_owned();
        }
        Some(scenario)
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
        found.cloned()
    }

    fn workspaces(&mut self) -> Vec<SampleWorkspace> {
        let names = named_or(&self.selection.workspaces, &self.preset.workspaces);
        let mut chosen: Vec<SampleWorkspace> = Vec::new();
        for name in names {
            let files = self.files;
            let sample = files.workspaces.iter().find(|workspace| workspace.name == *name);
            let is_path = name.contains('/') || name == "." || Path::new(name).is_dir();
            let workspace = match sample {
                Some(sample) => sample.clone(),
                None if is_path => match self.foreign(name, &chosen) {
                    Some(workspace) => workspace,
                    None => continue,
                },
                None => {
                    let known = files.workspaces.iter().map(|it| it.name.as_str());
                    let what = unknown("workspace", name, known);
                    self.problem("--workspace", format!("{what} (or a path with a `/`)"));
                    continue;
                }
            };
            if chosen.iter().all(|other| other.folder != workspace.folder) {
                chosen.push(workspace);
            }
        }
        chosen
    }

    /// A folder of the user's. Its name is its folder's, made fit, and unlike any other.
    fn foreign(&mut self, path: &str, chosen: &[SampleWorkspace]) -> Option<SampleWorkspace> {
        let folder = match Path::new(path).canonicalize() {
            Ok(folder) if folder.join("Cargo.toml").is_file() => folder,
            Ok(folder) => {
                self.problem("--workspace", format!("no Cargo.toml in {}", folder.display()));
                return None;
            }
            Err(error) => {
                self.problem("--workspace", format!("`{path}`: {error}"));
                return None;
            }
        };
        let stem = folder.file_name().map_or_else(String::new, |it| fit(&it.to_string_lossy()));
        let stem = if stem.is_empty() { "workspace".to_owned() } else { stem };
        let taken = |name: &str| {
            let samples = self.files.workspaces.iter().chain(chosen);
            samples.into_iter().any(|it| it.name == name && it.folder != folder)
        };
        let numbered = (2..).map(|number| format!("{stem}-{number}"));
        let name = std::iter::once(stem.clone()).chain(numbered).find(|name| !taken(name))?;
        Some(SampleWorkspace {
            name,
            title: format!("A workspace at {}", folder.display()),
            essay: String::new(),
            folder,
            origin: Origin::Foreign,
            typical_build: None,
            expected: Expected::default(),
            verify: None,
            mutations: Vec::new(),
        })
    }

    /// Whether each sample offers the changes that the story makes.
    fn changes(&mut self, story: &Story, workspaces: &[SampleWorkspace]) {
        for workspace in workspaces.iter().filter(|it| it.origin == Origin::Sample) {
            for job in story.jobs.iter().filter(|job| job.change.kind != MutationKind::None) {
                if workspace.mutation(job.change).is_none() {
                    let what = format!(
                        "job `{}` of story `{}` wants a `{}` change, which workspace `{}` does \
                         not offer",
                        job.name, story.name, job.change, workspace.name
                    );
                    self.problem("--story", what);
                }
            }
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

fn is_profile(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
