//! Every file of the project, read and judged together.
//! Owns where files are and what their names are; what is in them is `wire`'s.

use std::path::Path;

use lukewarm_model::{
    Claim, ClaimRole, NAME_RULE, Prices, SampleWorkspace, ToolDescription, is_name,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::catalogue::Files;
use crate::check;
use crate::document::{self, Table};
use crate::problem::{Problem, Problems};
use crate::schema;
use crate::source::Layer;
use crate::wire::{
    ClaimFile, KnownNames, Named, NetworkFile, PresetsFile, PricesFile, ScenarioFile, StoryFile,
    VariationFile, WorkspaceFile, named_tool,
};

/// Where the presets are.
const PRESETS: &str = "scenarios/presets.toml";

/// Where the prices are.
const PRICES: &str = "scenarios/prices.toml";

/// Folders that a whole project need not have.
const OPTIONAL: [&str; 3] =
    ["scenarios/claims", "scenarios/variations/soundness", "scenarios/variations/museum"];

/// Reads everything below `root/scenarios` and `root/sample-workspaces`.
///
/// # Errors
/// Names every problem of every file.
pub fn read(root: &Path, tools: &[ToolDescription]) -> Result<Files, Problems> {
    read_layers(&[Layer::project(root)], tools)
}

/// Reads everything that layers have. The first must be whole; a file of a later one stands in the
/// place of one with its name in an earlier one, a sample in that of a whole sample.
///
/// # Errors
/// Names every problem of every file.
pub fn read_layers(layers: &[Layer], tools: &[ToolDescription]) -> Result<Files, Problems> {
    let mut project = Project { layers, problems: Vec::new(), replaced: Vec::new() };
    let found = project.toml_files("scenarios/networks", "network");
    let networks =
        project.each(found, schema::of::<NetworkFile>(), |it, file: NetworkFile, table| {
            Some(file.network(&it.name, table))
        });
    let found = project.toml_files("scenarios/stories", "story");
    let stories = project.each(found, schema::of::<StoryFile>(), |it, file: StoryFile, table| {
        Some(file.story(&it.name, table))
    });
    let found = project.toml_files("scenarios", "scenario");
    let mut schema = schema::Scenarios::new(tools);
    let scenarios = project.each_by(found, |it, table| {
        let schema = schema.of(named_tool(table, tools));
        check::take::<ScenarioFile>(table, schema)?.scenario(&it.name, table, tools, &networks)
    });
    let found = project.samples();
    let workspaces =
        project.each(found, &schema::workspace(tools), |it, file: WorkspaceFile, table| {
            Some(file.workspace(&it.name, table, &it.layer.sample(&it.name)))
        });
    let soundness = project.variations("scenarios/variations/soundness", "variation");
    let museum = project.variations("scenarios/variations/museum", "piece");
    let known = KnownNames {
        scenarios: scenarios.keys().map(String::as_str).collect(),
        workspaces: workspaces.keys().map(String::as_str).collect(),
        stories: stories.keys().map(String::as_str).collect(),
    };
    let found = project.presets();
    let presets = found.and_then(|found| {
        project.one(&found, |table| {
            let file = check::take::<PresetsFile>(table, schema::of::<PresetsFile>())?;
            Some(file.presets(table, &known))
        })
    });
    let prices = project.prices();
    let Some(presets) = presets.filter(|_| project.problems.is_empty()) else {
        return Err(Problems(project.problems));
    };
    let mut files = Files {
        scenarios: scenarios.into_values().flatten().collect(),
        networks: networks.into_values().flatten().collect(),
        stories: stories.into_values().flatten().collect(),
        workspaces: workspaces.into_values().flatten().collect(),
        soundness: soundness.into_values().flatten().collect(),
        museum: museum.into_values().flatten().collect(),
        claims: Vec::new(),
        presets,
        prices,
        tools: tools.to_vec(),
        replaced: Vec::new(),
    };
    // Claims speak of all the others.
    let found = project.toml_files("scenarios/claims", "claim");
    let claims = project.each(found, schema::of::<ClaimFile>(), |it, file: ClaimFile, table| {
        Some(file.claim(&it.name, table, &files))
    });
    if !project.problems.is_empty() {
        return Err(Problems(project.problems));
    }
    files.claims = claims.into_values().flatten().collect();
    let is_detail = |claim: &Claim| claim.role != ClaimRole::Thesis;
    files.claims.sort_by_key(|claim| (is_detail(claim), natural(&claim.id)));
    files.replaced = project.replaced;
    Ok(files)
}

/// Sorts `d2` before `d10`: the letters, then the number behind them.
fn natural(name: &str) -> (String, u64) {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (stem.to_owned(), name[stem.len()..].parse().unwrap_or(0))
}

/// The project's layers, and what is wrong with its files so far.
struct Project<'a> {
    layers: &'a [Layer],
    problems: Vec<Problem>,
    replaced: Vec<String>,
}

/// A file, and the name that it gives to what is in it.
struct Found<'a> {
    name: String,
    layer: &'a Layer,
    path: String,
}

impl<'a> Project<'a> {
    /// The files `*.toml` of a folder, but for the presets' and the prices'.
    fn toml_files(&mut self, folder: &str, kind: &str) -> Vec<Found<'a>> {
        let mut found = Vec::new();
        for (layer, names) in self.names(folder) {
            for name in names.iter().filter_map(|name| name.strip_suffix(".toml")) {
                let (name, path) = (name.to_owned(), format!("{folder}/{name}.toml"));
                if path == PRESETS || path == PRICES {
                    continue;
                }
                self.add(&mut found, Found { name, layer, path }, kind);
            }
        }
        found
    }

    /// The files `*/workspace.toml` of samples.
    fn samples(&mut self) -> Vec<Found<'a>> {
        let mut found = Vec::new();
        for (layer, names) in self.names("sample-workspaces") {
            for name in names {
                let folder = format!("sample-workspaces/{name}");
                let path = format!("{folder}/workspace.toml");
                if layer.has(&path) {
                    self.add(&mut found, Found { name, layer, path }, "workspace");
                } else if layer.has(&format!("{folder}/Cargo.toml")) {
                    let what = "a Cargo workspace without a `workspace.toml`";
                    self.problem(layer.shown(&folder), what);
                }
            }
        }
        found
    }

    /// The variations that a folder has, each as a workspace.
    fn variations(&mut self, folder: &str, kind: &str) -> Named<SampleWorkspace> {
        let found = self.toml_files(folder, kind);
        let (schema, layers) = (schema::of::<VariationFile>(), self.layers);
        self.each(found, schema, |it, file: VariationFile, table| {
            Some(file.workspace(&it.name, table, layers))
        })
    }

    /// The names in a folder of each layer. Those of claims, variations and pieces may be missing,
    /// and any of a later layer.
    fn names(&mut self, folder: &str) -> Vec<(&'a Layer, Vec<String>)> {
        let mut all = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let may_be_missing = index > 0 || OPTIONAL.contains(&folder);
            if may_be_missing && !layer.has_folder(folder) {
                continue;
            }
            match layer.names(folder) {
                Ok(names) => all.push((layer, names)),
                Err(error) => {
                    self.problem(layer.shown(folder), format!("cannot be read: {error}"));
                }
            }
        }
        all
    }

    /// Adds a file, in the place of one of its name.
    fn add(&mut self, found: &mut Vec<Found<'a>>, new: Found<'a>, kind: &str) {
        match found.iter_mut().find(|it| it.name == new.name) {
            Some(old) => {
                let (name, path) = (&new.name, new.layer.shown(&new.path));
                self.replaced.push(format!("{kind} `{name}` is that of {path}"));
                *old = new;
            }
            None => found.push(new),
        }
    }

    /// The presets' file: that of the last layer that has one.
    fn presets(&mut self) -> Option<Found<'a>> {
        let last = self.layers.iter().rposition(|layer| layer.has(PRESETS)).unwrap_or(0);
        let layer = self.layers.get(last)?;
        if last > 0 {
            self.replaced.push(format!("the presets are those of {}", layer.shown(PRESETS)));
        }
        Some(Found { name: "presets".to_owned(), layer, path: PRESETS.to_owned() })
    }

    /// The prices of the last layer that has the file; none where no layer has.
    fn prices(&mut self) -> Option<Prices> {
        let last = self.layers.iter().rposition(|layer| layer.has(PRICES))?;
        let layer = self.layers.get(last)?;
        if last > 0 {
            self.replaced.push(format!("the prices are those of {}", layer.shown(PRICES)));
        }
        let found = Found { name: "prices".to_owned(), layer, path: PRICES.to_owned() };
        self.one(&found, |table| {
            let file = check::take::<PricesFile>(table, schema::of::<PricesFile>())?;
            Some(file.prices(table))
        })
    }

    /// Reads each file as serde has it.
    fn each<W: DeserializeOwned, T>(
        &mut self,
        found: Vec<Found<'a>>,
        schema: &Value,
        mut take: impl FnMut(&Found<'a>, W, Table<'_>) -> Option<T>,
    ) -> Named<T> {
        self.each_by(found, |it, table| take(it, check::take(table, schema)?, table))
    }

    /// Reads each file.
    fn each_by<T>(
        &mut self,
        found: Vec<Found<'a>>,
        mut take: impl FnMut(&Found<'a>, Table<'_>) -> Option<T>,
    ) -> Named<T> {
        let mut named = Named::new();
        for found in found {
            if !is_name(&found.name) {
                let what = format!("`{}`: {NAME_RULE}", found.name);
                self.problem(found.layer.shown(&found.path), what);
            }
            let value = self.one(&found, |table| take(&found, table));
            named.insert(found.name, value);
        }
        named
    }

    fn one<T>(
        &mut self,
        found: &Found<'_>,
        take: impl FnOnce(Table<'_>) -> Option<T>,
    ) -> Option<T> {
        let shown = found.layer.shown(&found.path);
        match found.layer.read(&found.path) {
            Ok(text) => document::read(&shown, &text, &mut self.problems, take),
            Err(error) => {
                self.problem(shown, format!("cannot be read: {error}"));
                None
            }
        }
    }

    fn problem(&mut self, place: String, what: impl Into<String>) {
        self.problems.push(Problem { place, what: what.into() });
    }
}
