//! `lukewarm check`: reads every file and prints the plan; runs nothing.
//! Owns the layout of a plan.

use lukewarm_model::text::{Safe, Terminal};
use lukewarm_model::{Plan, Runner, Stopping, Visibility, quoted};

use crate::args::{Common, PlanArgs};
use crate::exit::Exit;
use crate::failure::Result;
use crate::terminal;

/// Prints the plan and its estimated time.
pub fn run(common: &Common, args: &PlanArgs) -> Result<Exit> {
    let files = super::files(common, &args.measure.places)?;
    let selection = super::selected(common, &files, args)?;
    let plan = super::plan(&files, &selection)?;
    let variables = super::variables(&files, &args.build, selection.settings.as_ref())?;
    lukewarm_session::check_runner(&plan)?;
    let estimate = lukewarm_session::estimate(&plan, &files.tools);
    let mut text = describe(&plan);
    if let Some(settings) = &selection.settings {
        let _ = writeln!(text, "settings:   {}", settings.file.display());
    }
    for (name, variable) in variables.iter() {
        let value = match variable.visibility {
            Visibility::Recorded => quoted(&variable.value),
            Visibility::Secret => "(not recorded)".to_owned(),
        };
        let _ = writeln!(text, "variable:   {name}: {value}");
    }
    let _ = writeln!(text, "estimate:   {}", super::estimated(&plan, estimate));
    terminal::result(text);
    Ok(Exit::Fine)
}

/// A plan in lines. Writing to a string cannot fail.
fn describe(plan: &Plan) -> Safe<Terminal> {
    let mut text: Safe<Terminal> = Safe::empty();
    for workspace in &plan.workspaces {
        let folder = workspace.folder.display();
        let _ = writeln!(text, "workspace:  {} ({folder})", workspace.name);
    }
    for scenario in &plan.scenarios {
        let mut words = vec![scenario.tool.to_string()];
        if let (Some(service), Some(network)) = (scenario.service, &scenario.network) {
            words.push(format!("{service} over {} ({network})", network.name));
            words.push(scenario.limits.to_string());
            words.extend(scenario.faults.iter().map(|fault| format!("fault {fault}")));
        }
        let _ = writeln!(text, "scenario:   {}: {}", scenario.name, words.join("; "));
    }
    for command in &plan.commands {
        let _ = writeln!(text, "command:    {command}");
    }
    for job in &plan.story.jobs {
        let _ = writeln!(text, "job:        {}: change {}", job.name, job.change);
    }
    let _ = writeln!(text, "runner:     {}", Runner::words(plan.runner));
    let _ = writeln!(text, "reference:  {}", plan.reference.as_deref().unwrap_or("none selected"));
    let _ = writeln!(text, "cases:      {}, seed {}", plan.cases.len(), plan.seed);
    let _ = writeln!(text, "ends:       {}", super::length(plan));
    if let Stopping::Sequential { looks } = &plan.stopping {
        let looks: Vec<String> = looks.iter().map(ToString::to_string).collect();
        let often = if plan.allocation.is_even() { "" } else { "for what is clear after each; " };
        let _ = writeln!(text, "analysed:   {often}after {} iterations", looks.join(", "));
    }
    text
}
