//! Every broken file is refused with whole messages that say where, what, and what would be
//! right; a small project that is whole is broken in one place at a time.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod samples;
mod scenarios;

use std::fs;
use std::path::Path;

use lukewarm_model::{
    Counter, ServiceKind, SettingDescription, SettingKind, ToolDescription, ToolRole, Variable,
};
use lukewarm_plan::{Files, read};

const TOOLS: [ToolDescription; 3] = [
    ToolDescription::new("none", ""),
    ToolDescription {
        role: ToolRole::Wrapper,
        services: &[ServiceKind::GITHUB_ACTIONS, ServiceKind::WEBDAV],
        versioned: true,
        refuses_incremental: true,
        variables: &[Variable { name: "SCCACHE_CACHE_SIZE", summary: "" }],
        reserved_variables: &["SCCACHE_DIR"],
        expected_counters: &[Counter::REQUESTS],
        ..ToolDescription::new("sccache", "")
    },
    ToolDescription {
        role: ToolRole::Archive,
        services: &[ServiceKind::GITHUB_ACTIONS],
        works_alone: false,
        settings: &[
            setting("key", SettingKind::Choice(&["lockfile", "rolling"])),
            setting("prefix", SettingKind::Text),
            setting("whole", SettingKind::Flag),
        ],
        ..ToolDescription::new("actions-cache", "")
    },
];

const fn setting(name: &'static str, kind: SettingKind) -> SettingDescription {
    SettingDescription { name, kind, summary: "" }
}

const HEAD: &str = "title = 't'\nessay = 'e'\n";
const STORY: &str = "[[job]]\nname = 'cold'\n[[job]]\nname = 'edit'\nchange = 'body'\n\
                     place = 'leaf'\n";
const PRESET: &str = "scenarios = ['none']\nworkspaces = ['w']\nstory = 's'\niterations = 1\n";

/// Writes a small project with every kind of file.
fn lay(root: &Path) {
    let files = [
        ("scenarios/none.toml", format!("{HEAD}tool = 'none'\n")),
        ("scenarios/networks/near.toml", format!("{HEAD}source = 's'\n")),
        ("scenarios/stories/s.toml", format!("{HEAD}{STORY}")),
        ("scenarios/presets.toml", format!("[default]\n{PRESET}[quick]\n{PRESET}[full]\n{PRESET}")),
        ("sample-workspaces/w/workspace.toml", HEAD.to_owned()),
        ("sample-workspaces/w/Cargo.toml", String::new()),
        ("sample-workspaces/w/Cargo.lock", String::new()),
        ("sample-workspaces/w/empty.patch", "nothing".to_owned()),
        ("sample-workspaces/w/one.patch", "@TOKEN@".to_owned()),
    ];
    for (path, content) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// A small project with every kind of file; `changed` is written last, or removed without a text.
fn project(changed: &str, text: Option<&str>) -> Result<Files, String> {
    let root = tempfile::tempdir().unwrap();
    lay(root.path());
    let changed = root.path().join(changed);
    match text {
        Some(text) => {
            fs::create_dir_all(changed.parent().unwrap()).unwrap();
            fs::write(changed, text).unwrap();
        }
        None => fs::remove_file(changed).unwrap(),
    }
    read(root.path(), &TOOLS).map_err(|problems| problems.to_string())
}

/// The lines of what is said, each `FILE:LINE:COLUMN: PROBLEM` without its column.
fn without_columns(said: &str) -> Vec<String> {
    let line = |line: &str| {
        let (file, rest) = line.split_once(".toml:").unwrap();
        let (number, rest) = rest.split_once(':').unwrap();
        let (column, what) = rest.split_once(':').unwrap();
        assert!(column.parse::<u32>().is_ok_and(|it| it > 0), "{line}");
        format!("{file}.toml:{number}:{what}")
    };
    said.lines().map(line).collect()
}

/// Each text, below title and essay, is refused with these lines, each after the file's name.
#[track_caller]
fn refused(file: &str, cases: &[(&str, &[&str])]) {
    for (text, wanted) in cases {
        let said = project(file, Some(&format!("{HEAD}{text}"))).expect_err(text);
        let wanted: Vec<String> = wanted.iter().map(|line| format!("{file}:{line}")).collect();
        assert_eq!(without_columns(&said), wanted, "{text}");
    }
}

#[test]
fn a_problem_has_the_line_and_column_of_its_key() {
    let text = "title = 't'\nessay = 'e'\ntool = 'sccache'\nservice = 'webdav'\n\
                network = 'near'\nlimits = { expiry = '1 h', quota = '10' }\n  storre = 'ü'\n";
    let said = project("scenarios/a.toml", Some(text)).unwrap_err();
    let wanted = [
        "scenarios/a.toml:6:28: `quota`: `10` is not a size such as `10 GB` or `4 MiB`",
        "scenarios/a.toml:7:3: unknown key `storre`; did you mean `store`?",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), wanted);
    let story = "[[job]]\nname = 'a'\n[[job]]\nname = 'b'\n  [[job]]\nname = 3\n";
    let said = project("scenarios/stories/s.toml", Some(&format!("{HEAD}{story}"))).unwrap_err();
    assert_eq!(said, "scenarios/stories/s.toml:8:1: `name = 3` must be a text in quotes");
}

#[test]
fn the_small_project_is_whole() {
    project("sample-workspaces/.hidden", Some("")).unwrap();
    project("scenarios/.none.toml", Some("an editor's")).unwrap();
}

#[test]
fn networks_are_judged() {
    let cases: &[(&str, &[&str])] = &[
        (
            "source = ' '\nround-trip = '5 ms'\njitter = '1 s'\nup = 'fast'\ndown = '0 bit/s'\n\
         connect-round-trips = -2\n",
            &[
                "3: `source` is empty",
                "5: `jitter` is larger than `round-trip`",
                "6: `up`: `fast` is not a bandwidth such as `100 Mbit/s` or `1 Gbit/s`",
                "7: `down` is 0: leave it out where there is no limit",
                "8: `connect-round-trips = -2` must be a whole number from 0 on",
            ],
        ),
        (
            "source = 's'\nround-trip = '5 ms'\njitter = '1 ms'\n\
         latency-quantiles = ['0%: 1 ms', 'half: 2 ms', '100%: 3 ms']\n",
            &[
                "5: `jitter` and `latency-quantiles` exclude each other",
                "6: `latency-quantiles`: `half: 2 ms` is no share and time such as `90%: 110 ms`",
            ],
        ),
        (
            "source = 's'\nlatency-quantiles = ['0%: 1 ms', '50%: 2 ms', '40%: 3 ms', '100%: 3 ms']\n",
            &["4: `latency-quantiles`: `40%: 3.00 ms` behind `50%: 2.00 ms` does not grow"],
        ),
        (
            "source = 's'\nlatency-quantiles = ['50%: 2 ms', '100%: 3 ms']\n",
            &[
                "4: `latency-quantiles`: it must go from `0%` to `100%`, not from `50%: 2.00 ms` to `100%: 3.00 ms`",
            ],
        ),
        ("source = 's'\nlatency-quantiles = []\n", &["4: `latency-quantiles` is empty"]),
    ];
    refused("scenarios/networks/near.toml", cases);
}

#[test]
fn stories_are_judged() {
    let cases: &[(&str, &[&str])] = &[
        ("", &["1: `job` is missing"]),
        ("job = 'cold'\n", &["3: `job = 'cold'` must be tables, each under [[job]]"]),
        (
            "mtime = 'new'\n[[job]]\nname = 'a'\n[[job]]\nname = 'b'\nchange = 'pull-request'\n\
             place = 'leaf'\n[[job]]\nname = 'c'\nchange = 'flag'\n",
            &[
                "3: unknown mtime `new`; known are fresh, commit-time, restored",
                "9: `place` with `change = \"pull-request\"`: leave it out",
                "12: unknown change `flag`; did you mean `flags`?",
            ],
        ),
        (
            "[[job]]\nname = 'a'\nchange = 'body'\nplace = 'leaf'\n[[job]]\nname = 'a'\n\
             place = 'core'\n[[job]]\nname = 'B c'\nchange = 'bdy'\nplace = 'root'\n[[job]]\n\
             change = 'body'\n[[job]]\nname = 'd'\nchange = 'none'\nplace = 'leaf'\n",
            &[
                "5: the first job has nothing to change from",
                "8: `name = \"a\"`: an earlier job has that name",
                "9: `place` without a `change`",
                "11: `name = \"B c\"`: a name has only the letters a to z, digits and `-`",
                "12: unknown change `bdy`; did you mean `body`?",
                "13: unknown place `root`; known are leaf, core",
                "14: `name` is missing",
                "15: `change` without a `place`: leaf or core",
                "19: `place` with `change = \"none\"`: leave it out",
            ],
        ),
        (
            "[[job]]\nname = 'a'\nat-once = 1\n[[job]]\nname = 'b'\nat-once = 9\n[[job]]\n\
             name = 'c'\nat-once = '4'\n[[job]]\nname = 'd'\nstagger = '5 s'\n[[job]]\n\
             name = 'e'\nat-once = 2\nstagger = 'soon'\n[[job]]\nname = 'f'\nat-once = 2\n\
             stagger = '2 h'\n",
            &[
                "5: `at-once`: one alone is an ordinary job: 2 to 8",
                "8: `at-once`: 9 cannot run at once: 2 to 8",
                "11: `at-once = '4'` must be a whole number from 0 on",
                "14: `stagger`: a job that runs alone has nothing to start behind: say how many \
                 run at once too",
                "18: `stagger`: `soon` is not a time such as `20 ms`, `1.5 s` or `10m`",
                "22: `stagger`: 2 h 00 min apart is not at once: 1 h 00 min at most",
            ],
        ),
    ];
    refused("scenarios/stories/s.toml", cases);
}

#[test]
fn presets_are_judged() {
    let text = format!(
        "[default]\n{PRESET}[quick]\nscenarios = []\nworkspaces = ['v']\nstory = 't'\n\
         iterations = 0\npriming = 'often'\n[fast]\n{PRESET}"
    );
    let said = project("scenarios/presets.toml", Some(&text)).unwrap_err();
    let wanted = [
        "1: `full` is missing",
        "7: `scenarios` is empty",
        "8: unknown workspace `v`; did you mean `w`?",
        "9: unknown story `t`; did you mean `s`?",
        "10: `iterations = 0` must be a whole number from 1 on",
        "11: unknown priming `often`; known are separate, measured",
        "12: unknown preset `fast`; known are default, full, quick",
    ];
    let wanted = wanted.map(|line| format!("scenarios/presets.toml:{line}"));
    assert_eq!(without_columns(&said), wanted);
}

#[test]
fn a_preset_has_iterations_or_looks() {
    let preset = PRESET.replace("iterations = 1\n", "");
    let text = format!(
        "[default]\n{preset}[quick]\n{PRESET}looks = [8, 16]\n[full]\n{preset}looks = [8, 8]\n\
         budget = '10'\n"
    );
    let said = project("scenarios/presets.toml", Some(&text)).unwrap_err();
    let wanted = [
        "1: `iterations` or `looks` is missing",
        "10: `looks` and `iterations` exclude each other",
        "15: `looks` must grow, such as `[10, 20, 40, 60]`",
        "16: `budget`: `10` is not a time such as `20 ms`, `1.5 s` or `10m`",
    ];
    let wanted = wanted.map(|line| format!("scenarios/presets.toml:{line}"));
    assert_eq!(without_columns(&said), wanted);
}

#[test]
fn what_is_no_toml_is_named_and_nothing_follows_from_it() {
    let scenario = format!("{HEAD}tool = 'sccache'\nservice = 'webdav'\nnetwork = 'far'\n");
    let root = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("scenarios/a.toml", scenario.as_str()),
        ("scenarios/networks/far.toml", "title = \nessay = 'e\n"),
        ("scenarios/presets.toml", "[default]\n[default]\n"),
    ] {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let said = read(root.path(), &TOOLS).unwrap_err().to_string();
    let wanted = [
        "scenarios/networks/far.toml:1:9: not TOML: string values must be quoted, expected literal \
         string",
        "scenarios/networks/far.toml:2:11: not TOML: invalid literal string, expected `'`",
        "scenarios/stories: cannot be read: No such file or directory (os error 2)",
        "sample-workspaces: cannot be read: No such file or directory (os error 2)",
        "scenarios/presets.toml:2:2: not TOML: duplicate key",
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), wanted);
}

#[test]
fn files_must_be_where_and_what_they_should_be() {
    let cases = [
        (
            "sample-workspaces/w/Cargo.lock",
            None,
            "sample-workspaces/w/workspace.toml:1:1: there is no `Cargo.lock` in its folder",
        ),
        (
            "sample-workspaces/v/Cargo.toml",
            Some(""),
            "sample-workspaces/v: a Cargo workspace without a `workspace.toml`",
        ),
        (
            "scenarios/presets.toml",
            None,
            "scenarios/presets.toml: cannot be read: No such file or directory (os error 2)",
        ),
        (
            "scenarios/networks/Far Away.toml",
            Some("title = 't'\nessay = 'e'\nsource = 's'\n"),
            "scenarios/networks/Far Away.toml: `Far Away`: a name has only the letters a to z, \
             digits and `-`",
        ),
    ];
    for (file, text, wanted) in cases {
        assert_eq!(project(file, text).unwrap_err(), wanted);
    }
}
