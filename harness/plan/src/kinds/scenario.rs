//! A scenario's file: its keys, judged by what its tool says of itself.
//! It knows tools by their descriptions only.

use std::collections::BTreeMap;

use lukewarm_model::{
    ArchiveChoice, Bytes, Fault, Limits, Network, Scenario, ServiceKind, SettingKind, SettingValue,
    StoreState, ToolChoice, ToolDescription, ToolRole,
};

use super::Named;
use crate::problem::unknown;
use crate::reader::Reader;

/// A scenario.
pub fn scenario(
    name: &str,
    mut reader: Reader<'_>,
    tools: &[ToolDescription],
    networks: &Named<Network>,
) -> Option<Scenario> {
    let (title, essay) = (reader.text("title"), reader.text("essay"));
    let (tool, tool_env) = tool(&mut reader, tools);
    let service = reader.word("service", &ServiceKind::ALL.map(|kind| (kind.name(), kind)));
    let store = reader.word("store", &StoreState::ALL);
    let with_v1 = reader.flag("with-v1");
    only_with(&reader, "store", service, ServiceKind::Webdav);
    only_with(&reader, "with-v1", service, ServiceKind::GithubActions);
    let network = network(&mut reader, networks);
    let incremental = reader.flag("incremental").unwrap_or(false);
    let limits = reader.table("limits").map(limits).unwrap_or_default();
    let faults = faults(&mut reader);
    let settings = reader.table("settings");
    let archive = reader.table("archive");
    reader.needs("service", "network");
    for key in ["network", "limits", "faults"] {
        reader.needs(key, "service");
    }
    if let Some((_, description)) = &tool {
        fits(&reader, description, service);
        stacks(&reader, description, service);
        if incremental && description.refuses_incremental {
            let what = format!("tool `{}` needs `incremental = false`", description.name);
            reader.problem("incremental", what);
        }
    }
    reader.finish("key");
    let (tool, description) = tool?;
    let settings = settings.map(|table| read_settings(table, description)).unwrap_or_default();
    let archive = archive.and_then(|table| read_archive(table, tools));
    let name = name.to_owned();
    Some(Scenario {
        name,
        title,
        essay,
        tool,
        settings,
        tool_env,
        archive,
        service,
        store: (service == Some(ServiceKind::Webdav)).then(|| store.unwrap_or(StoreState::Used)),
        with_v1: with_v1.unwrap_or(false),
        network,
        limits,
        faults,
        incremental,
    })
}

/// What is wrong with asking a tool for a version.
pub fn version_problem(tool: &ToolDescription, version: &str) -> Option<String> {
    if !tool.versioned {
        return Some(format!("tool `{}` has no versions to choose from", tool.name));
    }
    let error = semver::Version::parse(version).err()?;
    Some(format!("`{version}` is no version such as `0.10.0` ({error})"))
}

/// What a scenario says of its tool: the tool, as far as it is known, and its variables.
type ToolKey<'t> = (Option<(ToolChoice, &'t ToolDescription)>, BTreeMap<String, String>);

/// `tool = "NAME"`, or a table `[tool]` with `name` and `env`.
fn tool<'t>(reader: &mut Reader<'_>, tools: &'t [ToolDescription]) -> ToolKey<'t> {
    let names: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
    let pattern = format!("^({})(@.+)?$", names.join("|"));
    let (mut text, table) = reader.text_or_table("tool", &pattern);
    let Some(mut table) = table else {
        return (named_tool(reader, "tool", &text, tools), [].into());
    };
    let name = table.text_like("name", &pattern);
    if text.is_empty() {
        text = name;
    }
    let found = named_tool(&table, "name", &text, tools);
    let variables = table.table("env").zip(found.as_ref());
    let variables = variables.map(|(env, (_, tool))| read_variables(env, tool));
    table.finish("key");
    (found, variables.unwrap_or_default())
}

/// The variables of `[tool.env]`: those that the tool says it knows.
fn read_variables(mut reader: Reader<'_>, tool: &ToolDescription) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for variable in tool.variables {
        let value = reader.optional_text(variable.name);
        variables.extend(value.map(|value| (variable.name.to_owned(), value)));
    }
    for name in tool.reserved_variables {
        if reader.has(name) {
            reader.problem(name, format!("`{name}`: lukewarm sets it itself, for every job"));
        }
    }
    reader.finish_but("variable", tool.reserved_variables);
    variables
}

/// `[archive]`: the tool that keeps it, which may be left out where there is only one, and its
/// settings.
fn read_archive(mut reader: Reader<'_>, tools: &[ToolDescription]) -> Option<ArchiveChoice> {
    let archivers: Vec<_> = tools.iter().filter(|tool| tool.role == ToolRole::Archive).collect();
    let words: Vec<_> = archivers.iter().map(|tool| (tool.name, *tool)).collect();
    let chosen = reader.word("tool", &words);
    if chosen.is_none() && !reader.has("tool") && archivers.len() > 1 {
        let names: Vec<&str> = archivers.iter().map(|tool| tool.name).collect();
        let what = format!("`tool` is missing: which of {} keeps the archive?", names.join(", "));
        reader.problem("tool", what);
    }
    let tool = chosen.or(archivers.first().copied())?;
    let settings = read_settings(reader, tool);
    Some(ArchiveChoice { tool: tool.name.to_owned(), settings })
}

/// A tool by its name, or `NAME@VERSION`, as far as it is known; `key` is where that stands.
fn named_tool<'t>(
    reader: &Reader<'_>,
    key: &'static str,
    text: &str,
    tools: &'t [ToolDescription],
) -> Option<(ToolChoice, &'t ToolDescription)> {
    let names = tools.iter().map(|tool| tool.name);
    let (name, version) = match text.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (text, None),
    };
    let found = tools.iter().find(|tool| tool.name == name);
    if found.is_none() && !text.is_empty() {
        reader.problem(key, unknown("tool", name, names));
    }
    let description = found?;
    if let Some(problem) = version.and_then(|version| version_problem(description, version)) {
        reader.problem(key, format!("`{key} = \"{text}\"`: {problem}"));
    }
    let version = version.map(str::to_owned);
    Some((ToolChoice { name: name.to_owned(), version }, description))
}

fn network(reader: &mut Reader<'_>, networks: &Named<Network>) -> Option<Network> {
    let name = reader.optional_text("network")?;
    let found = networks.get(&name);
    if found.is_none() {
        reader.problem("network", unknown("network", &name, networks.keys().map(String::as_str)));
    }
    found.cloned().flatten()
}

/// Whether a key that is about one service stands beside it.
fn only_with(
    reader: &Reader<'_>,
    key: &'static str,
    service: Option<ServiceKind>,
    wanted: ServiceKind,
) {
    if reader.has(key) && service != Some(wanted) {
        reader.problem(key, format!("`{key}` needs `service = \"{wanted}\"`"));
    }
}

/// Whether a tool fits the service that a scenario gives it.
fn fits(reader: &Reader<'_>, tool: &ToolDescription, service: Option<ServiceKind>) {
    let name = tool.name;
    let services: Vec<&str> = tool.services.iter().map(|kind| kind.name()).collect();
    let services = services.join(", ");
    match service {
        Some(kind) if tool.services.is_empty() => {
            let what = format!("tool `{name}` uses no service: leave `service = \"{kind}\"` out");
            reader.problem("service", what);
        }
        Some(kind) if !tool.services.contains(&kind) => {
            let what = format!("tool `{name}` cannot use `{kind}`, only {services}");
            reader.problem("service", what);
        }
        None if !tool.works_alone && !reader.has("service") => {
            reader.problem("tool", format!("tool `{name}` needs a `service`: {services}"));
        }
        _ => {}
    }
}

/// Whether an archive can be kept beside a tool.
fn stacks(reader: &Reader<'_>, tool: &ToolDescription, service: Option<ServiceKind>) {
    if !reader.has("archive") {
        return;
    }
    if tool.role != ToolRole::Wrapper {
        let what = "`archive` is kept beside a wrapper of the compiler, which tool";
        reader.problem("archive", format!("{what} `{}` is not", tool.name));
    } else if service != Some(ServiceKind::GithubActions) {
        let what = format!("`archive` needs `service = \"{}\"`", ServiceKind::GithubActions);
        reader.problem("archive", what);
    }
}

fn limits(mut reader: Reader<'_>) -> Limits {
    let limits = Limits {
        uploads_per_minute: reader.count("uploads-per-minute", 1),
        downloads_per_minute: reader.count("downloads-per-minute", 1),
        quota: reader.quantity("quota"),
        expiry: reader.quantity("expiry"),
        largest_object: reader.quantity("largest-object"),
    };
    for (key, size) in [("quota", limits.quota), ("largest-object", limits.largest_object)] {
        if size.is_some_and(|size| size.0 == 0) {
            reader.problem(key, format!("`{key}` is 0: leave it out where there is no limit"));
        }
    }
    reader.finish("limit");
    limits
}

fn faults(reader: &mut Reader<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for text in reader.optional_texts("faults", &Fault::pattern()) {
        match text.parse::<Fault>() {
            Ok(fault) => faults.push(fault),
            Err(error) => reader.problem("faults", format!("`faults`: {error}")),
        }
    }
    faults
}

fn read_settings(mut reader: Reader<'_>, tool: &ToolDescription) -> BTreeMap<String, SettingValue> {
    let mut settings = BTreeMap::new();
    for setting in tool.settings {
        let value = match setting.kind {
            SettingKind::Flag => reader.flag(setting.name).map(SettingValue::Flag),
            SettingKind::Text => reader.optional_text(setting.name).map(SettingValue::Text),
            SettingKind::Size => reader.quantity::<Bytes>(setting.name).map(SettingValue::Size),
            SettingKind::Choice(words) => {
                let words: Vec<(&str, &str)> = words.iter().map(|word| (*word, *word)).collect();
                let word = reader.word(setting.name, &words);
                word.map(|word| SettingValue::Text(word.to_owned()))
            }
        };
        settings.extend(value.map(|value| (setting.name.to_owned(), value)));
    }
    reader.finish("setting");
    settings
}
