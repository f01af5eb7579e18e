//! The names of a record that become paths or words of a command, held to the forms that they
//! have in a selection. Owns which those are; the forms are the model's.

use std::path::Path;

use lukewarm_model::{
    Case, JobFacts, NAME_RULE, Origin, Plan, RunFacts, SampleWorkspace, Shard, Surroundings,
    goes_down, is_absolute, is_component, is_mask, is_name, is_profile, is_scenario_name,
    is_version,
};

/// A name that has not its form.
#[derive(Debug, PartialEq, Eq)]
pub struct Misnamed {
    /// Where it stands.
    pub key: &'static str,
    /// What it is.
    pub value: String,
    /// What would be right.
    pub wanted: &'static str,
}

const COMPONENT: &str = "one plain component of a path is wanted";
const SCENARIO: &str = "a scenario is called `NAME[@VERSION][+SETTING=VALUE…]`";
const VERSION: &str = "a version has only letters, digits, `.` and `-`";
const PROFILE: &str = "a cargo profile's name has only the letters a to z, digits, `-` and `_`";
const FOLDER: &str = "a sample's folder is a path below the project's, another an absolute one \
                      or one below `~`, all without `..`";
const FILE: &str = "a path below the workspace's folder is wanted, without `..`";
const SHARD: &str = "a shard is a number from 1 to how many there are";
const MASK: &str = "a file mode creation mask has three octal digits, such as `077`";

/// Looks at the names of a run.
pub fn of_run(run: &RunFacts) -> Result<(), Misnamed> {
    let is_id = |text: &str| is_component(text) && !text.starts_with('.');
    hold(is_id, "data.id", &run.id, COMPONENT)?;
    let Plan { scenarios, workspaces, story, cases, cargo_profile, .. } = &run.plan;
    for scenario in scenarios {
        hold(is_scenario_name, "data.plan.scenarios.name", &scenario.name, SCENARIO)?;
        hold(is_name, "data.plan.scenarios.tool.name", &scenario.tool.name, NAME_RULE)?;
        for version in scenario.tool.version.iter() {
            hold(is_version, "data.plan.scenarios.tool.version", version, VERSION)?;
        }
    }
    workspaces.iter().try_for_each(of_workspace)?;
    hold(is_name, "data.plan.story.name", &story.name, NAME_RULE)?;
    for job in &story.jobs {
        hold(is_name, "data.plan.story.jobs.name", &job.name, NAME_RULE)?;
    }
    for Case { workspace, scenario } in cases {
        hold(is_scenario_name, "data.plan.cases.scenario", scenario, SCENARIO)?;
        hold(is_name, "data.plan.cases.workspace", workspace, NAME_RULE)?;
    }
    hold(is_profile, "data.plan.cargo_profile", cargo_profile, PROFILE)?;
    for part in &run.parts {
        hold(is_id, "data.parts.run", &part.run, COMPONENT)?;
    }
    let parts = run.parts.iter().map(|it| ("data.parts.shard", it.shard));
    for (key, shard) in std::iter::once(("data.shard", run.shard)).chain(parts) {
        let Some(shard) = shard else { continue };
        let fits = Shard::new(shard.index, shard.count).is_ok();
        hold(|_| fits, key, &shard.to_string(), SHARD)?;
    }
    Ok(())
}

/// Looks whether a job names the part of its run that measured it.
pub fn of_part(job: &JobFacts, run: &RunFacts) -> Result<(), Misnamed> {
    let fits = match job.part {
        Some(place) => (place as usize) < run.parts.len(),
        None => run.parts.is_empty(),
    };
    let value = job.part.map_or_else(|| "absent".to_owned(), |it| it.to_string());
    hold(|_| fits, "data.part", &value, "the place of one of the run's `parts` is wanted, from 0")
}

/// Looks at the names of a job.
pub fn of_job(job: &JobFacts) -> Result<(), Misnamed> {
    let Case { workspace, scenario } = &job.case;
    let fits = is_name(workspace) && is_scenario_name(scenario);
    hold(
        |_| fits,
        "data.case",
        &job.case.to_string(),
        "a case is called `<workspace>/<scenario>`",
    )?;
    hold(is_name, "data.job", &job.job, NAME_RULE)
}

fn of_workspace(workspace: &SampleWorkspace) -> Result<(), Misnamed> {
    hold(is_name, "data.plan.workspaces.name", &workspace.name, NAME_RULE)?;
    let fits = match workspace.origin {
        Origin::Sample => goes_down(&workspace.folder),
        // The user's home is recorded as `~`.
        Origin::Foreign => match workspace.folder.strip_prefix("~") {
            Ok(below) => goes_down(below),
            Err(_) => is_absolute(&workspace.folder),
        },
    };
    let folder = workspace.folder.display().to_string();
    hold(|_| fits, "data.plan.workspaces.folder", &folder, FOLDER)?;
    for verify in workspace.verify.iter() {
        hold(is_component, "data.plan.workspaces.verify.bin", &verify.bin, COMPONENT)?;
    }
    let varied = workspace.variation.iter().flat_map(|it| [&it.before, &it.after]);
    varied.into_iter().try_for_each(of_surroundings)
}

fn of_surroundings(it: &Surroundings) -> Result<(), Misnamed> {
    const KEY: &str = "data.plan.workspaces.variation";
    for folder in it.checkout.iter().chain(&it.cargo_home) {
        hold(is_name, KEY, folder, NAME_RULE)?;
    }
    for path in it.files.keys() {
        hold(|path| goes_down(Path::new(path)), KEY, path, FILE)?;
    }
    for mask in it.umask.iter() {
        hold(is_mask, KEY, mask, MASK)?;
    }
    Ok(())
}

fn hold(
    fits: impl Fn(&str) -> bool,
    key: &'static str,
    value: &str,
    wanted: &'static str,
) -> Result<(), Misnamed> {
    match fits(value) {
        true => Ok(()),
        false => Err(Misnamed { key, value: value.to_owned(), wanted }),
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{PartFacts, Scenario, ToolChoice, Variation, Verify};

    use super::*;
    use crate::examples;

    fn scenario(name: &str) -> Scenario {
        let tool = ToolChoice { name: "sccache".to_owned(), version: Some("0.10.0".to_owned()) };
        Scenario { tool, ..lukewarm_testing::scenario(name, "sccache") }
    }

    fn workspace(origin: Origin) -> SampleWorkspace {
        SampleWorkspace {
            name: "cli".into(),
            title: String::new(),
            essay: String::new(),
            folder: match origin {
                Origin::Sample => "sample-workspaces/cli".into(),
                Origin::Foreign => "/home/user/cli".into(),
            },
            origin,
            changes: Default::default(),
            include: Vec::new(),
            typical_build: None,
            expected: Default::default(),
            verify: Some(Verify {
                bin: "strata".to_owned(),
                args: Vec::new(),
                stdout_contains: String::new(),
            }),
            mutations: Vec::new(),
            reuse: Vec::new(),
            variation: None,
            packages: Vec::new(),
        }
    }

    /// A run whose names all have their forms.
    fn run() -> RunFacts {
        let mut run = examples::run("2026-11-23T035407-cli-0000beef");
        run.plan.scenarios = vec![scenario("sccache-webdav@0.10.0+bandwidth=100Mbit/s")];
        run.plan.workspaces = vec![workspace(Origin::Sample), workspace(Origin::Foreign)];
        run.plan.cases = vec![Case::new("cli", run.plan.scenarios[0].name.clone())];
        run
    }

    #[test]
    fn every_name_that_becomes_a_path_is_looked_at() {
        assert_eq!(of_run(&run()), Ok(()));
        type Craft = fn(&mut RunFacts, &str);
        let places: [(&str, Craft); 11] = [
            ("data.id", |run, evil| run.id = evil.to_owned()),
            ("data.plan.scenarios.name", |run, evil| run.plan.scenarios[0].name = evil.into()),
            ("data.plan.scenarios.tool.name", |run, evil| {
                run.plan.scenarios[0].tool.name = evil.to_owned();
            }),
            ("data.plan.scenarios.tool.version", |run, evil| {
                run.plan.scenarios[0].tool.version = Some(evil.to_owned());
            }),
            ("data.plan.workspaces.name", |run, evil| {
                run.plan.workspaces[0].name = evil.into();
            }),
            ("data.plan.workspaces.folder", |run, evil| {
                run.plan.workspaces[0].folder = evil.into();
            }),
            ("data.plan.workspaces.verify.bin", |run, evil| {
                run.plan.workspaces[0].verify.as_mut().unwrap().bin = evil.to_owned();
            }),
            ("data.plan.story.name", |run, evil| run.plan.story.name = evil.to_owned()),
            ("data.plan.cases.scenario", |run, evil| {
                run.plan.cases[0].scenario = evil.into();
            }),
            ("data.plan.cases.workspace", |run, evil| {
                run.plan.cases[0].workspace = evil.into();
            }),
            ("data.plan.cargo_profile", |run, evil| run.plan.cargo_profile = evil.to_owned()),
        ];
        for (key, craft) in places {
            for evil in ["../victim3", "/tmp/x/victim2", "..", "a/../../b"] {
                let mut run = run();
                craft(&mut run, evil);
                let wrong = of_run(&run).unwrap_err();
                assert_eq!((wrong.key, wrong.value.as_str()), (key, evil));
            }
        }
        for (surroundings, evil) in [
            (Surroundings { checkout: Some("../x".to_owned()), ..Default::default() }, "../x"),
            (Surroundings { cargo_home: Some("/x".to_owned()), ..Default::default() }, "/x"),
            (Surroundings { umask: Some("7;x".to_owned()), ..Default::default() }, "7;x"),
            (
                Surroundings {
                    files: [("../x".to_owned(), String::new())].into(),
                    ..Default::default()
                },
                "../x",
            ),
        ] {
            let mut run = run();
            let variation = Variation { after: surroundings, ..Variation::default() };
            run.plan.workspaces[0].variation = Some(variation);
            let wrong = of_run(&run).unwrap_err();
            assert_eq!((wrong.key, wrong.value.as_str()), ("data.plan.workspaces.variation", evil));
        }
        let mut run = run();
        run.plan.workspaces[1].folder = "relative".into();
        assert_eq!(of_run(&run).unwrap_err().key, "data.plan.workspaces.folder");
    }

    #[test]
    fn shards_that_cannot_be_and_parts_that_are_not_there_are_found() {
        let shard = |index, count| Some(Shard { index, count });
        for wrong in [shard(0, 4), shard(5, 4), shard(1, 0)] {
            let run = RunFacts { shard: wrong, ..run() };
            assert_eq!(of_run(&run).unwrap_err().key, "data.shard");
        }
        let mut merged = RunFacts { shard: shard(2, 4), ..run() };
        let part = |run: &str, shard| PartFacts {
            run: run.to_owned(),
            shard,
            host: merged.host.clone(),
            started: merged.started,
            ended: None,
            stopped: None,
            pace: None,
            warnings: Vec::new(),
        };
        let (good, evil, none) =
            (part("a", shard(1, 2)), part("../a", None), part("a", shard(3, 2)));
        merged.parts = vec![good.clone(), evil];
        assert_eq!(of_run(&merged).unwrap_err().key, "data.parts.run");
        merged.parts = vec![good.clone(), none];
        assert_eq!(of_run(&merged).unwrap_err().key, "data.parts.shard");
        merged.parts = vec![good];
        assert_eq!(of_run(&merged), Ok(()));
        for (part, fits) in [(Some(0), true), (Some(1), false), (None, false)] {
            let job = JobFacts { part, ..examples::job("cold") };
            assert_eq!(of_part(&job, &merged).is_ok(), fits, "{part:?}");
            assert_eq!(of_part(&job, &run()).is_ok(), part.is_none(), "{part:?}");
        }
    }
}
