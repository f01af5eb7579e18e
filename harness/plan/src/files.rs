//! Every file of the project, read and judged together.
//! Owns where files are and what their names are; what is in them is `kinds`'.

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_model::{
    Claim, NAME_RULE, Network, SampleWorkspace, Scenario, Story, ToolDescription, is_name,
};

use crate::kinds::{self, Known, Named, PresetFile};
use crate::problem::{Problem, Problems};
use crate::reader::{self, Reader};
use crate::select::Preset;

/// Every file of the project, each list in the order of names.
#[derive(Clone, Debug, PartialEq)]
pub struct Files {
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// The networks.
    pub networks: Vec<Network>,
    /// The stories.
    pub stories: Vec<Story>,
    /// The sample workspaces.
    pub workspaces: Vec<SampleWorkspace>,
    /// The claims.
    pub claims: Vec<Claim>,
    /// The presets: default, quick, full.
    pub presets: [PresetFile; 3],
    /// The cache tools, as they describe themselves.
    pub tools: Vec<ToolDescription>,
}

impl Files {
    /// A preset, as its file has it.
    pub fn preset(&self, preset: Preset) -> &PresetFile {
        let [default, quick, full] = &self.presets;
        match preset {
            Preset::Default => default,
            Preset::Quick => quick,
            Preset::Full => full,
        }
    }
}

/// Reads everything below `root/scenarios` and `root/sample-workspaces`.
///
/// # Errors
/// Names every problem of every file.
pub fn read(root: &Path, tools: &[ToolDescription]) -> Result<Files, Problems> {
    let mut project = Project { root, problems: Vec::new() };
    let found = project.toml_files("scenarios/networks");
    let networks = project.each(found, |it, reader| Some(kinds::network(&it.name, reader)));
    let found = project.toml_files("scenarios/stories");
    let stories = project.each(found, |it, reader| Some(kinds::story(&it.name, reader)));
    let mut found = project.toml_files("scenarios");
    found.retain(|it| it.name != "presets");
    let scenarios =
        project.each(found, |it, reader| kinds::scenario(&it.name, reader, tools, &networks));
    let found = project.samples("sample-workspaces");
    let workspaces = project.each(found, |it, reader| {
        let folder = it.path.parent().unwrap_or(root);
        Some(kinds::workspace(&it.name, folder, reader, tools))
    });
    let known = Known {
        scenarios: scenarios.keys().map(String::as_str).collect(),
        workspaces: workspaces.keys().map(String::as_str).collect(),
        stories: stories.keys().map(String::as_str).collect(),
    };
    let path = root.join("scenarios/presets.toml");
    let presets = project.one(&path, |reader| kinds::presets(reader, &known));
    let Some(presets) = presets.filter(|_| project.problems.is_empty()) else {
        return Err(Problems(project.problems));
    };
    let mut files = Files {
        scenarios: scenarios.into_values().flatten().collect(),
        networks: networks.into_values().flatten().collect(),
        stories: stories.into_values().flatten().collect(),
        workspaces: workspaces.into_values().flatten().collect(),
        claims: Vec::new(),
        presets,
        tools: tools.to_vec(),
    };
    // Claims speak of all the others.
    let found = match root.join("scenarios/claims").is_dir() {
        true => project.toml_files("scenarios/claims"),
        false => Vec::new(),
    };
    let claims =
        project.each(found, |it, reader| Some(kinds::claim(&it.name, reader, Some(&files))));
    if !project.problems.is_empty() {
        return Err(Problems(project.problems));
    }
    files.claims = claims.into_values().flatten().collect();
    files.claims.sort_by_key(|claim| natural(&claim.id));
    Ok(files)
}

/// Sorts `d2` before `d10`: the letters, then the number behind them.
fn natural(name: &str) -> (String, u64) {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (stem.to_owned(), name[stem.len()..].parse().unwrap_or(0))
}

/// The project's folder, and what is wrong with its files so far.
struct Project<'a> {
    root: &'a Path,
    problems: Vec<Problem>,
}

/// A file, and the name that it gives to what is in it.
struct Found {
    name: String,
    path: PathBuf,
}

impl Project<'_> {
    /// The files `*.toml` of a folder.
    fn toml_files(&mut self, folder: &str) -> Vec<Found> {
        let is_toml = |path: &PathBuf| path.extension().is_some_and(|it| it == "toml");
        let paths = self.entries(folder).into_iter().filter(|path| is_toml(path));
        let named = |path: PathBuf| {
            Some(Found { name: path.file_stem()?.to_string_lossy().into_owned(), path })
        };
        paths.filter_map(named).collect()
    }

    /// The files `*/workspace.toml` of a folder.
    fn samples(&mut self, folder: &str) -> Vec<Found> {
        let mut found = Vec::new();
        for folder in self.entries(folder) {
            let path = folder.join("workspace.toml");
            if path.is_file() {
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                found.push(Found { name, path });
            } else if folder.join("Cargo.toml").is_file() {
                self.problem(&folder, "a Cargo workspace without a `workspace.toml`");
            }
        }
        found
    }

    /// What is in a folder, sorted, but for hidden files: editors keep theirs there.
    fn entries(&mut self, folder: &str) -> Vec<PathBuf> {
        let folder = self.root.join(folder);
        let entries = fs::read_dir(&folder).and_then(|entries| {
            entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()
        });
        let mut paths = entries.unwrap_or_else(|error| {
            self.problem(&folder, format!("cannot be read: {error}"));
            Vec::new()
        });
        let is_hidden = |path: &Path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
        };
        paths.retain(|path| !is_hidden(path));
        paths.sort();
        paths
    }

    /// Reads each file.
    fn each<T>(
        &mut self,
        found: Vec<Found>,
        mut take: impl FnMut(&Found, Reader<'_>) -> Option<T>,
    ) -> Named<T> {
        let mut named = Named::new();
        for found in found {
            if !is_name(&found.name) {
                self.problem(&found.path, format!("`{}`: {NAME_RULE}", found.name));
            }
            let value = self.one(&found.path, |reader| take(&found, reader));
            named.insert(found.name, value);
        }
        named
    }

    fn one<T>(&mut self, path: &Path, take: impl FnOnce(Reader<'_>) -> Option<T>) -> Option<T> {
        match fs::read_to_string(path) {
            Ok(text) => reader::read(&self.shown(path), &text, &mut self.problems, take),
            Err(error) => {
                self.problem(path, format!("cannot be read: {error}"));
                None
            }
        }
    }

    fn problem(&mut self, path: &Path, what: impl Into<String>) {
        let place = self.shown(path);
        self.problems.push(Problem { place, what: what.into() });
    }

    /// A path as problems name it: relative to the root.
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(self.root).unwrap_or(path).display().to_string()
    }
}
