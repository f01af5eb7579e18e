//! A scenario's file: its keys, judged by what its tool says of itself.
//! It knows tools by their descriptions only.

use std::collections::BTreeMap;

use lukewarm_model::{
    Bytes, Fault, Limits, Network, Scenario, ServiceKind, SettingKind, SettingValue, StoreState,
    ToolChoice, ToolDescription, ToolRole,
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
    let tool = tool(&mut reader, tools);
    let known = services(tools);
    let words: Vec<_> = known.iter().map(|kind| (kind.name(), *kind)).collect();
    let service = reader.word("service", &words);
    let store = reader.word("store", &StoreState::ALL);
    let with_v1 = reader.flag("with-v1");
    only_with(&reader, "store", service, &known, ServiceKind::has_folders);
    only_with(&reader, "with-v1", service, &known, ServiceKind::has_version_1);
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
        stacks(&reader, description, service, tools);
        if incremental && description.refuses_incremental {
            let what = format!("tool `{}` needs `incremental = false`", description.name);
            reader.problem("incremental", what);
        }
    }
    reader.finish("key");
    let (tool, description) = tool?;
    let settings = settings.map(|table| read_settings(table, description)).unwrap_or_default();
    let archiver = tools.iter().find(|tool| tool.role == ToolRole::Archive);
    let archive = archive.zip(archiver).map(|(table, tool)| read_settings(table, tool));
    let name = name.to_owned();
    Some(Scenario {
        name,
        title,
        essay,
        tool,
        settings,
        archive,
        service,
        store: service
            .filter(|service| service.has_folders())
            .map(|_| store.unwrap_or(StoreState::Used)),
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

/// `tool`, or `tool@version`, as far as it is known.
fn tool<'t>(
    reader: &mut Reader<'_>,
    tools: &'t [ToolDescription],
) -> Option<(ToolChoice, &'t ToolDescription)> {
    let names: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
    let text = reader.text_like("tool", &format!("^({})(@.+)?$", names.join("|")));
    let (name, version) = match text.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (text.as_str(), None),
    };
    let found = tools.iter().find(|tool| tool.name == name);
    if found.is_none() && !text.is_empty() {
        reader.problem("tool", unknown("tool", name, names));
    }
    let description = found?;
    if let Some(problem) = version.and_then(|version| version_problem(description, version)) {
        reader.problem("tool", format!("`tool = \"{text}\"`: {problem}"));
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

/// Whether a key that is about services of one nature stands beside such a service.
fn only_with(
    reader: &Reader<'_>,
    key: &'static str,
    service: Option<ServiceKind>,
    known: &[ServiceKind],
    is_fit: fn(ServiceKind) -> bool,
) {
    if reader.has(key) && !service.is_some_and(is_fit) {
        let fit = known.iter().filter(|kind| is_fit(**kind));
        let fit: Vec<String> = fit.map(|kind| format!("`service = \"{kind}\"`")).collect();
        reader.problem(key, format!("`{key}` needs {}", fit.join(" or ")));
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
fn stacks(
    reader: &Reader<'_>,
    tool: &ToolDescription,
    service: Option<ServiceKind>,
    tools: &[ToolDescription],
) {
    if !reader.has("archive") {
        return;
    }
    if tool.role != ToolRole::Wrapper {
        let what = "`archive` is kept beside a wrapper of the compiler, which tool";
        reader.problem("archive", format!("{what} `{}` is not", tool.name));
        return;
    }
    let archivers = tools.iter().filter(|tool| tool.role == ToolRole::Archive);
    let kept_in: Vec<&ServiceKind> = archivers.flat_map(|tool| tool.services).collect();
    if !service.is_some_and(|service| kept_in.contains(&&service)) {
        let kept_in: Vec<String> =
            kept_in.iter().map(|kind| format!("`service = \"{kind}\"`")).collect();
        reader.problem("archive", format!("`archive` needs {}", kept_in.join(" or ")));
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
