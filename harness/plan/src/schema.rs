//! JSON Schemas of the files that people write, for editors: what reading asks for, with the words
//! of the pages that specify it. Owns the form of a schema and the list of kinds. What one key
//! says of another, and which names there are, is left to `check`.

use lukewarm_model::ToolDescription;
use serde_json::{Map, Value, json};

use crate::kinds::{self, Known, Named};
use crate::reader::{Reader, ask};
use crate::shape::{Kind, Rule, Shape, Shared};
use crate::thresholds;

/// A kind of file that people write.
pub struct FileKind {
    /// Its name.
    pub name: &'static str,
    /// Where such files are, as a pattern of paths below the root.
    pub files: &'static str,
    /// The tables that say what its keys mean: a page, the heading above, the column.
    tables: &'static [(&'static str, &'static str, &'static str)],
    /// Its reading.
    read: fn(Reader<'_>, &[ToolDescription]),
}

const SCENARIOS: &str = include_str!("../../../scenarios/README.md");
const SAMPLES: &str = include_str!("../../../sample-workspaces/README.md");
const RESULTS: &str = include_str!("../../../results/README.md");
const GATE: &str = include_str!("../../docs/gate.md");

/// Every kind of file that people write. A new one is an entry here, and a row for each of its keys
/// in the page that specifies it.
pub const FILE_KINDS: &[FileKind] = &[
    FileKind {
        name: "scenario",
        files: "scenarios/*.toml",
        tables: &[(SCENARIOS, "`*.toml`: a scenario", "value")],
        read: |reader, tools| drop(kinds::scenario("", reader, tools, &Named::new())),
    },
    FileKind {
        name: "network",
        files: "scenarios/networks/*.toml",
        tables: &[(SCENARIOS, "`networks/*.toml`: a link", "value")],
        read: |reader, _| drop(kinds::network("", reader)),
    },
    FileKind {
        name: "story",
        files: "scenarios/stories/*.toml",
        tables: &[(SCENARIOS, "`stories/*.toml`: the jobs of a case", "value")],
        read: |reader, _| drop(kinds::story("", reader)),
    },
    FileKind {
        name: "claim",
        files: "scenarios/claims/*.toml",
        tables: &[(SCENARIOS, "`claims/*.toml`: a claim", "value")],
        read: |reader, _| drop(kinds::claim("", reader, None)),
    },
    FileKind {
        name: "presets",
        files: "scenarios/presets.toml",
        tables: &[(SCENARIOS, "`presets.toml`", "value")],
        read: |reader, _| drop(kinds::presets(reader, &Known::default())),
    },
    FileKind {
        name: "workspace",
        files: "sample-workspaces/*/workspace.toml",
        tables: &[(SAMPLES, "`workspace.toml`", "meaning"), (SAMPLES, "Reuse", "counted")],
        read: |reader, tools| drop(kinds::workspace("", "".as_ref(), reader, tools)),
    },
    FileKind {
        name: "thresholds",
        files: "any file given with --thresholds",
        tables: &[(GATE, "Thresholds", "value"), (RESULTS, "Metrics", "how it is counted")],
        read: |reader, _| drop(thresholds::rules(reader)),
    },
];

impl FileKind {
    /// Its JSON Schema (draft 7, which editors of TOML know best).
    pub fn schema(&self, tools: &[ToolDescription]) -> Value {
        let shape = Shared::default();
        // What a file may have hangs on its tool, and so each of them is asked.
        for tool in tools {
            ask(&shape, &[("tool", tool.name)], |reader| (self.read)(reader, tools));
        }
        let mut schema = self.object(&shape.borrow(), "");
        schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
        schema.insert("title".to_owned(), json!(format!("lukewarm: {}", self.name)));
        schema.insert("description".to_owned(), json!(format!("Files: {}", self.files)));
        Value::Object(schema)
    }

    /// What the pages say of a key, by its path: the row of the longest end of that path.
    pub fn meaning(&self, path: &str) -> Option<String> {
        let mut end = path;
        loop {
            let row = self.tables.iter().find_map(|table| row(*table, end));
            match (row, end.split_once('.')) {
                (Some(row), _) => return Some(row),
                (None, Some((_, rest))) => end = rest,
                (None, None) => return None,
            }
        }
    }

    fn object(&self, shape: &Shape, path: &str) -> Map<String, Value> {
        let mut properties = Map::new();
        for (name, kind) in &shape.keys {
            let path = if path.is_empty() { (*name).to_owned() } else { format!("{path}.{name}") };
            let mut schema = self.value(kind, &path);
            if matches!(kind, Kind::Tables(_)) && shape.required.contains(name) {
                schema.insert("minItems".to_owned(), json!(1));
            }
            if let Some(meaning) = self.meaning(&path) {
                schema.insert("description".to_owned(), json!(meaning));
            }
            properties.insert((*name).to_owned(), Value::Object(schema));
        }
        let mut schema = object(json!({
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        }));
        if !shape.required.is_empty() {
            schema.insert("required".to_owned(), json!(shape.required));
        }
        schema.extend(rules(&shape.rules));
        schema
    }

    fn value(&self, kind: &Kind, path: &str) -> Map<String, Value> {
        match kind {
            Kind::Text(pattern) => text(pattern),
            Kind::TextOrTable(pattern, shape) => object(json!({
                "oneOf": [text(pattern), self.object(&shape.borrow(), path)],
            })),
            Kind::Flag => object(json!({ "type": "boolean" })),
            Kind::Number => object(json!({ "type": "number" })),
            Kind::Count(least) => object(json!({
                "type": "integer", "minimum": least, "maximum": u32::MAX,
            })),
            Kind::Counts => object(json!({
                "type": "array", "minItems": 1,
                "items": { "type": "integer", "minimum": 1, "maximum": u32::MAX },
            })),
            Kind::Texts(pattern) => object(json!({
                "type": "array", "minItems": 1, "items": text(pattern),
            })),
            Kind::Word(words) => object(json!({ "type": "string", "enum": words })),
            Kind::Table(shape) => self.object(&shape.borrow(), path),
            Kind::Tables(shape) => object(json!({
                "type": "array", "items": self.object(&shape.borrow(), path),
            })),
        }
    }
}

fn text(pattern: &str) -> Map<String, Value> {
    let mut schema = object(json!({ "type": "string" }));
    if !pattern.is_empty() {
        schema.insert("pattern".to_owned(), json!(pattern));
    }
    schema
}

fn rules(rules: &[Rule]) -> Map<String, Value> {
    let mut schema = Map::new();
    let mut needs = Map::new();
    for rule in rules {
        let either =
            |one: &str, other: &str| json!([{ "required": [one] }, { "required": [other] }]);
        match rule {
            Rule::Needs(key, other) => drop(needs.insert((*key).to_owned(), json!([other]))),
            Rule::One(one, other) => drop(schema.insert("oneOf".to_owned(), either(one, other))),
            Rule::Any(one, other) => drop(schema.insert("anyOf".to_owned(), either(one, other))),
        }
    }
    if !needs.is_empty() {
        schema.insert("dependencies".to_owned(), Value::Object(needs));
    }
    schema
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A row of a page's table: what stands in a column, and what holds where the key is left out.
fn row((page, heading, column): (&str, &str, &str), key: &str) -> Option<String> {
    let (_, below) = page.split_once(&format!("\n## {heading}\n"))?;
    let section = below.split("\n## ").next()?;
    let (mut says, mut left_out) = (None, None);
    for line in section.lines().filter(|line| line.starts_with('|')) {
        let cells = cells(line);
        if let Some(place) = cells.iter().position(|cell| cell == column) {
            (says, left_out) = (Some(place), cells.iter().position(|cell| cell == "left out"));
        } else if names(&cells[0]).any(|name| name == key) {
            let text = cells.get(says?)?;
            return Some(match left_out.and_then(|place| cells.get(place)) {
                Some(default) if default == "required" => text.clone(),
                Some(default) if default.starts_with("required") => format!("{text}; {default}"),
                Some(default) => format!("{text}. Left out: {default}"),
                None => text.clone(),
            });
        }
    }
    None
}

/// The cells of a table's line.
fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split(" | ").map(|cell| without_links(cell.trim())).collect()
}

/// A text in which each `[words](target)` is its words: an editor has nowhere to go.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        let Some((start, (_, behind))) = before.rfind('[').zip(after.split_once(')')) else {
            break;
        };
        plain.push_str(&before[..start]);
        plain.push_str(&before[start + 1..]);
        rest = behind;
    }
    plain + rest
}

/// The keys that a first cell names: `` `[limits]` `` and `` `down`, `up` ``.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2).map(|name| name.trim_matches(['[', ']']))
}
