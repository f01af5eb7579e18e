//! What is held fixed, what differs by design, and what is not modelled: for this run only.
//! Owns these words; `harness/docs/fairness.md` has the whole list, and each holds here because
//! the record says that it applies.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_analysis::Findings;
use lukewarm_model::{Mtime, MutationKind, Network, Plan, Scenario, ServiceKind};

use super::facts::{Fact, fact};
use crate::words::counted;

/// The tool that keeps a folder, checkout included.
const KEEPER: &str = "persistent-target";
/// The tool that carries a target folder as one archive.
const ARCHIVE: &str = "actions-cache";
/// The tool that stands between Cargo and the compiler.
const WRAPPER: &str = "sccache";

/// What is alike for every scenario of this run.
pub(super) fn fixed(findings: &Findings) -> Vec<Fact> {
    let plan = &findings.run.plan;
    let times = match plan.story.mtime {
        Mtime::Fresh => "new file times, as git checkout leaves them",
        Mtime::CommitTime => "the times of the commits",
        Mtime::Restored => "the times of the job before, where a file is the same",
    };
    let moved = plan.story.jobs.iter().any(|job| job.change.kind == MutationKind::Path);
    let path = if moved { "laid anew in every job" } else { "laid anew at one path in every job" };
    let mut facts = vec![
        fact("Sources", format!("one pristine copy, {path}, with {times}")),
        fact("Edits", "a text that is new in every iteration, and must be found in what was built"),
        fact("Registry", "fetched once; every build is offline, so that its speed does not count"),
        fact("Environment", "an allow-list, with an empty home folder"),
    ];
    let compilers: BTreeSet<&str> =
        findings.run.toolchains.values().map(|toolchain| toolchain.rustc.as_str()).collect();
    if let [compiler] = compilers.into_iter().collect::<Vec<_>>()[..] {
        let words = format!("{compiler}, without rustup’s proxies");
        facts.push(fact("Compiler", words));
    }
    facts.push(fact("Cargo profile", &plan.cargo_profile));
    let links = links(plan);
    if let [(link, _)] = &links.iter().collect::<Vec<_>>()[..] {
        facts.push(fact("Link", format!("{link}, in front of every service")));
    }
    facts
}

/// What scenarios differ in, beside the tool and the service they are about.
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
    let keepers = plan.scenarios.iter().filter(|scenario| scenario.tool.name == KEEPER);
    let keepers: Vec<&str> = keepers.map(|scenario| scenario.name.as_str()).collect();
    if !keepers.is_empty() {
        let words = format!("kept in {}, which is what it is about", keepers.join(", "));
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

/// What this run cannot show, in sentences.
pub(super) fn missing(findings: &Findings) -> Vec<String> {
    let plan = &findings.run.plan;
    let mut sentences = vec![scope(findings)];
    let served = || plan.scenarios.iter().filter(|scenario| scenario.service.is_some());
    if served().next().is_some() {
        sentences.extend(services(&served().collect::<Vec<_>>()));
    }
    let has = |tool: &str| plan.scenarios.iter().any(|scenario| scenario.tool.name == tool);
    if has(ARCHIVE) || plan.scenarios.iter().any(|scenario| scenario.archive.is_some()) {
        sentences.push(
            "Of a cache action only the archive work is timed: its own start in Node.js and what \
             it prints are not."
                .to_owned(),
        );
    }
    if has(WRAPPER) {
        sentences.push(format!(
            "Under a wrapper Cargo cannot pipeline: a crate waits until its dependencies are \
             whole. What that costs grows with the processors, and here there are {}.",
            findings.run.host.cores
        ));
    }
    sentences.push(
        "A checkout has no .git folder, so that build scripts that ask for a revision find none."
            .to_owned(),
    );
    sentences
}

/// How far the result reaches.
fn scope(findings: &Findings) -> String {
    let plan = &findings.run.plan;
    let workspaces: Vec<&str> =
        plan.workspaces.iter().take(8).map(|workspace| workspace.name.as_str()).collect();
    let more = match plan.workspaces.len() - workspaces.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "It is one machine with {}, on one day, with {}: {}{more}. Another repository has other \
         crates, and another machine another balance of processors and link.",
        counted(findings.run.host.cores as usize, "core"),
        counted(plan.workspaces.len(), "workspace"),
        workspaces.join(", "),
    )
}

fn services(served: &[&Scenario]) -> Vec<String> {
    let shaped = |without: fn(&Network) -> bool| {
        served.iter().any(|scenario| scenario.network.as_ref().is_none_or(without))
    };
    let start = match shaped(|network| network.initial_window.is_none()) {
        true => ", nor TCP’s slow start where none is set",
        false => "",
    };
    let mut sentences = vec![
        format!(
            "Services answer from loopback through a shaped link. It has no TLS and no loss{start}."
        ),
        "A service shares the processors with the build that asks it; its CPU time stands beside \
         each step. Its other tenants and its price are not modelled."
            .to_owned(),
    ];
    let minute = |it: &&Scenario| {
        it.limits.uploads_per_minute.is_some() || it.limits.downloads_per_minute.is_some()
    };
    if served.iter().any(minute) {
        sentences.push(
            "A minute’s limits start anew with every job, as if jobs were more than a minute \
             apart."
                .to_owned(),
        );
    }
    let without_expiry = served.iter().filter(|it| it.limits.expiry.is_none());
    let endless = without_expiry.filter_map(|it| it.service.filter(|kind| kind.expires_unused()));
    let endless: BTreeSet<ServiceKind> = endless.collect();
    sentences.extend(endless.iter().map(|kind| {
        format!("Entries of the service {kind} do not expire here; those of the real one do.")
    }));
    sentences
}

/// The links that scenarios have, each with its scenarios.
fn links(plan: &Plan) -> BTreeMap<&str, Vec<&str>> {
    let mut links: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for scenario in &plan.scenarios {
        if let Some(network) = &scenario.network {
            links.entry(&network.name).or_default().push(&scenario.name);
        }
    }
    links
}
