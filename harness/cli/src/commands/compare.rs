//! `lukewarm compare`: the regression gate over results folders, or over what is measured now.
//! Owns what the arguments name; the gate's rules are `analysis`'s, its words `report`'s.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use lukewarm_analysis::{Answer, Evaluation, Gate, Hosts, Pair};
use lukewarm_model::{RawRecord, Thresholds};
use lukewarm_plan::Selection;
use lukewarm_session::Against;

use super::narrator::{self, Narrator};
use crate::args::{Common, CompareArgs, GateArgs};
use crate::exit::Exit;
use crate::{paths, terminal};

/// One side of a comparison.
struct Side {
    record: RawRecord,
    scenario: Option<String>,
}

/// Compares two runs, or two scenarios.
pub fn run(common: &Common, args: &CompareArgs) -> anyhow::Result<Exit> {
    let thresholds = thresholds(&args.gate)?;
    let (Some(baseline), Some(candidate)) = (&args.baseline, &args.candidate) else {
        return live(common, args, &thresholds);
    };
    let [baseline, candidate] = [baseline, candidate].map(|name| side(common, name));
    let (baseline, candidate) = (baseline?, candidate?);
    let pairs = pairs(&baseline, &candidate)?;
    let hosts = if args.gate.across_hosts { Hosts::Any } else { Hosts::Alike };
    let (before, now) = (Evaluation::of(&baseline.record), Evaluation::of(&candidate.record));
    let gate = lukewarm_analysis::gate(&before, &now, &pairs, &thresholds, hosts);
    answer(&gate, &args.gate)
}

/// Measures both sides in one run, and answers.
fn live(common: &Common, args: &CompareArgs, thresholds: &Thresholds) -> anyhow::Result<Exit> {
    let text = args.against.as_deref().unwrap_or_default();
    let against: Against = text.parse().with_context(|| format!("--against {text}"))?;
    let files = super::files(common, &args.measure.places)?;
    let session = super::session(common, &files, &args.measure)?;
    let selection =
        Selection { scenarios: args.scenario.clone(), ..super::selection(&args.measure) };
    let mut narrator = Narrator::new(common, narrator::resume);
    let measured = session
        .plan_comparison(&against, &selection, &mut |event| narrator.hear(event))
        .and_then(|it| session.compare(it, thresholds, &mut |event| narrator.hear(event)));
    let (measured, gate) = measured.map_err(|error| narrator.explain(error))?;
    if !common.quiet {
        let findings = &measured.report.findings;
        terminal::say(lukewarm_report::terminal(findings, narrator::style()));
    }
    answer(&gate, &args.gate)
}

/// The thresholds of a file, or those that need none.
fn thresholds(args: &GateArgs) -> anyhow::Result<Thresholds> {
    match &args.thresholds {
        None => Ok(Thresholds::default()),
        Some(path) => lukewarm_plan::thresholds(path).context("--thresholds"),
    }
}

/// A results folder, with the scenario behind its last colon.
fn side(common: &Common, name: &str) -> anyhow::Result<Side> {
    let is_run =
        |name: &str| paths::run_folder(common, Path::new(name)).is_ok_and(|it| it.is_dir());
    let (folder, scenario) = match name.rsplit_once(':') {
        Some((folder, scenario)) if !is_run(name) => (folder, Some(scenario)),
        _ => (name, None),
    };
    let record = lukewarm_record::read(&paths::run_folder(common, Path::new(folder))?)?;
    if let Some(wanted) = scenario {
        let known: Vec<&str> =
            record.run.plan.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
        if !known.contains(&wanted) {
            bail!("{name}: {}", lukewarm_plan::unknown("scenario", wanted, known));
        }
    }
    Ok(Side { record, scenario: scenario.map(str::to_owned) })
}

fn pairs(baseline: &Side, candidate: &Side) -> anyhow::Result<Vec<Pair>> {
    let same_run = baseline.record.run.id == candidate.record.run.id;
    match (&baseline.scenario, &candidate.scenario) {
        (Some(before), Some(now)) if same_run && before == now => {
            bail!("both sides are {before} of one run: there is nothing to compare")
        }
        (Some(before), Some(now)) => Ok(lukewarm_analysis::pairs_of_scenarios(
            (&baseline.record.run.plan, before),
            (&candidate.record.run.plan, now),
        )),
        (None, None) if same_run => {
            bail!(
                "both sides are one run: name two of its scenarios, such as `RUN:none \
                 RUN:sccache-local`"
            )
        }
        (None, None) => Ok(lukewarm_analysis::pairs_of_runs(&baseline.record, &candidate.record)),
        _ => bail!("a scenario on one side only: name one on both sides, or on none"),
    }
}

/// Writes the answer where it is wanted, and gives it as an exit code.
fn answer(gate: &Gate, args: &GateArgs) -> anyhow::Result<Exit> {
    for output in &args.format {
        let text = lukewarm_report::gate(gate, output.format, narrator::style())?;
        match &output.file {
            None => terminal::result(text),
            Some(path) => OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .and_then(|mut file| file.write_all(text.as_bytes()))
                .with_context(|| format!("cannot write {}", path.display()))?,
        }
    }
    Ok(match gate.answer {
        Answer::Fine => Exit::Fine,
        Answer::Regression => Exit::Regression,
        Answer::Inconclusive => Exit::Inconclusive,
        Answer::Invalid => Exit::CasesFailed,
    })
}
