//! One function for each kind of file: its keys, and what they become.
//! `scenarios/README.md` and `sample-workspaces/README.md` specify them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lukewarm_model::{
    Change, Expected, JobSpec, Limits, Mutation, MutationKind, Network, Origin, Place, Priming,
    SampleWorkspace, Scenario, Seconds, ServiceKind, SettingKind, SettingValue, Story, ToolChoice,
    ToolDescription, Verify,
};
use toml::{Table, Value};

use crate::files::PresetFile;
use crate::problem::unknown;
use crate::reader::{File, Reader};

const KINDS: [(&str, MutationKind); 4] = [
    ("none", MutationKind::None),
    ("comment", MutationKind::Comment),
    ("body", MutationKind::Body),
    ("signature", MutationKind::Signature),
];
const PLACES: [(&str, Place); 2] = [("leaf", Place::Leaf), ("core", Place::Core)];
const SERVICES: [(&str, ServiceKind); 2] =
    [("github-actions", ServiceKind::GithubActions), ("webdav", ServiceKind::Webdav)];
const PRIMINGS: [(&str, Priming); 2] =
    [("separate", Priming::Separate), ("measured", Priming::Measured)];

/// A scenario, with its network's name in the network's place.
pub fn scenario(
    name: &str,
    file: &mut File<'_>,
    tools: &[ToolDescription],
    networks: &[Network],
) -> Option<Scenario> {
    let table = file.parse()?;
    let mut reader = file.reader(table);
    let title = reader.text("title");
    let essay = reader.text("essay");
    let tool = reader.text("tool");
    let service = reader.word("service", &SERVICES);
    let network = reader.optional_text("network");
    let incremental = reader.flag("incremental");
    let limits = reader.table("limits");
    let settings = reader.table("settings");
    let tool = tool_choice(&tool, tools, &mut reader);
    if let Some((_, description)) = &tool {
        fits(description, service, incremental, &mut reader);
    }
    let network = match (&network, service) {
        (Some(network), Some(_)) => find_network(network, networks, &mut reader),
        (Some(network), None) => {
            reader.problem("network", format!("network `{network}` without a `service`"));
            None
        }
        (None, Some(service)) => {
            reader.problem("service", format!("service `{service}` without a `network`"));
            None
        }
        (None, None) => None,
    };
    if service.is_none() && !limits.is_empty() {
        reader.problem("limits", "`limits` without a `service`");
    }
    reader.finish();
    let limits = read_limits(limits, file);
    let (tool, description) = tool?;
    let settings = read_settings(settings, description, file);
    let name = name.to_owned();
    Some(Scenario { name, title, essay, tool, settings, service, network, limits, incremental })
}

/// `tool`, or `tool@version`, as far as it is known.
fn tool_choice<'t>(
    text: &str,
    tools: &'t [ToolDescription],
    reader: &mut Reader<'_, '_>,
) -> Option<(ToolChoice, &'t ToolDescription)> {
    if text.is_empty() {
        return None;
    }
    let (name, version) = match text.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (text, None),
    };
    let Some(description) = tools.iter().find(|tool| tool.name == name) else {
        let known: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
        reader.problem("tool", unknown("tool", name, known));
        return None;
    };
    if let Some(problem) = version.and_then(|version| version_problem(description, version)) {
        reader.problem("tool", problem);
    }
    let version = version.map(str::to_owned);
    Some((ToolChoice { name: name.to_owned(), version }, description))
}

/// What is wrong with asking a tool for a version.
pub fn version_problem(tool: &ToolDescription, version: &str) -> Option<String> {
    if !tool.versioned {
        return Some(format!("tool `{}` has no versions to choose from", tool.name));
    }
    let error = semver::Version::parse(version).err()?;
    Some(format!("`{version}` is no version such as `0.10.0` ({error})"))
}

/// Whether a tool fits the service and the compilation that a scenario gives it.
fn fits(
    tool: &ToolDescription,
    service: Option<ServiceKind>,
    incremental: bool,
    reader: &mut Reader<'_, '_>,
) {
    let services: Vec<&str> = tool.services.iter().map(|kind| kind.name()).collect();
    match service {
        Some(kind) if !tool.services.contains(&kind) => {
            let can = if services.is_empty() { "none".to_owned() } else { services.join(", ") };
            let message = format!("tool `{}` cannot use `{kind}`; it can use {can}", tool.name);
            reader.problem("service", message);
        }
        None if !tool.works_alone => {
            let message =
                format!("tool `{}` needs a `service`: {}", tool.name, services.join(", "));
            reader.problem("tool", message);
        }
        _ => {}
    }
    if incremental && tool.refuses_incremental {
        let message = format!("tool `{}` needs `incremental = false`", tool.name);
        reader.problem("incremental", message);
    }
}

fn find_network(name: &str, networks: &[Network], reader: &mut Reader<'_, '_>) -> Option<Network> {
    let found = networks.iter().find(|network| network.name == name);
    if found.is_none() {
        let known: Vec<&str> = networks.iter().map(|network| network.name.as_str()).collect();
        reader.problem("network", unknown("network", name, known));
    }
    found.cloned()
}

fn read_limits(table: Table, file: &mut File<'_>) -> Limits {
    let mut reader = file.reader(table);
    let limits = Limits {
        uploads_per_minute: reader.count("uploads-per-minute", 1),
        downloads_per_minute: reader.count("downloads-per-minute", 1),
        quota: reader.quantity("quota"),
    };
    reader.finish();
    limits
}

fn read_settings(
    table: Table,
    tool: &ToolDescription,
    file: &mut File<'_>,
) -> BTreeMap<String, SettingValue> {
    let mut settings = BTreeMap::new();
    for (key, value) in table {
        let Some(setting) = tool.settings.iter().find(|setting| setting.name == key) else {
            let known: Vec<&str> = tool.settings.iter().map(|setting| setting.name).collect();
            file.problem(&key, unknown(&format!("setting of tool `{}`", tool.name), &key, known));
            continue;
        };
        match (setting.kind, value) {
            (SettingKind::Flag, Value::Boolean(flag)) => {
                settings.insert(key, SettingValue::Flag(flag));
            }
            (SettingKind::Text, Value::String(text)) => {
                settings.insert(key, SettingValue::Text(text));
            }
            (kind, value) => {
                let wanted = match kind {
                    SettingKind::Flag => "`true` or `false`",
                    SettingKind::Text => "a text in quotes",
                };
                file.problem(&key, format!("`{key} = {value}` must be {wanted}"));
            }
        }
    }
    settings
}

/// A network.
pub fn network(name: &str, file: &mut File<'_>) -> Option<Network> {
    let table = file.parse()?;
    let mut reader = file.reader(table);
    let network = Network {
        name: name.to_owned(),
        title: reader.text("title"),
        source: reader.text("source"),
        essay: reader.text("essay"),
        round_trip: reader.quantity("round-trip").unwrap_or(Seconds(0.0)),
        jitter: reader.quantity("jitter").unwrap_or(Seconds(0.0)),
        down: reader.quantity("down"),
        up: reader.quantity("up"),
        connect_round_trips: reader.count("connect-round-trips", 0).unwrap_or(0),
    };
    if network.jitter > network.round_trip {
        reader.problem("jitter", "`jitter` is larger than `round-trip`");
    }
    for (key, rate) in [("down", network.down), ("up", network.up)] {
        if rate.is_some_and(|rate| rate.0 == 0) {
            reader.problem(key, format!("`{key}` is 0: leave it out for no limit"));
        }
    }
    reader.finish();
    Some(network)
}

/// A story.
pub fn story(name: &str, file: &mut File<'_>) -> Option<Story> {
    let table = file.parse()?;
    let mut reader = file.reader(table);
    let (title, essay) = (reader.text("title"), reader.text("essay"));
    let tables = reader.tables("job");
    reader.finish();
    let mut jobs: Vec<JobSpec> = Vec::new();
    for table in tables {
        let mut reader = file.reader(table);
        let job = reader.text("name");
        let kind = reader.word("change", &KINDS).unwrap_or(MutationKind::None);
        let place = reader.word("place", &PLACES);
        if (kind == MutationKind::None) != place.is_none() {
            reader.problem("job", format!("job `{job}`: `change` and `place` go together"));
        }
        if !is_name(&job) {
            reader.problem("job", format!("job `{job}`: a name has only a–z, 0–9 and `-`"));
        }
        if jobs.iter().any(|other| other.name == job) {
            reader.problem("job", format!("two jobs are named `{job}`"));
        }
        if jobs.is_empty() && kind != MutationKind::None {
            let message = format!("job `{job}`: the first job has nothing to change from");
            reader.problem("job", message);
        }
        reader.finish();
        jobs.push(JobSpec { name: job, change: Change { kind, place } });
    }
    if jobs.is_empty() {
        file.problem("job", "no jobs: a story needs at least one [[job]]");
    }
    Some(Story { name: name.to_owned(), title, essay, jobs })
}

/// A sample workspace.
pub fn workspace(name: &str, folder: &Path, file: &mut File<'_>) -> Option<SampleWorkspace> {
    let table = file.parse()?;
    let mut reader = file.reader(table);
    let (title, essay) = (reader.text("title"), reader.text("essay"));
    let typical_build = reader.quantity("typical-build");
    let expected = reader.table("expected");
    let verify = reader.table("verify");
    let tables = reader.tables("mutation");
    reader.finish();
    let mut reader = file.reader(expected);
    let mut count = |key| reader.count(key, 0).map(u64::from);
    let expected = Expected {
        units: count("units"),
        registry_units: count("registry-units"),
        cacheable_units: count("cacheable-units"),
        wrapper_requests: count("wrapper-requests"),
    };
    reader.finish();
    let verify = (!verify.is_empty()).then(|| {
        let mut reader = file.reader(verify);
        let verify = Verify {
            bin: reader.text("bin"),
            args: reader.texts("args"),
            stdout_contains: reader.text("stdout-contains"),
        };
        reader.finish();
        verify
    });
    let mutations: Vec<Mutation> =
        tables.into_iter().filter_map(|table| mutation(folder, table, file)).collect();
    for (index, one) in mutations.iter().enumerate() {
        if mutations[..index].iter().any(|it| (it.kind, it.place) == (one.kind, one.place)) {
            file.problem("mutation", format!("two mutations `{} {}`", one.place, one.kind));
        }
    }
    Some(SampleWorkspace {
        name: name.to_owned(),
        title,
        essay,
        folder: folder.to_owned(),
        origin: Origin::Sample,
        typical_build,
        expected,
        verify,
        mutations,
    })
}

fn mutation(folder: &Path, table: Table, file: &mut File<'_>) -> Option<Mutation> {
    let mut reader = file.reader(table);
    let kind = reader.word("kind", &KINDS[1..]);
    let place = reader.word("place", &PLACES);
    let package = reader.text("package");
    let path = reader.text("patch");
    let text = fs::read_to_string(folder.join(&path));
    match (&text, kind) {
        (Err(error), _) => reader.problem("patch", format!("patch `{path}`: {error}")),
        (Ok(text), _) if !text.contains("@TOKEN@") => {
            reader.problem("patch", format!("patch `{path}` has no `@TOKEN@`"));
        }
        (Ok(_), None) => reader.problem("mutation", format!("`{path}` needs a `kind`")),
        _ => {}
    }
    if place.is_none() {
        reader.problem("mutation", format!("`{path}` needs a `place`"));
    }
    reader.finish();
    Some(Mutation { kind: kind?, place: place?, package, patch: text.ok()? })
}

/// The presets, by name.
pub fn presets(file: &mut File<'_>) -> BTreeMap<String, PresetFile> {
    let mut presets = BTreeMap::new();
    let Some(table) = file.parse() else { return presets };
    for (name, value) in table {
        let Value::Table(table) = value else {
            file.problem(&name, format!("`{name}` must be a table"));
            continue;
        };
        let mut reader = file.reader(table);
        let preset = PresetFile {
            scenarios: reader.texts("scenarios"),
            workspaces: reader.texts("workspaces"),
            story: reader.text("story"),
            iterations: reader.count("iterations", 1).unwrap_or(1),
            priming: reader.word("priming", &PRIMINGS).unwrap_or(Priming::Separate),
        };
        reader.finish();
        presets.insert(name, preset);
    }
    presets
}

/// Whether a text may name something: letters a to z, digits and hyphens.
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
