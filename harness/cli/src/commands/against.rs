//! `lukewarm compare --against`: baseline and candidate measured now, in turns, and gated.
//! Owns what `git:REV` and `TOOL@VERSION` mean; measuring and gating are as everywhere else.

use std::path::Path;

use anyhow::{Context, bail};
use lukewarm_analysis::{Evaluation, Hosts, Pair, gate_open};
use lukewarm_model::{Plan, RawRecord, Thresholds};
use lukewarm_plan::Selection;
use lukewarm_runner::Settings;

use super::measuring::{self, Steering, settings};
use super::{compare, files, selection};
use crate::args::{Common, CompareArgs};
use crate::exit::Exit;
use crate::terminal;

/// Measures both sides in one run, and answers.
pub fn run(common: &Common, args: &CompareArgs, thresholds: &Thresholds) -> anyhow::Result<Exit> {
    let against = args.against.as_deref().unwrap_or_default();
    let settings = settings(&args.measure)?;
    let (plan, pairs) = match (against.strip_prefix("git:"), against.split_once('@')) {
        (Some(revision), _) => revisions(common, args, revision, &settings)?,
        (None, Some((tool, version))) => versions(common, args, tool, version)?,
        _ => bail!(
            "--against {against}: neither `git:REV`, such as `git:main`, nor `TOOL@VERSION`, such \
             as `sccache@0.10.0`"
        ),
    };
    let mut decide = |record: &RawRecord| gate_open(&Evaluation::of(record), &pairs, thresholds);
    let steering = Steering { decide: &mut decide, goes_on: measuring::resume };
    let measured = measuring::begin(common, plan, &args.measure, settings, steering)?;
    if !common.quiet {
        terminal::say(measured.reported.table.clone());
    }
    let both = Evaluation::of(&measured.record);
    let gate = lukewarm_analysis::gate(&both, &both, &pairs, thresholds, Hosts::Alike);
    compare::answer(&gate, &args.gate)
}

/// A revision of one workspace against its folder as it is.
fn revisions(
    common: &Common,
    args: &CompareArgs,
    revision: &str,
    settings: &Settings,
) -> anyhow::Result<(Plan, Vec<Pair>)> {
    let [workspace] = args.measure.workspace.as_slice() else {
        bail!("--against git:{revision}: one `--workspace PATH` that lies in a git repository");
    };
    let then = lukewarm_runner::revision(Path::new(workspace), revision, settings)
        .with_context(|| format!("--against git:{revision}"))?;
    if !common.quiet {
        then.remarks.iter().for_each(terminal::say);
    }
    let scenarios = match args.scenario.is_empty() {
        true => vec!["none".to_owned()],
        false => args.scenario.clone(),
    };
    let selected = Selection {
        workspaces: vec![then.folder.display().to_string(), workspace.clone()],
        scenarios,
        ..selection(&args.measure)
    };
    let plan = lukewarm_plan::plan(&files(common)?, &selected).context("the selection")?;
    let [before, now] = plan.workspaces.as_slice() else {
        bail!("--against git:{revision}: both sides are the same folder");
    };
    let pairs = lukewarm_analysis::pairs_of_workspaces(&plan, &before.name, &now.name);
    Ok((plan, pairs))
}

/// A version of a tool against the one that is found.
fn versions(
    common: &Common,
    args: &CompareArgs,
    tool: &str,
    version: &str,
) -> anyhow::Result<(Plan, Vec<Pair>)> {
    let files = files(common)?;
    let of_tool =
        |name: &String| files.scenarios.iter().any(|it| it.name == *name && it.tool.name == tool);
    let preset = files.preset(lukewarm_plan::Preset::Default);
    let named = if args.scenario.is_empty() { &preset.scenarios } else { &args.scenario };
    let names: Vec<&String> = named.iter().filter(|name| of_tool(name)).collect();
    if names.is_empty() {
        bail!("--against {tool}@{version}: no scenario of that tool is selected");
    }
    let both = names.iter().flat_map(|name| [format!("{name}@{version}"), (*name).clone()]);
    let selected = Selection { scenarios: both.collect(), ..selection(&args.measure) };
    let plan = lukewarm_plan::plan(&files, &selected).context("the selection")?;
    let pairs = names.iter().flat_map(|name| {
        lukewarm_analysis::pairs_of_scenarios((&plan, &format!("{name}@{version}")), (&plan, name))
    });
    let pairs = pairs.collect();
    Ok((plan, pairs))
}
