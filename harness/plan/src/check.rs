//! Validation of a document against the JSON Schema of its kind: every wrong value and every
//! unknown, missing or incomplete key is noted with its position. The rest fits the schema, so that
//! serde accepts it. Owns the schema's keywords; checks between files are `wire`'s.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::DeValue;

use crate::document::Table;
use crate::forms;
use crate::problem::unknown;

/// The keyword for what the keys of a table are called in messages; `key` where it is left out.
pub const KEYS: &str = "x-keys";

/// A table as `T`, whose schema is given. Where a value is wrong it is noted, and `T` has the value
/// of a key that is left out, or the plainest that fits where it must be there.
pub fn take<T: DeserializeOwned>(table: Table<'_>, schema: &Value) -> Option<T> {
    let fitting = conform(table, schema);
    // What fits the schema of a type is that type: this is never seen.
    serde_json::from_value(fitting).map_err(|error| table.problem("", error.to_string())).ok()
}

/// What of a table fits a schema.
pub fn conform(table: Table<'_>, schema: &Value) -> Value {
    let nothing = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&nothing);
    let mut fitting = Map::new();
    for (key, value) in table.written {
        let name = key.get_ref().as_ref();
        let fit = match (properties.get(name), &schema["additionalProperties"]) {
            // A key that there is, and that nobody may write.
            (Some(Value::Bool(false)), _) => {
                table.problem(name, format!("`{name}`: lukewarm sets it itself, for every job"));
                None
            }
            (Some(wanted), _) => fit(table, name, value, wanted),
            (None, Value::Bool(false)) => {
                let kind = schema[KEYS].as_str().unwrap_or("key");
                let known = properties.iter().filter(|(_, it)| **it != Value::Bool(false));
                table.problem(name, unknown(kind, name, known.map(|(key, _)| key.as_str())));
                None
            }
            (None, _) => fit(table, name, value, &Value::Null),
        };
        fitting.extend(fit.map(|fit| (name.to_owned(), fit)));
    }
    for name in names(&schema["required"]) {
        if !table.has(name) {
            table.problem("", format!("`{name}` is missing"));
        }
        fitting.entry(name).or_insert_with(|| plainest(&schema["properties"][name]));
    }
    companions(table, schema);
    Value::Object(fitting)
}

/// Checks keys that require others, and keys that exclude each other.
fn companions(table: Table<'_>, schema: &Value) {
    for (key, others) in schema["dependencies"].as_object().into_iter().flatten() {
        for other in names(others).filter(|other| table.has(key) && !table.has(other)) {
            table.problem(key, format!("`{key}` without a `{other}`"));
        }
    }
    for (keyword, may_be_both) in [("oneOf", false), ("anyOf", true)] {
        let Some(choices) = schema[keyword].as_array() else { continue };
        let choices: Vec<&str> = choices.iter().flat_map(|it| names(&it["required"])).collect();
        let there: Vec<&str> = choices.iter().copied().filter(|key| table.has(key)).collect();
        match there[..] {
            [] => {
                let why = schema["$comment"].as_str().map(|why| format!(": {why}"));
                let choices: Vec<String> = choices.iter().map(|it| format!("`{it}`")).collect();
                let choices = choices.join(" or ");
                table.problem("", format!("{choices} is missing{}", why.unwrap_or_default()));
            }
            [first, second, ..] if !may_be_both => {
                table.problem(second, format!("`{second}` and `{first}` exclude each other"));
            }
            _ => {}
        }
    }
}

/// A key's value, where it fits.
fn fit(table: Table<'_>, key: &str, value: &Spanned<DeValue<'_>>, wanted: &Value) -> Option<Value> {
    let found = value.get_ref();
    let fitting = match kind(wanted) {
        _ if found.is_table() && may_be_table(wanted) => {
            table.below(key).map(|it| Some(conform(it, wanted)))
        }
        "string" => found.as_str().map(|text| word(table, key, text, wanted)),
        "array" => list(table, key, found, wanted),
        "object" => None,
        "" => Some(plain(found)),
        _ => scalar(found, wanted).map(Some),
    };
    fitting.unwrap_or_else(|| {
        table.wrong(key, value, &description(key, wanted));
        None
    })
}

/// A list's items that fit; none where the list is of other things.
fn list(table: Table<'_>, key: &str, found: &DeValue<'_>, wanted: &Value) -> Option<Option<Value>> {
    let items = &wanted["items"];
    let found = found.as_array()?;
    let fitting: Vec<Value> = match kind(items) {
        "object" => {
            let tables = table.each(key);
            let all = tables.len() == found.len();
            all.then(|| tables.into_iter().map(|it| conform(it, items)).collect())?
        }
        "string" => {
            let texts: Vec<&str> =
                found.iter().map(|it| it.get_ref().as_str()).collect::<Option<_>>()?;
            texts.into_iter().filter_map(|text| word(table, key, text, items)).collect()
        }
        _ => found.iter().map(|it| scalar(it.get_ref(), items)).collect::<Option<_>>()?,
    };
    if found.is_empty() && wanted["minItems"].as_u64() > Some(0) {
        table.problem(key, format!("`{key}` is empty"));
        return Some(None);
    }
    Some(Some(Value::Array(fitting)))
}

/// A text, where it is one of the words or has the form that is wanted.
fn word(table: Table<'_>, key: &str, text: &str, wanted: &Value) -> Option<Value> {
    let problem = match (wanted["enum"].as_array(), wanted["format"].as_str()) {
        (Some(words), _) if words.iter().all(|word| word != text) => {
            Some(unknown(key, text, words.iter().filter_map(Value::as_str)))
        }
        (None, _) if wanted["pattern"] == forms::NOT_EMPTY && text.trim().is_empty() => {
            Some(format!("`{key}` is empty"))
        }
        (None, Some(form)) => forms::check(form, key, text).err().map(|it| it.to_string()),
        _ => None,
    };
    match problem {
        None => Some(json!(text)),
        Some(problem) => {
            table.problem(key, problem);
            None
        }
    }
}

/// A flag or a number, where it is one and within its bounds.
fn scalar(found: &DeValue<'_>, wanted: &Value) -> Option<Value> {
    let least = wanted["minimum"].as_f64().unwrap_or(f64::MIN);
    let most = wanted["maximum"].as_f64().unwrap_or(f64::MAX);
    let within = |number: f64| (least..=most).contains(&number);
    match kind(wanted) {
        "boolean" => found.as_bool().map(Value::from),
        "integer" => whole(found).filter(|it| within(*it as f64)).map(Value::from),
        _ => number(found).filter(|it| within(*it)).map(Value::from),
    }
}

fn whole(found: &DeValue<'_>) -> Option<i64> {
    let integer = found.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn number(found: &DeValue<'_>) -> Option<f64> {
    match found {
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => whole(found).map(|it| it as f64),
    }
}

/// A value without a schema; a date has no JSON form.
fn plain(found: &DeValue<'_>) -> Option<Value> {
    match found {
        DeValue::String(text) => Some(json!(text.as_ref())),
        DeValue::Boolean(flag) => Some(json!(flag)),
        DeValue::Integer(_) => whole(found).map(Value::from),
        DeValue::Float(_) => number(found).map(Value::from),
        _ => None,
    }
}

/// The kind of value that a key must have, in words.
fn description(key: &str, wanted: &Value) -> String {
    let least = |it: &Value| it["minimum"].as_u64().unwrap_or_default();
    let items = &wanted["items"];
    match (kind(wanted), kind(items)) {
        ("string", _) if may_be_table(wanted) => {
            format!("a text in quotes, or a table under [{key}]")
        }
        ("string", _) => "a text in quotes".to_owned(),
        ("boolean", _) => "`true` or `false`".to_owned(),
        ("integer", _) => format!("a whole number from {} on", least(wanted)),
        ("number", _) => "a number".to_owned(),
        ("array", "object") => format!("tables, each under [[{key}]]"),
        ("array", "integer") => format!("a list of whole numbers from {} on", least(items)),
        ("array", _) => "a list of texts in quotes".to_owned(),
        _ => format!("a table under [{key}]"),
    }
}

/// The plainest value that fits a schema.
fn plainest(wanted: &Value) -> Value {
    match kind(wanted) {
        "string" => wanted["enum"].get(0).cloned().unwrap_or_else(|| json!("")),
        "boolean" => json!(false),
        "integer" | "number" => wanted.get("minimum").cloned().unwrap_or_else(|| json!(0)),
        "array" => json!([]),
        _ => names(&wanted["required"])
            .map(|name| (name.to_owned(), plainest(&wanted["properties"][name])))
            .collect(),
    }
}

/// What kind of value a schema wants: the first where it takes several.
fn kind(schema: &Value) -> &str {
    let kinds = &schema["type"];
    kinds.as_str().or_else(|| kinds[0].as_str()).unwrap_or_default()
}

fn may_be_table(schema: &Value) -> bool {
    let kinds = &schema["type"];
    kinds == "object" || kinds.as_array().is_some_and(|it| it.iter().any(|it| it == "object"))
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
