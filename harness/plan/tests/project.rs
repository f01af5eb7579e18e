//! The project's own files are read whole, and every broken copy of them is refused with a
//! message that says where and what.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_model::{Origin, Priming, Seconds};
use lukewarm_plan::{Files, Preset, Selection, estimate, plan, read};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files() -> Files {
    read(&root(), &lukewarm_cache_tools::descriptions()).unwrap_or_else(|error| panic!("{error}"))
}

/// A small project with every kind of file, one of which is replaced.
fn project(replaced: &str, text: &str) -> (tempfile::TempDir, Result<Files, String>) {
    let story = "title = 't'\nessay = 'e'\n[[job]]\nname = 'cold'\n[[job]]\nname = 'edit'\n\
                 change = 'body'\nplace = 'leaf'\n";
    let preset = "scenarios = ['none']\nworkspaces = ['w']\nstory = 's'\niterations = 1\n\
                  priming = 'separate'\n";
    let presets = format!("[default]\n{preset}[quick]\n{preset}[full]\n{preset}");
    let files = [
        ("scenarios/none.toml", "title = 't'\nessay = 'e'\ntool = 'none'\n"),
        ("scenarios/networks/n.toml", "title = 't'\nessay = 'e'\nsource = 's'\n"),
        ("scenarios/stories/s.toml", story),
        ("scenarios/presets.toml", presets.as_str()),
        ("sample-workspaces/w/workspace.toml", "title = 't'\nessay = 'e'\n"),
    ];
    let root = tempfile::tempdir().unwrap();
    for (path, content) in files.into_iter().chain([(replaced, text)]) {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let result = read(root.path(), &lukewarm_cache_tools::descriptions());
    (root, result.map_err(|problems| problems.to_string()))
}

#[track_caller]
fn refuses(file: &str, text: &str, wanted: &[&str]) {
    let (_root, result) = project(file, text);
    let said = result.expect_err("the broken file was taken");
    assert_eq!(said.lines().collect::<Vec<_>>(), wanted);
}

fn scenario(rest: &str) -> String {
    format!("title = 't'\nessay = 'e'\n{rest}")
}

#[test]
fn the_projects_files_make_every_preset() {
    let files = files();
    for (preset, cases, jobs) in
        [(Preset::Default, 8, 96), (Preset::Quick, 5, 20), (Preset::Full, 16, 704)]
    {
        let plan = plan(&files, &Selection { preset, ..Selection::default() }).unwrap();
        assert_eq!((plan.cases.len(), plan.job_count()), (cases, jobs), "{preset:?}");
        assert_eq!(plan.reference.as_deref(), Some("none"));
        assert!(estimate(&plan, 2) > Seconds(60.0));
    }
}

#[test]
fn every_sample_offers_what_every_story_wants() {
    let files = files();
    let workspaces: Vec<String> = files.workspaces.iter().map(|it| it.name.clone()).collect();
    assert!(["cli", "service", "tiny"].iter().all(|name| workspaces.iter().any(|it| it == name)));
    for story in &files.stories {
        let story = Some(story.name.clone());
        let selection = Selection { workspaces: workspaces.clone(), story, ..Default::default() };
        plan(&files, &selection).unwrap_or_else(|problems| panic!("{problems}"));
    }
}

#[test]
fn a_selection_is_resolved() {
    let selection = Selection {
        scenarios: vec!["sccache-webdav@0.10.0".into(), "none".into(), "none".into()],
        workspaces: vec!["tiny".into(), "./../../sample-workspaces/tiny/".into()],
        network: Some("slow".into()),
        iterations: Some(7),
        ..Selection::default()
    };
    let plan = plan(&files(), &selection).unwrap();
    let names: Vec<&str> = plan.scenarios.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["sccache-webdav@0.10.0", "none"]);
    assert_eq!(plan.scenarios[0].tool.to_string(), "sccache@0.10.0");
    assert_eq!(plan.scenarios[0].network.as_ref().unwrap().name, "slow");
    assert!(plan.scenarios[1].network.is_none());
    assert_eq!((plan.iterations, plan.priming), (7, Priming::Separate));
    let origins: Vec<Origin> = plan.workspaces.iter().map(|it| it.origin).collect();
    assert_eq!(origins, [Origin::Sample, Origin::Foreign]);
    assert_ne!(plan.workspaces[0].name, plan.workspaces[1].name);
}

#[test]
fn every_problem_of_a_selection_is_named_at_once() {
    let selection = Selection {
        scenarios: vec!["sccache-webdv".into(), "none@1.0.0".into()],
        workspaces: vec!["cly".into(), "/no/such/folder".into()],
        story: Some("defalt".into()),
        network: Some("slo".into()),
        iterations: Some(0),
        cargo_profile: Some("dev; rm".into()),
        ..Selection::default()
    };
    let said = plan(&files(), &selection).unwrap_err().to_string();
    let wanted = [
        "--network: unknown network `slo`; did you mean `slow`?",
        "SCENARIO: unknown scenario `sccache-webdv`; did you mean `sccache-webdav`?",
        "SCENARIO: `none@1.0.0`: tool `none` has no versions to choose from",
        "--workspace: unknown workspace `cly`; did you mean `cli`? (or a path with a `/`)",
        "--workspace: `/no/such/folder`: No such file or directory (os error 2)",
        "--story: unknown story `defalt`; did you mean `default`?",
        "--iterations: 0 iterations measure nothing: 1 or more",
        "--cargo-profile: `dev; rm` is no profile's name",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), wanted);
}

#[test]
fn a_change_that_a_sample_does_not_offer_is_named() {
    let (_root, files) = project("sample-workspaces/w/other", "");
    let said = plan(&files.unwrap(), &Selection::default()).unwrap_err().to_string();
    let wanted = "--story: job `edit` of story `s` wants a `leaf body` change, which workspace \
                  `w` does not offer";
    assert_eq!(said, wanted);
}

#[test]
fn a_broken_scenario_is_refused() {
    let file = "scenarios/a.toml";
    refuses(
        file,
        "title = ",
        &["scenarios/a.toml:1: no TOML: string values must be quoted, \
         expected literal string"],
    );
    refuses(
        file,
        "titel = 't'\ntool = 3\n",
        &[
            "scenarios/a.toml:1: `title` is missing",
            "scenarios/a.toml:1: `essay` is missing",
            "scenarios/a.toml:2: `tool = 3` must be a text in quotes",
            "scenarios/a.toml:1: unknown key `titel`; did you mean `title`?",
        ],
    );
    refuses(
        file,
        &scenario("tool = 'scache'\nservice = 'webdev'\n"),
        &[
            "scenarios/a.toml:4: unknown service `webdev`; did you mean `webdav`?",
            "scenarios/a.toml:3: unknown tool `scache`; did you mean `sccache`?",
        ],
    );
    refuses(
        file,
        &scenario("tool = 'sccache@new'\nincremental = true\nservice = 'webdav'\n"),
        &[
            "scenarios/a.toml:3: `new` is no version such as `0.10.0` (unexpected character 'n' \
             while parsing major version number)",
            "scenarios/a.toml:4: tool `sccache` needs `incremental = false`",
            "scenarios/a.toml:5: service `webdav` without a `network`",
        ],
    );
    refuses(
        file,
        &scenario("tool = 'actions-cache'\n"),
        &["scenarios/a.toml:3: tool `actions-cache` needs a `service`: github-actions"],
    );
    refuses(
        file,
        &scenario("tool = 'none'\nservice = 'webdav'\nnetwork = 'm'\n"),
        &[
            "scenarios/a.toml:4: tool `none` cannot use `webdav`; it can use none",
            "scenarios/a.toml:5: unknown network `m`; did you mean `n`?",
        ],
    );
    refuses(
        file,
        &scenario(
            "tool = 'sccache'\nservice = 'webdav'\nnetwork = 'n'\n[limits]\n\
             uploads-per-minute = -1\nquota = '10'\n[settings]\nfast = true\n",
        ),
        &[
            "scenarios/a.toml:7: `uploads-per-minute = -1` must be a whole number from 1 on",
            "scenarios/a.toml:8: `quota`: `10` is not a size such as `10 GB` or `4 MiB`",
            "scenarios/a.toml:10: unknown setting of tool `sccache` `fast`; known are ",
        ],
    );
}

#[test]
fn other_broken_files_are_refused() {
    refuses(
        "scenarios/networks/n.toml",
        "title = 't'\nessay = 'e'\nsource = ''\nround-trip = '5 ms'\njitter = '1 s'\nup = 'fast'\n",
        &[
            "scenarios/networks/n.toml:3: `source` is empty",
            "scenarios/networks/n.toml:6: `up`: `fast` is not a bandwidth such as `100 Mbit/s` \
             or `1 Gbit/s`",
            "scenarios/networks/n.toml:5: `jitter` is larger than `round-trip`",
        ],
    );
    refuses(
        "scenarios/stories/s.toml",
        "title = 't'\nessay = 'e'\n",
        &["scenarios/stories/s.toml:1: no jobs: a story needs at least one [[job]]"],
    );
    refuses(
        "scenarios/stories/s.toml",
        "title = 't'\nessay = 'e'\n[[job]]\nname = 'a'\nchange = 'body'\nplace = 'leaf'\n\
         [[job]]\nname = 'a'\nplace = 'core'\n",
        &[
            "scenarios/stories/s.toml:3: job `a`: the first job has nothing to change from",
            "scenarios/stories/s.toml:3: job `a`: `change` and `place` go together",
            "scenarios/stories/s.toml:3: two jobs are named `a`",
        ],
    );
    refuses(
        "sample-workspaces/w/workspace.toml",
        "title = 't'\nessay = 'e'\n[[mutation]]\nkind = 'bodi'\nplace = 'leaf'\n\
         package = 'p'\npatch = 'gone.patch'\n",
        &[
            "sample-workspaces/w/workspace.toml:4: unknown kind `bodi`; did you mean `body`?",
            "sample-workspaces/w/workspace.toml:7: patch `gone.patch`: No such file or directory \
             (os error 2)",
        ],
    );
    refuses(
        "scenarios/Bad Name.toml",
        &scenario("tool = 'none'\n"),
        &["scenarios/Bad Name.toml: `Bad Name`: a name has only a–z, 0–9 and `-`"],
    );
}
