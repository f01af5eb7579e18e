//! Whether a record contains an experiment.
//! Owns what makes two settings the same; which records are looked at is the caller's choice.

use lukewarm_model::{Experiment, RawRecord, Scenario, Story, few};

/// Whether a record has the cases of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cover {
    /// It has all of them, measured under the same settings.
    Same,
    /// It has cases of the same names whose settings have changed since, as this clause says.
    Changed(String),
    /// It lacks one.
    Lacks,
}

/// Whether a record has every case of an experiment, and under the same settings.
pub fn covers(record: &RawRecord, experiment: &Experiment) -> Cover {
    let plan = &record.run.plan;
    let has = |name: &str| plan.scenarios.iter().find(|it| it.name == name);
    let wanted = &experiment.workspace;
    let workspace = plan.workspaces.iter().find(|it| it.name == wanted.name);
    let scenarios = experiment.scenarios.iter().all(|wanted| has(&wanted.name).is_some());
    let (Some(workspace), true) =
        (workspace, scenarios && plan.story.name == experiment.story.name)
    else {
        return Cover::Lacks;
    };
    let mut changed = Vec::new();
    let jobs = |story: &Story| (story.mtime, story.jobs.clone());
    if jobs(&plan.story) != jobs(&experiment.story) {
        changed.push(format!("the story `{}`", plan.story.name));
    }
    if plan.cargo_profile != experiment.profile {
        changed.push(format!("the cargo profile, then `{}`", plan.cargo_profile));
    }
    if !plan.commands.is_empty() {
        changed.push("the commands of its jobs".to_owned());
    }
    if (workspace.origin, &workspace.mutations) != (wanted.origin, &wanted.mutations) {
        changed.push(format!("the edits of workspace `{}`", workspace.name));
    }
    if workspace.packages != wanted.packages {
        changed.push(format!("the packages of workspace `{}`", workspace.name));
    }
    let differs = |it: &&Scenario| {
        has(&it.name).is_some_and(|there| there.without_words() != it.without_words())
    };
    let scenarios = experiment.scenarios.iter().filter(differs);
    changed.extend(scenarios.map(|it| format!("scenario `{}`", it.name)));
    match changed.is_empty() {
        true => Cover::Same,
        false => Cover::Changed(format!("it was measured before a change of {}", few(changed, 2))),
    }
}
