//! Every file of the project, read and judged together.
//! Owns where files are and what their names are; what is in them is `read`'s.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_model::{Network, Priming, SampleWorkspace, Scenario, Story, ToolDescription};

use crate::kinds;
use crate::problem::{Problem, Problems};
use crate::reader::File;

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
    /// The presets, by name.
    pub presets: BTreeMap<String, PresetFile>,
    /// The cache tools, as they describe themselves.
    pub tools: Vec<ToolDescription>,
}

/// What is run where nothing else is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetFile {
    /// The scenarios, in the order of reports.
    pub scenarios: Vec<String>,
    /// The workspaces, in the order of reports.
    pub workspaces: Vec<String>,
    /// The story.
    pub story: String,
    /// Measured iterations.
    pub iterations: u32,
    /// How states are made.
    pub priming: Priming,
}

/// Reads everything below `root/scenarios` and `root/sample-workspaces`.
///
/// # Errors
/// Names every problem of every file.
pub fn read(root: &Path, tools: &[ToolDescription]) -> Result<Files, Problems> {
    let mut problems = Vec::new();
    let networks =
        each(root, "scenarios/networks", &mut problems, |name, _, file| kinds::network(name, file));
    let stories =
        each(root, "scenarios/stories", &mut problems, |name, _, file| kinds::story(name, file));
    let scenarios = each(root, "scenarios", &mut problems, |name, _, file| match name {
        "presets" => None,
        name => kinds::scenario(name, file, tools, &networks),
    });
    let workspaces = each(root, "sample-workspaces", &mut problems, |name, folder, file| {
        kinds::workspace(name, folder, file)
    });
    let path = "scenarios/presets.toml";
    let text = fs::read_to_string(root.join(path)).unwrap_or_else(|error| {
        problems.push(Problem { place: path.to_owned(), what: error.to_string() });
        String::new()
    });
    let presets = kinds::presets(&mut File { path, text: &text, problems: &mut problems });
    for wanted in ["default", "quick", "full"].into_iter().filter(|it| !presets.contains_key(*it)) {
        let what = format!("no preset [{wanted}]");
        problems.push(Problem { place: path.to_owned(), what });
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let tools = tools.to_vec();
    Ok(Files { scenarios, networks, stories, workspaces, presets, tools })
}

/// Reads each file of a folder, `*.toml` or `*/workspace.toml`, with its name and folder.
fn each<T>(
    root: &Path,
    folder: &str,
    problems: &mut Vec<Problem>,
    mut take: impl FnMut(&str, &Path, &mut File<'_>) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::new();
    for (name, path) in named_files(&root.join(folder)) {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        if !kinds::is_name(&name) {
            let what = format!("`{name}`: a name has only a–z, 0–9 and `-`");
            problems.push(Problem { place: shown.clone(), what });
        }
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                problems.push(Problem { place: shown, what: format!("cannot be read: {error}") });
                continue;
            }
        };
        let mut file = File { path: &shown, text: &text, problems };
        found.extend(take(&name, path.parent().unwrap_or(root), &mut file));
    }
    found
}

fn named_files(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut files: Vec<(String, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let inner = path.join("workspace.toml");
            if inner.is_file() {
                return Some((path.file_name()?.to_string_lossy().into_owned(), inner));
            }
            let is_toml = path.extension().is_some_and(|extension| extension == "toml");
            let stem = path.file_stem()?.to_string_lossy().into_owned();
            (is_toml && path.is_file()).then_some((stem, path))
        })
        .collect();
    files.sort();
    files
}
