//! Facts that explain the numbers: settings, network links, machine, where the time went.
//! Owns these words; figures come from the run's own record.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_analysis::Findings;
use lukewarm_model::{
    ConfigurationSetting, HostDetails, Mtime, MutationKind, Network, Plan, RunFacts, Scenario,
    SettingValue, StoreState, Timestamp, VariableValue, quoted,
};

use super::essay;
use crate::format::counted;
use crate::machines;

/// A name with its value.
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: String,
}

/// A scenario: its title, settings and essay.
pub(super) struct ScenarioFacts<'a> {
    pub(super) name: &'a str,
    pub(super) title: &'a str,
    pub(super) settings: Vec<Fact>,
    pub(super) essay: String,
}

/// A scenario with its settings.
pub(super) fn scenario<'a>(run: &RunFacts, scenario: &'a Scenario) -> ScenarioFacts<'a> {
    let mut settings = vec![fact("Tool", tool(run, scenario))];
    for (name, value) in &scenario.settings {
        let value = match value {
            SettingValue::Flag(true) => "on".to_owned(),
            SettingValue::Flag(false) => "off".to_owned(),
            SettingValue::Size(size) => size.to_string(),
            SettingValue::Text(text) => text.clone(),
        };
        settings.push(fact(name, value));
    }
    settings.push(fact("Service", scenario.service.map_or("none", |service| service.name())));
    match scenario.store {
        None => {}
        Some(StoreState::Used) => {
            settings.push(fact("Store", "used before: the folders for objects exist"));
        }
        Some(StoreState::Virgin) => settings.push(fact("Store", "empty: no folder exists yet")),
    }
    if scenario.with_v1 {
        settings.push(fact("Service v1", "available, as on GitHub Enterprise Server"));
    }
    if let Some(network) = &scenario.network {
        settings.push(fact("Network", format!("{}: {}", network.name, figures(network))));
    }
    if scenario.service.is_some() {
        settings.push(fact("Limits", scenario.limits.to_string()));
    }
    if !scenario.faults.is_empty() {
        let faults: Vec<String> = scenario.faults.iter().map(ToString::to_string).collect();
        settings.push(fact("Faults on purpose", faults.join(", ")));
    }
    let incremental = if scenario.incremental { "on" } else { "off" };
    settings.push(fact("Incremental compilation", incremental));
    settings.extend(scenario.mtime.map(|it| fact("Modification times", times(it))));
    if !scenario.unstable.is_empty() {
        let features: Vec<&str> = scenario.unstable.iter().map(|it| it.name()).collect();
        settings.push(fact("Unstable features of Cargo", features.join(", ")));
    }
    ScenarioFacts {
        name: &scenario.name,
        title: &scenario.title,
        settings,
        essay: essay::html(&scenario.essay),
    }
}

/// What modification times a checkout's files have, as a phrase.
pub(super) fn times(mtime: Mtime) -> &'static str {
    match mtime {
        Mtime::Fresh => "new modification times, as git checkout sets them",
        Mtime::CommitTime => "the commit times as modification times",
        Mtime::Restored => "the previous job’s modification times for unchanged files",
    }
}

fn tool(run: &RunFacts, scenario: &Scenario) -> String {
    match run.tools.get(&scenario.tool.to_string()) {
        Some(found) => format!("{} {}", found.name, found.version),
        None => scenario.tool.to_string(),
    }
}

/// The network links of the scenarios, each with its figures and their source.
pub(super) fn links(run: &RunFacts) -> Vec<Fact> {
    let networks = run.plan.scenarios.iter().filter_map(|scenario| scenario.network.as_ref());
    let links: BTreeMap<&str, &Network> = networks.map(|it| (it.name.as_str(), it)).collect();
    let facts = links.values().map(|network| {
        let source = network.source.trim();
        let source = if source.is_empty() { "no source given" } else { source };
        fact(&network.name, format!("{}. {source}", figures(network)))
    });
    facts.collect()
}

fn figures(network: &Network) -> String {
    let mut figures = network.to_string();
    if network.jitter.0 > 0.0 {
        figures.push_str(&format!(", jitter ±{}", network.jitter));
    }
    if let Some(last) = network.latency_quantiles.last() {
        let mean = network.mean_latency();
        figures
            .push_str(&format!(", answers after {mean} on average and {} at most", last.latency));
    }
    if network.connect_round_trips > 0 {
        let trips = counted(network.connect_round_trips as usize, "round trip");
        figures.push_str(&format!(", {trips} to connect"));
    }
    if let Some(rate) = network.per_connection {
        figures.push_str(&format!(", at most {rate} per connection"));
    }
    if network.first_byte.0 > 0.0 {
        figures.push_str(&format!(", {} to the first byte", network.first_byte));
    }
    if let Some(window) = network.initial_window {
        figures.push_str(&format!(", TCP slow start from {window}"));
    }
    figures
}

/// The story's jobs, each with the change before it.
pub(super) fn story(findings: &Findings) -> Vec<Fact> {
    let jobs = findings.run.plan.story.jobs.iter().enumerate();
    let facts = jobs.map(|(number, job)| {
        let change = match (number, job.change.kind) {
            (0, MutationKind::None) => "from an empty cache".to_owned(),
            (_, MutationKind::None) => "nothing changed".to_owned(),
            _ => format!("changed since the previous job: {}", job.change),
        };
        let copies = job.at_once.map(|it| format!("; {it}")).unwrap_or_default();
        fact(&job.name, change + &copies)
    });
    facts.collect()
}

/// Host, toolchains and tools, each with its version.
pub(super) fn machine(run: &RunFacts) -> Vec<Fact> {
    let host = &run.host;
    let cores = counted(host.cores as usize, "core");
    let mut facts = vec![
        fact("Processor", format!("{}, {cores}", host.cpu)),
        fact("Memory", host.memory.to_string()),
        fact("System", format!("{}, {}", host.system, host.kernel)),
        fact("Scratch filesystem", &host.filesystem),
        fact("Load at the start", format!("{:.2}", host.load)),
    ];
    facts.extend(run.plan.runner.map(|runner| fact("Runner", runner.to_string())));
    let details = host.details.iter().flat_map(HostDetails::described);
    let details: Vec<String> =
        details.filter_map(|(name, value)| Some(format!("{name}: {}", value?))).collect();
    if !details.is_empty() {
        facts.push(fact("Held fixed", details.join("; ")));
    }
    for (workspace, toolchain) in &run.toolchains {
        let words = format!("{}, {}, {}", toolchain.rustc, toolchain.cargo, toolchain.host);
        facts.push(fact(&format!("Toolchain of {workspace}"), words));
    }
    for (choice, tool) in &run.tools {
        let words = format!(
            "{} {}, found by {}, SHA-256 {}",
            tool.name, tool.version, tool.origin, tool.sha256
        );
        facts.push(fact(&format!("Tool {choice}"), words));
    }
    for (workspace, settings) in &run.configuration {
        let name = format!("Cargo configuration of {workspace}");
        facts.push(fact(&name, ConfigurationSetting::line(settings)));
    }
    if let Some(file) = &run.plan.settings_file {
        facts.push(fact("Settings of the repository", file));
    }
    if !run.variables.is_empty() {
        let shown = |(name, value): (&String, &VariableValue)| match value {
            VariableValue::Plain(value) => format!("{name}={}", quoted(value)),
            VariableValue::Digest(_) => format!("{name} (its value is not recorded)"),
        };
        let all: Vec<String> = run.variables.iter().map(shown).collect();
        facts.push(fact("Variables of jobs", all.join(", ")));
    }
    let executable = run.executable.iter().map(|hash| format!(", SHA-256 {hash}"));
    facts.push(fact("lukewarm", format!("{}{}", run.lukewarm, executable.collect::<String>())));
    facts.extend(built(&run.plan));
    facts
}

/// Machine, toolchain and tools in one line, for the head of the page.
pub(super) fn measured_on(findings: &Findings) -> String {
    let run = &findings.run;
    let cores = counted(run.host.cores as usize, "core");
    let mut parts = vec![format!("{}, {cores}", run.host.cpu), run.host.system.clone()];
    parts.extend(machines::composition(findings));
    parts.extend(run.plan.runner.map(|runner| format!("runner of {runner}")));
    let compilers: BTreeSet<&str> = run.toolchains.values().map(|it| it.rustc.as_str()).collect();
    parts.extend(compilers.into_iter().map(str::to_owned));
    let named: BTreeSet<String> =
        run.plan.scenarios.iter().map(|scenario| scenario.tool.to_string()).collect();
    let tools = run.tools.iter().filter(|(choice, _)| named.contains(*choice));
    parts.extend(tools.map(|(_, tool)| format!("{} {}", tool.name, tool.version)));
    parts.join(" · ")
}

/// The machines of a merged record, or its sittings: what each measured, when and at what pace.
pub(super) fn parts(findings: &Findings) -> Vec<Fact> {
    let Some(merged) = &findings.merged else { return Vec::new() };
    let parts = merged.kinds.iter().flat_map(|kind| &kind.parts);
    let facts = parts.filter_map(|found| {
        let part = findings.run.parts.get(found.part as usize)?;
        let mut words = vec![counted(found.blocks, "block")];
        words.extend(part.shard.map(|it| format!("shard {} of {}", it.index, it.count)));
        words.push(format!("started {}", moment(part.started)));
        words.push(format!("{}, {}", part.host.cpu, counted(part.host.cores as usize, "core")));
        words.extend(part.pace.as_ref().map(|it| format!("calibration load {}", it.probe)));
        words.push(format!("from run {}", part.run));
        Some(fact(&merged.name(found.part), words.join(" · ")))
    });
    facts.collect()
}

/// A point in time to the minute: `2026-11-23 10:15 UTC`.
pub(super) fn moment(time: Timestamp) -> String {
    let (day, minute) = time.day_and_minute();
    format!("{day} {minute} UTC")
}

/// Where the time went; empty where the run was interrupted.
pub(super) fn time(findings: &Findings) -> Vec<Fact> {
    let Some(end) = &findings.end else { return Vec::new() };
    let (spent, shares) = (end.time, end.time.shares());
    let parts = [
        ("Measured steps", spent.measured, shares.measured),
        ("Setting up clean machines", spent.laying, shares.laying),
        ("Overhead of the harness", spent.own, shares.own),
    ];
    let facts = parts
        .map(|(name, seconds, share)| fact(name, format!("{seconds} ({:.1} %)", share * 100.0)));
    facts.into()
}

/// A command line, quoted where a shell needs it.
pub(super) fn command(words: &[impl AsRef<str>]) -> String {
    words.iter().map(|word| quoted(word.as_ref())).collect::<Vec<_>>().join(" ")
}

/// What each job runs: the commands of a plan, and the profile of those that name none.
pub(super) fn built(plan: &Plan) -> Vec<Fact> {
    let profile = fact("Cargo profile", &plan.cargo_profile);
    match plan.commands.as_slice() {
        [] => vec![profile],
        commands => {
            let all: Vec<String> = commands.iter().map(ToString::to_string).collect();
            let mut facts = vec![fact("Commands", all.join("; "))];
            // A command has a profile of its own where nothing was said.
            let is_said = plan.cargo_profile != "dev";
            facts.extend(is_said.then_some(profile));
            facts
        }
    }
}

/// A name with its value.
pub(super) fn fact(name: &str, value: impl Into<String>) -> Fact {
    Fact { name: name.to_owned(), value: value.into() }
}
