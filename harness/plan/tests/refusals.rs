//! Every broken file is refused with whole messages that say where, what, and what would be
//! right; a small project that is whole is broken in one place at a time.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use lukewarm_model::{
    Counter, ServiceKind, SettingDescription, SettingKind, ToolDescription, ToolRole, Variable,
};
use lukewarm_plan::{Files, Selection, plan, read};

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
fn a_scenario_must_fit_its_tool() {
    let cases: &[(&str, &[&str])] = &[
        ("", &["1: `tool` is missing"]),
        ("tool = 'scache'\n", &["3: unknown tool `scache`; did you mean `sccache`?"]),
        (
            "tool = 'bazel-remote'\n",
            &["3: unknown tool `bazel-remote`; known are none, sccache, actions-cache"],
        ),
        (
            "tool = 'sccache@new'\n",
            &["3: `tool = \"sccache@new\"`: `new` is not a version such as `0.10.0` (unexpected \
               character 'n' while parsing major version number)"],
        ),
        (
            "tool = 'none@1.0.0'\n",
            &["3: `tool = \"none@1.0.0\"`: tool `none` has no versions to choose from"],
        ),
        (
            "tool = 'actions-cache'\n",
            &["3: tool `actions-cache` needs a `service`: github-actions"],
        ),
        (
            "tool = 'actions-cache'\nservice = 'webdav'\nnetwork = 'near'\n",
            &["4: tool `actions-cache` cannot use `webdav`, only github-actions"],
        ),
        (
            "tool = 'none'\nservice = 'webdav'\nnetwork = 'near'\n",
            &["4: tool `none` uses no service: leave `service = \"webdav\"` out"],
        ),
        (
            "tool = 'sccache'\nincremental = true\n",
            &["4: tool `sccache` needs `incremental = false`"],
        ),
        ("tool = 'sccache'\nservice = 'webdav'\n", &["4: `service` without a `network`"]),
        ("tool = 'sccache'\nnetwork = 'near'\n", &["4: `network` without a `service`"]),
        (
            "tool = 'none'\n[archive]\n",
            &["4: `archive` needs a compiler wrapper, which tool `none` is not"],
        ),
        (
            "tool = 'sccache'\narchive = { key = 'rolling', hole = true }\n",
            &[
                "4: `archive` needs `service = \"github-actions\"`",
                "4: unknown setting `hole`; did you mean `whole`?",
            ],
        ),
        ("tool = 'sccache'\n[limits]\n", &["4: `limits` without a `service`"]),
        ("tool = 'sccache'\nfaults = ['flip']\n", &["4: `faults` without a `service`"]),
        (
            "tool = 'sccache'\nservice = 'webdav'\nnetwork = 'near'\nfaults = ['503', 'flip=3']\n",
            &[
                "6: `faults`: `flip=3` is not a fault such as `503/read=2%`: `3` is not a share such as \
               `2%`, `every 10`, or numbers such as `#1,4`",
            ],
        ),
    ];
    refused("scenarios/a.toml", cases);
}

#[test]
fn the_variables_of_a_tool_are_judged_by_what_it_knows() {
    let cases: &[(&str, &[&str])] = &[
        (
            "[tool]\nnam = 'sccache'\n",
            &["3: `name` is missing", "4: unknown key `nam`; did you mean `name`?"],
        ),
        (
            "[tool]\nname = 'scache'\n[tool.env]\nANYTHING = '1'\n",
            &[
                "4: unknown tool `scache`; did you mean `sccache`?",
                "6: unknown variable `ANYTHING`; known are SCCACHE_CACHE_SIZE",
            ],
        ),
        (
            "[tool]\nname = 'sccache@1'\n[tool.env]\nSCCACHE_CACHE_SIZ = '1G'\n\
             SCCACHE_DIR = '/elsewhere'\nSCCACHE_CACHE_SIZE = 1\n",
            &[
                "4: `name = \"sccache@1\"`: `1` is not a version such as `0.10.0` (unexpected end of \
                 input while parsing major version number)",
                "6: unknown variable `SCCACHE_CACHE_SIZ`; did you mean `SCCACHE_CACHE_SIZE`?",
                "7: `SCCACHE_DIR`: lukewarm sets it itself, for every job",
                "8: `SCCACHE_CACHE_SIZE = 1` must be a text in quotes",
            ],
        ),
        (
            "[tool]\nname = 'none'\nenv = { PATH = '/bin' }\n",
            &["5: unknown variable `PATH`; there is none to choose from"],
        ),
    ];
    refused("scenarios/a.toml", cases);
}

#[test]
fn a_scenario_may_set_variables_of_its_tool() {
    let text = "[tool]\nname = 'sccache@0.10.0'\nenv = { SCCACHE_CACHE_SIZE = '1G' }\n";
    let files = project("scenarios/a.toml", Some(&format!("{HEAD}{text}"))).unwrap();
    let scenario = files.scenarios.iter().find(|it| it.name == "a").unwrap();
    assert_eq!(scenario.tool.to_string(), "sccache@0.10.0");
    assert_eq!(scenario.tool_env, [("SCCACHE_CACHE_SIZE".to_owned(), "1G".to_owned())].into());
}

#[test]
fn several_tools_that_keep_archives_are_told_apart() {
    let mut tools = TOOLS.to_vec();
    tools.push(ToolDescription { name: "another-archive", ..TOOLS[2].clone() });
    let root = tempfile::tempdir().unwrap();
    lay(root.path());
    let read_with = |archive: &str| {
        let text = format!(
            "{HEAD}tool = 'sccache'\nservice = 'github-actions'\nnetwork = 'near'\n{archive}"
        );
        fs::write(root.path().join("scenarios/a.toml"), text).unwrap();
        let files = read(root.path(), &tools).map_err(|error| error.to_string())?;
        let scenario = files.scenarios.into_iter().find(|it| it.name == "a").unwrap();
        Ok(scenario.archive.unwrap().tool)
    };
    let named = read_with("archive = { tool = 'another-archive', whole = true }\n");
    assert_eq!(named, Ok("another-archive".to_owned()));
    let wanted = "scenarios/a.toml:6:2: `tool` is missing: which of actions-cache, another-archive \
                  keeps the archive?";
    assert_eq!(read_with("[archive]\n"), Err(wanted.to_owned()));
    let wanted = "scenarios/a.toml:7:1: unknown tool `sccache`; known are actions-cache, \
                  another-archive";
    assert_eq!(read_with("[archive]\ntool = 'sccache'\n"), Err(wanted.to_owned()));
}

#[test]
fn the_values_of_a_scenario_are_judged() {
    let cases: &[(&str, &[&str])] = &[
        (
            "tool = 'sccache'\nservice = 'webdev'\nnetwork = 'neat'\n",
            &[
                "4: unknown service `webdev`; did you mean `webdav`?",
                "5: unknown network `neat`; did you mean `near`?",
            ],
        ),
        (
            "tool = 'sccache'\nservice = 'webdav'\nnetwork = 'near'\n[limits]\nquota = '10'\n\
             uploads-per-minute = -1\ndownloads-per-minute = 0.5\nupload-per-minute = 3\n",
            &[
                "7: `quota`: `10` is not a size such as `10 GB` or `4 MiB`",
                "8: `uploads-per-minute = -1` must be a whole number from 1 on",
                "9: `downloads-per-minute = 0.5` must be a whole number from 1 on",
                "10: unknown limit `upload-per-minute`; did you mean `uploads-per-minute`?",
            ],
        ),
        (
            "tool = 'actions-cache'\nservice = 'github-actions'\nnetwork = 'near'\n\
             limits = { quota = '0 B' }\n[settings]\nkey = 'roling'\nprefix = 1\nwhole = 'yes'\n\
             hole = true\n",
            &[
                "6: `quota` is 0: leave it out where there is no limit",
                "8: unknown key `roling`; did you mean `rolling`?",
                "9: `prefix = 1` must be a text in quotes",
                "10: `whole = 'yes'` must be `true` or `false`",
                "11: unknown setting `hole`; did you mean `whole`?",
            ],
        ),
        (
            "tool = 'sccache'\nservice = 'webdav'\nnetwork = 'near'\nstore = 'old'\nwith-v1 = true\n",
            &[
                "6: unknown store `old`; known are used, virgin",
                "7: `with-v1` needs `service = \"github-actions\"`",
            ],
        ),
        (
            "tool = 'sccache'\nservice = 'github-actions'\nnetwork = 'near'\nstore = 'used'\n\
             with-v1 = 'yes'\n",
            &[
                "6: `store` needs `service = \"webdav\"`",
                "7: `with-v1 = 'yes'` must be `true` or `false`",
            ],
        ),
        (
            "tool = 'sccache'\n[settings]\nfast = true\n",
            &["5: unknown setting `fast`; there is none to choose from"],
        ),
        (
            "tool = ['sccache',\n'none']\nincremental = 'no'\nlimits = 3\nsetings = 4\n",
            &[
                "3: `tool = ['sccache', …` must be a text in quotes, or a table under [tool]",
                "5: `incremental = 'no'` must be `true` or `false`",
                "6: `limits = 3` must be a table under [limits]",
                "6: `limits` without a `service`",
                "7: unknown key `setings`; did you mean `settings`?",
            ],
        ),
    ];
    refused("scenarios/a.toml", cases);
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
fn sample_workspaces_are_judged() {
    let whole = "kind = 'body'\nplace = 'leaf'\npackage = 'p'\npatch = 'one.patch'\n";
    let twice = format!("[[mutation]]\n{whole}[[mutation]]\n{whole}");
    let cases: &[(&str, &[&str])] = &[
        (
            "typical-build = 7\n[expected]\nunits = -1\nunit = 3\n[verify]\nargs = [1]\n",
            &[
                "3: `typical-build = 7` must be a text in quotes",
                "5: `units = -1` must be a whole number from 0 on",
                "6: unknown key `unit`; did you mean `units`?",
                "7: `bin` is missing",
                "7: `stdout-contains` is missing",
                "8: `args = [1]` must be a list of texts in quotes",
            ],
        ),
        (
            "[[mutation]]\nkind = 'none'\nplace = 'leaf'\npackage = 'p'\npatch = 'gone.patch'\n\
             [[mutation]]\npackage = 'p'\npatch = '../one.patch'\n\
             [[mutation]]\nkind = 'comment'\nplace = 'core'\npatch = 'empty.patch'\n",
            &[
                "4: unknown kind `none`; known are comment, body, signature, dependency, \
                 build-script, features",
                "7: `patch = \"gone.patch\"`: cannot be read: No such file or directory (os \
                 error 2)",
                "8: `kind` is missing",
                "10: `patch = \"../one.patch\"`: a path below the workspace's folder is wanted",
                "11: `package` is missing",
                "14: `patch = \"empty.patch\"`: the patch has no `@TOKEN@`, which makes each \
                 iteration's edit new",
            ],
        ),
        (&twice, &["9: an earlier mutation has this `kind` and `place`"]),
        (
            "[[mutation]]\nkind = 'dependency'\nplace = 'leaf'\npackage = 'itoa'\n\
             patch = 'one.patch'\n[[mutation]]\nkind = 'body'\npackage = 'p'\n\
             patch = 'one.patch'\n",
            &[
                "5: `place` with `kind = \"dependency\"`: leave it out",
                "6: `package = \"itoa\"`: the version is missing that is built after it, as in \
                 `itoa@1.0.18`",
                "9: `kind` without a `place`: leaf or core",
            ],
        ),
        (
            "[expected]\nwrapper-requests = 9\n[expected.sccache]\nrequest = 9\n[expected.scache]\n",
            &[
                "4: unknown key `wrapper-requests`; known are registry-units, sccache, units",
                "6: unknown counter `request`; did you mean `requests`?",
                "7: unknown key `scache`; did you mean `sccache`?",
            ],
        ),
        (
            "[reuse]\nnone = { hit.sccache = -3 }\nleaf-body = { hit = 3 }\n\
             core-body = { hit.none = 3 }\n",
            &[
                "4: `sccache = -3` must be a whole number from 0 on",
                "5: `hit = 3` must be a table under [hit]",
                "6: unknown tool `none`; known are sccache",
            ],
        ),
        (
            "[reuse]\nnone = { hit.sccache = 3, fresh = -1 }\nleaf-body = { kpt = 2 }\n\
             leafbody = { fresh = 1 }\n",
            &[
                "4: `fresh = -1` must be a whole number from 0 on",
                "5: unknown key `kpt`; did you mean `kept`?",
                "6: unknown change `leafbody`; did you mean `leaf-body`?",
            ],
        ),
    ];
    refused("sample-workspaces/w/workspace.toml", cases);
}

#[test]
fn a_patch_that_names_a_file_outside_is_refused_where_it_is_named() {
    let mutation = "[[mutation]]\nkind = 'body'\nplace = 'leaf'\npackage = 'p'\n\
                    patch = 'far.patch'\n";
    for name in ["b/../../x", "/etc/passwd", "../w2/lib.rs", "b/src/../../x"] {
        let root = tempfile::tempdir().unwrap();
        lay(root.path());
        let folder = root.path().join("sample-workspaces/w");
        let patch = format!("--- a/x\n+++ {name}\n@@ -1 +1 @@\n-old\n+@TOKEN@\n");
        fs::write(folder.join("far.patch"), patch).unwrap();
        fs::write(folder.join("workspace.toml"), format!("{HEAD}{mutation}")).unwrap();
        let said = read(root.path(), &TOOLS).unwrap_err().to_string();
        let wanted = format!(
            "sample-workspaces/w/workspace.toml:7:1: `patch = \"far.patch\"`: the patch changes \
             `{name}`, which leads out of the workspace's folder: names below it are wanted"
        );
        assert_eq!(said, wanted);
    }
}

#[test]
fn a_patch_through_a_link_out_of_the_sample_is_refused() {
    let root = tempfile::tempdir().unwrap();
    lay(root.path());
    let folder = root.path().join("sample-workspaces/w");
    fs::create_dir(root.path().join("theirs")).unwrap();
    fs::write(root.path().join("theirs/lib.rs"), "old\n").unwrap();
    std::os::unix::fs::symlink("../../theirs", folder.join("src")).unwrap();
    let patch = "--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1 +1 @@\n-old\n+@TOKEN@\n";
    fs::write(folder.join("far.patch"), patch).unwrap();
    let mutation = "[[mutation]]\nkind = 'body'\nplace = 'leaf'\npackage = 'p'\n\
                    patch = 'far.patch'\n";
    fs::write(folder.join("workspace.toml"), format!("{HEAD}{mutation}")).unwrap();
    let said = read(root.path(), &TOOLS).unwrap_err().to_string();
    assert!(said.contains("changes `src/lib.rs`, which leads out"), "{said}");
}

#[test]
fn a_source_is_a_package_with_its_checksum_in_a_folder_of_its_own() {
    let hash = "0c".repeat(32);
    let source = |keys: &str| format!("[[source]]\n{keys}");
    let right = source(&format!("crate = 'a-b_c'\nversion = '1.2.3'\nsha256 = '{hash}'\n"));
    let path = "sample-workspaces/w/workspace.toml";
    let files = project(path, Some(&format!("{HEAD}{right}"))).unwrap();
    let package = &files.workspaces[0].packages[0];
    let folder = package.folder.display().to_string();
    assert_eq!((package.name.as_str(), folder.as_str()), ("a-b_c", "crates/a-b_c"));
    assert_eq!((package.version.as_str(), package.sha256.as_str()), ("1.2.3", hash.as_str()));
    let with = |from: &str, to: &str| right.replace(from, to);
    let twice = format!("{right}{right}");
    refused(
        path,
        &[
            (&with("a-b_c", "../a"), &["4: `crate = \"../a\"` is no name of a package"]),
            (&with("1.2.3", "1.2"), &["5: `version = \"1.2\"` must be one in full, such as 1.2.3"]),
            (
                &with(&hash, "abc"),
                &["6: `sha256` is not a SHA-256 of 64 hexadecimal digits: `lukewarm claims \
                   --register ID` writes that of a claim, and crates.io's index has that of a \
                   package (`cksum`)"],
            ),
            (
                &format!("{right}folder = '../out'\n"),
                &["7: `folder = \"../out\"`: a path below the workspace's folder is wanted"],
            ),
            (&twice, &["7: `crates/a-b_c` is an earlier package's folder"]),
        ],
    );
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

#[test]
fn a_change_that_a_sample_does_not_offer_is_named() {
    let files = project("sample-workspaces/w/other", Some("")).unwrap();
    let said = plan(&files, &Selection::default()).unwrap_err().to_string();
    let wanted = "--story: job `edit` of story `s` makes a `leaf body` change, which workspace \
                  `w` does not offer";
    assert_eq!(said, wanted);
}
