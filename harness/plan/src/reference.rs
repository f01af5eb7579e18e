//! The tables of keys in the pages that specify files: what the schemas say, for people. Owns their
//! form and their place between markers.

use lukewarm_model::ToolDescription;
use serde_json::{Value, json};

use crate::error::MarkerError;
use crate::forms::{Form, Tolerance};
use crate::schema::FILE_KINDS;

/// What stands before what holds where a key is left out, in a description.
const LEFT_OUT: &str = "Left out: ";

/// What stands after a table.
const END: &str = "<!-- end of keys -->";

/// A page with the table of each kind of file between its markers, `<!-- keys of NAME -->` and
/// `<!-- end of keys -->`.
///
/// # Errors
/// When the page has no such markers, or one of them is without its other.
pub fn with_tables(page: &str, tools: &[ToolDescription]) -> Result<String, MarkerError> {
    let mut page = page.to_owned();
    let mut count = 0;
    for kind in FILE_KINDS {
        let begin = format!("<!-- keys of {} -->", kind.name);
        let Some(start) = page.find(&begin).map(|start| start + begin.len()) else { continue };
        let Some(length) = page[start..].find(END) else {
            return Err(MarkerError::Unclosed { begin, end: END });
        };
        let table = table(&kind.schema(tools));
        page.replace_range(start..start + length, &format!("\n\n{table}\n"));
        count += 1;
    }
    match count {
        0 => Err(MarkerError::None { end: END }),
        _ => Ok(page),
    }
}

/// The keys that a schema has, as a Markdown table: those that must be there first.
fn table(schema: &Value) -> String {
    let mut lines = vec!["| key | value | left out |".to_owned(), "|---|---|---|".to_owned()];
    rows(schema, &[String::new()], &mut lines);
    lines.join("\n") + "\n"
}

/// The rows of the keys of some tables that are alike, by what stands before their keys.
fn rows(schema: &Value, prefixes: &[String], lines: &mut Vec<String>) {
    let required = required(schema);
    let all = schema["properties"].as_object().into_iter().flatten();
    // What nobody may write is no key.
    let all = all.filter(|(_, it)| **it != Value::Bool(false));
    let all = all.map(|(key, it)| (key.as_str(), it));
    // There is a tolerance for each metric: one row says it of all.
    let (tolerances, all): (Vec<(&str, &Value)>, Vec<(&str, &Value)>) =
        all.partition(|(_, it)| it["format"] == Tolerance::NAME);
    if !tolerances.is_empty() {
        let said = "For a metric, a share such as `\"5 %\"`, or `\"off\"`. Left out: nothing is said of it";
        let schema = json!({ "type": "string", "description": said });
        lines.push(row(&schema, prefixes, "METRIC", false));
    }
    let place = |key: &str| required.iter().position(|it| *it == key).unwrap_or(usize::MAX);
    let mut keys = all.clone();
    keys.sort_by_key(|(key, _)| place(key));
    let mut done: Vec<&str> = Vec::new();
    for (key, schema) in &keys {
        if done.contains(key) {
            continue;
        }
        // Tables that are alike, such as the presets: their keys are said once.
        let alike = |it: &Value| {
            is_table(it) && !it["properties"].is_null() && it["properties"] == schema["properties"]
        };
        let group: Vec<(&str, &Value)> = keys.iter().filter(|(_, it)| alike(it)).copied().collect();
        let many = group.len() > 3;
        let heads = if group.is_empty() || many { vec![(*key, *schema)] } else { group.clone() };
        for (head, schema) in heads {
            let shown = if many { "*" } else { head };
            lines.push(row(schema, prefixes, shown, required.contains(&head)));
        }
        done.extend(group.iter().map(|(key, _)| *key));
        let below = |prefix: &String| match group.len() {
            0 => vec![format!("{prefix}{key}.")],
            1 | 2 => group.iter().map(|(key, _)| format!("{prefix}{key}.")).collect(),
            _ => vec![format!("{prefix}*.")],
        };
        let below: Vec<String> = prefixes.iter().flat_map(below).collect();
        let inner = if schema["type"] == "array" { &schema["items"] } else { *schema };
        rows(inner, &below, lines);
    }
}

fn row(schema: &Value, prefixes: &[String], key: &str, is_required: bool) -> String {
    let brackets = match (is_table(schema), schema["type"] == "array" && is_table(&schema["items"]))
    {
        (true, _) => ("[", "]"),
        (_, true) => ("[[", "]]"),
        _ => ("", ""),
    };
    let name = |prefix: &String| format!("`{}{prefix}{key}{}`", brackets.0, brackets.1);
    let names: Vec<String> = prefixes.iter().map(name).collect();
    let said = schema["description"].as_str().unwrap_or_default();
    let (value, left_out) = said.split_once(LEFT_OUT).unwrap_or((said, ""));
    let left_out = if is_required { "required" } else { left_out };
    let mut value = value.trim().trim_end_matches('.').to_owned();
    let words = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let words: Vec<&str> = words.collect();
    let is_said = |word: &&str| {
        [format!("`{word}`"), format!("\"{word}\"")].iter().any(|it| value.contains(it))
    };
    if !words.iter().all(is_said) {
        value = format!("{value}: `{}`", words.join("`, `"));
    }
    format!("| {} | {} | {} |", names.join(", "), cell(&value), cell(left_out))
}

fn is_table(schema: &Value) -> bool {
    schema["type"] == "object"
}

fn required(schema: &Value) -> Vec<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
