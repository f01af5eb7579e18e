//! A recorded plan is carried out as it was chosen, and refused where it says more than a
//! selection could: what is built, edited and run comes from the files alone.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use lukewarm_model::{AtOnce, MutationKind, Plan, Seconds, SettingValue, Verify};
use lukewarm_plan::{Effort, Files, Floor, Preset, Selection, carried_out, plan, plans, read};
use lukewarm_wire::v1;

fn files() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    read(&root, &lukewarm_cache_tools::descriptions()).unwrap_or_else(|error| panic!("{error}"))
}

/// A plan as a journal has it: written and read, samples at a place of no machine.
fn recorded(plan: &Plan) -> Plan {
    let text = serde_json::to_string(&v1::Plan::from(plan.clone())).unwrap();
    let mut plan = Plan::from(serde_json::from_str::<v1::Plan>(&text).unwrap());
    for workspace in plan.workspaces.iter_mut().filter(|it| it.folder.starts_with("/")) {
        let is_sample = workspace.folder.join("workspace.toml").exists();
        if is_sample {
            workspace.folder = Path::new("sample-workspaces").join(workspace.name.as_str());
        }
    }
    plan
}

fn selected(files: &Files, selection: Selection) -> Plan {
    plan(files, &selection).unwrap_or_else(|error| panic!("{error}"))
}

fn scenarios(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn every_selection_can_be_gone_on_with() {
    let files = files();
    let foreign = tempfile::tempdir().unwrap();
    std::fs::write(foreign.path().join("Cargo.toml"), "[workspace]").unwrap();
    let foreign = format!("{}/", foreign.path().display());
    let variants =
        ["none", "sccache-webdav@0.10.0+bandwidth=100Mbit/s", "actions-cache+ballast=5MB"];
    let selections = [
        Selection::default(),
        Selection { preset: Preset::Full, ..Selection::default() },
        Selection { floor: Floor::Measured, ..Selection::default() },
        Selection { network: Some("slow".to_owned()), ..Selection::default() },
        Selection { at_once: Some(3), stagger: Some(Seconds(2.0)), ..Selection::default() },
        Selection {
            scenarios: scenarios(&variants),
            floor: Floor::Measured,
            ..Selection::default()
        },
        Selection {
            scenarios: scenarios(&["sccache-webdav@0.10.0", "sccache-local"]),
            floor: Floor::Measured,
            workspaces: vec![foreign],
            ..Selection::default()
        },
        Selection {
            scenarios: scenarios(&["none", "actions-cache", "sccache-webdav"]),
            sweep: Some("round-trip=0ms,20ms".to_owned()),
            ..Selection::default()
        },
    ];
    for selection in selections {
        let chosen = selected(&files, selection);
        assert_eq!(carried_out(&files, &recorded(&chosen)).unwrap(), chosen);
    }
    for story in &files.stories {
        let selection = Selection { story: Some(story.name.clone()), ..Selection::default() };
        let Ok(chosen) = plan(&files, &selection) else { continue };
        assert_eq!(carried_out(&files, &recorded(&chosen)).unwrap(), chosen);
    }
    let experiments: Vec<_> =
        files.claims.iter().flat_map(|it| &it.experiments).map(|it| (it, Vec::new())).collect();
    assert!(!experiments.is_empty());
    for chosen in plans(&experiments, Effort::Quick) {
        carried_out(&files, &recorded(&chosen.plan)).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn what_no_selection_gives_is_refused_by_name() {
    type Craft = fn(&mut Plan);
    let files = files();
    let whole = recorded(&selected(&files, Selection::default()));
    let crafted: [(&str, Craft); 12] = [
        ("workspace: `cli`: its `workspace.toml` or one of its patches", |it| {
            it.workspaces[0].mutations[0].patch = "+++ b/../../x".to_owned();
        }),
        ("workspace: `cli`: its `workspace.toml` or one of its patches", |it| {
            let args = vec!["-c".to_owned(), "touch pwned".to_owned()];
            let (bin, stdout_contains) = ("sh".to_owned(), String::new());
            it.workspaces[0].verify = Some(Verify { bin, args, stdout_contains });
        }),
        ("workspace: `other`: there is no such sample", |it| {
            it.workspaces[0].name = "other".into();
        }),
        ("has patches, a program to run", |it| {
            it.workspaces[0].origin = lukewarm_model::Origin::Foreign;
            it.workspaces[0].folder = PathBuf::from("/home/user/cli");
        }),
        ("story: `default`: its file has other jobs", |it| {
            it.story.jobs[1].name = "another".into();
        }),
        ("story: `default`: its jobs cannot run that often at once", |it| {
            it.story.jobs[0].at_once = Some(AtOnce { copies: 5000, stagger: Seconds(0.0) });
        }),
        ("story: `else`: there is no such story", |it| it.story.name = "else".to_owned()),
        ("scenario: `evil`: there is no such scenario", |it| {
            it.scenarios[1].name = "evil".into();
        }),
        ("scenario: `none`: its file has another tool", |it| {
            it.scenarios[0].tool.name = "sccache".to_owned();
        }),
        ("scenario: `none`: its tool's version", |it| {
            it.scenarios[0].tool.version = Some("1.0".to_owned());
        }),
        ("scenario: `actions-cache`: its file has another tool, service or settings", |it| {
            let scenario = it.scenarios.iter_mut().find(|it| it.name == "actions-cache").unwrap();
            let value = SettingValue::Text("elsewhere".to_owned());
            scenario.settings.insert("key".to_owned(), value);
        }),
        ("case: `cli/else`: it is not one of", |it| it.cases[0].scenario = "else".into()),
    ];
    for (wanted, craft) in crafted {
        let mut plan = whole.clone();
        craft(&mut plan);
        let said = carried_out(&files, &plan).unwrap_err().to_string();
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let twins = Selection { floor: Floor::Measured, ..Selection::default() };
    let twins = recorded(&selected(&files, twins));
    let crafted: [(&str, Craft); 2] = [
        ("scenario: `none-again`: it is not its reference once more", |it| {
            it.scenarios.last_mut().unwrap().incremental ^= true;
        }),
        // Nothing is its own twin.
        ("scenario: `evil`: there is no such scenario", |it| {
            it.scenarios[0].name = "evil".into();
            (it.reference, it.twin) = (Some("evil".into()), Some("evil".into()));
        }),
    ];
    for (wanted, craft) in crafted {
        let mut plan = twins.clone();
        craft(&mut plan);
        let said = carried_out(&files, &plan).unwrap_err().to_string();
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let mut plan = whole;
    plan.story.jobs[2].change.kind = MutationKind::Dependency;
    assert!(carried_out(&files, &plan).is_err());
}
