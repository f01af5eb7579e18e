//! The facts of a run before its first job.
//! Owns which paths of this machine are not recorded: those of our samples, and the home folder.

use std::path::Path;

use lukewarm_model::{Origin, Plan, RunFacts, Timestamp};
use lukewarm_runner::{Prepared, UserEnvironment};

use crate::privacy::Home;

/// The facts of a prepared run.
pub(crate) fn run_facts(
    prepared: &Prepared,
    id: String,
    started: Timestamp,
    command: &[String],
    user: &UserEnvironment,
) -> RunFacts {
    let home = Home::of(user);
    RunFacts {
        id,
        started,
        lukewarm: env!("CARGO_PKG_VERSION").to_owned(),
        executable: lukewarm_runner::executable_hash(),
        command: command.iter().map(|word| home.hidden(word)).collect(),
        plan: recorded_plan(prepared.plan(), &home),
        decided_by: None,
        host: prepared.host().clone(),
        toolchains: prepared.toolchains(),
        tools: prepared.tools(),
        sources: prepared.sources(),
        variables: prepared.variables(),
        configuration: prepared.configuration(),
        edits: prepared.edits(),
        warnings: home.hide_in_warnings(prepared.warnings()),
        shard: None,
        first_block: None,
        parts: Vec::new(),
    }
}

/// The plan as it is recorded: without the paths of our samples and of the user's home folder.
pub(crate) fn recorded_plan(plan: &Plan, home: &Home) -> Plan {
    let mut plan = plan.clone();
    for workspace in plan.workspaces.iter_mut().filter(|it| it.origin == Origin::Sample) {
        let samples = Path::new("sample-workspaces");
        // Several variations share one workspace.
        workspace.folder = match (&workspace.variation, workspace.folder.file_name()) {
            (Some(_), Some(name)) => samples.join("soundness").join(name),
            _ => samples.join(workspace.name.as_str()),
        };
    }
    home.hide_in_plan(&mut plan);
    plan
}
