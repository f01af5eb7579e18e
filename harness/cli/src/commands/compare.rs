//! `lukewarm compare`: the regression gate over results folders, or over what is measured now.
//! Owns what the arguments name; the gate's rules are `analysis`'s, its texts `report`'s.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use lukewarm_analysis::{Answer, Gate, Hosts};
use lukewarm_model::Thresholds;
use lukewarm_plan::{Selection, WorkspaceSettings};
use lukewarm_session::{Against, ComparedRun, Session, compare_recorded, compare_records};

use super::narrator::{self, Narrator};
use crate::args::{Common, CompareArgs, GateArgs};
use crate::exit::Exit;
use crate::failure::{Context, Result};
use crate::{paths, terminal};

/// Compares two runs, or two scenarios.
pub fn run(common: &Common, args: &CompareArgs) -> Result<Exit> {
    let (Some(baseline), Some(candidate)) = (&args.baseline, &args.candidate) else {
        return live(common, args);
    };
    let thresholds = match &args.gate.thresholds {
        Some(_) => thresholds(&args.gate, None)?,
        None => {
            let files = super::files(common, &args.measure.places)?;
            let own = super::workspaces(common, &[])?;
            thresholds(&args.gate, super::settings(common, &files, &own)?.as_ref())?
        }
    };
    let [baseline, candidate] = [baseline, candidate].map(|name| side(common, name));
    let (baseline, candidate) = (baseline?, candidate?);
    let hosts = if args.gate.across_hosts { Hosts::Any } else { Hosts::Alike };
    answer(&compare_records(&baseline, &candidate, &thresholds, hosts)?, &args.gate)
}

/// Measures both sides in one run, and answers.
fn live(common: &Common, args: &CompareArgs) -> Result<Exit> {
    let text = args.against.as_deref().unwrap_or_default();
    let against: Against = text.parse().with_context(|| format!("--against {text}"))?;
    let files = super::files(common, &args.measure.places)?;
    if let Some(run) = &args.from {
        let folder = paths::run_folder(common, run)?;
        let own = super::workspaces(common, &args.measure.workspace)?;
        let settings = super::settings(common, &files, &own)?;
        let thresholds = thresholds(&args.gate, settings.as_ref())?;
        let record = lukewarm_record::read(&folder)?;
        return answer(&compare_recorded(&record, &against, &thresholds)?, &args.gate);
    }
    let assignment = super::assignment(common, &args.shard)?;
    let selection = Selection {
        scenarios: args.scenario.clone(),
        ..super::selection(common, &files, (&args.measure, &args.build))?
    };
    let settings = selection.settings.as_ref();
    let thresholds = &thresholds(&args.gate, settings)?;
    let variables = super::variables(&files, &args.build, settings)?;
    let session = super::session(common, &files, &args.measure, variables)?;
    let session = Session { assignment, ..session };
    let mut narrator = Narrator::new(common, narrator::resume);
    if !session.assignment.is_everything() {
        return part(&session, &mut narrator, (&against, &selection));
    }
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

/// Measures a part of a live comparison: the gate is for all parts together.
fn part(
    session: &Session<'_>,
    narrator: &mut Narrator<'_>,
    (against, selection): (&Against, &Selection),
) -> Result<Exit> {
    let measured = session
        .plan_comparison(against, selection, &mut |event| narrator.hear(event))
        .and_then(|it| session.measure_comparison(it, &mut |event| narrator.hear(event)));
    let measured = measured.map_err(|error| narrator.explain(error))?;
    narrator::print_table(&measured.report);
    narrator.say(&format!(
        "a part is not judged: merge all of them, then `lukewarm compare --against {against} \
         --from RUN`"
    ));
    Ok(Exit::of(measured.report.trust))
}

/// The thresholds of the named file, else those of the repository's settings, else the defaults.
fn thresholds(args: &GateArgs, settings: Option<&WorkspaceSettings>) -> Result<Thresholds> {
    match &args.thresholds {
        None => Ok(settings.and_then(WorkspaceSettings::thresholds).unwrap_or_default()),
        Some(path) => lukewarm_plan::thresholds(path).context("--thresholds"),
    }
}

/// A results folder, with the scenario behind its last colon.
fn side(common: &Common, name: &str) -> Result<ComparedRun> {
    let is_run =
        |name: &str| paths::run_folder(common, Path::new(name)).is_ok_and(|it| it.is_dir());
    let (folder, scenario) = match name.rsplit_once(':') {
        Some((folder, scenario)) if !is_run(name) => (folder, Some(scenario)),
        _ => (name, None),
    };
    let folder = paths::run_folder(common, Path::new(folder))?;
    Ok(ComparedRun::read(&folder, scenario)?)
}

/// Prints the answer or appends it to files, and gives its exit code.
fn answer(gate: &Gate, args: &GateArgs) -> Result<Exit> {
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
        Answer::Regression | Answer::WrongOutput => Exit::Regression,
        Answer::Inconclusive => Exit::Inconclusive,
        Answer::Invalid => Exit::CasesFailed,
    })
}
