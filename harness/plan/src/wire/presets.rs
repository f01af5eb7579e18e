//! The presets' file: what is run where nothing else is said.

use lukewarm_model::{Priming, Seconds};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::catalogue::{Length, PresetFile};
use crate::document::Table;
use crate::forms::{NAME_PATTERN, Written};
use crate::problem::unknown;

/// The names that a preset may choose from, those of files that could not be read among them.
pub struct KnownNames<'a> {
    /// Of scenarios.
    pub scenarios: Vec<&'a str>,
    /// Of sample workspaces.
    pub workspaces: Vec<&'a str>,
    /// Of stories.
    pub stories: Vec<&'a str>,
}

/// The presets, each a table.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("x-keys" = "preset"))]
pub struct PresetsFile {
    /// What is run without an option.
    default: PresetTable,
    /// What is run with `--quick`.
    quick: PresetTable,
    /// What is run with `--full`.
    full: PresetTable,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("oneOf" = [{ "required": ["iterations"] }, { "required": ["looks"] }]))]
struct PresetTable {
    /// Scenarios by name, in the order of reports.
    #[schemars(schema_with = "names")]
    scenarios: Vec<String>,
    /// Sample workspaces by name, in the order of reports.
    #[schemars(schema_with = "names")]
    workspaces: Vec<String>,
    /// A story's name.
    #[schemars(regex(pattern = NAME_PATTERN))]
    story: String,
    /// Measured passes, from 1 on. Left out: there are `looks`
    #[schemars(range(min = 1))]
    iterations: Option<u32>,
    /// The interim analyses: the numbers of passes after which decided comparisons stop, the last
    /// being the most, such as `[10, 20, 40, 60]`. Tests use stricter levels accordingly. Left out:
    /// there are `iterations`
    #[schemars(length(min = 1), inner(range(min = 1)))]
    looks: Option<Vec<u32>>,
    /// No further pass starts that would not end within this time; one pass is always measured.
    /// Left out: no limit
    budget: Option<Written<Seconds>>,
    /// `"separate"`: a first pass, without the story's last job, creates the states that measured
    /// jobs start from; `"measured"`: that pass is measured too. Left out: `"separate"`
    priming: Option<Priming>,
}

fn names(_: &mut SchemaGenerator) -> Schema {
    let name = json_schema!({ "type": "string", "pattern": NAME_PATTERN });
    json_schema!({ "type": "array", "minItems": 1, "items": name })
}

impl PresetsFile {
    /// The presets `default`, `quick` and `full`, in this order; names that are not known are
    /// noted.
    pub fn presets(self, table: Table<'_>, known: &KnownNames<'_>) -> [PresetFile; 3] {
        let PresetsFile { default, quick, full } = self;
        [("default", default), ("quick", quick), ("full", full)].map(|(key, preset)| {
            if let Some(table) = table.below(key) {
                preset.check(table, known);
            }
            preset.preset()
        })
    }
}

impl PresetTable {
    fn check(&self, table: Table<'_>, known: &KnownNames<'_>) {
        let look_up = |key: &str, kind: &str, names: &[String], known: &[&str]| {
            for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
                table.problem(key, unknown(kind, name, known.iter().copied()));
            }
        };
        look_up("scenarios", "scenario", &self.scenarios, &known.scenarios);
        look_up("workspaces", "workspace", &self.workspaces, &known.workspaces);
        if table.is_right("story") {
            let story = std::slice::from_ref(&self.story);
            look_up("story", "story", story, &known.stories);
        }
        let grows = |looks: &Vec<u32>| looks.is_sorted_by(|earlier, later| earlier < later);
        if !self.looks.as_ref().is_none_or(grows) {
            table.problem("looks", "`looks` must grow, such as `[10, 20, 40, 60]`");
        }
    }

    fn preset(self) -> PresetFile {
        PresetFile {
            scenarios: self.scenarios,
            workspaces: self.workspaces,
            story: self.story,
            length: match self.looks {
                Some(looks) => Length::Looks(looks),
                None => Length::Iterations(self.iterations.unwrap_or(1)),
            },
            budget: self.budget.map(|it| it.0),
            priming: self.priming.unwrap_or(Priming::Separate),
        }
    }
}
