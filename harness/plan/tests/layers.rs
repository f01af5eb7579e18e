//! Definitions come from the program itself, from a folder, or from both: a file of a later layer
//! stands in the place of one with its name.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use lukewarm_model::{ServiceKind, ToolDescription, ToolRole};
use lukewarm_plan::{BuiltInFile, Files, Layer, Selection, plan, read_layers};

const TOOLS: [ToolDescription; 2] = [
    ToolDescription::new("none", ""),
    ToolDescription {
        role: ToolRole::Wrapper,
        services: &[ServiceKind::GITHUB_ACTIONS, ServiceKind::WEBDAV],
        versioned: true,
        refuses_incremental: true,
        ..ToolDescription::new("sccache", "")
    },
];

const BUILT_IN: &[BuiltInFile] = &[
    ("scenarios/none.toml", b"title = 'built in'\nessay = 'e'\ntool = 'none'\n"),
    (
        "scenarios/far.toml",
        b"title = 't'\nessay = 'e'\ntool = 'sccache'\nservice = 'webdav'\nnetwork = 'link'\n",
    ),
    ("scenarios/networks/link.toml", b"title = 'built in'\nessay = 'e'\nsource = 's'\n"),
    ("scenarios/stories/s.toml", b"title = 't'\nessay = 'e'\n[[job]]\nname = 'cold'\n"),
    (
        "scenarios/presets.toml",
        b"[default]\nscenarios = ['none']\nworkspaces = ['w']\nstory = 's'\niterations = 1\n\
          [quick]\nscenarios = ['none']\nworkspaces = ['w']\nstory = 's'\niterations = 1\n\
          [full]\nscenarios = ['none']\nworkspaces = ['w']\nstory = 's'\niterations = 1\n",
    ),
    (
        "sample-workspaces/w/workspace.toml",
        b"title = 't'\nessay = 'e'\n[[mutation]]\nkind = 'body'\nplace = 'leaf'\npackage = 'p'\n\
          patch = 'mutations/body.patch'\n",
    ),
    ("sample-workspaces/w/Cargo.toml", b""),
    ("sample-workspaces/w/Cargo.lock", b""),
    ("sample-workspaces/w/mutations/body.patch", b"+@TOKEN@\n"),
];

fn built_in() -> Layer {
    Layer::built_in(BUILT_IN, Path::new("/no/such/scratch"))
}

/// The built-in files with an overlay of these above them.
fn overlaid(files: &[(&str, &str)]) -> Result<Files, String> {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("mine");
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let shown = |text: String| text.replace(&root.display().to_string(), "mine");
    let read = read_layers(&[built_in(), Layer::overlay(&root)], &TOOLS);
    let mut files = read.map_err(|problems| shown(problems.to_string()))?;
    files.replaced = files.replaced.into_iter().map(shown).collect();
    Ok(files)
}

#[test]
fn the_program_needs_no_folder() {
    let files = read_layers(&[built_in()], &TOOLS).unwrap();
    assert_eq!(files.scenarios.len(), 2);
    assert!(files.replaced.is_empty());
    let sample = &files.workspaces[0];
    let folder = Path::new("/no/such/scratch/sample-workspaces/w");
    assert_eq!(sample.folder, folder, "where it lies when it is unpacked");
    assert_eq!(sample.mutations[0].patch, "+@TOKEN@\n");
    let plan = plan(&files, &Selection::default()).unwrap();
    assert_eq!(plan.cases[0], "w/none");
}

#[test]
fn a_file_of_an_overlay_stands_in_the_place_of_one_with_its_name() {
    let files = overlaid(&[
        ("scenarios/none.toml", "title = 'mine'\nessay = 'e'\ntool = 'none'\n"),
        ("scenarios/networks/link.toml", "title = 'mine'\nessay = 'e'\nsource = 's'\n"),
        ("sample-workspaces/w/workspace.toml", "title = 'mine'\nessay = 'e'\n"),
        ("sample-workspaces/w/Cargo.toml", ""),
        ("sample-workspaces/w/Cargo.lock", ""),
        ("scenarios/new.toml", "title = 't'\nessay = 'e'\ntool = 'sccache'\n"),
    ])
    .unwrap();
    let titles = |found: &str| {
        let scenario = files.scenarios.iter().find(|it| it.name == found).unwrap();
        (scenario.title.clone(), scenario.network.as_ref().map(|it| it.title.clone()))
    };
    assert_eq!(titles("none"), ("mine".to_owned(), None));
    assert_eq!(titles("far").1.as_deref(), Some("mine"), "a built-in scenario has the new link");
    assert_eq!(titles("new").0, "t");
    assert_eq!((files.scenarios.len(), files.workspaces.len()), (3, 1));
    let sample = &files.workspaces[0];
    assert!(sample.mutations.is_empty(), "a sample is replaced whole");
    assert!(sample.folder.ends_with("mine/sample-workspaces/w"));
    let wanted = [
        "network `link` is that of mine/scenarios/networks/link.toml",
        "scenario `none` is that of mine/scenarios/none.toml",
        "workspace `w` is that of mine/sample-workspaces/w/workspace.toml",
    ];
    assert_eq!(files.replaced, wanted);
}

#[test]
fn an_overlays_presets_replace_all_three() {
    let preset = "scenarios = ['far']\nworkspaces = ['w']\nstory = 's'\niterations = 2\n";
    let text = format!("[default]\n{preset}[quick]\n{preset}[full]\n{preset}");
    let files = overlaid(&[("scenarios/presets.toml", &text)]).unwrap();
    let plan = plan(&files, &Selection::default()).unwrap();
    assert_eq!(plan.cases[0], "w/far");
    assert_eq!(plan.iterations, 2);
    assert_eq!(files.replaced, ["the presets are those of mine/scenarios/presets.toml"]);
}

#[test]
fn a_problem_of_an_overlay_is_named_with_its_folder() {
    let said = overlaid(&[
        ("scenarios/a.toml", "title = 't'\nessay = 'e'\ntool = 'non'\n"),
        ("sample-workspaces/v/Cargo.toml", ""),
    ])
    .unwrap_err();
    let wanted = "mine/scenarios/a.toml:3:1: unknown tool `non`; did you mean `none`?\n\
                  mine/sample-workspaces/v: a Cargo workspace without a `workspace.toml`";
    assert_eq!(said, wanted);
}
