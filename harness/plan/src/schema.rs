//! JSON Schemas of the files that people write: of the structs that serde reads them with, for
//! editors, for `check` and for the reference. Owns their dialect and the list of kinds. What one
//! key says of another, and which names there are, is left to `wire`.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use lukewarm_model::ToolDescription;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use crate::wire::{
    ClaimFile, NetworkFile, PresetsFile, PricesFile, ScenarioFile, SettingsFile, StoryFile,
    ThresholdsFile, VariationFile, WorkspaceFile, complete_scenario, complete_workspace,
    narrow_scenario,
};

/// A kind of file that people write.
pub struct FileKind {
    /// Its name.
    pub name: &'static str,
    /// Where such files are, as a pattern of paths below the root.
    pub files: &'static str,
    /// Its schema, without a head.
    keys: fn(&[ToolDescription]) -> Value,
}

/// Every kind of file that people write. A new one is an entry here.
pub const FILE_KINDS: &[FileKind] = &[
    FileKind { name: "scenario", files: "scenarios/*.toml", keys: scenario },
    FileKind {
        name: "network",
        files: "scenarios/networks/*.toml",
        keys: |_| of::<NetworkFile>().clone(),
    },
    FileKind {
        name: "story",
        files: "scenarios/stories/*.toml",
        keys: |_| of::<StoryFile>().clone(),
    },
    FileKind {
        name: "claim",
        files: "scenarios/claims/*.toml",
        keys: |_| of::<ClaimFile>().clone(),
    },
    FileKind {
        name: "variation",
        files: "scenarios/variations/*/*.toml",
        keys: |_| of::<VariationFile>().clone(),
    },
    FileKind {
        name: "presets",
        files: "scenarios/presets.toml",
        keys: |_| of::<PresetsFile>().clone(),
    },
    FileKind {
        name: "prices",
        files: "scenarios/prices.toml",
        keys: |_| of::<PricesFile>().clone(),
    },
    FileKind { name: "workspace", files: "sample-workspaces/*/workspace.toml", keys: workspace },
    FileKind {
        name: "thresholds",
        files: "any file given with --thresholds",
        keys: |_| of::<ThresholdsFile>().clone(),
    },
    FileKind { name: "settings", files: "lukewarm.toml", keys: |_| of::<SettingsFile>().clone() },
];

impl FileKind {
    /// Its JSON Schema (draft 7, which editors of TOML know best).
    pub fn schema(&self, tools: &[ToolDescription]) -> Value {
        let mut schema = (self.keys)(tools);
        schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
        schema["title"] = json!(format!("lukewarm: {}", self.name));
        schema["description"] = json!(format!("Files: {}", self.files));
        schema
    }
}

/// The schema of a kind of file, every table in its place. It is made once, and stays.
pub fn of<T: JsonSchema + 'static>() -> &'static Value {
    static MADE: Mutex<BTreeMap<TypeId, &'static Value>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(TypeId::of::<T>()).or_insert_with(|| Box::leak(Box::new(make::<T>())))
}

fn make<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().for_deserialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.transforms.push(Box::new(RecursiveTransform(plain)));
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// The schema of a scenario's file, with the settings of all tools.
fn scenario(tools: &[ToolDescription]) -> Value {
    let mut schema = of::<ScenarioFile>().clone();
    complete_scenario(&mut schema, tools);
    schema
}

/// The schemas of scenarios' files by the tool that each names: one, whose settings change.
pub struct Scenarios<'t> {
    tools: &'t [ToolDescription],
    schema: Value,
    /// The tool whose settings are in it; all tools' are where there is none.
    narrowed: Option<&'static str>,
}

impl<'t> Scenarios<'t> {
    /// Those of scenarios that choose from these tools.
    pub fn new(tools: &'t [ToolDescription]) -> Scenarios<'t> {
        Scenarios { tools, schema: scenario(tools), narrowed: None }
    }

    /// That of a scenario with this tool; where it is not known, all tools' settings are allowed.
    pub fn of(&mut self, tool: Option<&ToolDescription>) -> &Value {
        let name = tool.map(|tool| tool.name);
        if self.narrowed != name {
            narrow_scenario(&mut self.schema, tool.map_or(self.tools, std::slice::from_ref));
            self.narrowed = name;
        }
        &self.schema
    }
}

/// The schema of a sample workspace's file, with the counters of the wrappers among some tools.
pub fn workspace(tools: &[ToolDescription]) -> Value {
    let mut schema = of::<WorkspaceFile>().clone();
    complete_workspace(&mut schema, tools);
    schema
}

/// What TOML has no word for, or says more plainly: there is no null, a choice of words is an
/// `enum`, a number is as large as its minimum and maximum say, a description is one line.
fn plain(schema: &mut Schema) {
    let Some(schema) = schema.as_object_mut() else { return };
    if let Some(Value::Array(choices)) = schema.get("anyOf")
        && let [one, null] = &choices[..]
        && null["type"] == "null"
    {
        let one = one.as_object().cloned().unwrap_or_default();
        schema.remove("anyOf");
        for (key, value) in one {
            schema.entry(key).or_insert(value);
        }
    }
    if let Some(Value::Array(choices)) = schema.get("oneOf")
        && choices.iter().all(|it| it["const"].is_string())
    {
        let words: Vec<Value> = choices.iter().map(|it| it["const"].clone()).collect();
        schema.remove("oneOf");
        schema.insert("type".to_owned(), json!("string"));
        schema.insert("enum".to_owned(), words.into());
    }
    let is_null = |it: &Value| it.is_null() || it == "null";
    if let Some(Value::Array(kinds)) = schema.get("type") {
        let kind = kinds.iter().find(|it| !is_null(it)).cloned();
        schema.insert("type".to_owned(), kind.unwrap_or_default());
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.retain(|it| !is_null(it));
    }
    if let Some("uint32" | "double") = schema.get("format").and_then(Value::as_str)
        && schema.remove("format").is_some_and(|it| it == "uint32")
    {
        schema.insert("maximum".to_owned(), json!(u32::MAX));
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ");
    }
}
