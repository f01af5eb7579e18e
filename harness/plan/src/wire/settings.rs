//! A repository's own `lukewarm.toml`: what is measured where nothing else is said.

use std::collections::BTreeMap;

use lukewarm_model::{Bytes, Rule, Seconds, Verify};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use super::thresholds::ThresholdsFile;
use super::workspace::VerifyTable;
use crate::catalogue::Files;
use crate::document::Table;
use crate::forms::{Filled, NAME_PATTERN, Written};
use crate::problem::unknown;
use crate::words;

/// What is measured in a repository where the command line says nothing else.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SettingsFile {
    /// The Cargo command that each job runs, such as `"cargo test --no-run --workspace"`. Left out:
    /// there are `commands`, or `cargo build --workspace` is run
    command: Option<Filled>,
    /// Several of them, which each job runs one after the other. Left out: there is one `command`
    #[schemars(length(min = 1), inner(regex(pattern = r"\S")))]
    commands: Option<Vec<String>>,
    /// Scenarios by name, in the order of reports; `NAME@VERSION` selects a version of the tool.
    /// Left out: those of the preset
    #[schemars(length(min = 1))]
    scenarios: Option<Vec<String>>,
    /// The story by name: the jobs, and the edits between them. Left out: that of the preset
    #[schemars(regex(pattern = NAME_PATTERN))]
    story: Option<String>,
    /// No further iteration starts that would not end within this time, such as `"10m"`. Left out:
    /// that of the preset
    budget: Option<Written<Seconds>>,
    /// Files and folders that a checkout has although git does not track them, as paths below the
    /// repository's root, such as `"dist/"`. Left out: none
    #[serde(default)]
    include: Vec<String>,
    /// Variables of every job, by name. Values of names such as `API_TOKEN` are not recorded; give
    /// secrets with `--env` or `--env-file` instead. Left out: none
    #[serde(default)]
    #[schemars(schema_with = "variables")]
    env: Option<BTreeMap<String, Value>>,
    /// A run of a finished program from the workspace's root, not timed. Left out: no program is run
    verify: Option<VerifyTable>,
    /// Which metric may change by how much in `lukewarm compare`. Left out: as without a file of
    /// thresholds
    thresholds: Option<ThresholdsFile>,
    /// The runner that CI has. Left out: this machine, whole
    runner: Option<RunnerTable>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RunnerTable {
    /// CPUs that jobs may use. Left out: all
    #[schemars(range(min = 1))]
    cpus: Option<u32>,
    /// Memory that the processes of a job may use together, such as `"16 GB"`. Left out: no limit
    memory: Option<Written<Bytes>>,
}

/// What a `lukewarm.toml` says, judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The commands of each job, in words; empty where none is said.
    pub commands: Vec<Vec<String>>,
    /// Scenarios by name; empty where none is said.
    pub scenarios: Vec<String>,
    /// The story by name.
    pub story: Option<String>,
    /// The time that may be spent.
    pub budget: Option<Seconds>,
    /// Further files of a checkout.
    pub include: Vec<String>,
    /// Variables of jobs, with their values.
    pub env: Vec<(String, String)>,
    /// How a finished program proves that it works.
    pub verify: Option<Verify>,
    /// The rules of the gate; absent where none is said.
    pub thresholds: Option<Vec<Rule>>,
    /// CPUs that jobs may use.
    pub cpus: Option<u32>,
    /// Memory that the processes of a job may use together.
    pub memory: Option<Bytes>,
}

fn variables(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": { "type": "string" } })
}

impl SettingsFile {
    /// What the file says; names that are not known, and keys that do not go together, are noted.
    pub fn settings(self, table: Table<'_>, files: &Files) -> Settings {
        if self.command.is_some() && self.commands.is_some() {
            table.problem("commands", "`commands` and `command` exclude each other");
        }
        let key = if self.command.is_some() { "command" } else { "commands" };
        let lines = self.command.map(|it| vec![it.0]).or(self.commands).unwrap_or_default();
        let mut commands = Vec::new();
        for line in lines {
            match words::split(&line) {
                Ok(words) => commands.push(words),
                Err(error) => table.problem(key, format!("`{key}`: {error}")),
            }
        }
        let known: Vec<&str> = files.scenarios.iter().map(|it| it.name.as_str()).collect();
        let scenarios = self.scenarios.unwrap_or_default();
        for name in &scenarios {
            let base = name.split(['@', '+']).next().unwrap_or_default();
            if !known.contains(&base) {
                table.problem("scenarios", unknown("scenario", base, known.iter().copied()));
            }
        }
        let stories: Vec<&str> = files.stories.iter().map(|it| it.name.as_str()).collect();
        if let Some(story) = self.story.as_deref().filter(|name| !stories.contains(name)) {
            table.problem("story", unknown("story", story, stories.iter().copied()));
        }
        let outside = |path: &&String| !lukewarm_model::goes_down(std::path::Path::new(path));
        if let Some(path) = self.include.iter().find(outside) {
            let what = format!("`include`: `{path}` is no path below the repository's root");
            table.problem("include", what);
        }
        let thresholds = self.thresholds.zip(table.below("thresholds"));
        let (cpus, memory) = match self.runner {
            Some(RunnerTable { cpus, memory }) => (cpus, memory.map(|it| it.0)),
            None => (None, None),
        };
        Settings {
            commands,
            scenarios,
            story: self.story,
            budget: self.budget.map(|it| it.0),
            include: self.include,
            env: self.env.map(|_| env(table)).unwrap_or_default(),
            verify: self.verify.map(VerifyTable::verify),
            thresholds: thresholds.map(|(file, table)| file.rules(table)),
            cpus,
            memory,
        }
    }
}

/// The variables of the file; one that is no text is noted, without its value.
fn env(table: Table<'_>) -> Vec<(String, String)> {
    let Some(table) = table.below("env") else { return Vec::new() };
    let mut variables = Vec::new();
    for name in table.written.keys() {
        let name = name.get_ref().as_ref();
        match table.text(name) {
            Some(value) => variables.push((name.to_owned(), value.to_owned())),
            None => table.problem(name, format!("`{name}` must be a text in quotes")),
        }
    }
    variables
}
