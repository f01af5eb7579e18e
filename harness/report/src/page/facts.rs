//! What a reader must know beside the numbers: settings, machine, method, where the time went.
//! Owns these words; figures come from the run's own record.

use std::collections::BTreeSet;

use lukewarm_analysis::{Estimator, Findings};
use lukewarm_model::{HostDetails, Network, Priming, RunFacts, Scenario, SettingValue, Stopping};

use super::essay;
use crate::summary::shares;
use crate::words::{counted, percent};

/// A name with what is known about it.
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: String,
}

/// A scenario: what it is, its settings and its essay.
pub(super) struct ScenarioFacts<'a> {
    pub(super) name: &'a str,
    pub(super) title: &'a str,
    pub(super) settings: Vec<Fact>,
    pub(super) essay: String,
}

/// A scenario with its settings, each figure with its source.
pub(super) fn scenario<'a>(run: &RunFacts, scenario: &'a Scenario) -> ScenarioFacts<'a> {
    let mut settings = vec![fact("Tool", tool(run, scenario))];
    for (name, value) in &scenario.settings {
        let value = match value {
            SettingValue::Flag(true) => "on",
            SettingValue::Flag(false) => "off",
            SettingValue::Text(text) => text,
        };
        settings.push(fact(name, value));
    }
    settings.push(fact("Service", scenario.service.map_or("none", |service| service.name())));
    if let Some(network) = &scenario.network {
        settings.extend(link(network));
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
    ScenarioFacts {
        name: &scenario.name,
        title: &scenario.title,
        settings,
        essay: essay::html(&scenario.essay),
    }
}

fn tool(run: &RunFacts, scenario: &Scenario) -> String {
    match run.tools.get(&scenario.tool.to_string()) {
        Some(found) => format!("{} {}", found.name, found.version),
        None => scenario.tool.to_string(),
    }
}

fn link(network: &Network) -> Vec<Fact> {
    let mut figures = network.to_string();
    if network.jitter.0 > 0.0 {
        figures.push_str(&format!(", jitter ±{}", network.jitter));
    }
    if network.connect_round_trips > 0 {
        let trips = counted(network.connect_round_trips as usize, "round trip");
        figures.push_str(&format!(", {trips} to connect"));
    }
    if let Some(rate) = network.per_connection {
        figures.push_str(&format!(", at most {rate} a connection"));
    }
    if network.first_byte.0 > 0.0 {
        figures.push_str(&format!(", {} to answer", network.first_byte));
    }
    if let Some(window) = network.initial_window {
        figures.push_str(&format!(", slow start from {window}"));
    }
    let mut facts = vec![fact("Network", format!("{}: {figures}", network.name))];
    if !network.source.is_empty() {
        facts.push(fact("Source of the figures", network.source.trim()));
    }
    facts
}

/// The story's jobs with what changes before each.
pub(super) fn story(findings: &Findings) -> Vec<Fact> {
    let jobs = findings.run.plan.story.jobs.iter().enumerate();
    let facts = jobs.map(|(number, job)| {
        let change = match (number, job.change.place) {
            (0, None) => "from an empty cache".to_owned(),
            (_, None) => "nothing changed".to_owned(),
            _ => format!("changed since the job before: {}", job.change),
        };
        fact(&job.name, change)
    });
    facts.collect()
}

/// How the numbers were made, in sentences.
pub(super) fn methods(findings: &Findings) -> Vec<String> {
    let plan = &findings.run.plan;
    let mut sentences = vec![
        "Each job is a clean machine: a fresh checkout at one fixed path with new file times, \
         an environment from an allow-list, and only what the scenario keeps. Registry packages \
         were fetched once, and builds are offline."
            .to_owned(),
        format!(
            "Order: the cases of one job run side by side in random order (seed {}), so that a \
             case and its reference share the machine's mood; later iterations shuffle the jobs \
             as well.",
            plan.seed
        ),
        match plan.priming {
            Priming::Separate => {
                "Priming: a first pass in story order makes the states that \
                                  jobs start from; it counts in no estimate."
            }
            Priming::Measured => {
                "Priming: the first pass in story order makes the states that \
                                  jobs start from, and is itself measured."
            }
        }
        .to_owned(),
    ];
    let estimates = findings.rows.iter().flat_map(|row| {
        let measured = row.measured.iter().map(|measured| measured.estimate.estimator);
        let compared = row.comparison.iter().map(|comparison| comparison.ratio.estimator);
        measured.chain(compared)
    });
    let words: BTreeSet<&str> = estimates.map(Estimator::words).collect();
    if !words.is_empty() {
        let words: Vec<&str> = words.into_iter().collect();
        sentences.push(format!("Estimators: {}.", words.join("; ")));
    }
    let margin = findings.rows.iter().find_map(|row| Some(row.comparison.as_ref()?.margin));
    if let Some(margin) = margin {
        sentences.push(format!(
            "Verdicts: faster and slower need at least 6 pairs, an interval that excludes 1, a \
             difference of more than {0}, and a signed-rank test at 5 % after Holm's correction; \
             same needs the whole interval within ±{0}; anything else is inconclusive. With fewer \
             pairs (too few) no such verdict is possible, and the table shows the spread only; \
             the correction asks for more pairs where more scenarios are compared.",
            percent(margin)
        ));
        if let Stopping::Sequential { looks } = &plan.stopping {
            let looks: Vec<String> = looks.iter().map(ToString::to_string).collect();
            sentences.push(format!(
                "Looks: after {} iterations it was looked whether comparisons are decided, and \
                 what was decided was measured no further. So that looking often is no luck, \
                 each look asks for the smaller p-value of Pocock's boundary, and intervals are \
                 as much wider.",
                looks.join(", ")
            ));
        }
    }
    sentences.push(
        "A bar's steps are medians of their own, so that their sum may differ a little from the \
         median of the whole job."
            .to_owned(),
    );
    sentences
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
        fact("Load when it began", format!("{:.2}", host.load)),
    ];
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
    facts.push(fact("lukewarm", &run.lukewarm));
    facts.push(fact("Cargo profile", &run.plan.cargo_profile));
    facts
}

/// Where the time went; nothing where the run was cut off.
pub(super) fn time(findings: &Findings) -> Vec<Fact> {
    let Some(end) = &findings.end else { return Vec::new() };
    let (spent, shares) = (end.time, shares(end.time));
    let parts = [
        ("Measured steps", spent.measured, shares.measured),
        ("Laying clean machines", spent.laying, shares.laying),
        ("The harness's own", spent.own, shares.own),
    ];
    let facts = parts
        .map(|(name, seconds, share)| fact(name, format!("{seconds} ({:.1} %)", share * 100.0)));
    facts.into()
}

/// A command line, quoted where a shell needs it.
pub(super) fn command(words: &[impl AsRef<str>]) -> String {
    let quoted = words.iter().map(|word| {
        let word = word.as_ref();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@,+%".contains(c);
        match !word.is_empty() && word.chars().all(plain) {
            true => word.to_owned(),
            false => format!("'{}'", word.replace('\'', "'\\''")),
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// A fact.
pub(super) fn fact(name: &str, value: impl Into<String>) -> Fact {
    Fact { name: name.to_owned(), value: value.into() }
}
