//! Threats to validity: what is held fixed, what differs by design, and what is not modelled.
//! Owns these words; `harness/docs/fairness.md` has the whole list, and only those are shown that
//! apply to the run by its record.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_analysis::Findings;
use lukewarm_model::{
    MutationKind, Network, Origin, Plan, RestoreScope, Scenario, ServiceKind, ToolDescription, few,
};

use super::facts::{Fact, built, fact, times};
use crate::format::counted;
use crate::machines;

/// The conditions that are the same for every scenario of this run.
pub(super) fn fixed(findings: &Findings) -> Vec<Fact> {
    let plan = &findings.run.plan;
    let times = times(plan.story.mtime);
    let moved = plan.story.jobs.iter().any(|job| job.change.kind == MutationKind::Path);
    let path =
        if moved { "copied anew for every job" } else { "copied anew to one path for every job" };
    let mut facts = vec![
        fact("Sources", format!("one pristine copy, {path}, with {times}")),
        fact(
            "Edits",
            "a token that is new in every iteration and must be found in the built artifact",
        ),
        fact("Registry", "fetched once; every build is offline, so download speed is not measured"),
        fact("Environment", "an allow-list, with an empty home folder"),
    ];
    let compilers: BTreeSet<&str> =
        findings.run.toolchains.values().map(|toolchain| toolchain.rustc.as_str()).collect();
    if let [compiler] = compilers.into_iter().collect::<Vec<_>>()[..] {
        let words = format!("{compiler}, called without rustup’s proxies");
        facts.push(fact("Compiler", words));
    }
    facts.extend(built(plan));
    let links = links(plan);
    if let [(link, _)] = &links.iter().collect::<Vec<_>>()[..] {
        facts.push(fact("Link", format!("{link}, for every service")));
    }
    facts
}

/// The conditions that differ between scenarios, besides tool and service.
pub(super) fn differing(findings: &Findings) -> Vec<Fact> {
    let plan = &findings.run.plan;
    let mut facts = Vec::new();
    let incremental = |on: bool| {
        let some = plan.scenarios.iter().filter(move |scenario| scenario.incremental == on);
        some.map(|scenario| scenario.name.as_str()).collect::<Vec<_>>()
    };
    let (on, off) = (incremental(true), incremental(false));
    if !on.is_empty() && !off.is_empty() {
        let words = format!("on in {}; off in {}", on.join(", "), off.join(", "));
        facts.push(fact("Incremental compilation", words));
    }
    let dated = plan.scenarios.iter().filter_map(|it| Some((it.mtime?, it.name.as_str())));
    facts
        .extend(dated.map(|(mtime, name)| {
            fact("Modification times", format!("{} in {name}", times(mtime)))
        }));
    let keep_checkout = |scenario: &&Scenario| {
        let is_it = |tool: &&ToolDescription| tool.name == scenario.tool.name;
        let tool = findings.tools.iter().find(is_it);
        tool.is_some_and(|tool| tool.restores == RestoreScope::Checkout)
    };
    let kept = plan.scenarios.iter().filter(keep_checkout);
    let kept: Vec<&str> = kept.map(|scenario| scenario.name.as_str()).collect();
    if !kept.is_empty() {
        let words = format!("kept between jobs in {}, by definition", kept.join(", "));
        facts.push(fact("Checkout", words));
    }
    let links = links(plan);
    if links.len() > 1 {
        let words: Vec<String> =
            links.iter().map(|(link, names)| format!("{link}: {}", names.join(", "))).collect();
        facts.push(fact("Link", words.join("; ")));
    }
    let faulty = plan.scenarios.iter().filter(|scenario| !scenario.faults.is_empty());
    let faulty: Vec<&str> = faulty.map(|scenario| scenario.name.as_str()).collect();
    if !faulty.is_empty() {
        facts.push(fact("Faults on purpose", faulty.join(", ")));
    }
    facts
}

/// The limits of this run, in sentences.
pub(super) fn missing(findings: &Findings) -> Vec<String> {
    let plan = &findings.run.plan;
    let mut sentences = vec![scope(findings)];
    let served = || plan.scenarios.iter().filter(|scenario| scenario.service.is_some());
    if served().next().is_some() {
        sentences.extend(services(&served().collect::<Vec<_>>()));
    }
    let cores = findings.run.host.cores.to_string();
    let caveats = findings.tools.iter().flat_map(|tool| tool.caveats);
    sentences.extend(caveats.map(|caveat| caveat.replace("{cores}", &cores)));
    let has = |origin| plan.workspaces.iter().any(|workspace| workspace.origin == origin);
    let git = [
        (
            Origin::Sample,
            "The checkout of a sample has no .git folder: a build script that asks \
            for a revision finds none.",
        ),
        (
            Origin::Foreign,
            "The checkout of a repository has a .git folder of depth 1, as in CI: a \
            build script that asks for earlier revisions or tags finds none.",
        ),
    ];
    sentences.extend(git.into_iter().filter(|it| has(it.0)).map(|it| it.1.to_owned()));
    sentences
}

/// The scope of the result.
fn scope(findings: &Findings) -> String {
    let plan = &findings.run.plan;
    let workspaces = few(plan.workspaces.iter().map(|workspace| &workspace.name), 8);
    let machines = match machines::composition(findings) {
        None => "one machine".to_owned(),
        Some(several) => several,
    };
    let day = if findings.merged.is_some() { "" } else { ", on one day" };
    format!(
        "The results are of {machines} with {}{day}, with {}: {workspaces}. Other repositories \
         have other crates, and other machines another ratio of processor to network speed.",
        counted(findings.run.host.cores as usize, "core"),
        counted(plan.workspaces.len(), "workspace"),
    )
}

fn services(served: &[&Scenario]) -> Vec<String> {
    let shaped = |without: fn(&Network) -> bool| {
        served.iter().any(|scenario| scenario.network.as_ref().is_none_or(without))
    };
    let start = match shaped(|network| network.initial_window.is_none()) {
        true => ", and no TCP slow start where none is set",
        false => "",
    };
    let mut sentences = vec![
        format!(
            "Services run on loopback behind an emulated link without TLS and packet loss{start}."
        ),
        "A service shares the processors with the build that uses it; its CPU time is listed for \
         each step. Load by other tenants and prices are not modelled."
            .to_owned(),
    ];
    let minute = |it: &&Scenario| {
        it.limits.uploads_per_minute.is_some() || it.limits.downloads_per_minute.is_some()
    };
    if served.iter().any(minute) {
        sentences.push(
            "Limits per minute start anew with every job, as if jobs were more than a minute \
             apart."
                .to_owned(),
        );
    }
    let without_expiry = served.iter().filter(|it| it.limits.expiry.is_none());
    let endless = without_expiry.filter_map(|it| it.service.filter(|kind| kind.expires_unused()));
    let endless: BTreeSet<ServiceKind> = endless.collect();
    sentences.extend(endless.iter().map(|kind| {
        format!("Entries of the emulated service {kind} do not expire; those of the real one do.")
    }));
    sentences
}

/// The network links, each with its scenarios.
fn links(plan: &Plan) -> BTreeMap<&str, Vec<&str>> {
    let mut links: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for scenario in &plan.scenarios {
        if let Some(network) = &scenario.network {
            links.entry(&network.name).or_default().push(&scenario.name);
        }
    }
    links
}
