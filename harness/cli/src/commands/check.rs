//! `lukewarm check`: reads every file and the user's workspaces, and prints the plan; runs nothing,
//! unless it is asked to build once.
//! Owns the layout of a plan and of what is read of a workspace.

use lukewarm_model::text::{Safe, Terminal};
use lukewarm_model::{
    ConfigurationSetting, JobSpec, MutationKind, Origin, Plan, Runner, SampleWorkspace, Seconds,
    Stopping, Treatment, Visibility, few, quoted,
};
use lukewarm_runner::{Inspection, inspect};
use lukewarm_session::{Deciding, Session, one_build};

use super::narrator::{self, Narrator};
use super::{counted, shard_table};
use crate::args::{CheckArgs, Common};
use crate::exit::Exit;
use crate::failure::Result;
use crate::terminal;

/// Prints the plan, what its workspaces are, and the estimated time.
pub fn run(common: &Common, args: &CheckArgs) -> Result<Exit> {
    let CheckArgs { plan: args, time, shards } = args;
    let files = super::files(common, &args.measure.places)?;
    let selection = super::selected(common, &files, args)?;
    let plan = super::plan(&files, &selection)?;
    let variables = super::variables(&files, &args.build, selection.settings.as_ref())?;
    lukewarm_session::check_runner(&plan)?;
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
    let session = super::session(common, &files, &args.measure, variables)?;
    for workspace in plan.workspaces.iter().filter(|it| it.origin == Origin::Foreign) {
        let settings = &session.settings;
        let found = inspect(&workspace.folder, &plan, &settings.user, &settings.processes)?;
        show(workspace, &plan, &found, &mut text);
    }
    let estimate = session.estimate(&plan);
    let _ = writeln!(text, "estimate:   {}", super::estimated(&plan, estimate));
    if estimate.is_none() && !time {
        let _ = writeln!(text, "            `lukewarm check --time` builds once, and tells");
    }
    if let Some(most) = shards {
        shard_table::show(&session.shard_costs(&plan, *most), *most, &mut text);
    }
    terminal::result(text);
    if *time {
        build_once(common, &session, &plan)?;
    }
    Ok(Exit::Fine)
}

/// Builds each workspace once from nothing, and prints what that took.
fn build_once(common: &Common, session: &Session<'_>, plan: &Plan) -> Result<()> {
    let mut narrator = Narrator::new(common, narrator::resume);
    let (once, deciding) = (one_build(plan), Deciding::comparisons());
    let measured = session.measure(once, deciding, &mut |event| narrator.hear(event));
    let measured = measured.map_err(|error| narrator.explain(error))?;
    let mut text: Safe<Terminal> = Safe::empty();
    let mut one_of_each = Seconds(0.0);
    for job in &measured.record.jobs {
        one_of_each += job.wall();
        let _ = match &job.failure {
            None => writeln!(text, "time:       {} {}: {}", job.case, job.job, job.wall()),
            Some(failure) => {
                writeln!(text, "time:       {} {} failed: {}", job.case, job.job, failure.message)
            }
        };
    }
    let workspaces = plan.workspaces.len().max(1) as f64;
    let every = Seconds((one_of_each.0 / workspaces * plan.job_count() as f64).round());
    let jobs = counted(plan.job_count(), "job");
    let _ = writeln!(text, "            {jobs} that reuse nothing would take {every}");
    terminal::result(text);
    Ok(())
}

/// What was read of a workspace, in lines.
fn show(workspace: &SampleWorkspace, plan: &Plan, found: &Inspection, text: &mut Safe<Terminal>) {
    const SHOWN: usize = 8;
    let names = |all: &[String]| few(all, SHOWN);
    let members = counted(found.members.len(), "member");
    let _ = writeln!(text, "{}: {members}: {}", workspace.name, names(&found.members));
    if found.selected.len() < found.members.len() {
        let _ = writeln!(text, "  builds    {}", names(&found.selected));
    }
    let locked = match found.locked_packages {
        Some(count) => format!("at most {} of its lock file", counted(count, "other package")),
        None => "other packages: there is no lock file yet, `run` makes one in its copy".to_owned(),
    };
    let units = counted(found.member_units, "unit");
    let _ = writeln!(text, "  units     {units} of members, by their manifests, and {locked}");
    let _ = writeln!(text, "  toolchain {}", found.toolchain.rustc);
    for edit in &found.edits {
        let _ = writeln!(text, "  edit      {edit}");
    }
    let is_bump = |it: &JobSpec| it.change.kind == MutationKind::Dependency;
    if plan.story.jobs.iter().any(is_bump) {
        let what = "dependency: of those that are built, the one that most use and the registry \
                    offers another version of";
        let _ = writeln!(text, "  edit      {what}");
    }
    if !found.edits.is_empty() {
        let what = "each is tried with `cargo check` before anything is measured; where one does \
                    not compile, the next is taken";
        let _ = writeln!(text, "            {what}");
    }
    for (package, why) in &found.not_editable {
        let _ = writeln!(text, "  no edit   of `{package}`: {why}");
    }
    for (change, why) in &found.refused {
        let _ = writeln!(text, "  refused   {change}: {why}");
    }
    let differs = |it: &&ConfigurationSetting| it.treatment != Treatment::Kept;
    let differing: Vec<ConfigurationSetting> =
        found.configuration.iter().filter(differs).cloned().collect();
    if !differing.is_empty() {
        let line = ConfigurationSetting::line(&differing);
        let _ = writeln!(text, "  settings  of Cargo: {line}");
    }
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
        let copies = job.at_once.map(|it| format!("; {it}")).unwrap_or_default();
        let _ = writeln!(text, "job:        {}: change {}{copies}", job.name, job.change);
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
