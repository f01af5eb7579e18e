//! What a record says of a run before its first job.
//! Owns what of this machine is left out: where our samples are, and the user's home folder.

use std::path::Path;

use jiff::Timestamp;
use lukewarm_model::{Origin, Plan, RunFacts};
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
        started: started.into(),
        lukewarm: env!("CARGO_PKG_VERSION").to_owned(),
        executable: lukewarm_runner::executable_hash(),
        command: command.iter().map(|word| home.hidden(word)).collect(),
        plan: recorded_plan(prepared.plan(), &home),
        host: prepared.host().clone(),
        toolchains: prepared.toolchains(),
        tools: prepared.tools(),
        sources: prepared.sources(),
        configuration: prepared.configuration(),
        warnings: home.hide_in_warnings(prepared.warnings()),
    }
}

/// The plan as it is recorded: where our own samples are is this machine's affair, and where the
/// user's home folder is the user's.
pub(crate) fn recorded_plan(plan: &Plan, home: &Home) -> Plan {
    let mut plan = plan.clone();
    for workspace in plan.workspaces.iter_mut().filter(|it| it.origin == Origin::Sample) {
        workspace.folder = Path::new("sample-workspaces").join(workspace.name.as_str());
    }
    home.hide_in_plan(&mut plan);
    plan
}
