//! A file of thresholds for the regression gate: which metric may change by how much.

use std::collections::BTreeMap;

use lukewarm_model::{Metric, Rule};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::check::KEYS;
use crate::document::Table;
use crate::forms::{self, Tolerance, Written};

/// Which metric may change by how much.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ThresholdsFile {
    /// For each metric a share such as `"5 %"`, or `"off"`. Left out: wall-clock by 2 %, what
    /// repeats exactly not at all
    #[serde(default)]
    #[schemars(schema_with = "tolerances")]
    tolerance: Tolerances,
    /// The same for some cases or jobs; of several that fit, the last counts. Left out: none
    #[serde(default)]
    r#override: Vec<OverrideTable>,
}

type Tolerances = BTreeMap<Metric, Written<Tolerance>>;

/// Keys of its own beside those of metrics.
#[derive(Deserialize, JsonSchema)]
#[schemars(transform = with_tolerances, extend(
    "anyOf" = [{ "required": ["case"] }, { "required": ["job"] }],
    "$comment" = "what holds for all is `[tolerance]`'s",
))]
struct OverrideTable {
    /// A case, or the beginning of one with `*` at its end, such as `cli/sccache-*`. Left out:
    /// every case
    case: Option<String>,
    /// A job's name in the story. Left out: every job
    job: Option<String>,
    #[serde(flatten)]
    #[schemars(skip)]
    tolerances: Tolerances,
}

/// A share for each metric that there is.
fn tolerances(generator: &mut SchemaGenerator) -> Schema {
    let metrics = Metric::json_schema(generator).to_value();
    let meaning = |metric: Metric| {
        let all = metrics["oneOf"].as_array().into_iter().flatten();
        let mut all = all.filter(|it| it["const"] == metric.name());
        all.next().map(|it| it["description"].clone())
    };
    let mut properties = Map::new();
    for metric in Metric::ALL {
        let mut schema = forms::schema::<Tolerance>();
        schema.insert("description".to_owned(), meaning(metric).unwrap_or_default());
        properties.insert(metric.name().to_owned(), schema.into());
    }
    let mut schema = json_schema!({
        "type": "object", "properties": properties, "additionalProperties": false,
    });
    schema.insert(KEYS.to_owned(), json!("metric"));
    schema
}

fn with_tolerances(schema: &mut Schema) {
    let all = tolerances(&mut SchemaGenerator::default()).to_value();
    let own = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut properties = all["properties"].as_object().cloned().unwrap_or_default();
    properties.extend(own);
    for key in ["additionalProperties", KEYS] {
        schema.insert(key.to_owned(), all[key].clone());
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
}

impl ThresholdsFile {
    /// The rules of the file, in the order in which they count.
    pub fn rules(self, table: Table<'_>) -> Vec<Rule> {
        let mut rules = rules(self.tolerance, None, None);
        for (written, table) in self.r#override.into_iter().zip(table.each("override")) {
            let OverrideTable { case, job, tolerances } = written;
            if case.as_ref().is_some_and(|case| case.trim_end_matches('*').contains('*')) {
                let what = "`case`: a `*` is allowed at the end only, such as `cli/sccache-*`";
                table.problem("case", what);
            }
            rules.extend(self::rules(tolerances, case, job));
        }
        rules
    }
}

fn rules(tolerances: Tolerances, case: Option<String>, job: Option<String>) -> Vec<Rule> {
    let rule = |(metric, tolerance): (Metric, Written<Tolerance>)| {
        let (case, job) = (case.clone(), job.clone());
        Rule { case, job, metric, tolerance: tolerance.0.0 }
    };
    tolerances.into_iter().map(rule).collect()
}
