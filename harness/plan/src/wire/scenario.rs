//! A scenario's file: its keys, judged by what its tool says of itself.
//! It knows tools by their descriptions only.
// Longer than 400 lines: one file format, read and described in one place.

use std::collections::BTreeMap;

use lukewarm_model::{
    ArchiveChoice, Bytes, Fault, Limits, Mtime, Network, Scenario, Seconds, ServiceKind,
    SettingKind, SettingValue, StoreState, ToolChoice, ToolDescription, ToolRole, UnstableFeature,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Named;
use crate::check::KEYS;
use crate::document::Table;
use crate::forms::{self, Filled, Written};
use crate::grammar::{check_version, name_and_version};
use crate::problem::unknown;

/// One way of caching.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("dependencies" = {
    "service": ["network"],
    "network": ["service"],
    "limits": ["service"],
    "faults": ["service"],
}))]
pub struct ScenarioFile {
    /// One line.
    title: Filled,
    /// Markdown: why it exists, how to read its result.
    essay: Filled,
    /// The tool, with a version after `@` where one is wanted (`sccache@0.10.0`); or a table with
    /// more of it.
    #[schemars(with = "Filled")]
    tool: ToolKey,
    /// The store that the tool talks to, where it can use it. Left out: no service
    service: Option<String>,
    /// A network's name; required with a service. Left out: no service
    network: Option<String>,
    /// What a `webdav` store has seen before the first job: `"used"`, so that the tool's folders
    /// are there, or `"virgin"`, so that nothing is. Left out: `"used"`
    store: Option<StoreState>,
    /// `true` where a `github-actions` service answers service v1 too, as GitHub Enterprise Server
    /// does; GitHub.com has answered it with 422 since 2025-04-15. sccache before 0.10 speaks
    /// nothing else. Left out: `false`
    with_v1: Option<bool>,
    /// `true` leaves incremental compilation as Cargo has it, `false` sets `CARGO_INCREMENTAL=0`;
    /// sccache needs `false`. Left out: `false`
    incremental: Option<bool>,
    /// Modification times of a checkout's files, as in a story. Left out: those of the story
    mtime: Option<Mtime>,
    /// Unstable features of Cargo that jobs use; they need a nightly toolchain:
    /// `checksum-freshness`, `build-dir-new-layout`. Left out: none
    #[schemars(length(min = 1))]
    unstable: Option<Vec<UnstableFeature>>,
    /// What the service enforces. Left out: no limits
    limits: Option<LimitsTable>,
    /// What goes wrong on purpose: a list of `KIND[@AMOUNT][/OPERATION][=WHEN]`, the first that
    /// fits a request is the one. Left out: none
    #[schemars(length(min = 1))]
    faults: Option<Vec<Written<Fault>>>,
    /// Settings of the tool. Left out: the tool's own
    settings: Option<BTreeMap<String, Value>>,
    /// For a wrapper with the GitHub Actions cache: an archive in addition, in the same service,
    /// with the settings of the tool that keeps it; restored before the wrapper starts, saved after
    /// it has stopped. Left out: no archive
    archive: Option<BTreeMap<String, Value>>,
}

/// `tool = "NAME"`, or a table `[tool]`.
#[derive(Deserialize)]
#[serde(untagged)]
enum ToolKey {
    Name(String),
    Table {
        name: String,
        #[serde(default)]
        env: BTreeMap<String, String>,
    },
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("x-keys" = "limit"))]
struct LimitsTable {
    /// New entries a minute, beyond which the service answers 429. Left out: no limit
    #[schemars(range(min = 1))]
    uploads_per_minute: Option<u32>,
    /// Reads a minute, likewise. Left out: no limit
    #[schemars(range(min = 1))]
    downloads_per_minute: Option<u32>,
    /// A size; beyond it the least recently used entries go. Left out: no limit
    quota: Option<Written<Bytes>>,
    /// A time; entries unused for that long are evicted. Left out: never
    expiry: Option<Written<Seconds>>,
    /// A size; larger objects are refused with 413. Left out: no limit
    largest_object: Option<Written<Bytes>>,
}

/// Completes the schema by what tools say of themselves: their names, their settings and variables.
pub fn complete(schema: &mut Value, tools: &[ToolDescription]) {
    let names: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
    let tool = &mut schema["properties"]["tool"];
    let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let said = tool["description"].as_str().unwrap_or_default();
    let said = format!("{}: {}", said.trim_end_matches('.'), listed.join(", "));
    tool["description"] = json!(said);
    let pattern = format!("^({})(@.+)?$", names.join("|"));
    tool["pattern"] = json!(pattern);
    tool["type"] = json!(["string", "object"]);
    tool["properties"] = json!({
        "name": {
            "type": "string",
            "pattern": forms::NOT_EMPTY,
            "description": "The same, where `tool` is a table",
        },
    });
    tool["required"] = json!(["name"]);
    tool["additionalProperties"] = json!(false);
    let services: Vec<&str> = services(tools).iter().map(|kind| kind.name()).collect();
    let service = &mut schema["properties"]["service"];
    service["type"] = json!("string");
    service["enum"] = json!(services);
    narrow(schema, tools);
    let archive = &mut schema["properties"]["archive"];
    settings_of(archive, archivers(tools));
    let names: Vec<&str> = archivers(tools).map(|tool| tool.name).collect();
    let left_out = match names.len() {
        0 | 1 => "the only one that there is",
        _ => "an error, since there are several",
    };
    archive["properties"]["tool"] = json!({
        "type": "string",
        "enum": names,
        "description": format!("The tool that keeps the archive. Left out: {left_out}"),
    });
}

/// Leaves the settings and variables of these tools alone in a completed schema.
pub fn narrow(schema: &mut Value, tools: &[ToolDescription]) {
    schema["properties"]["tool"]["properties"]["env"] = variables_of(tools);
    settings_of(&mut schema["properties"]["settings"], tools.iter());
}

/// The services that a scenario may name: those that a tool can use, each once.
fn services(tools: &[ToolDescription]) -> Vec<ServiceKind> {
    let mut services: Vec<ServiceKind> = Vec::new();
    for service in tools.iter().flat_map(|tool| tool.services) {
        if !services.contains(service) {
            services.push(*service);
        }
    }
    services
}

fn archivers(tools: &[ToolDescription]) -> impl Iterator<Item = &ToolDescription> {
    tools.iter().filter(|tool| tool.role == ToolRole::Archive)
}

/// The schema of a table of some tools' environment variables. What lukewarm sets is a key that
/// nobody may write.
fn variables_of(tools: &[ToolDescription]) -> Value {
    let mut properties = Map::new();
    for tool in tools {
        let reserved = tool.reserved_variables.iter();
        properties.extend(reserved.map(|name| ((*name).to_owned(), json!(false))));
    }
    for (tool, variable) in tools.iter().flat_map(|it| it.variables.iter().map(move |v| (it, v))) {
        let said = format!("For `{}`: {}. Left out: its own", tool.name, variable.summary);
        let schema = json!({ "type": "string", "description": said });
        properties.insert(variable.name.to_owned(), schema);
    }
    json!({
        "type": "object",
        "description": "Environment variables of the tool. Left out: its own defaults",
        "properties": properties,
        "additionalProperties": false,
        KEYS: "variable",
    })
}

/// Makes a table's schema that of some tools' settings.
fn settings_of<'t>(table: &mut Value, tools: impl Iterator<Item = &'t ToolDescription>) {
    let mut properties = Map::new();
    for tool in tools {
        for setting in tool.settings {
            let mut schema = match setting.kind {
                SettingKind::Flag => json!({ "type": "boolean" }),
                SettingKind::Text => json!({ "type": "string" }),
                SettingKind::Size => forms::schema::<Bytes>().to_value(),
                SettingKind::Choice(words) => json!({ "type": "string", "enum": words }),
            };
            let said = format!("For `{}`: {}", tool.name, setting.summary);
            schema["description"] = json!(said);
            properties.insert(setting.name.to_owned(), schema);
        }
    }
    table["properties"] = Value::Object(properties);
    table["additionalProperties"] = json!(false);
    table[KEYS] = json!("setting");
}

/// The tool that a scenario's file names, as far as it is known.
pub fn named_tool<'t>(
    table: Table<'_>,
    tools: &'t [ToolDescription],
) -> Option<&'t ToolDescription> {
    let text = table.text("tool").or_else(|| table.below("tool")?.text("name"))?;
    let (name, _) = name_and_version(text);
    tools.iter().find(|tool| tool.name == name)
}

impl ScenarioFile {
    /// The scenario of that name; what does not go together is noted.
    pub fn scenario(
        self,
        name: &str,
        table: Table<'_>,
        tools: &[ToolDescription],
        networks: &Named<Network>,
    ) -> Option<Scenario> {
        let network = self.network.as_deref().and_then(|it| find_network(table, it, networks));
        let known = services(tools);
        let service = self.service.as_deref();
        let service = known.iter().copied().find(|kind| Some(kind.name()) == service);
        only_with(table, "store", service, &known, ServiceKind::has_folders);
        only_with(table, "with-v1", service, &known, ServiceKind::has_version_1);
        let limits = self.limits.unwrap_or_default().limits(table.below("limits"));
        let (text, tool_env) = match self.tool {
            ToolKey::Name(name) => (name, BTreeMap::new()),
            ToolKey::Table { name, env } => (name, env),
        };
        let choice = match table.below("tool") {
            Some(tool) => choice(&text, "name", tool, tools),
            None => choice(&text, "tool", table, tools),
        };
        let description = named_tool(table, tools)?;
        fits(table, description, service);
        stacks(table, description, service, tools);
        let incremental = self.incremental.unwrap_or(false);
        if incremental && description.refuses_incremental {
            let what = format!("tool `{}` needs `incremental = false`", description.name);
            table.problem("incremental", what);
        }
        let archive = self.archive.zip(table.below("archive"));
        let archive = archive.and_then(|(written, table)| archive_choice(&written, table, tools));
        let store = self.store.unwrap_or(StoreState::Used);
        Some(Scenario {
            name: name.into(),
            title: self.title.0,
            essay: self.essay.0,
            tool: choice?,
            settings: values(&self.settings.unwrap_or_default(), description),
            tool_env,
            archive,
            service,
            store: service.filter(|kind| kind.has_folders()).map(|_| store),
            with_v1: self.with_v1.unwrap_or(false),
            network,
            limits,
            faults: self.faults.into_iter().flatten().map(|it| it.0).collect(),
            incremental,
            mtime: self.mtime,
            unstable: self.unstable.unwrap_or_default(),
        })
    }
}

impl LimitsTable {
    fn limits(self, table: Option<Table<'_>>) -> Limits {
        let limits = Limits {
            uploads_per_minute: self.uploads_per_minute,
            downloads_per_minute: self.downloads_per_minute,
            quota: self.quota.map(|it| it.0),
            expiry: self.expiry.map(|it| it.0),
            largest_object: self.largest_object.map(|it| it.0),
        };
        for (key, size) in [("quota", limits.quota), ("largest-object", limits.largest_object)] {
            if size.is_some_and(|size| size.0 == 0)
                && let Some(table) = table
            {
                table.problem(key, format!("`{key}` is 0: leave it out where there is no limit"));
            }
        }
        limits
    }
}

/// The tool with its version; what is not known is noted.
fn choice(
    text: &str,
    key: &str,
    table: Table<'_>,
    tools: &[ToolDescription],
) -> Option<ToolChoice> {
    let (name, version) = name_and_version(text);
    let Some(description) = tools.iter().find(|tool| tool.name == name) else {
        // What is missing or no text is noted already.
        if !table.is_right(key) {
            return None;
        }
        table.problem(key, unknown("tool", name, tools.iter().map(|tool| tool.name)));
        return None;
    };
    if let Some(Err(error)) = version.map(|version| check_version(description, version)) {
        table.problem(key, format!("`{key} = \"{text}\"`: {error}"));
    }
    Some(ToolChoice { name: name.to_owned(), version: version.map(str::to_owned) })
}

fn find_network(table: Table<'_>, name: &str, networks: &Named<Network>) -> Option<Network> {
    let found = networks.get(name);
    if found.is_none() {
        table.problem("network", unknown("network", name, networks.keys().map(String::as_str)));
    }
    found.cloned().flatten()
}

/// Notes a key that needs a service of another kind.
fn only_with(
    table: Table<'_>,
    key: &str,
    service: Option<ServiceKind>,
    known: &[ServiceKind],
    is_fit: fn(ServiceKind) -> bool,
) {
    if table.has(key) && !service.is_some_and(is_fit) {
        let fit = known.iter().copied().filter(|kind| is_fit(*kind));
        table.problem(key, format!("`{key}` needs {}", one_of(fit)));
    }
}

/// The services that would be right, as they are written.
fn one_of(services: impl Iterator<Item = ServiceKind>) -> String {
    let written: Vec<String> = services.map(|kind| format!("`service = \"{kind}\"`")).collect();
    written.join(" or ")
}

/// Whether a tool fits the service that a scenario gives it.
fn fits(table: Table<'_>, tool: &ToolDescription, service: Option<ServiceKind>) {
    let name = tool.name;
    let services: Vec<&str> = tool.services.iter().map(|kind| kind.name()).collect();
    let services = services.join(", ");
    match service {
        Some(kind) if tool.services.is_empty() => {
            let what = format!("tool `{name}` uses no service: leave `service = \"{kind}\"` out");
            table.problem("service", what);
        }
        Some(kind) if !tool.services.contains(&kind) => {
            let what = format!("tool `{name}` cannot use `{kind}`, only {services}");
            table.problem("service", what);
        }
        None if !tool.works_alone && !table.has("service") => {
            table.problem("tool", format!("tool `{name}` needs a `service`: {services}"));
        }
        _ => {}
    }
}

/// Notes an archive that cannot be kept with a tool.
fn stacks(
    table: Table<'_>,
    tool: &ToolDescription,
    service: Option<ServiceKind>,
    tools: &[ToolDescription],
) {
    if !table.has("archive") {
        return;
    }
    let mut kept_in: Vec<ServiceKind> = Vec::new();
    for kind in archivers(tools).flat_map(|it| it.services) {
        if !kept_in.contains(kind) {
            kept_in.push(*kind);
        }
    }
    if tool.role != ToolRole::Wrapper {
        let what = "`archive` needs a compiler wrapper, which tool";
        table.problem("archive", format!("{what} `{}` is not", tool.name));
    } else if !service.is_some_and(|service| kept_in.contains(&service)) {
        let what = format!("`archive` needs {}", one_of(kept_in.into_iter()));
        table.problem("archive", what);
    }
}

/// The archive beside a wrapper: the tool that keeps it, which may be left out where there is only
/// one, and its settings.
fn archive_choice(
    written: &BTreeMap<String, Value>,
    table: Table<'_>,
    tools: &[ToolDescription],
) -> Option<ArchiveChoice> {
    let all: Vec<&ToolDescription> = archivers(tools).collect();
    let named = written.get("tool").and_then(Value::as_str);
    let tool = match (named, &all[..]) {
        (Some(name), _) => all.iter().find(|tool| tool.name == name).copied(),
        (None, [only]) => Some(*only),
        (None, _) if table.has("tool") => None,
        (None, _) => {
            let names: Vec<&str> = all.iter().map(|tool| tool.name).collect();
            let names = names.join(", ");
            table.problem("", format!("`tool` is missing: which of {names} keeps the archive?"));
            None
        }
    }?;
    let known = || tool.settings.iter().map(|setting| setting.name);
    for key in written.keys().filter(|key| *key != "tool" && !known().any(|it| it == *key)) {
        table.problem(key, unknown("setting", key, known()));
    }
    Some(ArchiveChoice { tool: tool.name.to_owned(), settings: values(written, tool) })
}

/// Settings of a tool, of the kinds that it says.
fn values(
    written: &BTreeMap<String, Value>,
    tool: &ToolDescription,
) -> BTreeMap<String, SettingValue> {
    let mut settings = BTreeMap::new();
    for setting in tool.settings {
        let Some(value) = written.get(setting.name) else { continue };
        let value = match setting.kind {
            SettingKind::Flag => value.as_bool().map(SettingValue::Flag),
            SettingKind::Size => {
                value.as_str().and_then(|it| it.parse().ok()).map(SettingValue::Size)
            }
            SettingKind::Text | SettingKind::Choice(_) => {
                value.as_str().map(|it| SettingValue::Text(it.to_owned()))
            }
        };
        settings.extend(value.map(|value| (setting.name.to_owned(), value)));
    }
    settings
}
